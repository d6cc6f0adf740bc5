import { hasEnded, type Conversation } from '../conversation';
import type { Decision, DecisionContext } from '../decision';
import type { Presence } from '../events';
import { beginDisconnection } from './begin-disconnection';
import { withLiveConnections, withoutConnections } from './connections';
import { effectsOfEnd, effectsOfRunningDisconnection } from './pushes-of';
import { changed, unchanged } from './results';

/**
 * Reconciliation compares the record with the service's own list. Events that never came are made up for: a missed
 * `connected` heals the record, a missed `disconnected` begins a disconnection. It begins now, when the absence is
 * first seen: the true moment is unknown, and an earlier guess could cost the customer its time.
 */
export function decidePresenceChecked(
  conversation: Conversation,
  event: { readonly presence?: Presence; readonly endUntold?: true },
  context: DecisionContext,
): Decision {
  if (hasEnded(conversation)) {
    const due = event.endUntold ? effectsOfEnd(conversation) : [];
    return unchanged({ type: 'ignored', because: 'ended' }, due);
  }
  if (event.presence === undefined) return { kind: 'presence-needed' };
  const { disconnection, liveConnectionIds } = conversation;

  if (!event.presence.alive) {
    if (disconnection === undefined) {
      const loss = { connectionIds: liveConnectionIds, since: context.now };
      return beginDisconnection(conversation, loss, context.gracePeriod);
    }
    // Its timer may never have started, nor the news been told; both are no-ops when they have.
    return unchanged({ type: 'agrees' }, effectsOfRunningDisconnection(conversation));
  }
  const { connectionIds } = event.presence;
  const gone = liveConnectionIds.filter((id) => !connectionIds.includes(id));
  const fresh = connectionIds.filter((id) => !liveConnectionIds.includes(id));
  if (gone.length === 0 && fresh.length === 0) return unchanged({ type: 'agrees' });
  const healed = withLiveConnections(withoutConnections(conversation, gone), connectionIds, context.now);
  return changed(healed.conversation, { type: 'customer-present' }, healed.effects);
}
