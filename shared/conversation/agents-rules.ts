import { policyOf, writtenPolicyOf } from '../policies/policy';
import { withAgentAway, withAgentBack } from './agent-presence-rules';
import { type Active, type Agent, type Conversation, LIMITS, type Ongoing } from './conversation';
import {
  assignedToOther,
  customerIsConnected,
  type DecisionContext,
  illegal,
  refusedAsEnded,
  type Ruling,
} from './decision';
import { close, end, healed, releasedHold } from './ending-rules';
import type { Answers } from './inputs';
import { CAUSES } from './notifications';
import { isRepeatedRequeue, requeue, toWaiting } from './queue-rules';
import { type Move, stateAfter } from './states';
import { type Milliseconds, toIsoDuration } from './time';
import { withNotice } from './transcript';

type ByAgent = { readonly agentId: string };
type Taking = ByAgent & { readonly agentName: string };

/**
 * A conversation of the queue is offered to an agent: Active, but not accepted. An offer that nobody has accepted can be
 * replaced by another, and expires by itself, or it would hold the conversation for good.
 */
function decideAgentOffered(
  conversation: Conversation,
  input: Taking,
  context: DecisionContext,
  answers: Answers,
): Ruling {
  const { agent } = conversation;
  if (conversation.end !== undefined) return refusedAsEnded(conversation);
  if (agent?.id === input.agentId) return { kind: 'unchanged', outcome: { type: 'assigned' } };
  if (agent?.acceptedAt !== undefined) return assignedToOther(conversation);
  const times = { assignedAt: context.now, ...offerExpiry(conversation, context) };
  return take(conversation, input, times, context, answers);
}

/**
 * An agent takes a conversation, from the queue or from its offer; of two agents at once, one wins. A waiting one is
 * taken up again by the agent who has let it wait.
 */
function decideAgentAccepted(
  conversation: Conversation,
  input: Taking,
  context: DecisionContext,
  answers: Answers,
): Ruling {
  const { previousAgent } = conversation;
  const { now } = context;
  if (conversation.end !== undefined) return refusedAsEnded(conversation);
  if (conversation.state !== 'Active') {
    const isWaiting = conversation.state === 'Waiting';
    if (isWaiting && previousAgent?.id !== input.agentId) return assignedToOther(conversation);
    return take(conversation, input, { assignedAt: now, acceptedAt: now }, context, answers);
  }
  const { agent } = conversation;
  if (agent.id !== input.agentId) return assignedToOther(conversation);
  if (agent.acceptedAt !== undefined) return { kind: 'unchanged', outcome: { type: 'assigned' } };
  const { id, assignedAt } = agent;
  const accepted = { id, name: input.agentName, assignedAt, acceptedAt: now };
  const { agentPresent } = answers;
  if (agentPresent === undefined) return { kind: 'agent-presence-needed', agentId: id };
  const known = agentPresent ? withAgentBack(conversation, now, { byAccepting: true }) : conversation;
  return assign(known, accepted, context, agentPresent);
}

/** When an offer that is made now expires; nothing where policy lets it wait for ever. */
export function offerExpiry(
  conversation: Ongoing,
  { now, policies }: DecisionContext,
): Pick<Agent, 'offerExpiresAt'> {
  const offered = { ...conversation, state: 'Active', agent: undefined } as const;
  const timeout = policyOf(offered, 'offerTimeout', policies);
  return timeout === 'never' ? {} : { offerExpiresAt: now + timeout };
}

/** Nobody has accepted the offer in time: back into the queue. */
export function reachOfferExpiry(
  conversation: Conversation,
  { number }: { readonly number: number },
  context: DecisionContext,
): Ruling {
  const { agent, assignmentCount, requeue: latest, state } = conversation;
  const expiresAt = state === 'Active' && assignmentCount === number ? agent?.offerExpiresAt : undefined;
  if (expiresAt === undefined) {
    // Prevents: saved, then the process died before it returned; the second run must still tell everyone.
    const isInQueue = state === 'Open' && assignmentCount === number && latest?.reason === 'offer-expired';
    return { kind: 'unchanged', outcome: { type: isInQueue ? 'requeued' : 'superseded' } };
  }
  if (context.now < expiresAt) {
    return { kind: 'unchanged', outcome: { type: 'not-reached', deadline: expiresAt } };
  }
  return requeue(conversation, 'offer-expired', context);
}

