import type { CapacityClaim } from '../capacity/capacity';
import type { ConversationState, DeadlineKind } from '../conversation/conversation';
import { type Instant, type Milliseconds, MINUTE } from '../conversation/time';

/** Why a conversation is erased: somebody has asked for it, or it is older than policy keeps it. */
export const ERASURE_CAUSES = ['request', 'retention'] as const;
export type ErasureCause = (typeof ERASURE_CAUSES)[number];

/**
 * An erasure that is not finished: what is still to be found when the record is gone. Nothing in it is the customer's but the
 * id of the conversation.
 */
export interface Erasure {
  readonly conversationId: string;
  readonly because: ErasureCause;
  readonly begunAt: Instant;
  /** How many timers of each kind there have been. */
  readonly timers: Readonly<Partial<Record<DeadlineKind, number>>>;
  /** What it holds of agents' capacity, as far as its record says. */
  readonly holds: readonly Omit<CapacityClaim, 'conversationId'>[];
  /** When the conversation was closed, ISO 8601, as its record has it. */
  readonly closedAt?: string;
  /** When all was removed for the first time. */
  readonly removedAt?: Instant;
}

/** A record as far as its erasure has to read it: one that is damaged is erased like any other. */
export type Found =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'tombstone'; readonly erasedAt: Instant }
  | {
      readonly kind: 'record';
      readonly etag: string;
      readonly state: ConversationState | undefined;
      readonly agentId?: string;
      readonly rest: Pick<Erasure, 'timers' | 'holds' | 'closedAt'>;
    };

/**
 * What a writer that was under way at the moment of the erasure can still leave behind is removed by a second pass, so much
 * later: no request of the app takes as long.
 */
export const SETTLING_TIME: Milliseconds = 10 * MINUTE;

/** No setting lets a ticket be valid for longer (`CUSTOMER_TICKET_LIFETIME`); the day is for requests and clocks. */
export const TOMBSTONE_TIME: Milliseconds = 366 * 24 * 60 * MINUTE;

/** Everything that is stored of conversations, for their erasure. Every method throws `DependencyError`, and is repeatable. */
export interface Erasures {
  find(conversationId: string): Promise<Found>;
  /** Writes the row that leads to an erasure which has begun, in place of the one of before. */
  begin(erasure: Erasure): Promise<void>;
  begun(conversationId: string): Promise<Erasure | undefined>;
  /** The first that have begun and are not finished. */
  unfinished(limit: number): Promise<readonly Erasure[]>;
  /** The tombstone in place of the record (`etag` undefined: of none). `conflict`: it is not as it was found. */
  bury(conversationId: string, erasedAt: Instant, etag: string | undefined): Promise<'buried' | 'conflict'>;
  /** Transcript, dead letters, units of agents' capacity. How many rows there were. */
  removeRows(erasure: Erasure): Promise<number>;
  /** Remembers when the tombstone may go. */
  keepUntil(conversationId: string, until: Instant): Promise<void>;
  /** Everything that is stored but the transcript, as it is stored: also what cannot be read. */
  rowsOf(conversationId: string): Promise<readonly StoredRow[]>;
  /** Forgets that the erasure has begun. */
  finish(conversationId: string): Promise<void>;
  /** Removes the first tombstones that nothing needs any more. How many. */
  removeTombstones(now: Instant, limit: number): Promise<number>;
}

/** A row as it is stored, for who is told everything. */
export interface StoredRow {
  readonly table: string;
  readonly columns: Readonly<Record<string, string | number | boolean>>;
}

/** What else knows of a conversation, and can be told to forget it. Repeatable. */
export type Forget = (erasure: Erasure) => Promise<unknown>;
