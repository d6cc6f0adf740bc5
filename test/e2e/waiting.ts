import { setTimeout as delay } from 'node:timers/promises';
import { NotAsExpected } from './failures';

const POLL_MS = 250;

/** Asks again until the answer is yes, for what no event tells. */
export async function until(
  what: string,
  withinMs: number,
  isSo: () => boolean | Promise<boolean>,
): Promise<void> {
  const giveUpAt = Date.now() + withinMs;
  while (!(await isSo())) {
    if (Date.now() > giveUpAt) throw new NotAsExpected(what, `it within ${seconds(withinMs)}`, 'nothing');
    await delay(POLL_MS);
  }
}

/** Waits for a moment that is known, such as a deadline. */
export const untilInstant = (iso: string, moreMs = 0): Promise<void> =>
  delay(Math.max(0, Date.parse(iso) + moreMs - Date.now()));

/** The result, or `onTimeout` thrown when it takes longer. */
export async function within<T>(limitMs: number, result: Promise<T>, onTimeout: () => Error): Promise<T> {
  const timer = new AbortController();
  const limit = delay(limitMs, undefined, { signal: timer.signal }).then(() => {
    throw onTimeout();
  });
  try {
    return await Promise.race([result, limit]);
  } finally {
    timer.abort();
    limit.catch(() => undefined);
  }
}

export const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
