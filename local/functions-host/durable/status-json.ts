import type { InstanceRecord } from './instance';
import { EventType, type HistoryEvent } from './protocol';

const parse = (text: string | null): unknown => (text === null ? null : (JSON.parse(text) as unknown));

/** The extension writes times without fractions. */
const seconds = (iso: string): string => `${iso.slice(0, 19)}Z`;

/** The status of an instance as clients get it. `input` and `output` must be present, or the library throws. */
export function statusJson(record: InstanceRecord, showInput: boolean): Record<string, unknown> {
  return {
    name: record.name,
    instanceId: record.instanceId,
    runtimeStatus: record.status,
    input: showInput ? parse(record.input) : null,
    customStatus: parse(record.customStatus),
    output: parse(record.output),
    createdTime: seconds(record.createdAt),
    lastUpdatedTime: seconds(record.updatedAt),
  };
}

/** The history as clients get it: events by name, without the markers of episodes. */
export function historyJson(
  history: readonly HistoryEvent[],
  showOutput: boolean,
): Record<string, unknown>[] {
  const names = Object.fromEntries(Object.entries(EventType).map(([name, type]) => [type, name]));
  const markers: readonly number[] = [EventType.OrchestratorStarted, EventType.OrchestratorCompleted];
  return history
    .filter((event) => !markers.includes(event.EventType))
    .map((event) => ({
      EventType: names[event.EventType],
      Timestamp: event.Timestamp,
      Name: event.Name,
      FireAt: event.FireAt,
      Reason: event.Reason,
      ...(showOutput && { Result: parse(event.Result ?? null), Input: parse(event.Input ?? null) }),
    }));
}
