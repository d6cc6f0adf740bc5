import type { WorkListItem } from '../../domain/work-list';
import type { Page } from './conversation-store';

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
  }): Promise<Page<WorkListItem>>;
}
