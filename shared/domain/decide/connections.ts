import { LIMITS, type Conversation, type PastDisconnection } from '../conversation';
import type { Effect } from '../decision';
import type { Instant } from '../time';
import { effectsOfReturn } from './pushes-of';

/**
 * The conversation with these connections live. A running disconnection ends here, whatever its deadline says: a
 * customer who is there is never ended (invariant 1).
 */
export function withLiveConnections(
  conversation: Conversation,
  connectionIds: readonly string[],
  now: Instant,
): { conversation: Conversation; effects: Effect[] } {
  const fresh = [...new Set(connectionIds)].filter((id) => !conversation.liveConnectionIds.includes(id));
  const { disconnection, ...rest } = conversation;
  const next: Conversation = {
    ...rest,
    liveConnectionIds: [...conversation.liveConnectionIds, ...fresh].slice(-LIMITS.liveConnections),
    endedConnectionIds: conversation.endedConnectionIds.filter((id) => !fresh.includes(id)),
    lastSignOfLife: Math.max(conversation.lastSignOfLife, now),
  };
  if (disconnection === undefined) return { conversation: next, effects: [] };
  const past: PastDisconnection = {
    ...disconnection,
    outcome: 'reconnected',
    endedAt: now,
    ...(fresh[0] !== undefined && { reconnectedBy: fresh[0] }),
  };
  const returned: Conversation = { ...next, lastDisconnection: past };
  return { conversation: returned, effects: effectsOfReturn(returned) };
}

/** The conversation without these connections; their ids are remembered for a `connected` that comes too late. */
export function withoutConnections(
  conversation: Conversation,
  connectionIds: readonly string[],
): Conversation {
  const known = conversation.endedConnectionIds.filter((id) => !connectionIds.includes(id));
  return {
    ...conversation,
    liveConnectionIds: conversation.liveConnectionIds.filter((id) => !connectionIds.includes(id)),
    endedConnectionIds: [...known, ...new Set(connectionIds)].slice(-LIMITS.endedConnections),
  };
}
