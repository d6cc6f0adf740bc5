import type { RestError, TableServiceClientOptions } from '@azure/data-tables';
import { type Instant, type Milliseconds, SECOND } from '../conversation/time';
import { isDownAt } from './errors';

type Policies = NonNullable<TableServiceClientOptions['additionalPolicies']>;

type Service = 'storage' | 'web-pubsub';

const BEAT: Milliseconds = SECOND;

/**
 * An operation takes milliseconds, and so does the answer to somebody who comes. If it takes longer than this, repetitions
 * included, callers wait, and give up.
 */
const SLOW: Milliseconds = SECOND;
/** Whoever waits longer than this for its turn in this process is as badly off. */
const TOO_LONG: Milliseconds = 3 * SECOND;

/** What this process has seen of the services that it calls. */
export interface Availability {
  /**
   * Since when all of them have answered without a failure. A process knows of nothing before its first answer; while one of
   * them fails it is the present moment.
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
  readonly policiesOf: (service: Service) => Policies;
}

export function watchAvailability(now: () => Instant): Availability {
  let since: Instant | undefined;
  /** When that was noted, by the clock that nobody sets. */
  let notedAt = 0;
  /** Prevents: the storage answers, and so the socket service, which has failed since, seems to have worked all the time. */
  const failing = new Set<Service>();
  const worked = (service: Service) => {
    failing.delete(service);
    if (since !== undefined || failing.size > 0) return;
    // Prevents: the host was too slow to hand anything to this process, and that counts as time in which somebody could be heard.
    since = now();
    notedAt = performance.now();
  };
  /** Prevents: once the machine's clock was set back, the services seem to work only since a moment that is still to come. */
  const working = (): Instant => {
    const at = now();
    return since === undefined || since <= at ? (since ?? at) : at - (performance.now() - notedAt);
  };
  const failed = (service?: Service) => {
    since = undefined;
    if (service !== undefined) failing.add(service);
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
              if (isDownAt(status) || took > SLOW) failed(service);
              else worked(service);
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
