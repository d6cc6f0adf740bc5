import type { DeadlineKind } from './ids';
import type { Instant } from './time';

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
  readonly conversationId: string;
  readonly kind: DeadLetterKind;
  /** `deadline-failed`: which deadline. */
  readonly deadline?: { readonly kind: DeadlineKind; readonly number: number };
  /** Partition key and row key of the row that is to be mended. */
  readonly row?: string;
  /** The machine-readable code of the error. */
  readonly code: string;
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

/** The same for every failure of the same cause. Safe in a URL and as a table key. */
export const deadLetterId = ({ conversationId, kind, deadline }: Omit<Failing, 'code' | 'row'>): string =>
  [conversationId, kind, ...(deadline ? [deadline.kind, deadline.number] : [])].join('.');
