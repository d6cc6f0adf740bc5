import type { Log } from '../log';
import { withoutQuery } from './handler-url';
import type { HttpAnswer, HttpCaller } from './http';

const VALID_FOR_MS = 60_000;
const ATTEMPT_TIMEOUT_MS = 10_000;
/** The first wait is shorter than the service's one second: locally the app is often just being restarted. */
const BACKOFF_MS = [250, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000];

/**
 * Abuse protection: no event is sent to an address that has not agreed to it by answering `OPTIONS` with
 * `WebHook-Allowed-Origin`. The first check blocks the event that asks; a good answer counts for a minute and is
 * then renewed in the background; a bad one is asked again after a growing pause, by the next event.
 */
export class Validation {
  private last: { valid: boolean; goodUntil: number } | undefined;
  private failures = 0;
  private running: Promise<boolean> | undefined;

  constructor(
    private readonly target: URL,
    private readonly origin: string,
    private readonly http: HttpCaller,
    private readonly log: Log,
    private readonly now: () => number = Date.now,
  ) {}

  async isValid(): Promise<boolean> {
    if (this.last && this.now() < this.last.goodUntil) return this.last.valid;
    const fresh = this.check();
    // Renewing must not delay events: an address that was good a minute ago is used while it is asked again.
    return this.last?.valid ? true : fresh;
  }

  private check(): Promise<boolean> {
    // A hundred connections opening at once must ask once, not a hundred times.
    this.running ??= this.ask().finally(() => (this.running = undefined));
    return this.running;
  }

  private async ask(): Promise<boolean> {
    const problem = await this.problem();
    if (problem === undefined) {
      this.failures = 0;
      this.last = { valid: true, goodUntil: this.now() + VALID_FOR_MS };
      return true;
    }
    const pause = BACKOFF_MS[Math.min(this.failures, BACKOFF_MS.length - 1)] ?? 0;
    this.failures += 1;
    this.last = { valid: false, goodUntil: this.now() + pause };
    this.log(
      'warning',
      `validation of ${withoutQuery(this.target)} failed: ${problem}. No events are sent to it; asked again in ${pause / 1000} s at the earliest.`,
    );
    return false;
  }

  private async problem(): Promise<string | undefined> {
    try {
      let answer = await this.request('OPTIONS');
      if (answer.status === 404) answer = await this.request('GET');
      if (answer.status < 200 || answer.status > 299) return `it answered ${answer.status}`;
      const allowed = String(answer.headers['webhook-allowed-origin'] ?? '')
        .toLowerCase()
        .split(/[\s,]+/);
      if (allowed.includes('*') || allowed.includes(this.origin.toLowerCase())) return undefined;
      return `WebHook-Allowed-Origin does not name ${this.origin}`;
    } catch (error) {
      return error instanceof Error ? error.message || error.name : String(error);
    }
  }

  private request(method: string): Promise<HttpAnswer> {
    const headers = { 'WebHook-Request-Origin': this.origin, 'ce-awpsversion': '1.0' };
    return this.http.call(method, this.target, headers, undefined, AbortSignal.timeout(ATTEMPT_TIMEOUT_MS));
  }
}
