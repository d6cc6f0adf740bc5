import type { HistoryEvent } from './protocol';

export type RuntimeStatus = 'Pending' | 'Running' | 'Suspended' | 'Completed' | 'Failed' | 'Terminated';

export const endedStatuses: readonly RuntimeStatus[] = ['Completed', 'Failed', 'Terminated'];
export const liveStatuses: readonly RuntimeStatus[] = ['Pending', 'Running', 'Suspended'];
export const isTerminal = (status: RuntimeStatus): boolean => endedStatuses.includes(status);

/** The task in a parent that waits for this instance. */
export interface ParentLink {
  readonly instanceId: string;
  readonly executionId: string;
  readonly number: number;
}

/** One orchestration instance as it is stored. `input`, `output` and `customStatus` are JSON texts. */
export interface InstanceRecord {
  readonly instanceId: string;
  readonly executionId: string;
  readonly name: string;
  readonly version?: string;
  readonly status: RuntimeStatus;
  readonly input: string | null;
  readonly output: string | null;
  readonly customStatus: string | null;
  readonly createdAt: string;
  /** The start message was taken before the record was there, and put off until then (ISO). */
  readonly deferredUntil?: string;
  readonly updatedAt: string;
  readonly parent?: ParentLink;
  /** Of the request that has started it (W3C); its orchestrator and activities are given it. */
  readonly traceParent?: string;
  /** Episodes committed in this execution; the next one writes under this number. */
  readonly episodes: number;
  /** Timers that were created and then cancelled: they are never armed. */
  readonly canceledTimers: readonly number[];
}

/** An event waiting for the next episode. Ordered by arrival; the same key is the same message. */
export interface InboxMessage {
  readonly key: string;
  /** Microseconds since 1970, no two alike. */
  readonly order: number;
  /** Set when the message answers a task of one execution; another execution must not see it. */
  readonly executionId?: string;
  readonly event: HistoryEvent;
}

/** When it was sent, in milliseconds since 1970: its place in the order of arrival is made of that. */
export const sentAt = ({ order }: InboxMessage): number => order / 1_000;

/** An instance with all that its next episode needs. */
export interface LoadedInstance {
  readonly record: InstanceRecord;
  readonly etag: string;
  readonly history: readonly HistoryEvent[];
  readonly inbox: readonly InboxMessage[];
}

/** Longest JSON text of an input, output, event or status; beyond it this host refuses instead of truncating. */
export const payloadLimit = 65_536;
