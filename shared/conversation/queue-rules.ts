import { publicName } from './conversation';
import type { AutomatedMessageTrigger } from '../automated-messages/automated-message';
import type { Active, Conversation, Ongoing, PastAgentDisconnection, RequeueReason } from './conversation';
import { type DecisionContext, illegal, type Ruling } from './decision';
import { releasedHold } from './ending-rules';
import { CAUSES } from './notifications';
import { type Move, stateAfter } from './states';
import type { Instant } from './time';
import { withNotice } from './transcript';

/**
 * The conversation leaves its agent and is in a queue again, the same or another one. Its customer is told when it had
 * been accepted; the agent's capacity is free at once. A running disconnection of the customer goes on.
 */
export function requeue(
  conversation: Conversation,
  reason: AgentsReason,
  context: DecisionContext,
  queue = conversation.customer.queue,
): Ruling {
  const { now } = context;
  const state = stateAfter(conversation, MOVE_OF[reason]);
  if (state === undefined || conversation.state !== 'Active') return illegal(conversation);
  const {
    agent,
    agentDisconnection: _past,
    capacityHold: _released,
    queuePosition: _outdated,
    ...rest
  } = conversation;
  const ofOffer = agent.acceptedAt === undefined;
  const former = conversation.customer.queue;
  const latest = {
    ...{ at: now, reason, agentId: agent.id },
    ...(ofOffer && { ofOffer }),
    ...(former !== queue && { formerQueue: former }),
  };
  const queued: Conversation = {
    ...rest,
    ...leftBy(conversation, now),
    state,
    stateSince: now,
    customer: { ...rest.customer, queue },
    requeue: latest,
  };
  const cause = CAUSES.queued(queued.assignmentCount, latest);
  return {
    kind: 'changed',
    outcome: { type: BY_ITSELF.includes(reason) ? 'requeued' : 'queued' },
    ...withLeavingTold(conversation, queued, reason, cause, context),
  };
}

const MOVE_OF = {
  'agent-declined': 'declined',
  'agent-released': 'released',
  'agent-transferred': 'released',
  'agent-closed-window': 'released',
  'agent-disconnected': 'agentLost',
  'offer-expired': 'offerExpired',
} as const satisfies { readonly [reason in AgentsReason]: Move };

type AgentsReason = Exclude<RequeueReason, 'customer-returned'>;

/** A deadline has passed; no agent has asked for it. */
const BY_ITSELF: readonly RequeueReason[] = ['agent-disconnected', 'offer-expired'];

/** The agent has closed the window of a persistent chat: it waits for its customer, and takes no capacity. */
export function toWaiting(conversation: Conversation, context: DecisionContext): Ruling {
  const { now } = context;
  const state = stateAfter(conversation, 'windowClosed');
  const isActive = state !== undefined && conversation.state === 'Active';
  if (!isActive || conversation.channel !== 'persistent-chat') return illegal(conversation);
  const {
    agent: _left,
    agentDisconnection: _past,
    capacityHold: _released,
    queuePosition: _outdated,
    ...rest
  } = conversation;
  const waiting: Conversation = { ...rest, ...leftBy(conversation, now), state, stateSince: now };
  const cause = CAUSES.waiting(waiting.assignmentCount);
  return {
    kind: 'changed',
    outcome: { type: 'waiting' },
    ...withLeavingTold(conversation, waiting, 'agent-closed-window', cause, context),
  };
}

/** The customer has come back to a waiting chat: somebody has to answer, so it is in the queue again. */
export function reopened(conversation: Ongoing, now: Instant): Ongoing {
  const state = stateAfter(conversation, 'customerWrote');
  if (state === undefined || conversation.state !== 'Waiting') return conversation;
  return { ...conversation, state, stateSince: now, requeue: { at: now, reason: 'customer-returned' } };
}

/** An agent repeats what has put the conversation into the queue. */
export const isRepeatedRequeue = (
  { state, requeue: latest }: Conversation,
  agentId: string,
  reason: RequeueReason,
): boolean => state === 'Open' && latest?.agentId === agentId && latest.reason === reason;

/** What is left on record of the agent who has the conversation no more. */
function leftBy({ agent, agentDisconnection, capacityHold }: Active, now: Instant) {
  const past: PastAgentDisconnection | undefined = agentDisconnection && {
    ...agentDisconnection,
    outcome: 'requeued',
    endedAt: now,
  };
  return {
    ...releasedHold(capacityHold),
    ...(agent.acceptedAt !== undefined && { previousAgent: { id: agent.id, name: agent.name } }),
    ...(past && { lastAgentDisconnection: past }),
  };
}

/** An agent whom the customer had met has left; one who had only been offered the conversation has not. */
function withLeavingTold(
  before: Active,
  after: Conversation,
  reason: RequeueReason,
  cause: string,
  context: DecisionContext,
) {
  if (before.agent.acceptedAt === undefined) return { conversation: after };
  const trigger: AutomatedMessageTrigger =
    reason === 'agent-disconnected' ? 'agent-disconnected' : 'agent-left';
  return withNotice(after, trigger, cause, context, { agentName: publicName(before.agent) });
}

/** The customer's place in the queue is known. It is told when it is another one than before. */
export function decideQueuePosition(
  conversation: Conversation,
  { position }: { readonly position: number },
  context: DecisionContext,
): Ruling {
  const { state, queuePosition, liveConnectionIds, assignmentCount } = conversation;
  if (state !== 'Open' || liveConnectionIds.length === 0) {
    return { kind: 'unchanged', outcome: { type: 'ignored', because: 'not-concerned' } };
  }
  if (queuePosition?.position === position) {
    return { kind: 'unchanged', outcome: { type: 'position-told' } };
  }
  const place = { position, at: context.now };
  const trigger = position === 1 ? 'customer-next-in-line' : 'customer-position-in-queue';
  const cause = CAUSES.position(assignmentCount, place);
  return {
    kind: 'changed',
    outcome: { type: 'position-told' },
    ...withNotice({ ...conversation, queuePosition: place }, trigger, cause, context, {
      queuePosition: position,
    }),
  };
}