/** The agent does not want the offer: back into the queue. */
function decideAgentDeclined(
  conversation: Conversation,
  { agentId }: ByAgent,
  context: DecisionContext,
): Ruling {
  const { agent } = conversation;
  if (conversation.end !== undefined) return refusedAsEnded(conversation);
  if (isRepeatedRequeue(conversation, agentId, 'agent-declined')) return QUEUED_ALREADY;
  if (agent !== undefined && agent.id !== agentId) return assignedToOther(conversation);
  return requeue(conversation, 'agent-declined', context);
}

/** The agent gives the conversation back, to its queue or to another one. */
function decideAgentReleased(
  conversation: Conversation,
  { agentId, queue }: ByAgent & { readonly queue?: string },
  context: DecisionContext,
): Ruling {
  const reason = queue === undefined ? 'agent-released' : 'agent-transferred';
  const inThatQueue = queue === undefined || queue === conversation.customer.queue;
  if (inThatQueue && isRepeatedRequeue(conversation, agentId, reason)) return QUEUED_ALREADY;
  return refuseUnlessAccepted(conversation, agentId) ?? requeue(conversation, reason, context, queue);
}

/** The agent ends the conversation: WrapUp. */
function decideAgentEnded(
  conversation: Conversation,
  { agentId }: ByAgent,
  context: DecisionContext,
): Ruling {
  if (conversation.end !== undefined) return refusedAsEnded(conversation);
  return (
    refuseUnlessAccepted(conversation, agentId) ??
    end(conversation, 'agent-ended', context, { type: 'ended' }, agentId)
  );
}

/**
 * The agent closes the window. After the end: WrapUp goes to Closed, which is final. Without having ended: a live chat
 * goes back into the queue, a persistent chat waits for its customer ("How conversations are handled on close or end").
 */
function decideAgentClosed(
  conversation: Conversation,
  { agentId }: ByAgent,
  context: DecisionContext,
): Ruling {
  const { state, agent, channel, previousAgent } = conversation;
  if (state === 'Closed') return refusedAsEnded(conversation);
  if (conversation.state === 'WrapUp') {
    return agent?.id === agentId
      ? close(conversation, 'agent-closed', context)
      : assignedToOther(conversation);
  }
  if (isRepeatedRequeue(conversation, agentId, 'agent-closed-window')) return QUEUED_ALREADY;
  if (state === 'Waiting' && previousAgent?.id === agentId) {
    return { kind: 'unchanged', outcome: { type: 'waiting' } };
  }
  const notMine = refuseUnlessAccepted(conversation, agentId);
  if (notMine) return notMine;
  return channel === 'live-chat'
    ? requeue(conversation, 'agent-closed-window', context)
    : toWaiting(conversation, context);
}

const QUEUED_ALREADY: Ruling = { kind: 'unchanged', outcome: { type: 'queued' } };

/**
 * A new assignment, once its units are reserved. The service is asked whether the agent has a socket at all: an action over
 * HTTP proves none, and nothing would ever tell of the loss of one that never was.
 */
function take(
  conversation: Ongoing,
  { agentId, agentName }: Taking,
  times: Omit<Agent, 'id' | 'name'>,
  context: DecisionContext,
  { agentPresent, capacity }: Answers,
): Ruling {
  if (stateAfter(conversation, moveOf(times)) === undefined) return illegal(conversation);
  if (agentPresent === undefined) return { kind: 'agent-presence-needed', agentId };
  const assignment = conversation.assignmentCount + 1;
  const units = policyOf(conversation, 'capacityUnits', context.policies);
  if (capacity === undefined) return { kind: 'capacity-needed', agentId, assignment, units };
  if (capacity === 'full') {
    return {
      kind: 'refused',
      refusal: {
        code: 'agent-at-capacity',
        detail: `The agent has not the ${units} free units of capacity that the conversation takes.`,
        state: conversation.state,
      },
    };
  }
  return assign(conversation, { id: agentId, name: agentName, ...times }, context, agentPresent, {
    assignmentCount: assignment,
    capacityHold: { agentId, assignment, units },
    ...releasedHold(conversation.capacityHold),
  });
}

