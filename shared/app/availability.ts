import type { RestError, TableServiceClientOptions } from '@azure/data-tables';
import { type Instant, type Milliseconds, SECOND } from '../conversation/time';

type Policies = NonNullable<TableServiceClientOptions['additionalPolicies']>;

const BEAT: Milliseconds = SECOND;

/** What a started process waits for its first request to prove that the services work. */
const FIRST_USE: Milliseconds = 10 * SECOND;

/**
 * An operation takes milliseconds, and so does the answer to somebody who comes. If it takes longer than this, repetitions
 * included, callers wait, and give up.
 */
const SLOW: Milliseconds = SECOND;
/** Whoever waits longer than this for its turn in this process is as badly off. */
const TOO_LONG: Milliseconds = 3 * SECOND;

/** No answer at all, and these, mean that a service does not do its part. Its other answers show that it works. */
const isFailure = (status: number): boolean => status >= 500 || status === 408 || status === 429;

/** What this process has seen of the services that it calls. */
export interface Availability {
  /**
   * Since when they have answered without a failure. A process that has just started knows of nothing before; while they
   * fail it is the present moment.
   */
  readonly workingSince: () => Instant;
  /** Answers somebody who comes. As long as one of them waits too long, others wait who are not heard at all. */
  readonly answering: <T>(answer: () => Promise<T>) => Promise<T>;
  /**
   * `error`: the clock of this machine minus that of the storage, as it answered last; about a second is not known. `ahead`: how far
   * it was ahead of `performance.now` then, which nobody sets; undefined before the first answer.
   */
  readonly clock: { readonly error: Milliseconds; readonly ahead: Milliseconds | undefined };
  /** For the clients of a service: sees what is left of every operation after all repetitions. */
  readonly policiesOf: (service: 'storage' | 'web-pubsub') => Policies;
}

export function watchAvailability(now: () => Instant): Availability {
  const startedAt = now();
  let isFirst = true;
  let since: Instant | undefined;
  /** When that was noted, by the clock that nobody sets. */
  let notedAt = 0;
  const worked = () => {
    if (since !== undefined) return;
    since = isFirst ? Math.min(now(), startedAt + FIRST_USE) : now();
    notedAt = performance.now();
    isFirst = false;
  };
  /** Prevents: once the machine's clock was set back, the services seem to work only since a moment that is still to come. */
  const working = (): Instant => {
    const at = now();
    return since === undefined || since <= at ? (since ?? at) : at - (performance.now() - notedAt);
  };
  const failed = () => {
    since = undefined;
    isFirst = false;
  };
  /** Since when those who come are waiting for their answers, the longest first. */
  const waiting = new Set<{ readonly since: number }>();
  const isSlow = ({ since: askedAt }: { readonly since: number }) => performance.now() - askedAt > SLOW;
  // A process that was frozen, or had no time, has let its callers wait.
  let beatAt = performance.now();
  setInterval(() => {
    const gap = performance.now() - beatAt;
    if (gap > BEAT + TOO_LONG) failed();
    beatAt += gap;
  }, BEAT).unref();
  const clock: { error: Milliseconds; ahead: Milliseconds | undefined } = { error: 0, ahead: undefined };
  /** The header tells the second in which it was written: anything from there to its end, and to the receipt, is right. */
  const compareClocks = (date: string | undefined, took: Milliseconds) => {
    const written = Date.parse(date ?? '');
    if (Number.isNaN(written)) return;
    const ahead = now() - written;
    clock.error = Math.round(Math.min(ahead, 0) + Math.max(0, ahead - SECOND - took));
    clock.ahead = now() - performance.now();
  };
  return {
    clock,
    workingSince: () => {
      const [first] = waiting;
      return first !== undefined && isSlow(first) ? now() : working();
    },
    async answering(answer) {
      const asked = { since: performance.now() };
      waiting.add(asked);
      try {
        return await answer();
      } finally {
        waiting.delete(asked);
        if (isSlow(asked)) failed();
      }
    },
    policiesOf: (service) => [
      {
        position: 'perCall',
        policy: {
          name: 'availability',
          async sendRequest(request, next) {
            const askedAt = performance.now();
            const answered = (status: number | undefined, date: string | undefined) => {
              const took = performance.now() - askedAt;
              if (service === 'storage') compareClocks(date, took);
              if (status === undefined || isFailure(status) || took > SLOW) failed();
              else worked();
            };
            try {
              const response = await next(request);
              answered(response.status, response.headers.get('date'));
              return response;
            } catch (thrown) {
              // What an operation does not expect, a 404 for one, is thrown; an answer it is all the same.
              const { statusCode, response } = thrown as Partial<RestError>;
              answered(statusCode, response?.headers.get('date'));
              throw thrown;
            }
          },
        },
      },
    ],
  };
}
