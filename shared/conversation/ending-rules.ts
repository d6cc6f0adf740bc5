import type { AutomatedMessageTrigger } from '../automated-messages/automated-message';
import { autoClosureDue, mustAskForCustomer, policyOf } from '../policies/policy';
import { begunBy, chanceUntil, outageAllowanceOf, waitingUntil } from './allowance-rules';
import {
  type Away,
  type CapacityHold,
  type CloseReason,
  type Conversation,
  type Disconnection,
  type EndReason,
  type Ongoing,
  type PastDisconnection,
  pendingTimerOf,
  type WrapUp,
} from './conversation';
import { type DecisionContext, illegal, type Outcome, type Ruling } from './decision';
import type { Answers } from './inputs';
import { CAUSES } from './notifications';
import { withLiveConnections } from './presence-rules';
import { stateAfter } from './states';
import type { Instant } from './time';
import { withNotice } from './transcript';

/** What is left on record of a hold that is given back, so that a repetition gives it back again. */
export function releasedHold(hold: CapacityHold | undefined): Pick<Conversation, 'releasedHold'> {
  if (hold === undefined) return {};
  const { releaseAt: _passed, ...released } = hold;
  return { releasedHold: released };
}

/**
 * What the end does to capacity: `Closed` gives it back; `WrapUp` blocks it until it is closed, not at all, or for a
 * custom time ("Understand conversation states", Wrap-up).
 */
function holdInWrapUp(conversation: Conversation, { now, policies }: DecisionContext) {
  const { capacityHold: hold } = conversation;
  const blocked = policyOf({ ...conversation, state: 'WrapUp' }, 'wrapUpCapacity', policies);
  if (hold === undefined || blocked === 'none') return releasedHold(hold);
  return { capacityHold: blocked === 'always' ? hold : { ...hold, releaseAt: now + blocked } };
}

const TRIGGER: Readonly<Record<EndReason, AutomatedMessageTrigger>> = {
  'customer-disconnected': 'customer-disconnected',
  'customer-ended': 'customer-ended-conversation',
  'agent-ended': 'agent-ended-conversation',
  'auto-closed': 'session-ended',
};

/** Ends the conversation: the move and its one notice belong to the same decision, hence the same transaction. */
export function end(
  conversation: Ongoing,
  reason: EndReason,
  context: DecisionContext,
  outcome: Outcome,
  agentId?: string,
): Ruling {
  const { now } = context;
  const state = stateAfter(conversation, 'ended');
  if (state === undefined) return illegal(conversation);
  const { disconnection, agentDisconnection: _obsolete, queuePosition: _outdated, ...rest } = conversation;
  const { agent, capacityHold, ...left } = rest;
  const absent = reason === 'customer-disconnected';
  const past: PastDisconnection | undefined = disconnection && {
    ...disconnection,
    outcome: absent ? 'expired' : 'ended',
    endedAt: now,
  };
  const redirectUrl = absent ? redirectUrlOf(conversation, context) : undefined;
  const over = {
    ...left,
    stateSince: now,
    end: {
      at: now,
      reason,
      ...(agentId !== undefined && { agentId }),
      ...(redirectUrl !== undefined && { redirectUrl }),
    },
    ...(past && { lastDisconnection: past }),
  };
  const ended: Conversation =
    state === 'WrapUp' && agent !== undefined
      ? { ...over, state, agent, ...holdInWrapUp(conversation, context) }
      : { ...over, ...(agent && { agent }), ...releasedHold(capacityHold), state: 'Closed', closedAt: now };
  const facts = { reason, ...(absent && disconnection && { disconnectionNumber: disconnection.number }) };
  return {
    kind: 'changed',
    outcome,
    ...withNotice(ended, TRIGGER[reason], CAUSES.ended, context, facts),
  };
}

/** With reconnection to a previous chat, whoever comes back after its time limit can be sent somewhere. */
function redirectUrlOf(conversation: Conversation, { policies }: DecisionContext): string | undefined {
  return policyOf(conversation, 'reconnect', policies)
    ? policyOf(conversation, 'reconnectRedirectUrl', policies)
    : undefined;
}

