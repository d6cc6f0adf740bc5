import type { Conversation } from '../conversation';
import type { PolicyTable } from '../policies/policy';
import { policyOf } from '../policies/policy-of';
import type { Instant, Milliseconds } from '../time';

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
