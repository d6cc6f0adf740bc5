import { hasEnded, LIMITS, type Conversation, type CustomerProfile } from '../conversation';
import type { Decision, DecisionContext } from '../decision';
import { effectsOfRunningDisconnection } from './pushes-of';
import { changed, refused, refusedAsEnded, unchanged } from './results';

/**
 * `connect` asks whether a socket may open. The first one creates the conversation, born disconnected: should the
 * handshake fail after this, or `connected` never come, the running disconnection simply goes on.
 */
export function decideConnect(
  conversation: Conversation | undefined,
  event: { readonly conversationId: string; readonly profile: CustomerProfile },
  { now, gracePeriod }: DecisionContext,
): Decision {
  if (conversation === undefined) {
    const created: Conversation = {
      id: event.conversationId,
      state: 'Open',
      customer: event.profile,
      liveConnectionIds: [],
      endedConnectionIds: [],
      disconnection: { number: 1, since: now, deadline: now + gracePeriod, reason: 'not-yet-connected' },
      disconnectionCount: 1,
      lastSignOfLife: now,
      recentMessages: [],
      lastSequence: 0,
      createdAt: now,
    };
    return changed(created, { type: 'created' }, effectsOfRunningDisconnection(created));
  }
  if (hasEnded(conversation)) return refusedAsEnded(conversation);
  if (conversation.liveConnectionIds.length >= LIMITS.liveConnections) {
    return refused({
      code: 'too-many-connections',
      detail: `A conversation has at most ${LIMITS.liveConnections} connections.`,
    });
  }
  // A repeated `connect` of a new conversation: the first try may have died between the save and the timer.
  const repeated = conversation.disconnection?.reason === 'not-yet-connected';
  return unchanged({ type: 'admitted' }, repeated ? effectsOfRunningDisconnection(conversation) : []);
}
