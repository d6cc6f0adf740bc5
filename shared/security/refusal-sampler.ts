import type { Instant } from '../domain/time';
import { TooManyRequestsError } from '../errors';
import { createRateLimiter } from './rate-limiter';

/** Lines a minute, in one instance of the app. Enough to see what is going on; a flood costs no more than this. */
const LINES_PER_MINUTE = 60;

/**
 * Anybody may send requests that are refused, and every line of a log is paid for: beyond the workspace's daily cap even
 * alerts fall silent. What is not written is counted: the answer is how many have been left out since the last line, or
 * undefined where this one is left out.
 */
export function createRefusalSampler(now: () => Instant): () => number | undefined {
  const lines = createRateLimiter({ perMinute: LINES_PER_MINUTE, now });
  let leftOut = 0;
  return () => {
    try {
      lines.take('refusals');
    } catch (thrown) {
      if (!(thrown instanceof TooManyRequestsError)) throw thrown;
      leftOut += 1;
      return undefined;
    }
    const since = leftOut;
    leftOut = 0;
    return since;
  };
}
