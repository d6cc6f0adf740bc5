import type { Log } from '../log';
import { pause, type After } from '../time';
import { CLIENT_GONE } from './caller';
import { cloudEventHeaders, typeOf, type CloudEvent } from './cloud-event';
import { withoutQuery } from './handler-url';
import type { HttpAnswer, HttpCaller } from './http';

/** One attempt to hand an event to the webhook, as observers see it. Attempt 0: validation kept it from being sent. */
export interface AttemptReport {
  type: string;
  eventName: string;
  connectionId: string;
  userId: string | undefined;
  ceId: number;
  attempt: number;
  status?: number;
  error?: string;
}

/** `answer` is the webhook's, whatever its status; without one the event never got through. */
export type Delivery = { ok: boolean; answer?: HttpAnswer; problem?: string };

export interface DeliverySettings {
  retryDelaysMs: readonly number[];
  eventTimeoutMs: number;
  after: After;
  onEvent?: (attempt: AttemptReport) => void;
  log: Log;
}

/** Sends events: repeats on network failure, 408 and 5xx; never on another 4xx or when the time is up. */
export class Deliverer {
  private readonly running = new Set<AbortController>();

  constructor(
    private readonly http: HttpCaller,
    private readonly accessKeys: readonly string[],
    private readonly settings: DeliverySettings,
  ) {}

  /** @param gone the client that waits for the answer: without it the call is given up and nobody repeats it */
  async deliver(event: CloudEvent, url: URL, gone?: AbortSignal): Promise<Delivery> {
    const abort = new AbortController();
    const { after, eventTimeoutMs } = this.settings;
    const takeBack = after(eventTimeoutMs, () => abort.abort('timed out'));
    this.running.add(abort);
    try {
      const signal = gone === undefined ? abort.signal : AbortSignal.any([abort.signal, gone]);
      return await this.attempts(event, url, signal);
    } finally {
      takeBack();
      this.running.delete(abort);
    }
  }

  /** Gives up everything under way. */
  stop(): void {
    for (const abort of this.running) abort.abort('stopped');
  }

  private async attempts(event: CloudEvent, url: URL, signal: AbortSignal): Promise<Delivery> {
    const headers = cloudEventHeaders(event, this.accessKeys);
    for (let attempt = 1; ; attempt += 1) {
      const result = await this.attempt(event, url, headers, signal);
      this.report(event, attempt, result);
      if (result.ok) {
        event.source.cookies.take(result.answer?.headers['set-cookie']);
        return result;
      }
      const delay = this.settings.retryDelaysMs[attempt - 1];
      const willRepeat = isTransient(result) && delay !== undefined && !signal.aborted;
      if (signal.reason !== 'stopped') this.warn(event, url, attempt, result, willRepeat ? delay : undefined);
      if (!willRepeat) return result;
      await pause(this.settings.after, delay, signal);
      if (signal.aborted) return { ok: false, problem: String(signal.reason) };
    }
  }

  private async attempt(
    event: CloudEvent,
    url: URL,
    headers: Record<string, string>,
    signal: AbortSignal,
  ): Promise<Delivery> {
    try {
      const answer = await this.http.call('POST', url, headers, event.body, signal);
      return { ok: answer.status >= 200 && answer.status <= 299, answer };
    } catch (error) {
      if (signal.aborted) return { ok: false, problem: String(signal.reason) };
      const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
      return { ok: false, problem: code ?? (error instanceof Error ? error.message : String(error)) };
    }
  }

  private report(event: CloudEvent, attempt: number, result: Delivery): void {
    this.settings.onEvent?.({
      type: typeOf(event),
      eventName: event.name,
      connectionId: event.source.id,
      userId: event.source.userId,
      ceId: event.id,
      attempt,
      ...(result.answer ? { status: result.answer.status } : { error: result.problem ?? 'failed' }),
    });
  }

  private warn(
    event: CloudEvent,
    url: URL,
    attempt: number,
    result: Delivery,
    delay: number | undefined,
  ): void {
    const what = `${event.name} (ce-id ${event.id}) of connection ${event.source.id} to ${withoutQuery(url)}`;
    const why = result.answer ? `answered ${result.answer.status}` : (result.problem ?? 'failed');
    const next = delay === undefined ? 'not repeated' : `repeated in ${delay / 1000} s`;
    // That people leave while something of theirs is handled is nothing to warn of.
    const level = result.problem === CLIENT_GONE ? 'info' : 'warning';
    this.settings.log(level, `${what}: attempt ${attempt} ${why}, ${next}.`);
  }
}

/** Of an attempt that was not a success. */
export function isTransient({ answer, problem }: Omit<Delivery, 'ok'>): boolean {
  if (answer) return answer.status === 408 || answer.status >= 500;
  return problem !== 'ERR_INVALID_CHAR';
}
