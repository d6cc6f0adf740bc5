import { policyOf } from '../policies/policy';
import { begunBy, chanceUntil, outageAllowanceOf, prolonged, RETURN_TIME } from './allowance-rules';
import type { Active, Conversation, PastAgentDisconnection } from './conversation';
import type { DecisionContext, Ruling } from './decision';
import type { Answers } from './inputs';
import { requeue } from './queue-rules';
import { type Instant, type Milliseconds, MINUTE } from './time';

type ByAgent = { readonly agentId: string };

/**
 * The last socket of the conversation's agent is gone: the agent's grace period begins, counted from the receipt. When
 * it is over the conversation returns to the queue ("Understand conversation states", Active to Open).
 */
export function decideAgentDisconnected(
  conversation: Conversation,
  { agentId }: ByAgent,
  context: DecisionContext,
): Ruling {
  if (conversation.state !== 'Active' || conversation.agent.id !== agentId) {
    return { kind: 'unchanged', outcome: { type: 'ignored', because: 'not-concerned' } };
  }
  if (conversation.agentDisconnection !== undefined) {
    return { kind: 'unchanged', outcome: { type: 'ignored', because: 'repeated' } };
  }
  const away = withAgentAway(conversation, context);
  return { kind: 'changed', conversation: away, outcome: { type: 'agent-disconnection-began' } };
}

/** The conversation whose agent is away from now on; as it is where the agent is away already. */
export function withAgentAway(conversation: Active, { now, policies }: DecisionContext): Active {
  if (conversation.agentDisconnection !== undefined) return conversation;
  const number = conversation.agentDisconnectionCount + 1;
  const deadline = now + policyOf(conversation, 'agentGrace', policies);
  return {
    ...conversation,
    agentDisconnection: { number, agentId: conversation.agent.id, since: now, deadline },
    agentDisconnectionCount: number,
  };
}

/** A socket of the agent is open again. */
export function decideAgentConnected(
  conversation: Conversation,
  { agentId, connectionId }: ByAgent & { readonly connectionId?: string },
  { now }: DecisionContext,
): Ruling {
  if (conversation.state !== 'Active' || conversation.agent.id !== agentId) {
    return { kind: 'unchanged', outcome: { type: 'ignored', because: 'not-concerned' } };
  }
  if (conversation.agentDisconnection === undefined) {
    return { kind: 'unchanged', outcome: { type: 'agent-present' } };
  }
  const back = withAgentBack(
    conversation,
    now,
    connectionId === undefined ? {} : { reconnectedBy: connectionId },
  );
  return { kind: 'changed', conversation: back, outcome: { type: 'agent-present' } };
}

/** The conversation with its agent there; as it is where nobody was missing. */
export function withAgentBack(conversation: Active, now: Instant, shown: Shown = {}): Active {
  const { agentDisconnection, ...rest } = conversation;
  return agentDisconnection === undefined
    ? conversation
    : { ...rest, lastAgentDisconnection: returned(agentDisconnection, now, shown) };
}

/** What has shown that the agent is there, if it is known. */
type Shown = Pick<PastAgentDisconnection, 'reconnectedBy' | 'byAccepting'>;

const returned = (
  running: NonNullable<Active['agentDisconnection']>,
  now: Instant,
  shown: Shown,
): PastAgentDisconnection => ({ ...running, outcome: 'returned', endedAt: now, ...shown });

const agentAllowanceOf = (conversation: Active, { policies }: DecisionContext) =>
  outageAllowanceOf(conversation, policies, policyOf(conversation, 'agentGrace', policies));

/** The agent's grace period is over: an agent who is not there gives the conversation back to its queue. */
export function reachAgentDeadline(
  conversation: Conversation,
  { number }: { readonly number: number },
  context: DecisionContext,
  { agentPresent }: Answers,
): Ruling {
  const { lastAgentDisconnection, state } = conversation;
  if (conversation.agentDisconnection === undefined || conversation.agentDisconnection.number !== number) {
    // Prevents: saved, then the process died before it returned; the second run must still tell everyone.
    const past = lastAgentDisconnection?.number === number ? lastAgentDisconnection : undefined;
    const isBack =
      past?.outcome === 'returned' && state === 'Active' && conversation.agentDisconnection === undefined;
    if (isBack) return { kind: 'unchanged', outcome: { type: 'agent-present' } };
    const isInQueue = past !== undefined && state === 'Open' && conversation.requeue?.at === past.endedAt;
    return { kind: 'unchanged', outcome: { type: isInQueue ? 'requeued' : 'superseded' } };
  }
  const { agentDisconnection } = conversation;
  const begun = begunBy(agentDisconnection, context.now);
  if (context.now < begun.deadline) {
    const outcome = { type: 'not-reached', deadline: begun.deadline } as const;
    if (begun === agentDisconnection) return { kind: 'unchanged', outcome };
    return { kind: 'changed', conversation: { ...conversation, agentDisconnection: begun }, outcome };
  }
  // The event of the agent's return may have been lost.
  if (agentPresent === undefined) {
    return { kind: 'agent-presence-needed', agentId: agentDisconnection.agentId };
  }
  if (agentPresent) {
    const back = withAgentBack(conversation, context.now);
    return { kind: 'changed', conversation: back, outcome: { type: 'agent-present' } };
  }
  const reason = customerIsAwayToo(conversation) ? 'customer-away' : 'outage';
  const until =
    reason === 'customer-away'
      ? Math.max(conversation.disconnection?.deadline ?? 0, context.now) + BEHIND_THE_CUSTOMER
      : chanceUntil(agentDisconnection, agentAllowanceOf(conversation, context), context);
  if (until === undefined) return requeue(conversation, 'agent-disconnected', context);
  const longer = prolonged(agentDisconnection, until, reason, context.now);
  const outcome = { type: 'not-reached', deadline: until } as const;
  return { kind: 'changed', conversation: { ...conversation, agentDisconnection: longer }, outcome };
}

/**
 * The deadline of an agent whose customer is away as well comes this much behind the customer's, which decides first. If
 * that one cannot be decided on, the agent's comes round again no more often than this.
 */
const BEHIND_THE_CUSTOMER: Milliseconds = MINUTE;

/** Nobody is in a conversation that an agent had accepted: its colleagues have nobody to serve there. */
const customerIsAwayToo = ({ agent, disconnection }: Active): boolean =>
  agent.acceptedAt !== undefined && disconnection !== undefined;

/**
 * The customer is back in a conversation whose agent had been waited for only because nobody was there: from now on the
 * agent has a short wait of its own, with a number and a timer of its own, for what takes both away often gives both back.
 */
export function withAgentExpected(
  before: Conversation | undefined,
  after: Conversation,
  now: Instant,
): Conversation {
  const isBack = before?.disconnection !== undefined && after.disconnection === undefined;
  if (!isBack || after.state !== 'Active' || after.agentDisconnection?.allowance?.because !== 'customer-away')
    return after;
  const { agentId, since, deadline, allowance } = after.agentDisconnection;
  const number = after.agentDisconnectionCount + 1;
  const wait = Math.min(RETURN_TIME, deadline - allowance.by - since);
  const expected = { number, agentId, since, deadline: now + wait };
  return { ...after, agentDisconnection: expected, agentDisconnectionCount: number };
}
