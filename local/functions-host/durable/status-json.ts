import type { InstanceRecord } from './instance';
import { isTerminal } from './instance';
import { EventType, type HistoryEvent } from './protocol';
import { isCreated } from './task-numbering';

const parse = (text: string | null): unknown => (text === null ? null : (JSON.parse(text) as unknown));

/** The extension writes times without fractions. */
const seconds = (iso: string): string => `${iso.slice(0, 19)}Z`;

/** The status of an instance as clients get it. `input` and `output` must be present, or the library throws. */
export function statusJson(record: InstanceRecord, showInput: boolean): Record<string, unknown> {
  return {
    name: record.name,
    version: record.version ?? null,
    instanceId: record.instanceId,
    runtimeStatus: record.status,
    input: showInput ? parse(record.input) : null,
    customStatus: parse(record.customStatus),
    output: parse(record.output),
    createdTime: seconds(record.createdAt),
    lastUpdatedTime: seconds(record.updatedAt),
  };
}

/**
 * The history as clients get it: events by name, without the markers of episodes. What has its answer is shown by that
 * alone, with the time it was scheduled. Inputs are the texts that are stored.
 */
export function historyJson(
  { record, history }: { readonly record: InstanceRecord; readonly history: readonly HistoryEvent[] },
  show: { readonly input: boolean; readonly output: boolean },
): Record<string, unknown>[] {
  const scheduled = new Map(
    history.filter(isCreated).map((event) => [event.EventId, event] as [number, HistoryEvent]),
  );
  const answered = new Set(history.map(({ TaskScheduledId }) => TaskScheduledId));
  const output = (text: string | null | undefined) => show.output && { Result: parse(text ?? null) };
  const input = (text: string | null | undefined) => show.input && { Input: text ?? null };

  const shown = history.flatMap((event): Record<string, unknown>[] => {
    const { EventId, TaskScheduledId, Timestamp, Name, FireAt, Reason, Details, FailureDetails } = event;
    const about = (name: string, more: object) => [{ EventType: name, ...more, Timestamp }];
    const ofTask = (name: string, more: object) => {
      const task = scheduled.get(TaskScheduledId ?? -1);
      const when = { ScheduledTime: task?.Timestamp, FunctionName: task?.Name };
      return [{ EventType: name, ...more, Timestamp, ...when, ...input(task?.Input) }];
    };
    const failure = { Reason, Details, FailureDetails: FailureDetails ?? null };
    switch (event.EventType) {
      case EventType.ExecutionStarted: {
        const more = { Correlation: null, ScheduledStartTime: null, Generation: 0, ...input(event.Input) };
        return [{ EventType: 'ExecutionStarted', ...more, Timestamp, FunctionName: Name }];
      }
      case EventType.TaskScheduled:
        return answered.has(EventId) ? [] : about('TaskScheduled', { Name, ...input(event.Input) });
      case EventType.SubOrchestrationInstanceCreated: {
        const { InstanceId } = event;
        const more = { InstanceId, Name, ...input(event.Input) };
        return answered.has(EventId) ? [] : about('SubOrchestrationInstanceCreated', more);
      }
      case EventType.TaskCompleted:
        return ofTask('TaskCompleted', { ...output(event.Result) });
      case EventType.TaskFailed:
        return ofTask('TaskFailed', failure);
      case EventType.SubOrchestrationInstanceCompleted:
        return ofTask('SubOrchestrationInstanceCompleted', { ...output(event.Result) });
      case EventType.SubOrchestrationInstanceFailed:
        return ofTask('SubOrchestrationInstanceFailed', failure);
      case EventType.TimerCreated:
        return about('TimerCreated', { FireAt });
      case EventType.TimerFired:
        return about('TimerFired', { FireAt });
      case EventType.EventRaised:
        return about('EventRaised', { Name, ...input(event.Input) });
      default:
        return [];
    }
  });
  if (!isTerminal(record.status)) return shown;
  const end = { OrchestrationStatus: record.status, ...output(record.output), FailureDetails: null };
  return [...shown, { EventType: 'ExecutionCompleted', ...end, Timestamp: record.updatedAt }];
}
