import { policyOf } from '../policies/policy';
import { withAgentBack } from './agent-presence-rules';
import { type Agent, type Conversation, hasEnded, LIMITS } from './conversation';
import {
  assignedToOther,
  changed,
  customerIsConnected,
  type Decision,
  type DecisionContext,
  type Effect,
  illegal,
  refused,
  refusedAsEnded,
  unchanged,
} from './decision';
import { claimOn, end, withoutCapacity } from './ending-rules';
import type { Presence } from './inputs';
import { effectsOfClose, effectsOfEnd, effectsOfReturn, push, withNotice } from './notifications';
import { withLiveConnections } from './presence-rules';
import { isRepeatedRequeue, letWait, repeatedRequeue, repeatedWait, requeue } from './queue-rules';
import { type Milliseconds, toIso, toIsoDuration } from './time';

type ByAgent = { readonly agentId: string };
type Taking = ByAgent & { readonly agentName: string; readonly capacity?: 'reserved' | 'full' };

/**
 * A conversation of the queue is offered to an agent: Active, but not accepted. An offer that nobody has accepted can be
 * replaced by another, or it would hold the conversation for good.
 */
export function decideAgentOffered(
  conversation: Conversation,
  event: Taking,
  context: DecisionContext,
): Decision {
  const { agent, state } = conversation;
  if (hasEnded(conversation)) return refusedAsEnded(conversation);
  if (agent?.id === event.agentId) {
    return unchanged({ type: 'assigned' }, effectsOfAssignment(conversation));
  }
  if (agent?.acceptedAt !== undefined) return assignedToOther(conversation);
  if (state === 'Waiting') return illegal(conversation);
  return take(conversation, event, { assignedAt: context.now }, context);
}

/**
 * An agent takes a conversation, from the queue or from its offer; of two agents at once, one wins. A waiting one is
 * taken up again by the agent who has let it wait.
 */
export function decideAgentAccepted(
  conversation: Conversation,
  event: Taking,
  context: DecisionContext,
): Decision {
  const { agent, state, previousAgent } = conversation;
  const { now } = context;
  if (hasEnded(conversation)) return refusedAsEnded(conversation);
  if (agent === undefined) {
    if (state === 'Waiting' && previousAgent?.id !== event.agentId) return assignedToOther(conversation);
    return take(conversation, event, { assignedAt: now, acceptedAt: now }, context);
  }
  if (agent.id !== event.agentId) return assignedToOther(conversation);
  if (agent.acceptedAt !== undefined) {
    return unchanged({ type: 'assigned' }, effectsOfAssignment(conversation));
  }
  return assign(conversation, { ...agent, name: event.agentName, acceptedAt: now }, context);
}

/** The agent does not want the offer: back into the queue. */
export function decideAgentDeclined(
  conversation: Conversation,
  { agentId }: ByAgent,
  context: DecisionContext,
): Decision {
  const { agent } = conversation;
  if (hasEnded(conversation)) return refusedAsEnded(conversation);
  if (isRepeatedRequeue(conversation, agentId, 'agent-declined')) return repeatedRequeue(conversation);
  if (agent === undefined) return illegal(conversation);
  if (agent.id !== agentId) return assignedToOther(conversation);
  if (agent.acceptedAt !== undefined) return illegal(conversation);
  return requeue(conversation, 'agent-declined', context);
}

/** The agent gives the conversation back, to its queue or to another one. */
export function decideAgentReleased(
  conversation: Conversation,
  { agentId, queue }: ByAgent & { readonly queue?: string },
  context: DecisionContext,
): Decision {
  const reason = queue === undefined ? 'agent-released' : 'agent-transferred';
  const inThatQueue = queue === undefined || queue === conversation.customer.queue;
  if (inThatQueue && isRepeatedRequeue(conversation, agentId, reason)) return repeatedRequeue(conversation);
  return refuseUnlessAccepted(conversation, agentId) ?? requeue(conversation, reason, context, queue);
}

/** The agent ends the conversation: WrapUp. */
export function decideAgentEnded(
  conversation: Conversation,
  { agentId }: ByAgent,
  context: DecisionContext,
): Decision {
  if (hasEnded(conversation)) {
    // Prevents: saved, then the push failed and the agent repeats; the repeat must still tell everyone.
    const mine = conversation.end?.reason === 'agent-ended' && conversation.end.agentId === agentId;
    return refusedAsEnded(conversation, mine ? effectsOfEnd(conversation) : []);
  }
  return (
    refuseUnlessAccepted(conversation, agentId) ??
    end(conversation, 'agent-ended', context, { type: 'ended' }, agentId)
  );
}

