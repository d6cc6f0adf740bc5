import type { TableServiceClientOptions } from '@azure/data-tables';

type Policies = NonNullable<TableServiceClientOptions['additionalPolicies']>;

const ATTEMPT = 5_000;
const OPERATION = 15_000;

/**
 * Bounds the time of an operation. Without it the SDK waits for ever on a connection that swallows packets, and
 * obeys a `Retry-After` of any length; the webhook must have answered 503 long before the service gives the event
 * up (100 s), so that the event is repeated.
 */
export const timeLimits: Policies = [
  {
    position: 'perCall',
    policy: {
      name: 'operationTimeLimit',
      sendRequest(request, next) {
        const limit = AbortSignal.timeout(OPERATION);
        const given = request.abortSignal as AbortSignal | undefined;
        request.abortSignal = given === undefined ? limit : AbortSignal.any([given, limit]);
        return next(request);
      },
    },
  },
  {
    position: 'perRetry',
    policy: {
      name: 'attemptTimeLimit',
      sendRequest(request, next) {
        request.timeout = ATTEMPT;
        return next(request);
      },
    },
  },
];

/** Short waits: the service behind the webhook repeats the event anyway, and a customer is waiting. */
export const retryOptions: NonNullable<TableServiceClientOptions['retryOptions']> = {
  maxRetries: 3,
  retryDelayInMs: 200,
  maxRetryDelayInMs: 2_000,
};
