import { policyOf, type PolicyTable } from '../policies/policy';
import { close } from './agents-rules';
import type { Conversation } from './conversation';
import { changed, type Decision, type DecisionContext, unchanged } from './decision';
import { end } from './ending-rules';
import type { Presence } from './inputs';
import { effectsOfClose, effectsOfEnd, effectsOfReturn } from './notifications';
import { withLiveConnections } from './presence-rules';
import type { Instant, Milliseconds } from './time';

/**
 * When the conversation is closed by itself ("Configure automatic closure of conversations"): `WrapUp` some time after
 * the end, but not while it blocks capacity for a custom time; `Open` and `Waiting` after inactivity; `Active` never.
 *
 * A connected customer of a live chat is never closed away, unless policy says so (docs/decisions/0011). Live chat in
 * `Open` therefore has a closure only while its customer is away for longer than the inactivity that is allowed.
 */
export function autoClosureDue(conversation: Conversation, policies: PolicyTable): Instant | undefined {
  const { state, stateSince, lastSignOfLife, end, capacityHold } = conversation;
  const after = (from: Instant, length: Milliseconds | 'never') =>
    length === 'never' ? undefined : from + length;
  const active = Math.max(stateSince, lastSignOfLife);
  switch (state) {
    case 'WrapUp': {
      const due = after(end?.at ?? stateSince, policyOf(conversation, 'wrapUpAutoClose', policies));
      return due === undefined ? undefined : Math.max(due, capacityHold?.releaseAt ?? due);
    }
    case 'Waiting':
      return after(active, policyOf(conversation, 'waitingAutoClose', policies));
    case 'Open': {
      const due = after(active, policyOf(conversation, 'openAutoClose', policies));
      if (due === undefined || !mustAskForCustomer(conversation, policies)) return due;
      const { disconnection, autoClosure } = conversation;
      if (disconnection === undefined) return undefined;
      // Once it runs it is put off only, never dropped: a late event that changes nothing else has no effects to repeat.
      return autoClosure !== undefined || disconnection.deadline > due ? due : undefined;
    }
    case 'Active':
    case 'Closed':
      return undefined;
  }
}

/** Whether, in `Open`, the service must have said that the customer is not there. Only persistent chats are `Waiting`. */
export const mustAskForCustomer = (conversation: Conversation, policies: PolicyTable): boolean =>
  conversation.channel === 'live-chat' && !policyOf(conversation, 'openAutoCloseWhileConnected', policies);

/** The conversation with the closure that follows from its state: the running one put off, or the next one. */
export function withAutoClosure(
  before: Conversation | undefined,
  after: Conversation,
  policies: PolicyTable,
): Conversation {
  const { autoClosure, ...rest } = after;
  const deadline = autoClosureDue(after, policies);
  if (deadline === undefined) return rest;
  const goesOn = autoClosure !== undefined && before?.stateSince === after.stateSince;
  const number = goesOn ? autoClosure.number : after.autoClosureCount + 1;
  return { ...rest, autoClosure: { number, deadline }, autoClosureCount: number };
}

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
