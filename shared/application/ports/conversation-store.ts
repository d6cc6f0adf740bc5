import type { Conversation } from '../../domain/conversation';
import type { Instant } from '../../domain/time';
import type { TranscriptEntry } from '../../domain/transcript';

/** A conversation as stored, with the ETag under which it may be replaced. */
export interface StoredConversation {
  readonly conversation: Conversation;
  readonly etag: string;
  /** When it was saved, by the clock of the storage. */
  readonly savedAt: Instant;
}

/** Where conversations live. Every method throws `DependencyError` when the storage gives no usable answer. */
export interface ConversationStore {
  /** One read. @throws StoredRowError when the row cannot be understood. */
  load(conversationId: string): Promise<StoredConversation | undefined>;

  /**
   * The new state and its transcript entries in one entity-group transaction: all or nothing, and only if the
   * conversation is still as it was loaded (`before` undefined: only if there is none). `conflict`: it is not.
   * @throws RecordTooLargeError when the record would not fit into its row.
   */
  save(change: {
    readonly before: StoredConversation | undefined;
    readonly after: Conversation;
    readonly entries: readonly TranscriptEntry[];
  }): Promise<'saved' | 'conflict'>;

  /** Entries with a sequence greater than `after`, in order, at most `limit`. */
  transcript(
    conversationId: string,
    page: { readonly after: number; readonly limit: number },
  ): Promise<readonly TranscriptEntry[]>;
}
