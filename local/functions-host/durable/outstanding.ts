import { setAlarm } from './alarm';
import type { Semaphore } from './concurrency';
import type { ParentLink } from './instance';
import type { LiveInstance, LiveInstances } from './live-instances';
import { EventType, type HistoryEvent } from './protocol';
import { answeredNumber, isCreated } from './task-numbering';
import { timerVisibleAt, type Visibility } from './visibility';

/** Created events that have no answer yet, neither in the history nor in the inbox. */
export function unanswered({ record, history, inbox }: LiveInstance): HistoryEvent[] {
  const answered = new Set([
    ...history.map(answeredNumber),
    ...inbox
      .filter(({ executionId }) => executionId === record.executionId)
      .map(({ event }) => answeredNumber(event)),
    ...record.canceledTimers,
  ]);
  return history.filter((event) => isCreated(event) && !answered.has(event.EventId));
}

/** Sees to it that every outstanding timer is armed, every activity runs and every child has been started, once. */
export class Outstanding {
  private readonly inFlight = new Set<string>();

  constructor(
    private readonly instances: LiveInstances,
    private readonly activitySlots: Semaphore,
    private readonly visibility: Visibility,
    private readonly run: {
      activity(scheduled: HistoryEvent, instanceId: string, traceParent?: string): Promise<HistoryEvent>;
      child(created: HistoryEvent, parent: ParentLink): Promise<void>;
      inBackground(task: Promise<unknown>): void;
    },
  ) {}

  /** Call after every commit and every load; what is under way already is left alone. */
  pursue(live: LiveInstance): void {
    if (this.instances.isStopping) return;
    this.instances.disarm(live, live.record.canceledTimers);
    for (const event of unanswered(live)) {
      const orderedAt = Date.parse(event.Timestamp);
      if (event.EventType === EventType.TimerCreated) {
        const visibleAt = timerVisibleAt(orderedAt, Date.parse(event.FireAt ?? ''));
        this.arm(live, event, visibleAt, () => this.run.inBackground(this.fire(live, event)));
      } else if (event.EventType === EventType.TaskScheduled) {
        this.arm(live, event, this.visibility.inHandAt(orderedAt, Date.now()), () => this.once(live, event));
      } else this.once(live, event);
    }
  }

  /** The alarm stays in the map after it rang, so that it isn't armed again before its episode is committed. */
  private arm(live: LiveInstance, { EventId }: HistoryEvent, at: number, ring: () => void): void {
    if (!live.alarms.has(EventId)) live.alarms.set(EventId, setAlarm(at, ring));
  }

  /** Stored before it is played: a host that is killed in between has had the message in hand. */
  private async fire({ record }: LiveInstance, created: HistoryEvent): Promise<void> {
    const { instanceId, executionId } = record;
    await this.instances.deliver(instanceId, executionId, `${executionId}-t${created.EventId}`, {
      EventType: EventType.TimerFired,
      EventId: -1,
      IsPlayed: false,
      // The message was written when the timer was ordered, and says so.
      Timestamp: created.Timestamp,
      TimerId: created.EventId,
      FireAt: created.FireAt,
    });
  }

  /**
   * An instance is pursued after every episode and again after a reload, while its activity may still be running: the
   * guard keeps one process from running it twice. (After a crash it does run again: at least once, as in Azure.)
   */
  private once(live: LiveInstance, event: HistoryEvent): void {
    const { instanceId, executionId, traceParent } = live.record;
    const key = `${executionId}-${event.EventId}`;
    if (this.inFlight.has(key)) return;
    this.inFlight.add(key);
    const task =
      event.EventType === EventType.TaskScheduled
        ? this.runActivity(event, instanceId, executionId, traceParent)
        : this.run.child(event, { instanceId, executionId, number: event.EventId });
    this.run.inBackground(task.finally(() => this.inFlight.delete(key)));
  }

  private async runActivity(
    scheduled: HistoryEvent,
    instanceId: string,
    executionId: string,
    traceParent?: string,
  ): Promise<void> {
    const answer = await this.activitySlots.run(async () =>
      this.instances.isStopping ? undefined : this.run.activity(scheduled, instanceId, traceParent),
    );
    if (!answer) return;
    await this.instances.deliver(instanceId, executionId, `${executionId}-a${scheduled.EventId}`, answer);
  }
}
