import type { z, ZodType } from 'zod';
import { AccessDeniedError, InvalidInputError } from '../app/errors';
import { MALFORMED, UNKNOWN, wordsFor } from '../app/wording';

/** What parsers and routes need of a request; `HttpRequest` of `@azure/functions` fits. */
export interface HttpInput {
  readonly method: string;
  readonly headers: { get(name: string): string | null };
  readonly query: { get(name: string): string | null; keys(): Iterable<string> };
  readonly params: Readonly<Record<string, string>>;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** What routes answer; `HttpResponseInit` of `@azure/functions` takes it. */
export interface HttpOutput {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

/**
 * The request's body as bytes.
 * @throws InvalidInputError 413 when it is larger than `limit` bytes
 */
export async function readBody(request: HttpInput, limit: number): Promise<Buffer> {
  const tooLarge = () => new InvalidInputError('body', `must be at most ${limit} bytes`, 413);
  if (Number(request.headers.get('content-length')) > limit) throw tooLarge();
  const bytes = Buffer.from(await request.arrayBuffer());
  if (bytes.byteLength > limit) throw tooLarge();
  return bytes;
}

/** @throws InvalidInputError naming `field` */
export function decodeUtf8(bytes: Uint8Array, field: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new InvalidInputError(field, 'must be UTF-8', 400, cause);
  }
}

/**
 * JSON text as a value; an empty text is an empty object.
 * @throws InvalidInputError naming `field` when it is not JSON
 */
export function parseJson(bytes: Uint8Array, field: string): unknown {
  const text = decodeUtf8(bytes, field);
  try {
    return text.trim() === '' ? {} : (JSON.parse(text) as unknown);
  } catch {
    // The parser's error repeats a part of the text: it is not kept.
    throw new InvalidInputError(field, 'must be JSON');
  }
}

/** Largest JSON body of a call of the API, in bytes, unless the route says otherwise. */
const JSON_BODY_LIMIT = 16 * 1024;

/** The JSON body of a call of the API; an empty one is an empty object. @throws InvalidInputError */
export const readJson = async (request: HttpInput, limit = JSON_BODY_LIMIT): Promise<unknown> =>
  parseJson(await readBody(request, limit), 'body');

/**
 * The value, if it has the form.
 * @throws InvalidInputError naming the first offending field below `root`; the value itself is never repeated
 */
export function parseWith<S extends ZodType>(schema: S, value: unknown, root?: string): z.output<S> {
  const result = schema.safeParse(value, { error: wordsFor });
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const place = [...(root === undefined ? [] : [root]), ...(issue?.path ?? [])].map(String);
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [];
  const field = [...place, ...unknown].join('.');
  throw new InvalidInputError(field, issue?.message ?? MALFORMED, 400, undefined, place.join('.'));
}

/** The JWT of `Authorization: Bearer`. @throws AccessDeniedError 401 which says whether there is none, or none of that form */
export function bearerOf(headers: HttpInput['headers'], what: 'ticket' | 'token'): string {
  const authorization = headers.get('authorization');
  if (authorization === null) throw new AccessDeniedError(401, `Authorization: Bearer <${what}> is missing.`);
  const token = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(authorization)?.[1];
  if (token === undefined) throw new AccessDeniedError(401, `Authorization must be "Bearer <${what}>".`);
  return token;
}

/**
 * Prevents: a misspelled parameter is taken for one that was left out, and the call does something else than was meant.
 * @throws InvalidInputError naming the first one that is not among the `known`
 */
export function refuseUnknownNames(query: HttpInput['query'], known: readonly string[]): void {
  const unknown = [...query.keys()].find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new InvalidInputError(`query.${unknown}`, UNKNOWN, 400, undefined, 'query');
}

/** Those of these values, by name, that are given. */
export const given = (
  names: readonly string[],
  values: { get(name: string): string | null },
): Record<string, string> =>
  Object.fromEntries(
    names.flatMap((name) => {
      const value = values.get(name);
      return value === null ? [] : [[name, value]];
    }),
  );

/**
 * Conversations are personal: nothing may keep a copy. What people write is data: no browser may guess that it is a page.
 */
const OF_EVERY_ANSWER = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };

/** An answer with a JSON body. */
export const jsonAnswer = (
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
  mediaType = 'application/json',
): HttpOutput => ({
  status,
  headers: { 'content-type': mediaType, ...OF_EVERY_ANSWER, ...headers },
  body: JSON.stringify(value),
});
