import { SECOND, type Instant, type Milliseconds } from './time';

/** The service gives an event up 100 s after it happened, so no event can honestly be later than that. */
const LONGEST_DELIVERY: Milliseconds = 100 * SECOND;

/**
 * When the customer's connection was lost (invariant 4).
 *
 * The service stamps its events (`ce-time`, whole seconds) with a clock that may be wrong, and may deliver them
 * late. Taking the stamp as it is would let a slow clock shorten the customer's time; taking the time of receipt
 * would make every delay of delivery an extra wait. So only the *extra* delay counts: the delay of this event
 * beyond the smallest delay any event of this conversation has shown. A constant clock error cancels out.
 * The result is held between the last sign of life and the receipt, and never lies further back than the longest
 * delivery (100 s), so that a jumping clock cannot do more.
 */
export function momentOfLoss(input: {
  readonly occurredAt: Instant;
  readonly receivedAt: Instant;
  readonly lastSignOfLife: Instant;
  readonly smallestEventDelay?: Milliseconds | undefined;
}): Instant {
  const { occurredAt, receivedAt, lastSignOfLife } = input;
  const delay = receivedAt - endOfSecond(occurredAt);
  const extraDelay = Math.min(LONGEST_DELIVERY, Math.max(0, delay - (input.smallestEventDelay ?? delay)));
  return Math.min(receivedAt, Math.max(receivedAt - extraDelay, lastSignOfLife));
}

/** The smallest delay seen so far, this event included. */
export function smallestDelay(
  known: Milliseconds | undefined,
  occurredAt: Instant,
  receivedAt: Instant,
): Milliseconds {
  const delay = receivedAt - occurredAt;
  return known === undefined ? delay : Math.min(known, delay);
}

/** A stamp of whole seconds may mean any moment of that second; the last one is in the customer's favour. */
function endOfSecond(stamp: Instant): Instant {
  return stamp % SECOND === 0 ? stamp + SECOND - 1 : stamp;
}
