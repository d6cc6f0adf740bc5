import { autoClosureDue } from '../policies/policy';
import { decideAgentConnected, decideAgentDisconnected } from './agent-presence-rules';
import { offerExpiry } from './agents-rules';
import type { Active, Conversation, Ongoing } from './conversation';
import type { DecisionContext, Ruling } from './decision';
import type { Answers } from './inputs';
import { beginDisconnection, without, withLiveConnections } from './presence-rules';

/**
 * Reconciliation compares the record with the service's own list. Events that never came are made up for: a missed
 * `connected` heals the record, a missed `disconnected` begins a disconnection. It begins now, when the absence is
 * first seen: the true moment is unknown, and an earlier guess could cost the customer its time.
 */
export function decidePresenceChecked(
  conversation: Conversation,
  context: DecisionContext,
  { presence, agentPresent }: Answers,
): Ruling {
  if (conversation.end !== undefined) {
    return isForgotten(conversation, context)
      ? { kind: 'changed', conversation, outcome: { type: 'closure-began' } }
      : { kind: 'unchanged', outcome: { type: 'ignored', because: 'ended' } };
  }
  if (presence === undefined) return { kind: 'presence-needed' };
  const { channel, disconnection } = conversation;
  const liveConnectionIds: readonly string[] = conversation.liveConnectionIds;
  if (presence.alive) {
    const { connectionIds } = presence;
    const gone = without(liveConnectionIds, connectionIds);
    const isRight = gone.length === 0 && without(connectionIds, liveConnectionIds).length === 0;
    if (isRight) return checkAgent(conversation, agentPresent, context);
    const healed = withLiveConnections(conversation, connectionIds, context.now, gone);
    return { kind: 'changed', conversation: healed, outcome: { type: 'customer-present' } };
  }
  const isRight = channel === 'live-chat' ? disconnection !== undefined : liveConnectionIds.length === 0;
  if (isRight) return checkNews(conversation, agentPresent, context);
  const loss = { connectionIds: liveConnectionIds, since: context.now };
  return beginDisconnection(conversation, loss, context);
}

/** The timer that was to tell of the loss has not come. */
function checkNews(conversation: Ongoing, present: boolean | undefined, context: DecisionContext): Ruling {
  const { disconnection } = conversation;
  if (conversation.channel !== 'live-chat' || disconnection?.newsAt === undefined)
    return checkAgent(conversation, present, context);
  const { newsAt, ...told } = disconnection;
  if (context.now < newsAt) return checkAgent(conversation, present, context);
  const next = { ...conversation, disconnection: told } as Ongoing;
  return { kind: 'changed', conversation: next, outcome: { type: 'agrees' } };
}

/**
 * Nothing will ever close it though policy asks for it: stored before automatic closure existed, or while policy said
 * "never". A change is all it takes; the closure and its timer follow from that.
 */
const isForgotten = (conversation: Conversation, { policies }: DecisionContext): boolean =>
  conversation.autoClosure === undefined && autoClosureDue(conversation, policies) !== undefined;

/**
 * The agent's turn comes when there is nothing to mend about the customer. A missed loss or return of the agent's last
 * socket is made up for in the same way. Of what goes on, only `Active` has an agent.
 */
function checkAgent(conversation: Ongoing, present: boolean | undefined, context: DecisionContext): Ruling {
  if (conversation.state !== 'Active') {
    return isForgotten(conversation, context)
      ? { kind: 'changed', conversation, outcome: { type: 'closure-began' } }
      : { kind: 'unchanged', outcome: { type: 'agrees' } };
  }
  const { agent, agentDisconnection } = conversation;
  const { id: agentId } = agent;
  if (present === undefined) return { kind: 'agent-presence-needed', agentId };
  if (present === (agentDisconnection === undefined)) return checkOffer(conversation, context);
  return present
    ? decideAgentConnected(conversation, { agentId }, context)
    : decideAgentDisconnected(conversation, { agentId }, context);
}

/** An offer that nothing would take back: made before offers expired, or while policy said "never". */
function checkOffer(conversation: Active, context: DecisionContext): Ruling {
  const { agent } = conversation;
  const isForEver = agent.acceptedAt === undefined && agent.offerExpiresAt === undefined;
  const expiry = isForEver ? offerExpiry(conversation, context) : {};
  if (expiry.offerExpiresAt === undefined) return { kind: 'unchanged', outcome: { type: 'agrees' } };
  const expiring = { ...conversation, agent: { ...agent, ...expiry } };
  return { kind: 'changed', conversation: expiring, outcome: { type: 'closure-began' } };
}
