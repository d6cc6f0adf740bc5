import type { Conversation } from '../conversation';
import type { Decision, DecisionContext } from '../decision';
import { effectsOfAgentReturn, withAgentBack } from './agent-presence';
import { effectsOfRequeue, requeue } from './queue';
import { changed, unchanged } from './results';

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
