import { describe, expect, it, jest } from '@jest/globals';
import { isFinal, pauseAfter, Persistent } from '../../../web/console/core/persistent';
import { Problem } from '../../../web/console/core/problem';

const problem = (status: number, retryAfterSeconds?: number) =>
  new Problem(status, 'temporarily-unavailable', 'Try again.', undefined, retryAfterSeconds);
/** A promise, and what settles it. */
const open = <T>() => {
  let resolve: (value: T) => void = () => undefined;
  let reject: (thrown: unknown) => void = () => undefined;
  const settled = new Promise<T>((one, other) => ([resolve, reject] = [one, other]));
  return { settled, resolve, reject };
};

describe('what is read until it succeeds', () => {
  it('waits longer after each failure, up to half a minute or so', () => {
    const pauses = [0, 1, 2, 3, 9, 2_000].map((failures) => pauseAfter(problem(503), failures));
    for (const [n, middle] of [1_000, 2_000, 4_000, 8_000, 30_000, 30_000].entries()) {
      expect(pauses[n]).toBeGreaterThanOrEqual(middle * 0.75);
      expect(pauses[n]).toBeLessThanOrEqual(middle * 1.25);
    }
  });

  it('waits as long as the server asks for, and not for ever [R290]', () => {
    expect(pauseAfter(problem(503, 20), 0)).toBe(20_000);
    expect(pauseAfter(problem(429, 1e12), 0)).toBe(600_000);
    expect(pauseAfter(new TypeError('Failed to fetch'), 0)).toBeLessThan(1_300);
  });

  it('is not read again for an answer that stays the same', () => {
    expect([403, 404].every((status) => isFinal(problem(status)))).toBe(true);
    // A host that starts answers so, too, and not as the app does.
    const answered = (status: number) => isFinal(new Problem(status, `status-${status}`, ''));
    expect([403, 404, 410].map(answered)).toEqual([true, false, false]);
    expect([0, 401, 412, 429, 500, 503].some((status) => isFinal(problem(status)))).toBe(false);
  });

  it('succeeds after failures, and is read no more', async () => {
    const failures: unknown[] = [];
    const done = open<number>();
    let reads = 0;
    const one = new Persistent(
      async () => {
        reads += 1;
        if (reads === 1) throw problem(503);
        done.resolve(reads);
      },
      { failed: (thrown) => failures.push(thrown) },
    );
    one.begin();
    await Promise.resolve();
    // Whoever wants it meanwhile does not make it come sooner.
    one.beginUnlessWaiting();
    expect(reads).toBe(1);
    expect(await done.settled).toBe(2);
    expect(failures).toHaveLength(1);
  });

  it('is given up after such an answer, until it is begun again [R296]', async () => {
    const failures: unknown[] = [];
    let reads = 0;
    const one = new Persistent(
      async () => {
        reads += 1;
        throw problem(403);
      },
      { failed: (thrown) => failures.push(thrown), againMs: 1 },
    );
    jest.useFakeTimers();
    try {
      one.begin();
      await jest.advanceTimersByTimeAsync(3_600_000);
      expect([reads, failures.length]).toEqual([1, 1]);
      one.beginUnlessWaiting();
      expect(reads).toBe(2);
    } finally {
      jest.useRealTimers();
    }
  });

  it('begins anew while an older reading hangs, which counts no more', async () => {
    const hangs = open<void>();
    const counts: (() => boolean)[] = [];
    const failures: unknown[] = [];
    const one = new Persistent(
      async (isCurrent) => {
        counts.push(isCurrent);
        if (counts.length === 1) await hangs.settled;
      },
      { failed: (thrown) => failures.push(thrown) },
    );
    one.begin();
    one.begin();
    expect(counts.map((isCurrent) => isCurrent())).toEqual([false, true]);
    hangs.reject(problem(503));
    await hangs.settled.catch(() => undefined);
    await Promise.resolve();
    expect(failures).toEqual([]);
  });
});