/**
 * The agent closes the window. After the end: WrapUp goes to Closed, which is final. Without having ended: a live chat
 * goes back into the queue, a persistent chat waits for its customer ("How conversations are handled on close or end").
 */
export function decideAgentClosed(
  conversation: Conversation,
  { agentId }: ByAgent,
  context: DecisionContext,
): Decision {
  const { state, agent, channel, previousAgent } = conversation;
  if (state === 'Closed') {
    const mine = conversation.closeReason === 'agent-closed' && agent?.id === agentId;
    return refusedAsEnded(conversation, mine ? effectsOfClose(conversation) : []);
  }
  if (state === 'WrapUp') {
    return agent?.id === agentId
      ? close(conversation, 'agent-closed', context)
      : assignedToOther(conversation);
  }
  if (isRepeatedRequeue(conversation, agentId, 'agent-closed-window')) return repeatedRequeue(conversation);
  if (state === 'Waiting' && previousAgent?.id === agentId) return repeatedWait(conversation);
  const notMine = refuseUnlessAccepted(conversation, agentId);
  if (notMine) return notMine;
  return channel === 'live-chat'
    ? requeue(conversation, 'agent-closed-window', context)
    : letWait(conversation, context);
}

/** WrapUp goes to Closed, by the agent or by itself. The customer is told when the agent had ended the conversation. */
export function close(
  conversation: Conversation,
  closeReason: 'agent-closed' | 'auto-closed',
  context: DecisionContext,
): Decision {
  const { now } = context;
  const closed: Conversation = {
    ...withoutCapacity(conversation),
    state: 'Closed',
    stateSince: now,
    closedAt: now,
    closeReason,
  };
  const isSessionEnd = closeReason === 'agent-closed' && conversation.end?.reason === 'agent-ended';
  const told = isSessionEnd
    ? withNotice(closed, 'session-ended', 'closed', context)
    : { conversation: closed, entries: [] };
  const outcome = { type: closeReason === 'auto-closed' ? 'auto-closed' : 'closed' } as const;
  return changed(told.conversation, outcome, effectsOfClose(told.conversation), told.entries);
}

/** A new assignment, once its units are reserved. */
function take(
  conversation: Conversation,
  { agentId, agentName, capacity }: Taking,
  times: Pick<Agent, 'assignedAt' | 'acceptedAt'>,
  context: DecisionContext,
): Decision {
  const claim = claimOn(agentId, conversation, context);
  if (capacity === undefined) return claim;
  if (capacity === 'full') {
    return refused({
      code: 'agent-at-capacity',
      detail: `The agent has not the ${claim.units} free units of capacity that the conversation takes.`,
      state: conversation.state,
    });
  }
  const { agentDisconnection: _former, ...free } = withoutCapacity(conversation);
  const { assignment, units } = claim;
  const held: Conversation = {
    ...free,
    assignmentCount: assignment,
    capacityHold: { agentId, assignment, units },
  };
  return assign(held, { id: agentId, name: agentName, ...times }, context);
}

function assign(conversation: Conversation, agent: Agent, context: DecisionContext): Decision {
  const { queuePosition: _told, ...rest } = withAgentBack(conversation, context.now);
  const stateSince = conversation.state === 'Active' ? conversation.stateSince : context.now;
  const assigned: Conversation = { ...rest, state: 'Active', stateSince, agent };
  const trigger = agent.acceptedAt === undefined ? 'agent-assigned' : 'agent-joined';
  const told = withNotice(assigned, trigger, causeOfAssignment(assigned, agent), context);
  return changed(
    told.conversation,
    { type: 'assigned' },
    effectsOfAssignment(told.conversation),
    told.entries,
  );
}

function effectsOfAssignment(conversation: Conversation): Effect[] {
  const { agent } = conversation;
  if (agent === undefined) return [];
  const accepted = agent.acceptedAt !== undefined;
  const told = (to: 'agents' | 'customer') =>
    push(conversation, { to }, causeOfAssignment(conversation, agent), agent.acceptedAt ?? agent.assignedAt, {
      type: 'conversation-assigned',
      agentId: agent.id,
      agentName: agent.name,
      accepted,
    });
  return accepted ? [told('agents'), told('customer')] : [told('agents')];
}

