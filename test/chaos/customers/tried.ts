import { setTimeout as delay } from 'node:timers/promises';
import { ApiError } from '../../e2e/api';
import { RefusedHandshake } from './customer-socket';

export const PAUSE_MS = 200;
/** Longer than any fault that keeps participants out. */
const TRY_LIMIT_MS = 120_000;

/** Done once, or refused because of the conversation's state; undefined then, and when it never worked. */
export async function tried<T>(
  what: string,
  once: () => Promise<T>,
  note: (what: string) => void,
): Promise<T | undefined> {
  for (const giveUpAt = Date.now() + TRY_LIMIT_MS; Date.now() < giveUpAt;) {
    try {
      return await once();
    } catch (thrown) {
      note(`${what} failed: ${(thrown as Error).message}`);
      if (thrown instanceof RefusedHandshake || isRefused(thrown)) return undefined;
    }
    await delay(PAUSE_MS);
  }
  return undefined;
}

/** The API has answered that the conversation is not in the state for it: nothing was stored. */
export const isRefused = (thrown: unknown): boolean => thrown instanceof ApiError && thrown.status === 409;
