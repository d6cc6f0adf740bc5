import { expect } from '@jest/globals';
import { z } from 'zod';
import { ROUTES } from '../../../shared/app/routes';
import { answersOf, type DocumentedRoute } from '../../../shared/http/openapi';
import type { Answer, Call, System } from '../bad-input/system';

export interface DocumentedCall extends Omit<Call, 'method'> {
  /** Replace the parts in braces of the path. */
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  /** Who calls: a ticket's headers, the function key, or nobody. */
  readonly as?: Readonly<Record<string, string>>;
}

/** The running app, of which every answer is held against the document. */
export interface DocumentedApi {
  readonly system: System;
  /** The headers with the function key. */
  readonly key: Readonly<Record<string, string>>;
  /** Calls an operation by its id, and expects this status. */
  readonly call: (id: string, status: number, call?: DocumentedCall) => Promise<Answer>;
  /** The statuses that an operation has answered with. */
  readonly statusesOf: (id: string) => readonly number[];
}

export function documentedApi(system: System): DocumentedApi {
  const statuses = new Map<string, number[]>();
  return {
    system,
    key: { 'x-functions-key': system.stack.functionKey },
    call: async (id, status, { params = {}, query, as = {}, headers = {}, body } = {}) => {
      const operation = ROUTES.find((one) => one.id === id);
      if (operation === undefined) throw new Error(`the document has no operation "${id}"`);
      const path = operation.path.slice(1).replace(/\{(\w+)\}/g, (_all, name: string) => params[name] ?? '');
      const search = query === undefined ? '' : `?${new URLSearchParams(query).toString()}`;
      const answer = await system.call(path + search, {
        method: operation.method,
        headers: { ...as, ...headers },
        body,
      });
      expect([id, answer.status, answer.text]).toEqual([id, status, expect.any(String)]);
      expectDocumented(operation, answer);
      statuses.set(id, [...(statuses.get(id) ?? []), status]);
      return answer;
    },
    statusesOf: (id) => statuses.get(id) ?? [],
  };
}

/** Headers that callers go by: an answer has none that the document does not name. */
const MEANINGFUL = [
  'ETag',
  'Content-Disposition',
  'Link',
  'Retry-After',
  'WWW-Authenticate',
  'WebHook-Allowed-Origin',
  'ce-connectionState',
];

/** A short strong ETag (RFC 9110, 8.8.3), the same in the body, which a page of another origin may read in either place. */
function expectReadableVersion({ id }: DocumentedRoute, { headers, json }: Answer): void {
  const etag = headers.get('etag') ?? undefined;
  // What is the same for everybody is kept under a digest of itself.
  const isKept = headers.get('cache-control')?.includes('max-age');
  if (!isKept) expect([id, (json as Answer['json'] | undefined)?.['etag']]).toEqual([id, etag]);
  if (etag === undefined) return;
  expect([id, etag]).toEqual([id, expect.stringMatching(/^"[\w-]{1,43}"$/)]);
  expect([id, headers.get('access-control-expose-headers')]).toEqual([id, expect.stringMatching(/\bETag\b/)]);
}

/** The id that people can tell operators: the same in the header and in a problem, and pages of other origins can read it. */
function expectInvocation({ id }: DocumentedRoute, { headers, json, status }: Answer): void {
  const invocation = headers.get('x-ms-invocation-id');
  expect([id, invocation]).toEqual([
    id,
    expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
  ]);
  expect([id, headers.get('access-control-expose-headers')]).toEqual([
    id,
    expect.stringMatching(/\bx-ms-invocation-id\b/),
  ]);
  if (status >= 400) expect([id, json['invocationId']]).toEqual([id, invocation]);
}

function expectDocumented(operation: DocumentedRoute, answer: Answer): void {
  const described = answersOf(operation)[answer.status];
  if (described === undefined) {
    throw new Error(`${operation.id}: ${answer.status} is not in the document: ${answer.text}`);
  }
  const { content, headers = [] } = described;
  // Without a function key it is the host that answers.
  if (operation.authLevel === 'function' && answer.status === 401 && answer.text === '') return;
  expectInvocation(operation, answer);
  const sent = MEANINGFUL.filter((name) => answer.headers.has(name));
  expect([operation.id, headers]).toEqual([operation.id, expect.arrayContaining(sent)]);
  expectReadableVersion(operation, answer);
  if (content === undefined) {
    expect([operation.id, answer.text]).toEqual([operation.id, '']);
    return;
  }
  if (described.text !== undefined && answer.headers.get('content-type')?.startsWith('text/plain')) return;
  expect(answer.headers.get('content-type')).toBe(content.mediaType);
  // A schema leaves out what it does not know: nothing may be missing of what was sent.
  const reread = z.encode(content.schema, content.schema.parse(answer.json));
  expect([operation.id, reread]).toEqual([operation.id, answer.json]);
  if (answer.status >= 400) {
    expect(Object.keys(content.examples)).toContain(answer.json['code']);
    expect(answer.json['status']).toBe(answer.status);
  }
}
