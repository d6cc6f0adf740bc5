import { describe, expect, it } from '@jest/globals';
import { fits, unitsFree, unitsInUse } from '../../../shared/capacity/capacity';

const load = (totalUnits: number, ...units: number[]) => ({
  totalUnits,
  holdings: units.map((each) => ({ units: each })),
});

describe('the capacity of an agent', () => {
  it('is free as far as no conversation holds it', () => {
    expect([unitsInUse(load(100)), unitsFree(load(100))]).toEqual([0, 100]);
    expect([unitsInUse(load(100, 20, 0, 30)), unitsFree(load(100, 20, 0, 30))]).toEqual([50, 50]);
  });

  it('is used to the last unit, and not beyond', () => {
    expect(fits(load(100, 60, 20), 20)).toBe(true);
    expect(fits(load(100, 60, 20), 21)).toBe(false);
    expect(fits(load(100, 60, 40), 1)).toBe(false);
  });

  it('that was lowered below what is in use has nothing free, rather than less than nothing', () => {
    const lowered = load(30, 20, 20);
    expect([unitsInUse(lowered), unitsFree(lowered)]).toEqual([40, 0]);
    expect(fits(lowered, 1)).toBe(false);
  });

  it.each([load(0), load(100, 100), load(30, 20, 20)])(
    'always has room for what takes nothing: %j',
    (any) => {
      expect(fits(any, 0)).toBe(true);
    },
  );
});
