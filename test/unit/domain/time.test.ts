import { describe, expect, it } from '@jest/globals';
import { toIso, toIsoDuration } from '../../../shared/conversation/time';

describe('time as text', () => {
  it('an instant is ISO 8601 in UTC with milliseconds', () => {
    expect(toIso(Date.UTC(2026, 0, 31, 12))).toBe('2026-01-31T12:00:00.000Z');
  });

  it.each([
    [0, 'PT0S'],
    [1, 'PT0.001S'],
    [999, 'PT0.999S'],
    [1_000, 'PT1S'],
    [59_999, 'PT59.999S'],
    [60_000, 'PT1M'],
    [64_250, 'PT1M4.25S'],
    [180_000, 'PT3M'],
    [5_400_000, 'PT1H30M'],
    [24 * 3_600_000, 'P1D'],
    [36 * 3_600_000, 'P1DT12H'],
    [30 * 24 * 3_600_000, 'P30D'],
    [86_400_001, 'P1DT0.001S'],
  ])('%d ms are %s', (length, text) => {
    expect(toIsoDuration(length)).toBe(text);
  });
});