/** WrapUp goes to Closed, by the agent or by itself. The customer is told when the agent had ended the conversation. */
export function close(conversation: WrapUp, closeReason: CloseReason, context: DecisionContext): Ruling {
  const { now } = context;
  const state = stateAfter(conversation, 'closed');
  if (state === undefined) return illegal(conversation);
  const { capacityHold, ...rest } = conversation;
  const closed: Conversation = {
    ...rest,
    ...releasedHold(capacityHold),
    state,
    stateSince: now,
    closedAt: now,
    closeReason,
  };
  const isSessionEnd = closeReason === 'agent-closed' && conversation.end.reason === 'agent-ended';
  return {
    kind: 'changed',
    outcome: { type: closeReason === 'auto-closed' ? 'auto-closed' : 'closed' },
    ...(isSessionEnd
      ? withNotice(closed, 'session-ended', CAUSES.closed, context)
      : { conversation: closed }),
  };
}

/** The customer leaves explicitly: an immediate end, no grace period. */
export const decideCustomerLeft = (conversation: Conversation, context: DecisionContext): Ruling =>
  conversation.end === undefined
    ? end(conversation, 'customer-ended', context, { type: 'ended' })
    : { kind: 'unchanged', outcome: { type: 'ignored', because: 'ended' } };

/** WrapUp has blocked the agent's capacity for its custom time: the units are free again. */
export function reachCapacityRelease(
  conversation: Conversation,
  { number }: Reached,
  { now }: DecisionContext,
): Ruling {
  if (conversation.state !== 'WrapUp') return { kind: 'unchanged', outcome: { type: 'superseded' } };
  const { capacityHold: hold, ...rest } = conversation;
  if (hold?.assignment !== number) {
    // Prevents: saved, then the process died before it returned; the second run must still give the units back.
    const isReleased = conversation.releasedHold?.assignment === number;
    return { kind: 'unchanged', outcome: { type: isReleased ? 'capacity-released' : 'superseded' } };
  }
  if (hold.releaseAt === undefined) return { kind: 'unchanged', outcome: { type: 'superseded' } };
  if (now < hold.releaseAt) {
    return { kind: 'unchanged', outcome: { type: 'not-reached', deadline: hold.releaseAt } };
  }
  return {
    kind: 'changed',
    conversation: { ...rest, ...releasedHold(hold) },
    outcome: { type: 'capacity-released' },
  };
}

interface Reached {
  readonly number: number;
}

/** The customer's grace period is over: whoever is not there is ended for absence. */
export function reachCustomerDeadline(
  conversation: Conversation,
  { number }: Reached,
  context: DecisionContext,
  { presence }: Answers,
): Ruling {
  const { lastDisconnection } = conversation;
  if (conversation.disconnection === undefined || !isWaitedForBy(conversation.disconnection, number)) {
    if (lastDisconnection !== undefined && pendingTimerOf(conversation)?.number === number)
      return timerOver(conversation, lastDisconnection);
    // Prevents: saved, then the process died before it returned; the second run must still tell everyone.
    const past =
      lastDisconnection && isWaitedForBy(lastDisconnection, number) ? lastDisconnection : undefined;
    if (past?.outcome === 'expired') return { kind: 'unchanged', outcome: { type: 'expired' } };
    const isBack =
      past !== undefined && conversation.disconnection === undefined && conversation.end === undefined;
    return { kind: 'unchanged', outcome: { type: isBack ? 'customer-present' : 'superseded' } };
  }
  const begun = begunBy(conversation.disconnection, context.now);
  if (context.now < begun.deadline) {
    const { newsAt = context.now, ...told } = begun;
    const isYoung = context.now < newsAt;
    const deadline = isYoung ? Math.min(newsAt, begun.deadline) : begun.deadline;
    const outcome = { type: 'not-reached', deadline } as const;
    const disconnection = isYoung || begun.newsAt === undefined ? begun : told;
    if (disconnection === conversation.disconnection) return { kind: 'unchanged', outcome };
    return { kind: 'changed', conversation: { ...conversation, disconnection }, outcome };
  }
  // Invariant 7: `connected` may have been lost, so the service is asked before anyone is ended for absence.
  if (presence === undefined) return { kind: 'presence-needed' };
  if (presence.alive) return healed(conversation, presence.connectionIds, context);
  const { disconnection } = conversation;
  const until = chanceUntil(disconnection, outageAllowanceOf(conversation, context.policies), context);
  return until === undefined
    ? end(conversation, 'customer-disconnected', context, { type: 'expired' })
    : waitedLonger(conversation, until, context);
}

