import { describe, expect, it } from '@jest/globals';
import { MINUTE, parseIsoDuration, SECOND } from '../../../shared/conversation/time';

const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

describe('an ISO 8601 duration', () => {
  it.each([
    ['P1D', DAY],
    ['P12D', 12 * DAY],
    ['PT1H', HOUR],
    ['PT10H', 10 * HOUR],
    ['PT3M', 3 * MINUTE],
    ['PT90M', 90 * MINUTE],
    ['PT5S', 5 * SECOND],
    ['PT75S', 75 * SECOND],
    ['PT0S', 0],
    ['PT0.5S', 500],
    ['PT12.25S', 12_250],
    ['PT0.001S', 1],
    ['P1DT2H3M4.567S', DAY + 2 * HOUR + 3 * MINUTE + 4_567],
    ['P2DT30M', 2 * DAY + 30 * MINUTE],
    ['PT1H20S', HOUR + 20 * SECOND],
  ])('%s is %d ms', (text, length) => {
    expect(parseIsoDuration(text)).toBe(length);
  });

  it.each([
    ['nothing', ''],
    ['no part', 'P'],
    ['no part of a day', 'PT'],
    ['no part of a day after its days', 'P1DT'],
    ['no "P"', 'T1M'],
    ['a number without its unit', 'P1'],
    ['a number of a day without its unit', 'PT1'],
    ['hours without "T"', 'P1H'],
    ['days after "T"', 'PT1D'],
    ['years', 'P1Y'],
    ['months', 'P1M'],
    ['weeks', 'P1W'],
    ['a fraction of minutes', 'PT1.5M'],
    ['a fraction without digits', 'PT1.S'],
    ['a fraction that is no number', 'PT1.xS'],
    ['less than a millisecond', 'PT1.0001S'],
    ['a unit twice', 'PT1M2M'],
    ['units in another order', 'PT1S1M'],
    ['something before it', 'xPT1M'],
    ['something behind it', 'PT1Mx'],
    ['a sign', '-PT1M'],
    ['a negative part', 'PT-1M'],
    ['small letters', 'pt1m'],
    ['letters for digits', 'PTxM'],
    ['letters for hours', 'PTxH'],
    ['letters for seconds', 'PTxS'],
    ['letters for days', 'PxD'],
  ])('is not %s: "%s"', (_what, text) => {
    expect(parseIsoDuration(text)).toBeUndefined();
  });
});
