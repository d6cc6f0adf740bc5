import { hasEnded, type Agent, type Conversation } from '../conversation';
import type { Decision, DecisionContext, Effect } from '../decision';
import { end } from './end';
import { effectsOfEnd, push } from './pushes-of';
import { changed, illegal, refused, refusedAsEnded, unchanged } from './results';

type ByAgent = { readonly agentId: string };
type ByNamedAgent = ByAgent & { readonly agentName: string };

/**
 * A conversation of the queue is offered to an agent: Active, but not accepted. An offer that nobody has accepted can be
 * replaced by another, or it would hold the conversation for good.
 */
export function decideAgentOffered(
  conversation: Conversation,
  { agentId, agentName }: ByNamedAgent,
  { now }: DecisionContext,
): Decision {
  const { agent } = conversation;
  if (hasEnded(conversation)) return refusedAsEnded(conversation);
  if (agent?.id === agentId) {
    return unchanged({ type: 'assigned' }, effectsOfAssignment(conversation));
  }
  if (agent?.acceptedAt !== undefined) return assignedToOther(conversation);
  return assign(conversation, { id: agentId, name: agentName, assignedAt: now });
}

/** An agent takes a conversation, from the queue or from its offer. Of two agents at once, one wins. */
export function decideAgentAccepted(
  conversation: Conversation,
  { agentId, agentName }: ByNamedAgent,
  { now }: DecisionContext,
): Decision {
  const { agent } = conversation;
  if (hasEnded(conversation)) return refusedAsEnded(conversation);
  if (agent === undefined) {
    return assign(conversation, { id: agentId, name: agentName, assignedAt: now, acceptedAt: now });
  }
  if (agent.id !== agentId) return assignedToOther(conversation);
  if (agent.acceptedAt !== undefined) {
    return unchanged({ type: 'assigned' }, effectsOfAssignment(conversation));
  }
  return assign(conversation, { ...agent, name: agentName, acceptedAt: now });
}

/** The agent ends the conversation: WrapUp. */
export function decideAgentEnded(
  conversation: Conversation,
  { agentId }: ByAgent,
  { now }: DecisionContext,
): Decision {
  if (hasEnded(conversation)) {
    // Prevents: saved, then the push failed and the agent repeats; the repeat must still tell everyone.
    const mine = conversation.end?.reason === 'agent-ended' && conversation.end.agentId === agentId;
    return refusedAsEnded(conversation, mine ? effectsOfEnd(conversation) : []);
  }
  const notMine = refuseUnlessAccepted(conversation, agentId);
  return notMine ?? end(conversation, 'agent-ended', now, { type: 'ended' }, agentId);
}

/** The agent has finished after-chat work: WrapUp goes to Closed, which is final. */
export function decideAgentClosed(
  conversation: Conversation,
  { agentId }: ByAgent,
  { now }: DecisionContext,
): Decision {
  const { state, agent } = conversation;
  if (state === 'Closed') {
    return refusedAsEnded(conversation, agent?.id === agentId ? effectsOfClose(conversation) : []);
  }
  if (state !== 'WrapUp') return illegal(conversation, 'close');
  if (agent?.id !== agentId) return assignedToOther(conversation);
  const closed: Conversation = { ...conversation, state: 'Closed', closedAt: now };
  return changed(closed, { type: 'closed' }, effectsOfClose(closed));
}

function assign(conversation: Conversation, agent: Agent): Decision {
  const assigned: Conversation = { ...conversation, state: 'Active', agent };
  return changed(assigned, { type: 'assigned' }, effectsOfAssignment(assigned));
}

function effectsOfAssignment(conversation: Conversation): Effect[] {
  const { agent } = conversation;
  if (agent === undefined) return [];
  const accepted = agent.acceptedAt !== undefined;
  const at = agent.acceptedAt ?? agent.assignedAt;
  const told = (to: 'agents' | 'customer') =>
    push(conversation, { to }, `assigned.${agent.id}.${accepted ? 'accepted' : 'offered'}.${at}`, at, {
      type: 'conversation-assigned',
      agentId: agent.id,
      agentName: agent.name,
      accepted,
    });
  return accepted ? [told('agents'), told('customer')] : [told('agents')];
}

function effectsOfClose(conversation: Conversation): Effect[] {
  const { closedAt, end: ended } = conversation;
  if (closedAt === undefined || ended === undefined) return [];
  return [
    push(conversation, { to: 'agents' }, 'closed', closedAt, {
      type: 'conversation-closed',
      reason: ended.reason,
    }),
  ];
}

function refuseUnlessAccepted(conversation: Conversation, agentId: string): Decision | undefined {
  const { agent, state } = conversation;
  if (state !== 'Active') return illegal(conversation, 'end');
  if (agent?.id !== agentId) return assignedToOther(conversation);
  if (agent.acceptedAt !== undefined) return undefined;
  return refused({
    code: 'not-assigned-to-you',
    detail: 'The conversation is offered to you; accept it first.',
    state,
  });
}

const assignedToOther = (conversation: Conversation): Decision =>
  refused({
    code: 'assigned-to-other-agent',
    detail: 'The conversation is assigned to another agent.',
    state: conversation.state,
  });
