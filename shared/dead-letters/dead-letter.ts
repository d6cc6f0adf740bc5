import type { DeadlineKind } from '../conversation/conversation';
import type { Instant } from '../conversation/time';

/**
 * Why a conversation cannot be handled. `unreadable-row`: a stored row is damaged, or newer than this version reads.
 * `record-too-large`: what is to be stored does not fit into its row. `deadline-failed`: a deadline was reached and could
 * not be acted upon for minutes. `check-failed`: a comparison by reconciliation fails for a reason of our own.
 */
export const DEAD_LETTER_KINDS = [
  'unreadable-row',
  'record-too-large',
  'deadline-failed',
  'check-failed',
] as const;
export type DeadLetterKind = (typeof DEAD_LETTER_KINDS)[number];

/** `resolved`: the conversation was handled since. */
export const DEAD_LETTER_STATES = ['open', 'resolved'] as const;
export type DeadLetterState = (typeof DEAD_LETTER_STATES)[number];

/** What fails, and where. Ids, row names and codes only, never a text or a name of a participant. */
export interface Failing {
  /** Absent: a row that belongs to no one conversation. */
  readonly conversationId?: string;
  readonly kind: DeadLetterKind;
  /** `deadline-failed`: which deadline. */
  readonly deadline?: { readonly kind: DeadlineKind; readonly number: number };
  /** Partition key and row key of the row that is to be mended. */
  readonly row?: string;
  /** The machine-readable code of the error. */
  readonly code: string;
  /** Filed by what has no log of its own: the next one to meet it writes the line. */
  readonly untold?: true;
}

/** What operators see of it: one for each conversation and cause, however often it fails. */
export interface DeadLetter extends Failing {
  readonly id: string;
  readonly state: DeadLetterState;
  readonly firstSeen: Instant;
  readonly lastSeen: Instant;
  /** How often it was seen to fail. */
  readonly count: number;
  readonly resolvedAt?: Instant;
}

/** What reads and mends a row other than a conversation's record concerns nobody's turn: the row is named, and read again. */
export const isOfRecord = ({ row, conversationId }: Pick<Failing, 'row' | 'conversationId'>): boolean =>
  row === undefined || row === `${conversationId}/conversation`;

/**
 * The same for every failure of the same cause: one for a conversation and what is wrong with it, or one for a row. Safe in a
 * URL and as a table key.
 */
export const deadLetterId = (failing: Omit<Failing, 'code'>): string => {
  const { conversationId, kind, deadline, row = '' } = failing;
  const of = isOfRecord(failing) ? conversationId : row.replaceAll(/[^\w-]+/g, '.').slice(0, 180);
  return [of, kind, ...(deadline ? [deadline.kind, deadline.number] : [])].join('.');
};

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
   * Opens the letter of this cause, again if it was resolved, or counts one more failure. `opened`: nobody has told of it yet.
   * @throws ContentionError when others were faster at every attempt; retryable
   */
  file(failing: Failing, at: Instant): Promise<'opened' | 'counted'>;
  /** Where its own row cannot be read, what its id tells. */
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
  /** Reads the row that a letter names. One that is gone is no damage any more. @throws StoredRowError as long as it cannot be read. */
  checkRow(row: string): Promise<void>;
}
