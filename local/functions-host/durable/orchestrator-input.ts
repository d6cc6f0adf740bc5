import type { TypedData } from '../worker/typed-data';
import type { InstanceRecord } from './instance';
import type { HistoryEvent } from './protocol';

/**
 * What the orchestrationTrigger is given. The names are the extension's: two schema versions (old libraries read the
 * first, V2; current ones the second, V4), and a misspelt "Millseconds" that must stay so.
 */
export function orchestratorInput(record: InstanceRecord, history: readonly HistoryEvent[]): TypedData {
  return {
    string: JSON.stringify({
      history,
      input: record.input === null ? null : (JSON.parse(record.input) as unknown),
      instanceId: record.instanceId,
      parentInstanceId: record.parent?.instanceId ?? null,
      isReplaying: record.episodes > 0,
      upperSchemaVersion: 1,
      upperSchemaVersionNew: 3,
      longRunningTimerIntervalDuration: '3.00:00:00',
      maximumShortTimerDuration: '6.00:00:00',
      defaultHttpAsyncRequestSleepTimeMillseconds: 30_000,
    }),
  };
}
