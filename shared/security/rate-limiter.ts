import { MINUTE, SECOND, type Instant } from '../domain/time';
import { TooManyRequestsError } from '../errors';

export interface RateLimiter {
  /** Counts one request of this caller. @throws TooManyRequestsError */
  take(caller: string): void;
}

/** Callers that are remembered; whoever has been quiet for longest is forgotten first. */
const MOST_CALLERS = 10_000;

/**
 * A token bucket for each caller, in the memory of this instance of the app: `perMinute` at once, and as many again in
 * every minute; 0 is no limit. With n instances a caller may get n times as much, and a restart forgives everybody. That
 * is enough to keep one caller from taking an instance away from the others; what must hold across instances is counted
 * in the stored record instead (docs/decisions/0015).
 */
export function createRateLimiter(options: {
  readonly perMinute: number;
  readonly now: () => Instant;
}): RateLimiter {
  const { perMinute, now } = options;
  const buckets = new Map<string, { readonly tokens: number; readonly at: Instant }>();
  const refill = perMinute / MINUTE;
  return {
    take(caller) {
      if (perMinute === 0) return;
      const at = now();
      const before = buckets.get(caller);
      const elapsed = before === undefined ? 0 : Math.max(0, at - before.at);
      const tokens = Math.min(perMinute, (before?.tokens ?? perMinute) + elapsed * refill);
      const isAllowed = tokens >= 1;
      // Taken out and put back, it is the newest: a map keeps the order of insertion.
      buckets.delete(caller);
      buckets.set(caller, { tokens: isAllowed ? tokens - 1 : tokens, at });
      for (const quietest of buckets.keys()) {
        if (buckets.size <= MOST_CALLERS) break;
        buckets.delete(quietest);
      }
      if (!isAllowed) throw new TooManyRequestsError(Math.ceil((1 - tokens) / refill / SECOND));
    },
  };
}
