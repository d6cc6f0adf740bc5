import type { DeviceClass } from '../channel';
import { hasEnded, type Conversation } from '../conversation';
import type { Decision, DecisionContext } from '../decision';
import { smallestDelay } from '../moment-of-loss';
import type { Instant } from '../time';
import { withLiveConnections } from './connections';
import { effectsOfReturn, endTold } from './pushes-of';
import { changed, unchanged } from './results';

/** A socket of the customer is open. */
export function decideConnected(
  conversation: Conversation,
  event: { readonly connectionId: string; readonly occurredAt: Instant; readonly device?: DeviceClass },
  { now }: DecisionContext,
): Decision {
  const { connectionId, occurredAt } = event;
  if (hasEnded(conversation)) {
    // The conversation ended between this socket's `connect` and its `connected`: tell it and show it out.
    return unchanged({ type: 'ignored', because: 'ended' }, [
      ...endTold(conversation, { to: 'customer' }),
      { type: 'close-connection', connectionId },
    ]);
  }
  // Prevents: disconnected(A) handled, then a delayed or repeated connected(A) reviving a dead socket.
  if (conversation.endedConnectionIds.includes(connectionId)) {
    return unchanged({ type: 'ignored', because: 'stale-connection' });
  }
  if (conversation.liveConnectionIds.includes(connectionId)) {
    const repeated = conversation.lastDisconnection?.reconnectedBy === connectionId;
    return unchanged({ type: 'ignored', because: 'repeated' }, repeated ? effectsOfReturn(conversation) : []);
  }
  const arrived = withLiveConnections(conversation, [connectionId], now);
  const next: Conversation = {
    ...arrived.conversation,
    device: event.device ?? conversation.device,
    smallestEventDelay: smallestDelay(conversation.smallestEventDelay, occurredAt, now),
  };
  return changed(next, { type: 'connected' }, arrived.effects);
}