function assign(
  conversation: Ongoing,
  agent: Agent,
  context: DecisionContext,
  agentPresent: boolean,
  taken: Partial<Pick<Active, 'assignmentCount' | 'capacityHold' | 'releasedHold'>> = {},
): Ruling {
  const state = stateAfter(conversation, moveOf(agent));
  if (state === undefined) return illegal(conversation);
  const { agentDisconnection: former, queuePosition: _outdated, ...rest } = conversation;
  const away = former?.agentId === agent.id ? { agentDisconnection: former } : {};
  const stateSince = conversation.state === 'Active' ? conversation.stateSince : context.now;
  const taking: Active = { ...rest, ...away, ...taken, state, stateSince, agent };
  const assigned = agentPresent ? taking : withAgentAway(taking, context);
  const trigger = agent.acceptedAt === undefined ? 'agent-assigned' : 'agent-joined';
  const cause = CAUSES.assigned(assigned.assignmentCount, agent);
  return {
    kind: 'changed',
    outcome: { type: 'assigned' },
    ...withNotice(assigned, trigger, cause, context),
  };
}

const moveOf = ({ acceptedAt }: Pick<Agent, 'acceptedAt'>): Move =>
  acceptedAt === undefined ? 'offered' : 'accepted';

/** Why the agent may not do this to a conversation that goes on, or undefined where the agent may. */
function refuseUnlessAccepted(conversation: Conversation, agentId: string): Ruling | undefined {
  const { agent, state } = conversation;
  if (conversation.end !== undefined) return refusedAsEnded(conversation);
  if (state !== 'Active') return illegal(conversation);
  if (agent?.id !== agentId) return assignedToOther(conversation);
  if (agent.acceptedAt !== undefined) return undefined;
  return {
    kind: 'refused',
    refusal: {
      code: 'not-assigned-to-you',
      detail: 'The conversation is offered to you; accept it first.',
      state,
    },
  };
}

/**
 * The agent gives the customer more time. The timer of the disconnection wakes at the old deadline, is told the new one
 * and waits on. What agents add to one disconnection is bounded by policy.
 */
function decideWaitExtended(
  conversation: Conversation,
  { agentId, by, key }: ByAgent & { readonly by: Milliseconds; readonly key: string },
  { now, policies }: DecisionContext,
): Ruling {
  const notMine = refuseUnlessAccepted(conversation, agentId);
  if (notMine) return notMine;
  const { disconnection } = conversation;
  if (disconnection === undefined) return { kind: 'refused', refusal: customerIsConnected(conversation) };
  const { extension, deadline } = disconnection;
  // Prevents: saved, then the answer was lost and the desk repeats; the customer's time must not grow twice.
  if (extension?.keys.includes(key)) return { kind: 'unchanged', outcome: { type: 'wait-extended' } };
  const sofar = extension?.by ?? 0;
  const most = policyOf(conversation, 'maxExtension', policies);
  if (sofar + by > most) {
    const all = writtenPolicyOf(conversation, 'maxExtension', policies);
    const left = sofar === 0 ? all : toIsoDuration(Math.max(0, most - sofar));
    return {
      kind: 'refused',
      refusal: {
        code: 'extension-too-long',
        detail: `Agents can add ${all} to a wait in all; ${left} is left.`,
        state: conversation.state,
      },
    };
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
  return { kind: 'changed', conversation: next, outcome: { type: 'wait-extended' } };
}

/**
 * The agent does not wait any longer. As at the deadline, the service itself is asked first: whoever is there is not
 * ended for absence (invariants 1 and 7).
 */
function decideWaitEnded(
  conversation: Conversation,
  { agentId }: ByAgent,
  context: DecisionContext,
  { presence }: Answers,
): Ruling {
  const notMine = refuseUnlessAccepted(conversation, agentId);
  if (notMine) return notMine;
  if (conversation.disconnection === undefined) {
    return { kind: 'refused', refusal: customerIsConnected(conversation) };
  }
  if (presence === undefined) return { kind: 'presence-needed' };
  return presence.alive
    ? healed(conversation, presence.connectionIds, context)
    : end(conversation, 'customer-disconnected', context, { type: 'ended' }, agentId);
}

/** Which rule decides which action of an agent. */
export const AGENT_RULES = {
  'agent-offered': decideAgentOffered,
  'agent-accepted': decideAgentAccepted,
  'agent-declined': decideAgentDeclined,
  'agent-released': decideAgentReleased,
  'agent-transferred': decideAgentReleased,
  'agent-ended': decideAgentEnded,
  'agent-closed': decideAgentClosed,
  'wait-extended': decideWaitExtended,
  'wait-ended': decideWaitEnded,
};
