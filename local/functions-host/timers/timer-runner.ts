import type { Log } from '../cli/log';
import { resolveSettings, type Settings } from '../cli/settings';
import { toError } from '../cli/to-error';
import { setAlarm } from '../durable/alarm';
import type { RegisteredFunction } from '../worker/core-api';
import type { Invoke } from '../worker/invoke';
import { parseSchedule, type Schedule } from './schedule';
import type { TimerStatus, TimerStatusTable } from './timer-status';

/** A missed occurrence counts as past due only when the schedule is slower than this, as in the Functions host. */
const monitoredFromMs = 60_000;

const retryMs = 1_000;

const earliest = new Date(0).toISOString();

/** Runs one timer function: at start when it asks for that or has missed a run, then by its schedule. */
export class TimerRunner {
  private readonly schedule: Schedule;
  private readonly isMonitored: boolean;
  private cancel: () => void = () => undefined;
  private running: Promise<void> = Promise.resolve();
  private isStopped = false;

  constructor(
    private readonly fn: RegisteredFunction,
    private readonly statusTable: TimerStatusTable,
    private readonly invoke: Invoke,
    settings: Settings,
    private readonly log: Log,
  ) {
    const expression = resolveSettings(
      fn.trigger['schedule'] as string,
      settings,
      `The schedule of ${fn.name}`,
    );
    this.schedule = parseSchedule(expression, fn.name);
    this.isMonitored = (fn.trigger['useMonitor'] as boolean | undefined) !== false && this.isSlow();
  }

  /** @param notBefore in milliseconds since 1970: until then a killed host still has the lease for timers. */
  async start(notBefore = 0): Promise<void> {
    if (Date.now() < notBefore) {
      this.cancel = setAlarm(notBefore, () => void this.startOrRetry());
      return;
    }
    const status = this.isMonitored ? await this.statusTable.read(this.fn.name) : undefined;
    const isPastDue = status !== undefined && Date.parse(status.next) < Date.now();
    if (isPastDue || this.fn.trigger['runOnStartup'] === true) this.running = this.run(isPastDue, status);
    else {
      this.arm(status);
      // The first start writes down what is expected, so that even the very first run can be missed and noticed.
      if (!status) await this.save(this.statusAfter(new Date(), earliest));
    }
  }

  private async startOrRetry(): Promise<void> {
    try {
      await this.start();
    } catch (thrown) {
      this.log('warning', this.fn.name, `Not started yet: ${toError(thrown).message}`);
      if (!this.isStopped) this.cancel = setAlarm(Date.now() + retryMs, () => void this.startOrRetry());
    }
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    this.cancel();
    await this.running;
  }

  private isSlow(): boolean {
    const first = this.schedule.next(new Date());
    const second = first && this.schedule.next(first);
    return !first || !second || second.getTime() - first.getTime() >= monitoredFromMs;
  }

  private arm(status: TimerStatus | undefined): void {
    const next = this.schedule.next(new Date());
    if (!next || this.isStopped) return;
    this.cancel = setAlarm(next.getTime(), () => {
      this.running = this.run(false, status);
    });
  }

  private async run(isPastDue: boolean, before: TimerStatus | undefined): Promise<void> {
    const startedAt = new Date();
    const after = this.statusAfter(startedAt, startedAt.toISOString());
    const shown = before ?? { ...after, last: earliest };
    const input = {
      Schedule: { AdjustForDST: true },
      ScheduleStatus: { Last: shown.last, Next: shown.next, LastUpdated: shown.lastUpdated },
      IsPastDue: isPastDue,
    };
    try {
      await this.invoke(this.fn, { input: { json: JSON.stringify(input) } });
    } catch (thrown) {
      this.log('error', this.fn.name, `Failed: ${toError(thrown).message}`);
    }
    await this.save(after);
    // Armed after the run: a timer function never overlaps itself.
    this.arm(after);
  }

  private statusAfter(moment: Date, last: string): TimerStatus {
    const next = this.schedule.next(moment) ?? moment;
    return { last, next: next.toISOString(), lastUpdated: moment.toISOString() };
  }

  private async save(status: TimerStatus): Promise<void> {
    if (!this.isMonitored) return;
    try {
      await this.statusTable.write(this.fn.name, status);
    } catch (thrown) {
      this.log('warning', this.fn.name, `Timer status not saved: ${toError(thrown).message}`);
    }
  }
}
