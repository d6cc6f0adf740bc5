import type { ServerResponse } from 'node:http';
import { endWithBody } from '../http/map-response';

/** What the management API answers, in JSON. */
export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

export const notCovered = (what: string): Answer => ({
  status: 501,
  body: `${what} is not covered by this local stand-in.`,
});

/** What Web API makes of a message, and of the .NET exception behind it. */
export const errorAnswer = (
  status: number,
  message: string,
  exception?: readonly [string, string],
): Answer => ({
  status,
  body: {
    Message: message,
    ...(exception && {
      ExceptionMessage: exception[1],
      ExceptionType: exception[0],
      StackTrace: '   at Microsoft.Azure.WebJobs.Extensions.DurableTask.HttpApiHandler',
    }),
  },
});

export const notFound: Answer = { status: 404 };

export function sendAnswer(response: ServerResponse, { status, body, headers = {} }: Answer): void {
  const type = body === undefined ? {} : { 'content-type': 'application/json; charset=utf-8' };
  response.writeHead(status, { ...type, ...headers });
  endWithBody(response, body === undefined ? '' : JSON.stringify(body));
}
