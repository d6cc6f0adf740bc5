import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { momentOfLoss, smallestDelay } from '../../../shared/conversation/presence-rules';
import { MINUTE, SECOND } from '../../../shared/conversation/time';
import { START } from '../../support/domain/builders';
import { RUNS } from '../../support/domain/runs';

const instant = fc.integer({ min: START - 10 * MINUTE, max: START + 10 * MINUTE });
const input = fc
  .record({
    occurredAt: instant,
    receivedAt: instant,
    lastSignOfLife: instant,
    smallestEventDelay: fc.option(fc.integer({ min: -10 * MINUTE, max: 10 * MINUTE }), { nil: undefined }),
  })
  .map(({ smallestEventDelay, ...rest }) => ({
    ...rest,
    ...(smallestEventDelay !== undefined && { smallestEventDelay }),
  }));

describe('the moment of loss (invariant 4)', () => {
  it('lies between the last sign of life and the receipt, and no further back than the longest delivery', () => {
    fc.assert(
      fc.property(input, (given) => {
        const since = momentOfLoss(given);
        expect(since).toBeLessThanOrEqual(given.receivedAt);
        expect(since).toBeGreaterThanOrEqual(Math.min(given.lastSignOfLife, given.receivedAt));
        expect(since).toBeGreaterThanOrEqual(given.receivedAt - 100 * SECOND);
      }),
      RUNS,
    );
  });

  it('never moves back when the receipt, the stamp or the sign of life is later', () => {
    const later = fc.integer({ min: 0, max: MINUTE });
    fc.assert(
      fc.property(input, later, later, (given, stamp, sign) => {
        const moved = {
          ...given,
          occurredAt: given.occurredAt + 1_000 * Math.floor(stamp / 1_000),
          lastSignOfLife: given.lastSignOfLife + sign,
        };
        // Without a calibration the receipt alone counts.
        expect(momentOfLoss(moved)).toBeGreaterThanOrEqual(momentOfLoss(given));
      }),
      RUNS,
    );
  });

  it('is not before the true loss, whatever the constant error of the clock and the delays', () => {
    const delays = fc.integer({ min: 0, max: 2 * MINUTE });
    const event = fc.record({ at: fc.integer({ min: START, max: START + 10 * MINUTE }), delay: delays });
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 5 }),
        event,
        fc.integer({ min: -5 * MINUTE, max: 5 * MINUTE }),
        (others, loss, error) => {
          const stamp = (at: number) => Math.floor((at + error) / SECOND) * SECOND;
          const smallestEventDelay = others.reduce<number | undefined>(
            (known, { at, delay }) => smallestDelay(known, stamp(at), at + delay),
            undefined,
          );
          const since = momentOfLoss({
            occurredAt: stamp(loss.at),
            receivedAt: loss.at + loss.delay,
            lastSignOfLife: START,
            ...(smallestEventDelay !== undefined && { smallestEventDelay }),
          });
          expect(since).toBeGreaterThanOrEqual(loss.at);
        },
      ),
      RUNS,
    );
  });

  it('the smallest delay does not depend on the order of events', () => {
    const events = fc.array(fc.tuple(instant, instant), { minLength: 1 });
    const smallest = (pairs: readonly (readonly [number, number])[]) =>
      pairs.reduce<number | undefined>((known, pair) => smallestDelay(known, ...pair), undefined);
    fc.assert(
      fc.property(events, (pairs) => {
        expect(smallest([...pairs].reverse())).toBe(smallest(pairs));
      }),
      RUNS,
    );
  });
});
