import { EventType, type HistoryEvent } from './protocol';

interface Numbered {
  readonly number: number;
}
export interface CallCommand extends Numbered {
  readonly kind: 'activity' | 'sub';
  readonly name: string;
  readonly input: unknown;
  readonly instanceId?: string;
  readonly version?: string;
}
export interface TimerCommand extends Numbered {
  readonly kind: 'timer';
  readonly fireAt: number;
  readonly isCanceled: boolean;
}
/** Something the orchestrator asked for that has a sequence number. */
export type Command = CallCommand | TimerCommand;

const createdKinds: Record<number, Command['kind']> = {
  [EventType.TaskScheduled]: 'activity',
  [EventType.SubOrchestrationInstanceCreated]: 'sub',
  [EventType.TimerCreated]: 'timer',
};
const failures: readonly number[] = [EventType.TaskFailed, EventType.SubOrchestrationInstanceFailed];

/** The number a "completed", "failed" or "fired" event answers, or undefined for any other event. */
export function answeredNumber(event: HistoryEvent): number | undefined {
  return event.TaskScheduledId ?? event.TimerId;
}

export function isCreated(event: HistoryEvent): boolean {
  return event.EventType in createdKinds;
}

/** Hands out sequence numbers in order of starting, and passes each answer to the task that has the number. */
export class TaskNumbering {
  readonly commands: Command[] = [];
  private readonly waiting = new Map<number, (succeeded: boolean) => void>();

  take(
    command: Omit<CallCommand, 'number'> | Omit<TimerCommand, 'number'>,
    answered: (succeeded: boolean) => void,
  ): void {
    const number = this.commands.length;
    this.commands.push({ ...command, number });
    this.waiting.set(number, answered);
  }

  record(event: HistoryEvent): void {
    const number = answeredNumber(event);
    if (number === undefined) return;
    const answered = this.waiting.get(number);
    this.waiting.delete(number);
    answered?.(!failures.includes(event.EventType));
  }

  /** A cancelled timer is not open: nothing waits for it any more. */
  open(): number[] {
    return [...this.waiting.keys()].filter((number) => {
      const command = this.commands[number];
      return !(command?.kind === 'timer' && command.isCanceled);
    });
  }

  /** The non-determinism check: a created event whose number now has another kind or name. */
  mismatch(history: readonly HistoryEvent[]): string | undefined {
    for (const event of history) {
      const kind = createdKinds[event.EventType];
      if (!kind) continue;
      const command = this.commands[event.EventId];
      const now = command && (command.kind === 'timer' ? 'timer' : `${command.kind} '${command.name}'`);
      const then = kind === 'timer' ? 'timer' : `${kind} '${event.Name ?? ''}'`;
      if (now !== then) {
        return `Non-deterministic orchestrator: its history has ${then} as task ${event.EventId}, but the code now has ${now ?? 'nothing'} there.`;
      }
    }
    return undefined;
  }
}
