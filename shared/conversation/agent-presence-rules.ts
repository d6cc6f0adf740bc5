import { policyOf } from '../policies/policy';
import { chanceUntil, prolonged } from './allowance-rules';
import type { Active, Conversation, PastAgentDisconnection } from './conversation';
import type { DecisionContext, Ruling } from './decision';
import type { Answers } from './inputs';
import { requeue } from './queue-rules';
import type { Instant } from './time';

type ByAgent = { readonly agentId: string };

/**
 * The last socket of the conversation's agent is gone: the agent's grace period begins, counted from the receipt. When
 * it is over the conversation returns to the queue ("Understand conversation states", Active to Open).
 */
export function decideAgentDisconnected(
  conversation: Conversation,
  { agentId }: ByAgent,
  { now, policies }: DecisionContext,
): Ruling {
  if (conversation.state !== 'Active' || conversation.agent.id !== agentId) {
    return { kind: 'unchanged', outcome: { type: 'ignored', because: 'not-concerned' } };
  }
  if (conversation.agentDisconnection !== undefined) {
    return { kind: 'unchanged', outcome: { type: 'ignored', because: 'repeated' } };
  }
  const number = conversation.agentDisconnectionCount + 1;
  const deadline = now + policyOf(conversation, 'agentGrace', policies);
  const next: Conversation = {
    ...conversation,
    agentDisconnection: { number, agentId, since: now, deadline },
    agentDisconnectionCount: number,
  };
  return { kind: 'changed', conversation: next, outcome: { type: 'agent-disconnection-began' } };
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
  const back = withAgentBack(conversation, now, connectionId);
  return { kind: 'changed', conversation: back, outcome: { type: 'agent-present' } };
}

/** The conversation with its agent there; as it is where nobody was missing. */
export function withAgentBack(conversation: Active, now: Instant, connectionId?: string): Active {
  const { agentDisconnection, ...rest } = conversation;
  return agentDisconnection === undefined
    ? conversation
    : { ...rest, lastAgentDisconnection: returned(agentDisconnection, now, connectionId) };
}

const returned = (
  running: NonNullable<Active['agentDisconnection']>,
  now: Instant,
  connectionId?: string,
): PastAgentDisconnection => ({
  ...running,
  outcome: 'returned',
  endedAt: now,
  ...(connectionId !== undefined && { reconnectedBy: connectionId }),
});

const agentAllowanceOf = (conversation: Active, { policies }: DecisionContext) =>
  Math.min(
    policyOf(conversation, 'outageAllowance', policies),
    policyOf(conversation, 'agentGrace', policies),
  );

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
  if (context.now < agentDisconnection.deadline) {
    return { kind: 'unchanged', outcome: { type: 'not-reached', deadline: agentDisconnection.deadline } };
  }
  // The event of the agent's return may have been lost.
  if (agentPresent === undefined) {
    return { kind: 'agent-presence-needed', agentId: agentDisconnection.agentId };
  }
  if (!agentPresent) {
    const until = chanceUntil(agentDisconnection, agentAllowanceOf(conversation, context), context);
    if (until === undefined) return requeue(conversation, 'agent-disconnected', context);
    const longer = prolonged(agentDisconnection, until, 'outage', context.now);
    const outcome = { type: 'not-reached', deadline: until } as const;
    return { kind: 'changed', conversation: { ...conversation, agentDisconnection: longer }, outcome };
  }
  const back = withAgentBack(conversation, context.now);
  return { kind: 'changed', conversation: back, outcome: { type: 'agent-present' } };
}
