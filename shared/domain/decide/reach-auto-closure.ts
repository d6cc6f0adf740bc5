import type { Conversation } from '../conversation';
import type { Decision, DecisionContext } from '../decision';
import type { Presence } from '../events';
import { close } from './agent-actions';
import { autoClosureDue, mustAskForCustomer } from './auto-closure';
import { withLiveConnections } from './connections';
import { end } from './end';
import { effectsOfClose, effectsOfEnd, effectsOfReturn } from './pushes-of';
import { changed, unchanged } from './results';

/** A state has lasted too long without activity: the conversation is closed. */
export function reachAutoClosure(
  conversation: Conversation,
  event: { readonly number: number; readonly presence?: Presence },
  context: DecisionContext,
): Decision {
  const { autoClosure, state } = conversation;
  if (autoClosure?.number !== event.number) {
    // Prevents: saved, then the process died before it returned; the second run must still tell everyone.
    if (isClosedBy(conversation, event.number)) {
      const isEnd = conversation.closeReason === undefined;
      return unchanged(
        { type: 'auto-closed' },
        isEnd ? effectsOfEnd(conversation) : effectsOfClose(conversation),
      );
    }
    if (isDroppedByReturn(conversation, event.number)) {
      return unchanged({ type: 'customer-present' }, effectsOfReturn(conversation));
    }
    return unchanged({ type: 'superseded' });
  }
  // What policy says now counts, not what it said when the timer started.
  const due = autoClosureDue(conversation, context.policies);
  // A closure that policy no longer wants is dropped, or it would be overdue for ever.
  if (due === undefined) return changed(conversation, { type: 'superseded' });
  if (context.now < due) return unchanged({ type: 'not-reached', deadline: due });
  if (state === 'WrapUp') return close(conversation, 'auto-closed', context);
  if (mustAskForCustomer(conversation, context.policies)) {
    if (event.presence === undefined) return { kind: 'presence-needed' };
    if (event.presence.alive) {
      const healed = withLiveConnections(conversation, event.presence.connectionIds, context.now);
      return changed(healed.conversation, { type: 'customer-present' }, healed.effects);
    }
  }
  return end(conversation, 'auto-closed', context, { type: 'auto-closed' });
}

/** The latest closure was that of a customer who was away, and has come back. */
const isDroppedByReturn = (conversation: Conversation, number: number): boolean =>
  conversation.state === 'Open' &&
  conversation.autoClosureCount === number &&
  conversation.lastDisconnection?.outcome === 'reconnected' &&
  conversation.disconnection === undefined;

const isClosedBy = (conversation: Conversation, number: number): boolean =>
  conversation.autoClosureCount === number &&
  (conversation.closeReason === 'auto-closed' || conversation.end?.reason === 'auto-closed');
