/** The JSON that passes between the Durable extension and the library: history events in, actions out. */

export const EVENT = {
  executionStarted: 0,
  taskScheduled: 4,
  taskCompleted: 5,
  taskFailed: 6,
  timerCreated: 10,
  timerFired: 11,
  orchestratorStarted: 12,
  orchestratorCompleted: 13,
  eventRaised: 15,
} as const;

/** One event, as plain JSON. `EventId` is the sequence number on created events and -1 on all others. */
export interface HistoryEvent {
  readonly EventType: number;
  readonly EventId: number;
  IsPlayed: boolean;
  /** ISO 8601 UTC. */
  readonly Timestamp: string;
  readonly Name?: string;
  /** JSON text. */
  readonly Input?: string;
  readonly Version?: string;
  readonly FireAt?: string;
  readonly TaskScheduledId?: number;
  readonly TimerId?: number;
  /** JSON text. */
  readonly Result?: string;
  readonly Reason?: string;
  readonly Details?: string;
}

export interface RetryPolicy {
  readonly firstRetryIntervalInMilliseconds: number;
  readonly maxNumberOfAttempts: number;
  readonly backoffCoefficient?: number;
  readonly maxRetryIntervalInMilliseconds?: number;
  readonly retryTimeoutInMilliseconds?: number;
}

/** An action the orchestrator has asked for; only the kinds that the driver understands. */
export type Action =
  | { readonly actionType: 0; readonly functionName: string; readonly input?: unknown }
  | {
      readonly actionType: 1;
      readonly functionName: string;
      readonly input?: unknown;
      readonly retryOptions: RetryPolicy;
    }
  | { readonly actionType: 4; readonly input?: unknown }
  | { readonly actionType: 5; readonly fireAt: string; readonly isCanceled: boolean }
  | { readonly actionType: 6; readonly externalEventName: string }
  | { readonly actionType: 11 | 12; readonly compoundActions: readonly Action[] };

/** One run from a start, or a continue-as-new, to its end. */
export interface Generation {
  readonly input: unknown;
  readonly version?: string;
  readonly history: readonly HistoryEvent[];
  /** Everything the orchestrator has asked for, in order. */
  readonly actions: readonly Action[];
}
