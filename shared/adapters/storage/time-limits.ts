import type { TableServiceClientOptions } from '@azure/data-tables';
import type { Milliseconds } from '../../domain/time';

export type Policies = NonNullable<TableServiceClientOptions['additionalPolicies']>;

export interface TimeLimits {
  /** One request and its answer. */
  readonly attempt: Milliseconds;
  /** The operation with all its repetitions and the waits between them. */
  readonly operation: Milliseconds;
}

/**
 * Bounds the time of an operation. Without it the SDK waits for ever on a connection that swallows packets, and
 * obeys a `Retry-After` of any length; the webhook must have answered 503 long before the service gives the event
 * up (100 s), so that the event is repeated.
 */
export const timeLimits = (limits: TimeLimits): Policies => [
  {
    position: 'perCall',
    policy: {
      name: 'operationTimeLimit',
      sendRequest(request, next) {
        const limit = AbortSignal.timeout(limits.operation);
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
        request.timeout = limits.attempt;
        return next(request);
      },
    },
  },
];
