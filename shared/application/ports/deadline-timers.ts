import type { DeadlineKind } from '../../domain/ids';
import type { Instant } from '../../domain/time';

/** Names one timer: a second start of the same one is a no-op. */
export interface DeadlineId {
  readonly conversationId: string;
  readonly kind: DeadlineKind;
  readonly number: number;
}

/** Durable wake-ups. Throws `DependencyError` when the durable client gives no usable answer. */
export interface DeadlineTimers {
  /** Starting a timer that exists already is a success. */
  start(id: DeadlineId, deadline: Instant): Promise<void>;
  /** Cancelling a timer that has fired, or never existed, is a success: the timer is only a wake-up. */
  cancel(
    id: DeadlineId,
    because: 'customerReconnected' | 'conversationEnded' | 'deadlineObsolete',
  ): Promise<void>;
}
