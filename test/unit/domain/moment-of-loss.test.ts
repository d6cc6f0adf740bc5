import { describe, expect, it } from '@jest/globals';
import { momentOfLoss, smallestDelay } from '../../../shared/conversation/presence-rules';
import { MINUTE, SECOND } from '../../../shared/conversation/time';
import { afterStart, START } from '../../support/domain/builders';

/** An event that happened 60 s and came 70 s after the start. */
const tenSecondsLate = {
  occurredAt: afterStart(60) + 1,
  receivedAt: afterStart(70) + 1,
  lastSignOfLife: START,
};

describe('the moment of loss', () => {
  it('is the receipt when no other event tells how slow delivery is', () => {
    expect(momentOfLoss(tenSecondsLate)).toBe(tenSecondsLate.receivedAt);
  });

  it('is the stamp when the clocks agree', () => {
    expect(momentOfLoss({ ...tenSecondsLate, smallestEventDelay: 0 })).toBe(tenSecondsLate.occurredAt);
  });

  it.each([-5 * MINUTE, 5 * MINUTE])('does not move with a constant clock error of %d ms', (error) => {
    expect(
      momentOfLoss({
        ...tenSecondsLate,
        occurredAt: tenSecondsLate.occurredAt + error,
        smallestEventDelay: -error,
      }),
    ).toBe(tenSecondsLate.occurredAt);
  });

  it('reads a stamp of whole seconds in favour of the customer', () => {
    expect(momentOfLoss({ ...tenSecondsLate, occurredAt: afterStart(60), smallestEventDelay: 0 })).toBe(
      afterStart(61) - 1,
    );
  });

  it('is never before the last sign of life', () => {
    const lastSignOfLife = afterStart(65);
    expect(momentOfLoss({ ...tenSecondsLate, lastSignOfLife, smallestEventDelay: 0 })).toBe(lastSignOfLife);
  });

  it('is never after the receipt', () => {
    expect(momentOfLoss({ ...tenSecondsLate, lastSignOfLife: afterStart(99) })).toBe(
      tenSecondsLate.receivedAt,
    );
    expect(momentOfLoss({ ...tenSecondsLate, occurredAt: afterStart(90), smallestEventDelay: 0 })).toBe(
      tenSecondsLate.receivedAt,
    );
  });

  it('never lies further back than the longest delivery, even when the clock jumps', () => {
    const receivedAt = afterStart(3600);
    expect(
      momentOfLoss({ occurredAt: START + 1, receivedAt, lastSignOfLife: START, smallestEventDelay: 0 }),
    ).toBe(receivedAt - 100 * SECOND);
  });
});

describe('the smallest delay', () => {
  const stamp = afterStart(60) + 1;

  it('is the first one seen', () => {
    expect(smallestDelay(undefined, stamp, stamp + 700)).toBe(700);
  });

  it('only ever shrinks', () => {
    expect(smallestDelay(500, stamp, stamp + 700)).toBe(500);
    expect(smallestDelay(500, stamp, stamp + 300)).toBe(300);
    expect(smallestDelay(500, stamp, stamp - 300)).toBe(-300);
  });
});
