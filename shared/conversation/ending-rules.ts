import type { AutomatedMessageTrigger } from '../automated-messages/automated-message';
import { policyOf } from '../policies/policy';
import {
  type Conversation,
  type EndReason,
  hasEnded,
  type PastDisconnection,
  stateAfterEnd,
} from './conversation';
import {
  changed,
  type Decision,
  type DecisionContext,
  type Effect,
  type Outcome,
  type Question,
  unchanged,
} from './decision';
import type { Presence } from './inputs';
import { effectsOfEnd, effectsOfReturn, isPush, push, withNotice } from './notifications';
import { withLiveConnections } from './presence-rules';

/** What a new assignment of the conversation would take from the agent's capacity. */
export function claimOn(
  agentId: string,
  conversation: Conversation,
  { policies }: DecisionContext,
): Extract<Question, { kind: 'capacity-needed' }> {
  const units = policyOf(conversation, 'capacityUnits', policies);
  return { kind: 'capacity-needed', agentId, assignment: conversation.assignmentCount + 1, units };
}

/** The conversation without its hold on an agent's capacity. */
export function withoutCapacity(conversation: Conversation): Conversation {
  const { capacityHold, ...rest } = conversation;
  if (capacityHold === undefined) return conversation;
  const { releaseAt: _passed, ...releasedHold } = capacityHold;
  return { ...rest, releasedHold };
}

/**
 * What the end does to capacity: `Closed` gives it back; `WrapUp` blocks it until it is closed, not at all, or for a
 * custom time ("Understand conversation states", Wrap-up).
 */
export function withCapacityAfterEnd(ended: Conversation, { now, policies }: DecisionContext): Conversation {
  const { state, capacityHold } = ended;
  if (capacityHold === undefined) return ended;
  const blocked = state === 'WrapUp' ? policyOf(ended, 'wrapUpCapacity', policies) : 'none';
  if (blocked === 'none') return withoutCapacity(ended);
  if (blocked === 'always') return ended;
  return { ...ended, capacityHold: { ...capacityHold, releaseAt: now + blocked } };
}

const TRIGGER: Readonly<Record<EndReason, AutomatedMessageTrigger>> = {
  'customer-disconnected': 'customer-disconnected',
  'customer-ended': 'customer-ended-conversation',
  'agent-ended': 'agent-ended-conversation',
  'auto-closed': 'session-ended',
};

/** Ends the conversation: the move and its one notice belong to the same decision, hence the same transaction. */
export function end(
  conversation: Conversation,
  reason: EndReason,
  context: DecisionContext,
  outcome: Outcome,
  agentId?: string,
): Decision {
  const { now } = context;
  const { disconnection, agentDisconnection: _obsolete, queuePosition: _told, ...rest } = conversation;
  const absent = reason === 'customer-disconnected';
  const past: PastDisconnection | undefined = disconnection && {
    ...disconnection,
    outcome: absent ? 'expired' : 'ended',
    endedAt: now,
  };
  const state = stateAfterEnd(conversation);
  const redirectUrl = absent ? redirectUrlOf(conversation, context) : undefined;
  const ended: Conversation = {
    ...rest,
    state,
    stateSince: now,
    end: {
      at: now,
      reason,
      ...(agentId !== undefined && { agentId }),
      ...(redirectUrl !== undefined && { redirectUrl }),
    },
    ...(past && { lastDisconnection: past }),
    ...(state === 'Closed' && { closedAt: now }),
  };
  const told = withNotice(withCapacityAfterEnd(ended, context), TRIGGER[reason], 'ended', context, {
    reason,
    ...(absent && disconnection && { disconnectionNumber: disconnection.number }),
  });
  return changed(told.conversation, outcome, effectsOfEnd(told.conversation), told.entries);
}

