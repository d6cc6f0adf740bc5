import { policyOf } from '../policies/policy';
import type { Conversation, PastAgentDisconnection } from './conversation';
import { changed, type Decision, type DecisionContext, type Effect, unchanged } from './decision';
import { push } from './notifications';
import { effectsOfRequeue, requeue } from './queue-rules';
import { type Instant, toIso, toIsoDuration } from './time';

type ByAgent = { readonly agentId: string };

/**
 * The last socket of the conversation's agent is gone: the agent's grace period begins, counted from the receipt. When
 * it is over the conversation returns to the queue ("Understand conversation states", Active to Open).
 */
export function decideAgentDisconnected(
  conversation: Conversation,
  { agentId }: ByAgent,
  { now, policies }: DecisionContext,
): Decision {
  if (!concerns(conversation, agentId)) return unchanged({ type: 'ignored', because: 'not-concerned' });
  if (conversation.agentDisconnection !== undefined) {
    return unchanged({ type: 'ignored', because: 'repeated' }, effectsOfAgentLoss(conversation));
  }
  const number = conversation.agentDisconnectionCount + 1;
  const deadline = now + policyOf(conversation, 'agentGrace', policies);
  const next: Conversation = {
    ...conversation,
    agentDisconnection: { number, agentId, since: now, deadline },
    agentDisconnectionCount: number,
  };
  return changed(next, { type: 'agent-disconnection-began' }, effectsOfAgentLoss(next));
}

/** A socket of the agent is open again. */
export function decideAgentConnected(
  conversation: Conversation,
  { agentId, connectionId }: ByAgent & { readonly connectionId?: string },
  { now }: DecisionContext,
): Decision {
  if (!concerns(conversation, agentId)) return unchanged({ type: 'ignored', because: 'not-concerned' });
  if (conversation.agentDisconnection === undefined) {
    const { reconnectedBy } = conversation.lastAgentDisconnection ?? {};
    const repeated = connectionId !== undefined && reconnectedBy === connectionId;
    return unchanged({ type: 'agent-present' }, repeated ? effectsOfAgentReturn(conversation) : []);
  }
  const back = withAgentBack(conversation, now, connectionId);
  return changed(back, { type: 'agent-present' }, effectsOfAgentReturn(back));
}

/** The conversation with its agent there; as it is where nobody was missing. */
export function withAgentBack(conversation: Conversation, now: Instant, connectionId?: string): Conversation {
  const { agentDisconnection, ...rest } = conversation;
  if (agentDisconnection === undefined) return conversation;
  const past: PastAgentDisconnection = {
    ...agentDisconnection,
    outcome: 'returned',
    endedAt: now,
    ...(connectionId !== undefined && { reconnectedBy: connectionId }),
  };
  return { ...rest, lastAgentDisconnection: past };
}

/** The agents learn that a colleague is back; nothing where the latest absence ended otherwise. */
export function effectsOfAgentReturn(conversation: Conversation): Effect[] {
  const past = conversation.lastAgentDisconnection;
  if (past?.outcome !== 'returned') return [];
  const { number, agentId, since, endedAt } = past;
  return [
    push(conversation, { to: 'agents' }, `agent-disconnection.${number}.back`, endedAt, {
      type: 'agent-back',
      agentId,
      number,
      absentFor: toIsoDuration(Math.max(0, endedAt - since)),
    }),
  ];
}

function effectsOfAgentLoss(conversation: Conversation): Effect[] {
  const running = conversation.agentDisconnection;
  if (running === undefined) return [];
  const { number, agentId, since, deadline } = running;
  return [
    push(conversation, { to: 'agents' }, `agent-disconnection.${number}.lost`, since, {
      type: 'agent-connection-lost',
      agentId,
      number,
      since: toIso(since),
      deadline: toIso(deadline),
    }),
  ];
}

const concerns = ({ state, agent }: Conversation, agentId: string): boolean =>
  state === 'Active' && agent?.id === agentId;

/** The agent's grace period is over: an agent who is not there gives the conversation back to its queue. */
export function reachAgentDeadline(
  conversation: Conversation,
  event: { readonly number: number; readonly agentPresent?: boolean },
  context: DecisionContext,
): Decision {
  const { agentDisconnection, lastAgentDisconnection, state } = conversation;
  if (agentDisconnection?.number !== event.number) {
    if (lastAgentDisconnection?.number !== event.number) return unchanged({ type: 'superseded' });
    // Prevents: saved, then the process died before it returned; the second run must still tell everyone.
    const isBack = lastAgentDisconnection.outcome === 'returned' && agentDisconnection === undefined;
    if (isBack && state === 'Active') {
      return unchanged({ type: 'agent-present' }, effectsOfAgentReturn(conversation));
    }
    const isThis = state === 'Open' && conversation.requeue?.at === lastAgentDisconnection.endedAt;
    return isThis
      ? unchanged({ type: 'requeued' }, effectsOfRequeue(conversation))
      : unchanged({ type: 'superseded' });
  }
  if (context.now < agentDisconnection.deadline) {
    return unchanged({ type: 'not-reached', deadline: agentDisconnection.deadline });
  }
  // The event of the agent's return may have been lost.
  if (event.agentPresent === undefined) {
    return { kind: 'agent-presence-needed', agentId: agentDisconnection.agentId };
  }
  if (event.agentPresent) {
    const back = withAgentBack(conversation, context.now);
    return changed(back, { type: 'agent-present' }, effectsOfAgentReturn(back));
  }
  return requeue(conversation, 'agent-disconnected', context);
}
