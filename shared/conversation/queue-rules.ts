import type { AutomatedMessageTrigger } from '../automated-messages/automated-message';
import type { Conversation, PastAgentDisconnection, RequeueReason } from './conversation';
import { changed, type Decision, type DecisionContext, type Effect, unchanged } from './decision';
import { withoutCapacity } from './ending-rules';
import { push, withNotice } from './notifications';

/**
 * The conversation leaves its agent and is in a queue again, the same or another one. Its customer is told when it had
 * been accepted; the agent's capacity is free at once. A running disconnection of the customer goes on.
 */
export function requeue(
  conversation: Conversation,
  reason: RequeueReason,
  context: DecisionContext,
  queue = conversation.customer.queue,
): Decision {
  const { now } = context;
  const left = withoutAgent(conversation, now);
  const queued: Conversation = {
    ...left,
    state: 'Open',
    stateSince: now,
    customer: { ...left.customer, queue },
    requeue: { at: now, reason, ...(conversation.agent && { agentId: conversation.agent.id }) },
  };
  const told = withLeavingTold(conversation, queued, reason, causeOfRequeue(queued), context);
  return changed(
    told.conversation,
    { type: reason === 'agent-disconnected' ? 'requeued' : 'queued' },
    effectsOfRequeue(told.conversation),
    told.entries,
  );
}

/** The agent has closed the window of a persistent chat: it waits for its customer, and takes no capacity. */
export function letWait(conversation: Conversation, context: DecisionContext): Decision {
  const { now } = context;
  const waiting: Conversation = { ...withoutAgent(conversation, now), state: 'Waiting', stateSince: now };
  const cause = causeOfWaiting(waiting);
  const told = withLeavingTold(conversation, waiting, 'agent-closed-window', cause, context);
  return changed(told.conversation, { type: 'waiting' }, effectsOfWaiting(told.conversation), told.entries);
}

/** The customer has come back to a waiting chat: somebody has to answer, so it is in the queue again. */
export function revived(conversation: Conversation, context: DecisionContext) {
  const { now } = context;
  const queued: Conversation = {
    ...conversation,
    state: 'Open',
    stateSince: now,
    requeue: { at: now, reason: 'customer-returned' },
  };
  return { conversation: queued, effects: effectsOfRequeue(queued) };
}

/** An agent repeats what has put the conversation into the queue. */
export const isRepeatedRequeue = (
  { state, requeue: latest }: Conversation,
  agentId: string,
  reason: RequeueReason,
): boolean => state === 'Open' && latest?.agentId === agentId && latest.reason === reason;

export const repeatedRequeue = (conversation: Conversation): Decision =>
  unchanged({ type: 'queued' }, effectsOfRequeue(conversation));

export const repeatedWait = (conversation: Conversation): Decision =>
  unchanged({ type: 'waiting' }, effectsOfWaiting(conversation));

/** Everyone concerned learns that the conversation is in the queue again. */
export function effectsOfRequeue(conversation: Conversation): Effect[] {
  const { requeue: latest, customer } = conversation;
  if (latest === undefined) return [];
  const { at, reason } = latest;
  const told = (to: 'agents' | 'customer') =>
    push(conversation, { to }, causeOfRequeue(conversation), at, {
      type: 'conversation-queued',
      queue: customer.queue,
      reason,
    });
  return [told('agents'), told('customer')];
}

function effectsOfWaiting(conversation: Conversation): Effect[] {
  const { previousAgent, stateSince } = conversation;
  if (previousAgent === undefined) return [];
  return [
    push(conversation, { to: 'agents' }, causeOfWaiting(conversation), stateSince, {
      type: 'conversation-waiting',
      agentId: previousAgent.id,
    }),
  ];
}

// An agent may take and return a conversation within a millisecond: the assignment tells the causes apart.
const causeOfRequeue = ({ requeue: latest, assignmentCount }: Conversation) =>
  `queued.${assignmentCount}.${latest?.reason}.${latest?.at}`;
const causeOfWaiting = ({ assignmentCount }: Conversation) => `waiting.${assignmentCount}`;

function withoutAgent(conversation: Conversation, now: number): Conversation {
  const { agent, agentDisconnection, queuePosition: _told, ...rest } = withoutCapacity(conversation);
  const past: PastAgentDisconnection | undefined = agentDisconnection && {
    ...agentDisconnection,
    outcome: 'requeued',
    endedAt: now,
  };
  return {
    ...rest,
    ...(agent?.acceptedAt !== undefined && { previousAgent: { id: agent.id, name: agent.name } }),
    ...(past && { lastAgentDisconnection: past }),
  };
}

/** An agent whom the customer had met has left; one who had only been offered the conversation has not. */
function withLeavingTold(
  before: Conversation,
  after: Conversation,
  reason: RequeueReason,
  cause: string,
  context: DecisionContext,
) {
  if (before.agent?.acceptedAt === undefined) return { conversation: after, entries: [] };
  const trigger: AutomatedMessageTrigger =
    reason === 'agent-disconnected' ? 'agent-disconnected' : 'agent-left';
  return withNotice(after, trigger, cause, context, { agentName: before.agent.name });
}

/** The customer's place in the queue is known. It is told when it is another one than before. */
export function decideQueuePosition(
  conversation: Conversation,
  { position }: { readonly position: number },
  context: DecisionContext,
): Decision {
  const { state, queuePosition, liveConnectionIds } = conversation;
  if (state !== 'Open' || liveConnectionIds.length === 0) {
    return unchanged({ type: 'ignored', because: 'not-concerned' });
  }
  if (queuePosition?.position === position) {
    return unchanged({ type: 'position-told' }, effectsOfPosition(conversation));
  }
  const placed: Conversation = { ...conversation, queuePosition: { position, at: context.now } };
  const trigger = position === 1 ? 'customer-next-in-line' : 'customer-position-in-queue';
  const told = withNotice(placed, trigger, causeOf(placed), context, { queuePosition: position });
  return changed(
    told.conversation,
    { type: 'position-told' },
    effectsOfPosition(told.conversation),
    told.entries,
  );
}

function effectsOfPosition(conversation: Conversation): Effect[] {
  const { queuePosition, customer } = conversation;
  if (queuePosition === undefined) return [];
  const { position, at } = queuePosition;
  return [
    push(conversation, { to: 'customer' }, causeOf(conversation), at, {
      type: 'queue-position',
      queue: customer.queue,
      position,
    }),
  ];
}

// The same place in another queue, within a millisecond: the assignment tells the causes apart, as for the queue itself.
const causeOf = ({ queuePosition, assignmentCount }: Conversation) =>
  `queue-position.${assignmentCount}.${queuePosition?.position}.${queuePosition?.at}`;
