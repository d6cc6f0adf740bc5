import { decideAgentConnected, decideAgentDisconnected } from './agent-presence-rules';
import { autoClosureDue } from './auto-closure-rules';
import { type Conversation, hasEnded } from './conversation';
import { changed, type Decision, type DecisionContext, type Effect, isQuestion, unchanged } from './decision';
import type { Presence } from './inputs';
import { effectsOfEnd, effectsOfRunningDisconnection } from './notifications';
import { beginDisconnection, withLiveConnections, withoutConnections } from './presence-rules';

/**
 * Reconciliation compares the record with the service's own list. Events that never came are made up for: a missed
 * `connected` heals the record, a missed `disconnected` begins a disconnection. It begins now, when the absence is
 * first seen: the true moment is unknown, and an earlier guess could cost the customer its time.
 */
export function decidePresenceChecked(
  conversation: Conversation,
  event: { readonly presence?: Presence; readonly agentPresent?: boolean; readonly endUntold?: true },
  context: DecisionContext,
): Decision {
  if (hasEnded(conversation)) {
    const due = event.endUntold ? effectsOfEnd(conversation) : [];
    if (isForgotten(conversation, context)) return changed(conversation, { type: 'closure-began' }, due);
    return unchanged({ type: 'ignored', because: 'ended' }, due);
  }
  if (event.presence === undefined) return { kind: 'presence-needed' };
  const { disconnection, liveConnectionIds, agent } = conversation;
  // The agent's turn comes when there is nothing to mend about the customer. Of what goes on, only `Active` has an agent.
  const agrees = (effects: readonly Effect[] = []): Decision => {
    if (agent !== undefined) return checkAgent(conversation, agent.id, event.agentPresent, effects, context);
    return isForgotten(conversation, context)
      ? changed(conversation, { type: 'closure-began' }, effects)
      : unchanged({ type: 'agrees' }, effects);
  };

  if (!event.presence.alive) {
    const isNews =
      conversation.channel === 'live-chat' ? disconnection === undefined : liveConnectionIds.length > 0;
    if (isNews) {
      const loss = { connectionIds: liveConnectionIds, since: context.now };
      return beginDisconnection(conversation, loss, context);
    }
    // Its timer may never have started, nor the news been told; both are no-ops when they have.
    return agrees(effectsOfRunningDisconnection(conversation));
  }
  const { connectionIds } = event.presence;
  const gone = liveConnectionIds.filter((id) => !connectionIds.includes(id));
  const fresh = connectionIds.filter((id) => !liveConnectionIds.includes(id));
  if (gone.length === 0 && fresh.length === 0) return agrees();
  const healed = withLiveConnections(withoutConnections(conversation, gone), connectionIds, context.now);
  return changed(healed.conversation, { type: 'customer-present' }, healed.effects);
}

/**
 * Nothing will ever close it though policy asks for it: stored before automatic closure existed, or while policy said
 * "never". A change is all it takes; the closure and its timer follow from that.
 */
const isForgotten = (conversation: Conversation, { policies }: DecisionContext): boolean =>
  conversation.autoClosure === undefined && autoClosureDue(conversation, policies) !== undefined;

/** A missed loss or return of the agent's last socket is made up for in the same way. */
function checkAgent(
  conversation: Conversation,
  agentId: string,
  present: boolean | undefined,
  effects: readonly Effect[],
  context: DecisionContext,
): Decision {
  if (present === undefined) return { kind: 'agent-presence-needed', agentId };
  const isRight = present === (conversation.agentDisconnection === undefined);
  if (isRight) return unchanged({ type: 'agrees' }, effects);
  const decision = present
    ? decideAgentConnected(conversation, { agentId }, context)
    : decideAgentDisconnected(conversation, { agentId }, context);
  // What is due about the customer is due all the same.
  return isQuestion(decision) ? decision : { ...decision, effects: [...effects, ...decision.effects] };
}
