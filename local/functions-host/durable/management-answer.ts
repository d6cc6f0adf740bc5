import type { ServerResponse } from 'node:http';

/** What the management API answers: text as text, anything else as JSON. */
export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

export const notCovered = (what: string): Answer => ({
  status: 501,
  body: `${what} is not covered by this local stand-in.`,
});

export function sendAnswer(response: ServerResponse, { status, body, headers = {} }: Answer): void {
  const isText = typeof body === 'string';
  const type = isText ? 'text/plain; charset=utf-8' : 'application/json';
  response.writeHead(status, { ...(body !== undefined && { 'content-type': type }), ...headers });
  response.end(body === undefined ? undefined : isText ? body : JSON.stringify(body));
}
