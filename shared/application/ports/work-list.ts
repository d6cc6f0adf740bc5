import type { Instant } from '../../domain/time';
import type { WorkListItem } from '../../domain/work-list';

/** One page of the list, and where the next begins. */
export interface WorkListPage {
  readonly items: readonly WorkListItem[];
  /** Rows that cannot be read; reconciliation writes them anew. */
  readonly unreadable: readonly { readonly conversationId: string; readonly writtenAt: Instant }[];
  readonly continuationToken?: string;
}

/** The agents' list of conversations that are not closed: written after the truth, never trusted for a decision. */
export interface WorkList {
  put(item: WorkListItem): Promise<void>;
  /** Removing what is not there is a success. */
  remove(conversationId: string): Promise<void>;
  /** @throws InvalidInputError when the continuation token is not one of this list's. */
  list(query: {
    readonly limit: number;
    readonly continuationToken?: string;
    readonly state?: WorkListItem['state'];
    readonly agentId?: string;
  }): Promise<WorkListPage>;
}