const isWaitedForBy = (
  { number, timer }: Pick<Disconnection, 'number' | 'timer'>,
  timerNumber: number,
): boolean => number === timerNumber || timer?.number === timerNumber;

/**
 * The customer was back before anybody was told, and the timer has come for nothing. Prevents: it ends, while another
 * process has a loss in hand that it is to serve as well: of the two saves one is refused, and decides again.
 */
function timerOver(conversation: Conversation, { timer: _over, ...past }: PastDisconnection): Ruling {
  return {
    kind: 'changed',
    conversation: { ...conversation, lastDisconnection: past },
    outcome: { type: 'superseded' },
  };
}

/** The deadline is a later one now, so that somebody for whom the app could not be reached can still come back. */
const waitedLonger = (conversation: Ongoing & Away, until: Instant, { now }: DecisionContext): Ruling => ({
  kind: 'changed',
  conversation: waitingUntil(conversation, until, 'outage', now),
  outcome: { type: 'not-reached', deadline: until },
});

/** The service says that the customer is there: the event of the return was lost. */
export const healed = (
  conversation: Ongoing,
  connectionIds: readonly string[],
  { now }: DecisionContext,
): Ruling => ({
  kind: 'changed',
  conversation: withLiveConnections(conversation, connectionIds, now),
  outcome: { type: 'customer-present' },
});

/** A state has lasted too long without activity: the conversation is closed. */
export function reachAutoClosure(
  conversation: Conversation,
  { number }: Reached,
  context: DecisionContext,
  { presence }: Answers,
): Ruling {
  const { autoClosure } = conversation;
  if (autoClosure?.number !== number) {
    // Prevents: saved, then the process died before it returned; the second run must still tell everyone.
    if (isClosedBy(conversation, number)) return { kind: 'unchanged', outcome: { type: 'auto-closed' } };
    const isBack = isDroppedByReturn(conversation, number);
    return { kind: 'unchanged', outcome: { type: isBack ? 'customer-present' : 'superseded' } };
  }
  // What policy says now counts, not what it said when the timer started.
  const due = autoClosureDue(conversation, context.policies);
  // A closure that policy no longer wants is dropped, or it would be overdue for ever.
  if (due === undefined) return { kind: 'changed', conversation, outcome: { type: 'superseded' } };
  if (context.now < due) return { kind: 'unchanged', outcome: { type: 'not-reached', deadline: due } };
  if (conversation.state === 'WrapUp') return close(conversation, 'auto-closed', context);
  if (conversation.end !== undefined) return illegal(conversation);
  if (mustAskForCustomer(conversation, context.policies)) {
    if (presence === undefined) return { kind: 'presence-needed' };
    if (presence.alive) return healed(conversation, presence.connectionIds, context);
    if (conversation.disconnection !== undefined) {
      const wait = { ...conversation.disconnection, deadline: due };
      const until = chanceUntil(wait, outageAllowanceOf(conversation, context.policies), context);
      if (until !== undefined) return waitedLonger(conversation, until, context);
    }
  }
  return end(conversation, 'auto-closed', context, { type: 'auto-closed' });
}

/** The latest closure was that of a customer who was away, and has come back. */
const isDroppedByReturn = (conversation: Conversation, number: number): boolean =>
  conversation.state === 'Open' &&
  conversation.autoClosureCount === number &&
  conversation.lastDisconnection?.outcome === 'reconnected' &&
  conversation.disconnection === undefined;

const isClosedBy = (conversation: Conversation, number: number): boolean =>
  conversation.autoClosureCount === number &&
  (conversation.closeReason === 'auto-closed' || conversation.end?.reason === 'auto-closed');
