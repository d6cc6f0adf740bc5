import type { InstanceRecord } from './instance';
import { EventType, type HistoryEvent } from './protocol';

/** What a parent gets when its child has ended: the output, or the failure with the child's own words. */
export function subOrchestrationAnswer(
  child: Pick<InstanceRecord, 'name' | 'status' | 'output' | 'updatedAt'>,
  number: number,
): HistoryEvent {
  const answer = { EventId: -1, IsPlayed: false, Timestamp: child.updatedAt, TaskScheduledId: number };
  if (child.status === 'Completed') {
    return {
      ...answer,
      EventType: EventType.SubOrchestrationInstanceCompleted,
      Result: child.output ?? 'null',
    };
  }
  const output = JSON.parse(child.output ?? '""') as unknown;
  const words = typeof output === 'string' ? output : JSON.stringify(output);
  return {
    ...answer,
    EventType: EventType.SubOrchestrationInstanceFailed,
    Reason: `Sub-orchestration '${child.name}' ${child.status === 'Terminated' ? 'was terminated' : 'failed'}: ${words}`,
    Details: words,
  };
}
