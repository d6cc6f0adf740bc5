import type { Log } from '../log';
import { pause, type After } from '../time';
import { isTransient } from './deliver';
import { withoutQuery } from './handler-url';
import type { HttpAnswer, HttpCaller } from './http';

const ATTEMPT_TIMEOUT_MS = 10_000;
const SHORTEST_MS = 1_000;
const LONGEST_MS = 60_000;

export interface ValidationSettings {
  retryDelaysMs: readonly number[];
  after: After;
  log: Log;
}

/**
 * Abuse protection: no event is sent to an address that has not agreed to it by answering `OPTIONS` with
 * `WebHook-Allowed-Origin`. The very first check blocks the events that wait for it. After that an event that finds the
 * result too old (a good one after a minute, a bad one after 1, 2, 4 … 60 seconds) starts the next check, but goes by the
 * last result: after an outage the first event is lost.
 */
export class Validation {
  private last: boolean | undefined;
  private intervalMs = SHORTEST_MS;
  private isDue = true;
  private running: Promise<boolean> | undefined;
  private takeBack: () => void = () => undefined;
  private readonly stopped = new AbortController();

  constructor(
    private readonly target: URL,
    private readonly http: HttpCaller,
    private readonly settings: ValidationSettings,
  ) {}

  /** @param origin the host that a check would be made for: the result counts for every other one, too */
  async isValid(origin: string): Promise<boolean> {
    // A hundred connections opening at once must ask once, not a hundred times.
    if (this.isDue) this.running ??= this.check(origin).finally(() => (this.running = undefined));
    return this.last ?? this.running ?? false;
  }

  stop(): void {
    this.stopped.abort();
    this.takeBack();
  }

  private async check(origin: string): Promise<boolean> {
    const problem = await this.problem(origin);
    if (this.stopped.signal.aborted) return false;
    const valid = problem === undefined;
    const before = this.last ?? true;
    this.intervalMs = valid ? LONGEST_MS : before ? SHORTEST_MS : Math.min(this.intervalMs * 2, LONGEST_MS);
    this.last = valid;
    this.isDue = false;
    this.takeBack = this.settings.after(this.intervalMs, () => (this.isDue = true));
    if (!valid) {
      this.settings.log(
        'warning',
        `validation of ${withoutQuery(this.target)} for ${origin} failed: ${problem}. No events are sent to it; asked again by the first event after ${this.intervalMs / 1000} s, which is lost, too.`,
      );
    }
    return valid;
  }

  private async problem(origin: string): Promise<string | undefined> {
    try {
      let answer = await this.request('OPTIONS', origin);
      if (answer.status === 404) answer = await this.request('GET', origin);
      if (answer.status < 200 || answer.status > 299) return `it answered ${answer.status}`;
      const allowed = String(answer.headers['webhook-allowed-origin'] ?? '')
        .toLowerCase()
        .split(/[\s,]+/);
      if (allowed.includes('*') || allowed.includes(origin.toLowerCase())) return undefined;
      return `WebHook-Allowed-Origin does not name ${origin}`;
    } catch (error) {
      return error instanceof Error ? error.message || error.name : String(error);
    }
  }

  /** Repeated like an event, within ten seconds. */
  private async request(method: string, origin: string): Promise<HttpAnswer> {
    const headers = { 'WebHook-Request-Origin': origin, 'ce-awpsversion': '1.0' };
    const { after, retryDelaysMs } = this.settings;
    const timeout = new AbortController();
    const takeBack = after(ATTEMPT_TIMEOUT_MS, () => timeout.abort());
    const signal = AbortSignal.any([timeout.signal, this.stopped.signal]);
    try {
      for (const delay of retryDelaysMs) {
        const answer = await this.http
          .call(method, this.target, headers, undefined, signal)
          .catch(() => undefined);
        if (answer !== undefined && !isTransient({ answer })) return answer;
        await pause(after, delay, signal);
        if (signal.aborted) break;
      }
      return await this.http.call(method, this.target, headers, undefined, signal);
    } finally {
      takeBack();
    }
  }
}
