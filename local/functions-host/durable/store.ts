import type { InboxMessage, InstanceRecord, LoadedInstance, RuntimeStatus } from './instance';
import type { HistoryEvent } from './protocol';

export interface InstanceFilter {
  readonly createdFrom?: string;
  readonly createdTo?: string;
  readonly statuses?: readonly RuntimeStatus[];
}

export interface InstancePage {
  readonly records: readonly InstanceRecord[];
  readonly continuationToken?: string;
}

/** Somebody else changed the instance: our etag is stale, or an insert found the row there. */
export class StoreConflictError extends Error {
  override readonly name = 'StoreConflictError';
}

/** Where instances live. Every method is one atomic step, or can be repeated until it is done. */
export interface InstanceStore {
  readRecord(instanceId: string): Promise<{ record: InstanceRecord; etag: string } | undefined>;
  load(instanceId: string): Promise<LoadedInstance | undefined>;
  /** Inserts a new instance; StoreConflictError when the id exists. Returns the etag. */
  create(record: InstanceRecord): Promise<string>;
  replace(record: InstanceRecord, etag: string): Promise<string>;
  /** Commits an episode as one transaction: the record, its events, and the messages it used up. */
  commit(
    record: InstanceRecord,
    etag: string,
    episode: { executionId: string; number: number; events: readonly HistoryEvent[] },
    consumed: readonly InboxMessage[],
  ): Promise<string>;
  /** Keeps a message; done already when the same key is there. */
  addMessage(instanceId: string, message: InboxMessage): Promise<void>;
  /** Deletes the history of one execution that is over. Named, not "all but the current one": by now there may be a newer. */
  deleteHistory(instanceId: string, executionId: string): Promise<void>;
  /** Deletes everything but the record of an ended instance. */
  clear(instanceId: string): Promise<void>;
  /** Deletes an instance; its record goes last, so that an interrupted purge can be repeated. */
  purge(instanceId: string): Promise<void>;
  query(filter: InstanceFilter, page: { size: number; token?: string }): Promise<InstancePage>;
}