/** With reconnection to a previous chat, whoever comes back after its time limit can be sent somewhere. */
function redirectUrlOf(conversation: Conversation, { policies }: DecisionContext): string | undefined {
  return policyOf(conversation, 'reconnect', policies)
    ? policyOf(conversation, 'reconnectRedirectUrl', policies)
    : undefined;
}

/** The customer leaves explicitly: an immediate end, no grace period. */
export function decideCustomerLeft(conversation: Conversation, context: DecisionContext): Decision {
  if (!hasEnded(conversation)) return end(conversation, 'customer-ended', context, { type: 'ended' });
  // The repeated event of the same cause; the first try may have died between the save and the pushes.
  const repeated = conversation.end?.reason === 'customer-ended';
  return unchanged({ type: 'ignored', because: 'ended' }, repeated ? effectsOfEnd(conversation) : []);
}

/** WrapUp has blocked the agent's capacity for its custom time: the units are free again. */
export function reachCapacityRelease(
  conversation: Conversation,
  event: { readonly number: number },
  { now }: DecisionContext,
): Decision {
  const { capacityHold: hold, releasedHold } = conversation;
  if (hold?.assignment !== event.number) {
    // Prevents: saved, then the process died before it returned; the second run must still give the units back.
    const repeated = conversation.state === 'WrapUp' && releasedHold?.assignment === event.number;
    return repeated
      ? unchanged({ type: 'capacity-released' }, effectsOfRelease(conversation))
      : unchanged({ type: 'superseded' });
  }
  if (hold.releaseAt === undefined) return unchanged({ type: 'superseded' });
  if (now < hold.releaseAt) return unchanged({ type: 'not-reached', deadline: hold.releaseAt });
  const free = withoutCapacity(conversation);
  return changed(free, { type: 'capacity-released' }, effectsOfRelease(free));
}

function effectsOfRelease(conversation: Conversation): Effect[] {
  const { releasedHold, end } = conversation;
  if (releasedHold === undefined || end === undefined) return [];
  const { agentId, assignment } = releasedHold;
  return [
    // Prevents: the end was saved, then telling it failed; this change makes the row that of a wrap-up, by which
    // reconciliation knows that the end has been told.
    ...effectsOfEnd(conversation),
    push(conversation, { to: 'agent', agentId }, `capacity.${assignment}.released`, end.at, {
      type: 'capacity-released',
      agentId,
      units: releasedHold.units,
    }),
  ];
}

/** The customer's grace period is over: whoever is not there is ended for absence. */
export function reachCustomerDeadline(
  conversation: Conversation,
  event: { readonly number: number; readonly presence?: Presence },
  context: DecisionContext,
): Decision {
  const { disconnection, lastDisconnection } = conversation;
  if (disconnection?.number !== event.number) {
    if (lastDisconnection?.number !== event.number) return unchanged({ type: 'superseded' });
    // Prevents: saved, then the process died before it returned; the second run must still tell everyone.
    if (lastDisconnection.outcome === 'expired')
      return unchanged({ type: 'expired' }, effectsOfEnd(conversation));
    const isBack = disconnection === undefined && !hasEnded(conversation);
    if (isBack) {
      return unchanged({ type: 'customer-present' }, effectsOfReturn(conversation).filter(isPush));
    }
    return unchanged({ type: 'superseded' });
  }
  if (context.now < disconnection.deadline) {
    return unchanged({ type: 'not-reached', deadline: disconnection.deadline });
  }
  // Invariant 7: `connected` may have been lost, so the service is asked before anyone is ended for absence.
  if (event.presence === undefined) return { kind: 'presence-needed' };
  if (event.presence.alive) {
    const healed = withLiveConnections(conversation, event.presence.connectionIds, context.now);
    // The timer that asks needs no cancel; where reconciliation asks before it, it finds its number superseded.
    return changed(healed.conversation, { type: 'customer-present' }, healed.effects.filter(isPush));
  }
  return end(conversation, 'customer-disconnected', context, { type: 'expired' });
}
