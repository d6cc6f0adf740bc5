import { Problem } from './problem';
import type { ServerClock } from './server-clock';

/** How long an answer may take: a cold start fits in, a dead line does not. */
const ANSWER_LIMIT_MS = 20_000;

export interface Call {
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Gives what goes into `Authorization: Bearer`; `again` when the one before was refused. */
export type Bearer = (again: boolean) => Promise<string>;

export interface Answer<T> {
  readonly value: T;
  readonly etag: string | null;
}

/** The app's HTTP API for one caller: a person's token, or an agent's ticket. */
export class Api {
  constructor(
    private readonly base: string,
    private readonly bearer: Bearer,
    private readonly clock: ServerClock,
  ) {}

  get<T>(path: string, query?: Call['query']): Promise<T> {
    return this.value(this.call<T>('GET', path, query && { query }));
  }

  post<T>(path: string, call: Call = {}): Promise<T> {
    return this.value(this.call<T>('POST', path, call));
  }

  /** Replaces the version of that ETag; what nobody has written yet, if there is none. */
  put<T>(path: string, body: unknown, etag: string | undefined): Promise<T> {
    const headers: Record<string, string> =
      etag === undefined ? { 'if-none-match': '*' } : { 'if-match': etag };
    return this.value(this.call<T>('PUT', path, { body, headers }));
  }

  delete<T>(path: string, call: Call = {}): Promise<T> {
    return this.value(this.call<T>('DELETE', path, call));
  }

  private async value<T>(answer: Promise<Answer<T>>): Promise<T> {
    return (await answer).value;
  }

  /** @throws Problem */
  async call<T>(method: string, path: string, call: Call = {}): Promise<Answer<T>> {
    let response = await this.send(method, path, call, false);
    // A ticket that has expired is renewed once; nothing was done, so nothing is done twice.
    if (response.status === 401) response = await this.send(method, path, call, true);
    const text = await response.text().catch(() => '');
    const value = parsed(text);
    if (!response.ok) throw problemOf(response, value);
    return { value: value as T, etag: response.headers.get('etag') };
  }

  private async send(method: string, path: string, call: Call, again: boolean): Promise<Response> {
    const url = new URL(`${this.base}${path}`, location.href);
    for (const [name, value] of Object.entries(call.query ?? {})) {
      if (value !== undefined && value !== '') url.searchParams.set(name, String(value));
    }
    const authorization = `Bearer ${await this.bearer(again)}`;
    const sentAt = this.clock.mark();
    try {
      const response = await fetch(url, {
        method,
        headers: {
          authorization,
          ...(call.body !== undefined && { 'content-type': 'application/json' }),
          ...call.headers,
        },
        ...(call.body !== undefined && { body: JSON.stringify(call.body) }),
        signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
        cache: 'no-store',
      });
      this.clock.heard(response.headers.get('date'), sentAt);
      return response;
    } catch {
      throw new Problem(0, 'no-answer', '');
    }
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function problemOf({ status, headers }: Response, value: unknown): Problem {
  const { code, detail, field, retryAfterSeconds } = (value ?? {}) as Partial<Problem> & { detail?: string };
  return new Problem(
    status,
    code ?? `status-${status}`,
    detail ?? `The server answered ${status}.`,
    field,
    // In front of the app stands a host that writes no document.
    retryAfterSeconds ?? (Number(headers.get('retry-after')) || undefined),
  );
}
