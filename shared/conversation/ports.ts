import type { Conversation, DeadlineKind } from './conversation';
import type { Presence } from './inputs';
import type { Audience, Push } from './notifications';
import type { Instant, Milliseconds } from './time';
import type { TranscriptEntry } from './transcript';

/** A conversation as stored, with the ETag under which it may be replaced. */
export interface StoredConversation {
  readonly conversation: Conversation;
  readonly etag: string;
  /** When it was saved, by the clock of the storage. */
  readonly savedAt: Instant;
  /** This process has not saved it: another one may still be at its effects. Absent: it has, or nobody knows. */
  readonly savedElsewhere?: true;
}

/** Where conversations live. Every method throws `DependencyError` when the storage gives no usable answer. */
export interface ConversationStore {
  /** One read. @throws StoredRowError when the row cannot be understood, ErasedError */
  load(conversationId: string): Promise<StoredConversation | undefined>;

  /**
   * The new state and its transcript entries in one entity-group transaction: all or nothing, and only if the
   * conversation is still as it was loaded (`before` undefined: only if there is none). `conflict`: it is not. Gives the
   * ETag of the version that is stored now.
   * @throws RecordTooLargeError when the record would not fit into its row.
   */
  save(change: {
    readonly before: StoredConversation | undefined;
    readonly after: Conversation;
    readonly entries: readonly TranscriptEntry[];
  }): Promise<{ readonly etag: string } | 'conflict'>;

  /** The sequence number of a message, by its id and whose it is. Reads the transcript, so it is only asked on suspicion. */
  findMessage(
    conversationId: string,
    message: { readonly by: string; readonly messageId: string },
  ): Promise<number | undefined>;

  /** Entries with a sequence greater than `after`, in order, at most `limit`. */
  transcript(
    conversationId: string,
    page: { readonly after: number; readonly limit: number },
  ): Promise<TranscriptPage>;
}

export interface TranscriptPage {
  readonly entries: readonly TranscriptEntry[];
  /** Sequence numbers of entries that cannot be read. They hide no other. */
  readonly unreadable: readonly number[];
  /** Where there is more: `after` of the next page. */
  readonly nextAfter?: number;
}

/** The people on the other end of the sockets. Throws `DependencyError` when the service gives no answer. */
export interface Participants {
  /** Sends to every matching socket; reaching nobody is a success. */
  push(conversationId: string, audience: Audience, push: Push): Promise<void>;
  /** Closes every socket of the conversation's customer. */
  closeCustomerConnections(conversationId: string): Promise<void>;
  closeConnection(connectionId: string): Promise<void>;
  /** Asks the service which sockets of the customer are open. No answer is an error, never "absent". */
  presenceOf(conversationId: string): Promise<Presence>;
  /** Asks the service whether the agent has an open socket. No answer is an error, never "absent". */
  isAgentPresent(agentId: string): Promise<boolean>;
  /** All agents who have an open socket, by their ids. */
  presentAgents(): Promise<ReadonlySet<string>>;
}

/** Names one timer: a second start of the same one is a no-op. */
export interface DeadlineId {
  readonly conversationId: string;
  readonly kind: DeadlineKind;
  readonly number: number;
}

/** Durable wake-ups. Throws `DependencyError` when the durable client gives no usable answer. */
export interface DeadlineTimers {
  /** Starting a timer that runs already is a success. One that has failed for good is started anew. */
  start(id: DeadlineId, deadline: Instant): Promise<void>;
  /** Cancelling a timer that has fired, or never existed, is a success: the timer is only a wake-up. */
  cancel(
    id: DeadlineId,
    because: 'customerReconnected' | 'conversationEnded' | 'deadlineObsolete',
  ): Promise<void>;
}

/** What is left of timers. Throws `DependencyError` when the durable client gives no usable answer. */
export interface TimerTraces {
  /** Ends the timer and removes its history. `running`: it has not ended yet; try again later. */
  remove(id: DeadlineId): Promise<'removed' | 'running'>;
}

/** Where the removal of finished timers has come to. */
export interface PurgeProgress {
  /** The next slice ends here; absent: begin with the youngest. */
  readonly to?: Instant | undefined;
  readonly width?: Milliseconds | undefined;
  /** When all were looked at the last time. */
  readonly doneAt?: Instant | undefined;
}

/** Where that is kept: processes come and go in the night. Throws `DependencyError`. */
export interface PurgePlace {
  load(): Promise<PurgeProgress>;
  save(progress: PurgeProgress): Promise<void>;
}

/** A conversation of a customer, and when it was negotiated; 1970 where nobody has written that down. */
export interface IndexedConversation {
  readonly conversationId: string;
  readonly begunAt: Instant;
}

/**
 * Which conversations an authenticated customer has. Written when one is negotiated, never trusted for more than an offer to
 * continue. Throws `DependencyError` when the storage gives no usable answer.
 */
export interface CustomerIndex {
  /** Those that go on or may open, the newest first, with the ETag under which they may be replaced; none, where nothing is stored. */
  conversationsOf(
    customerId: string,
  ): Promise<{ readonly conversationIds: readonly string[]; readonly etag?: string }>;
  /** The first of them is new. `conflict`: they are no longer those that were read. */
  remember(
    customerId: string,
    conversationIds: readonly string[],
    etag: string | undefined,
  ): Promise<'saved' | 'conflict'>;
  /** All that were not erased, by their ids. */
  everyConversationOf(customerId: string): Promise<readonly IndexedConversation[]>;
  /** Removes a conversation from its customer's. Repeatable. @throws ContentionError */
  readonly forget: (conversationId: string) => Promise<void>;
  /** The first that were negotiated before, oldest days first, with what takes each from this list. */
  begunBefore(
    at: Instant,
    limit: number,
  ): Promise<readonly { readonly conversationId: string; readonly done: () => Promise<void> }[]>;
  /** Whether rows are left that no key of the settings leads to: what they name, nobody finds by its customer. */
  hasRowsUnderOtherKeys(): Promise<boolean>;
}
