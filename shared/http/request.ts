import type { ZodType } from 'zod';
import { AppError, InvalidInputError } from '../app/errors';

/** What parsers and handlers need of a request; `HttpRequest` of `@azure/functions` fits. */
export interface HttpInput {
  readonly method: string;
  readonly headers: { get(name: string): string | null };
  readonly query: { get(name: string): string | null };
  readonly params: Readonly<Record<string, string>>;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** What handlers answer; `HttpResponseInit` of `@azure/functions` takes it. */
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

/** Largest JSON body of a call of the API, in bytes. */
const JSON_BODY_LIMIT = 16 * 1024;

/** The JSON body of a call of the API; an empty one is an empty object. @throws InvalidInputError */
export const readJson = async (request: HttpInput, limit = JSON_BODY_LIMIT): Promise<unknown> =>
  parseJson(await readBody(request, limit), 'body');

/** Those of these parameters of the query that are given. */
export const queryOf = (request: HttpInput, names: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    names.flatMap((name) => {
      const value = request.query.get(name);
      return value === null ? [] : [[name, value]];
    }),
  );

/**
 * Conversations are personal: nothing may keep a copy. What people write is data: no browser may guess that it is a page.
 */
const OF_EVERY_ANSWER = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' };

/** A JSON answer. */
export const json = (status: number, value: unknown, headers: Record<string, string> = {}): HttpOutput => ({
  status,
  headers: { 'content-type': 'application/json', ...OF_EVERY_ANSWER, ...headers },
  body: JSON.stringify(value),
});

/** The ETag that `If-Match` names; undefined where there is none, or any version will do. */
export function ifMatchOf(headers: HttpInput['headers']): string | undefined {
  const value = headers.get('if-match')?.trim();
  return value === '' || value === '*' ? undefined : value;
}

export const noContent: HttpOutput = { status: 204 };

/** A problem document (RFC 9457). `code` is stable; further members are specific to the code. */
export function problem(
  status: number,
  code: string,
  detail: string,
  more: Record<string, unknown> = {},
  headers: Record<string, string> = {},
): HttpOutput {
  const title = code.replaceAll('-', ' ');
  return {
    status,
    headers: { 'content-type': 'application/problem+json', ...OF_EVERY_ANSWER, ...headers },
    body: JSON.stringify({
      type: `urn:chat-disconnect:problem:${code}`,
      title,
      status,
      detail,
      code,
      ...more,
    }),
  };
}

/** The status of a failure that is not the caller's fault: 503 when the same call may succeed later. */
export const statusOfFailure = (error: unknown): 500 | 503 =>
  error instanceof AppError && error.retryable ? 503 : 500;

/**
 * The value, if it has the form.
 * @throws InvalidInputError naming the first offending field below `root`; the value itself is never repeated
 */
export function parseWith<T>(schema: ZodType<T>, value: unknown, root: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const field = [root, ...(issue?.path.map(String) ?? [])].join('.');
  throw new InvalidInputError(field, issue?.message ?? 'is malformed');
}
