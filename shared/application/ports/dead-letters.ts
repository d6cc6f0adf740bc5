import type { DeadLetter, DeadLetterState, Failing } from '../../domain/dead-letter';
import type { Instant } from '../../domain/time';

/** A dead letter with the ETag under which it may be resolved. */
export interface StoredDeadLetter {
  readonly letter: DeadLetter;
  readonly etag: string;
}

export interface DeadLetterPage {
  readonly letters: readonly StoredDeadLetter[];
  /** Ids of those whose own row cannot be read. */
  readonly unreadable: readonly string[];
  readonly continuationToken?: string;
}

/** The operators' record of what cannot be handled. Every method throws `DependencyError`. */
export interface DeadLetters {
  /**
   * Opens the letter of this cause, again if it was resolved, or counts one more failure.
   * @throws ContentionError when others were faster at every attempt; retryable
   */
  file(failing: Failing, at: Instant): Promise<'opened' | 'counted'>;
  /** @throws StoredRowError when its own row cannot be understood. */
  load(id: string): Promise<StoredDeadLetter | undefined>;
  /** @throws InvalidInputError when the continuation token is not one of this list's. */
  list(query: {
    readonly state: DeadLetterState;
    readonly limit: number;
    readonly continuationToken?: string;
  }): Promise<DeadLetterPage>;
  /** `changed`: another failure was filed since it was read, or somebody else has resolved it. */
  resolve(read: StoredDeadLetter, at: Instant): Promise<'resolved' | 'changed'>;
  /** Deletes it unless it has changed since it was read. */
  remove(read: StoredDeadLetter): Promise<void>;
}
