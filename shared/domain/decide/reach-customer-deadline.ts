import { hasEnded, type Conversation } from '../conversation';
import type { Decision, DecisionContext } from '../decision';
import type { Presence } from '../events';
import { withLiveConnections } from './connections';
import { end } from './end';
import { effectsOfEnd, effectsOfReturn, isPush } from './pushes-of';
import { changed, unchanged } from './results';

/** The customer's grace period is over: whoever is not there is ended for absence. */
export function reachCustomerDeadline(
  conversation: Conversation,
  event: { readonly number: number; readonly presence?: Presence },
  context: DecisionContext,
): Decision {
  const { disconnection, lastDisconnection } = conversation;
  if (disconnection?.number !== event.number) {
    if (lastDisconnection?.number !== event.number) return unchanged({ type: 'superseded' });
    // Prevents: saved, then the process died before it returned; the second run must still tell everyone.
    if (lastDisconnection.outcome === 'expired')
      return unchanged({ type: 'expired' }, effectsOfEnd(conversation));
    const isBack = disconnection === undefined && !hasEnded(conversation);
    if (isBack) {
      return unchanged({ type: 'customer-present' }, effectsOfReturn(conversation).filter(isPush));
    }
    return unchanged({ type: 'superseded' });
  }
  if (context.now < disconnection.deadline) {
    return unchanged({ type: 'not-reached', deadline: disconnection.deadline });
  }
  // Invariant 7: `connected` may have been lost, so the service is asked before anyone is ended for absence.
  if (event.presence === undefined) return { kind: 'presence-needed' };
  if (event.presence.alive) {
    const healed = withLiveConnections(conversation, event.presence.connectionIds, context.now);
    // The timer that asks needs no cancel; where reconciliation asks before it, it finds its number superseded.
    return changed(healed.conversation, { type: 'customer-present' }, healed.effects.filter(isPush));
  }
  return end(conversation, 'customer-disconnected', context, { type: 'expired' });
}
