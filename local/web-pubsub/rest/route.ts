import type { HTTPMethod } from 'find-my-way';
import type { Faults } from '../faults';
import type { Hub, Hubs } from '../hub';
import type { Lifecycle } from '../lifecycle';
import type { Tokens } from '../tokens';

export interface RestRequest {
  /** The one that the path names: every hub is there. */
  hub: Hub;
  params: Record<string, string | undefined>;
  query: URLSearchParams;
  contentType: string | undefined;
  body: Buffer;
  /** The full address the request was sent to. */
  url: URL;
}

export interface RestReply {
  status: number;
  body?: unknown;
}

/** What the operations work on. */
export interface RestParts {
  hubs: Hubs;
  endpoint: string;
  lifecycle: Lifecycle;
  faults: Faults;
  tokens: Tokens;
}

export interface Route {
  method: HTTPMethod;
  /** Below `/api/hubs/:hub`. A literal colon is written twice. */
  path: string;
  run: (request: RestRequest) => RestReply | Promise<RestReply>;
}

/** Thrown by an operation to answer with an error. */
export class RestError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** A path parameter; the router has made sure it is there. */
export function param(request: RestRequest, name: string): string {
  const value = request.params[name];
  if (!value) throw new RestError(400, 'BadRequest', `The path has no ${name}.`);
  return value;
}

/** @throws RestError when the request wants connections chosen by an OData filter. */
export function refuseFilter(filter: unknown): void {
  if (filter !== null && filter !== undefined && filter !== '') {
    throw new RestError(501, 'NotImplemented', 'The local stand-in does not evaluate filters.');
  }
}
