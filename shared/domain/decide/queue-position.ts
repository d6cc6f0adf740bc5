import type { Conversation } from '../conversation';
import type { Decision, DecisionContext, Effect } from '../decision';
import { withNotice } from './notices';
import { push } from './pushes-of';
import { changed, unchanged } from './results';

/** The customer's place in the queue is known. It is told when it is another one than before. */
export function decideQueuePosition(
  conversation: Conversation,
  { position }: { readonly position: number },
  context: DecisionContext,
): Decision {
  const { state, queuePosition, liveConnectionIds } = conversation;
  if (state !== 'Open' || liveConnectionIds.length === 0) {
    return unchanged({ type: 'ignored', because: 'not-concerned' });
  }
  if (queuePosition?.position === position) {
    return unchanged({ type: 'position-told' }, effectsOfPosition(conversation));
  }
  const placed: Conversation = { ...conversation, queuePosition: { position, at: context.now } };
  const trigger = position === 1 ? 'customer-next-in-line' : 'customer-position-in-queue';
  const told = withNotice(placed, trigger, causeOf(placed), context, { queuePosition: position });
  return changed(
    told.conversation,
    { type: 'position-told' },
    effectsOfPosition(told.conversation),
    told.entries,
  );
}

function effectsOfPosition(conversation: Conversation): Effect[] {
  const { queuePosition, customer } = conversation;
  if (queuePosition === undefined) return [];
  const { position, at } = queuePosition;
  return [
    push(conversation, { to: 'customer' }, causeOf(conversation), at, {
      type: 'queue-position',
      queue: customer.queue,
      position,
    }),
  ];
}

// The same place in another queue, within a millisecond: the assignment tells the causes apart, as for the queue itself.
const causeOf = ({ queuePosition, assignmentCount }: Conversation) =>
  `queue-position.${assignmentCount}.${queuePosition?.position}.${queuePosition?.at}`;