const causeOfAssignment = ({ assignmentCount }: Conversation, { acceptedAt }: Agent): string =>
  `assigned.${assignmentCount}.${acceptedAt === undefined ? 'offered' : 'accepted'}`;

/** Why the agent may not do this to a conversation that goes on, or undefined where the agent may. */
export function refuseUnlessAccepted(conversation: Conversation, agentId: string): Decision | undefined {
  const { agent, state } = conversation;
  if (state !== 'Active') return illegal(conversation);
  if (agent?.id !== agentId) return assignedToOther(conversation);
  if (agent.acceptedAt !== undefined) return undefined;
  return refused({
    code: 'not-assigned-to-you',
    detail: 'The conversation is offered to you; accept it first.',
    state,
  });
}

/**
 * The agent gives the customer more time. The timer of the disconnection wakes at the old deadline, is told the new one
 * and waits on. What agents add to one disconnection is bounded by policy.
 */
export function decideWaitExtended(
  conversation: Conversation,
  { agentId, by, key }: ByAgent & { readonly by: Milliseconds; readonly key: string },
  { now, policies }: DecisionContext,
): Decision {
  const notMine = refuseUnlessAccepted(conversation, agentId);
  if (notMine) return notMine;
  const { disconnection } = conversation;
  if (disconnection === undefined) return refused(customerIsConnected(conversation));
  const { extension, deadline } = disconnection;
  // Prevents: saved, then the answer was lost and the desk repeats; the customer's time must not grow twice.
  if (extension?.keys.includes(key)) {
    return unchanged({ type: 'wait-extended' }, effectsOfExtension(conversation));
  }
  const sofar = extension?.by ?? 0;
  const most = policyOf(conversation, 'maxExtension', policies);
  if (sofar + by > most) {
    return refused({
      code: 'extension-too-long',
      detail: `Agents can add ${toIsoDuration(most)} to a wait in all; ${toIsoDuration(Math.max(0, most - sofar))} is left.`,
      state: conversation.state,
    });
  }
  const next: Conversation = {
    ...conversation,
    disconnection: {
      ...disconnection,
      deadline: deadline + by,
      extension: {
        by: sofar + by,
        keys: [...(extension?.keys ?? []), key].slice(-LIMITS.extensionKeys),
        at: now,
      },
    },
  };
  return changed(next, { type: 'wait-extended' }, effectsOfExtension(next));
}

/**
 * The agent does not wait any longer. As at the deadline, the service itself is asked first: whoever is there is not
 * ended for absence (invariants 1 and 7).
 */
export function decideWaitEnded(
  conversation: Conversation,
  { agentId, presence }: ByAgent & { readonly presence?: Presence },
  context: DecisionContext,
): Decision {
  if (hasEnded(conversation)) {
    // Prevents: saved, then the push failed and the agent repeats; the repeat must still tell everyone.
    const mine = conversation.end?.reason === 'customer-disconnected' && conversation.end.agentId === agentId;
    return refusedAsEnded(conversation, mine ? effectsOfEnd(conversation) : []);
  }
  const notMine = refuseUnlessAccepted(conversation, agentId);
  if (notMine) return notMine;
  // The first try may have found the customer there, and died before it told so.
  if (conversation.disconnection === undefined) {
    return refused(customerIsConnected(conversation), effectsOfReturn(conversation));
  }
  if (presence === undefined) return { kind: 'presence-needed' };
  if (presence.alive) {
    const healed = withLiveConnections(conversation, presence.connectionIds, context.now);
    return changed(healed.conversation, { type: 'customer-present' }, healed.effects);
  }
  return end(conversation, 'customer-disconnected', context, { type: 'ended' }, agentId);
}

function effectsOfExtension(conversation: Conversation): Effect[] {
  const { disconnection } = conversation;
  if (disconnection?.extension === undefined) return [];
  const { number, deadline, extension } = disconnection;
  return [
    push(conversation, { to: 'agents' }, `disconnection.${number}.until.${deadline}`, extension.at, {
      type: 'wait-extended',
      number,
      deadline: toIso(deadline),
      extendedBy: toIsoDuration(extension.by),
    }),
  ];
}
