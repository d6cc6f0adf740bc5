import { RestError, type TableClient, type TableEntityResultPage } from '@azure/data-tables';
import { z } from 'zod';
import { AppError, DependencyError, InvalidInputError } from '../app/errors';
import type { Keys } from './rows';

/** The service's error code, for example `EntityAlreadyExists`; undefined when the service did not answer. */
function tableErrorCode(thrown: unknown): string | undefined {
  if (!(thrown instanceof RestError)) return undefined;
  const { odataError } = (thrown.details ?? {}) as { odataError?: { code?: unknown } };
  const code = odataError?.code ?? thrown.code;
  return typeof code === 'string' ? code : undefined;
}

/**
 * What the service answers when a row is not what it was read as:
 * - `UpdateConditionNotSatisfied`, `ConditionNotMet` (412): another writer replaced the row between our read and our write;
 * - `ResourceNotFound` (404): the row was deleted in between;
 * - `EntityAlreadyExists` (409): two creators, or two writers that both append the same sequence number.
 *
 * The same answers come when the first attempt of a request arrived, its response was lost and the SDK repeated
 * it. "Conflict" is right for that too: the caller reads again, finds its own change and decides that nothing is left.
 * Other codes with these statuses (`TableBeingDeleted` is a 409 as well) are failures of the storage.
 */
export const CONFLICTS: readonly string[] = [
  'UpdateConditionNotSatisfied',
  'ConditionNotMet',
  'ResourceNotFound',
  'EntityAlreadyExists',
];
export const NOT_FOUND: readonly string[] = ['ResourceNotFound'];

/** For `expected` of `tableCall`: these codes are that answer. */
export const answering =
  <const T>(codes: readonly string[], answer: T) =>
  (code: string): { readonly answer: T } | undefined =>
    codes.includes(code) ? { answer } : undefined;

/**
 * Performs one operation on a table and turns every failure into a `DependencyError`, unless `expected` knows an
 * answer for the service's error code.
 *
 * A missing table is created and the operation repeated once: no request is spent on it as long as the table
 * exists, nothing is remembered that could become wrong, and a table deleted under a running app comes back.
 */
export async function tableCall<T>(
  table: TableClient,
  operation: string,
  call: () => Promise<T>,
  expected: (code: string) => { readonly answer: T } | undefined = () => undefined,
): Promise<T> {
  try {
    try {
      return await call();
    } catch (thrown) {
      if (tableErrorCode(thrown) !== 'TableNotFound') throw thrown;
    }
    await table.createTable();
    return await call();
  } catch (thrown) {
    const known = expected(tableErrorCode(thrown) ?? '');
    if (known !== undefined) return known.answer;
    throw tableFailure(operation, thrown);
  }
}

/** The row with these keys, or undefined. @throws DependencyError */
export const getRow = (table: TableClient, operation: string, { partitionKey, rowKey }: Keys) =>
  tableCall(table, operation, () => table.getEntity(partitionKey, rowKey), answering(NOT_FOUND, undefined));

/**
 * A `DependencyError` whose cause tells status, code and request id, and nothing else: an SDK error carries the
 * request with its `Authorization` header or SAS, and the row with the customer's text.
 */
export function tableFailure(operation: string, thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  return new DependencyError('table-storage', operation, { cause: withoutSecrets(thrown) });
}

function withoutSecrets(thrown: unknown): Error {
  const name = thrown instanceof Error ? thrown.name : typeof thrown;
  const { statusCode, response } = thrown instanceof RestError ? thrown : {};
  const code = tableErrorCode(thrown) ?? systemErrorCode(thrown);
  const requestId = response?.headers.get('x-ms-request-id');
  const facts = [name, statusCode, code, requestId && `request ${requestId}`];
  return new Error(facts.filter((fact) => fact !== undefined).join(' '));
}

const systemErrorCode = (thrown: unknown): string | undefined =>
  thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : undefined;

/** The service's limit for the rows of one answer. */
const ANSWER_ROWS = 1_000;
/** More partial answers in a row than a query over every partition of a small table can give. */
const ANSWERS = 32;

/**
 * The first `limit` rows of a query, and the SDK's token of what follows. One request as a rule; but the service
 * may end an answer early, even empty, at a partition boundary or after five seconds, so partial answers are
 * collected, a bounded number of them. Fewer rows than `limit` together with a token is therefore possible.
 */
export async function firstRows(
  table: TableClient,
  query: { readonly filter: string; readonly limit: number; readonly token?: string },
): Promise<{ readonly rows: readonly object[]; readonly token?: string }> {
  const rows: object[] = [];
  let token = query.token;
  for (let answer = 0; answer < ANSWERS && rows.length < query.limit; answer += 1) {
    const pages = table.listEntities({ queryOptions: { filter: query.filter } }).byPage({
      maxPageSize: Math.min(query.limit - rows.length, ANSWER_ROWS),
      ...(token !== undefined && { continuationToken: token }),
    });
    const page = (await pages.next()).value as TableEntityResultPage<object> | undefined;
    rows.push(...(page ?? []));
    token = page?.continuationToken;
    if (token === undefined) break;
  }
  return { rows, ...(token !== undefined && { token }) };
}

const key = z
  .string()
  .min(1)
  .refine((text) => text.isWellFormed());

/** What the SDK puts into its tokens, and reads without looking. */
const position = z.strictObject({
  nextPartitionKey: key,
  nextRowKey: key.optional(),
});

/** Our form of the SDK's token: base64url, so that it needs no escaping in a query string. */
export const toPublicToken = (sdkToken: string): string =>
  Buffer.from(sdkToken, 'base64').toString('base64url');

/** The SDK's token in one of ours. @throws InvalidInputError when it is not one: it comes from the network. */
export function fromPublicToken(token: string): string {
  try {
    if (token.length > 2_048 || !/^[A-Za-z0-9_-]+$/.test(token)) throw refused();
    position.parse(JSON.parse(Buffer.from(token, 'base64url').toString('utf8')));
    return Buffer.from(token, 'base64url').toString('base64');
  } catch {
    throw refused();
  }
}

export const refused = (): InvalidInputError =>
  new InvalidInputError('continuationToken', 'is not a token that this list has given');

/**
 * One page of a list that callers page through, and our form of the token of what follows.
 * @throws InvalidInputError when the continuation token is not one of this list's, DependencyError
 */
export async function readPage(
  table: TableClient,
  operation: string,
  query: {
    readonly filter: string;
    readonly limit: number;
    readonly continuationToken?: string | undefined;
  },
): Promise<{ readonly rows: readonly object[]; readonly next: { readonly continuationToken?: string } }> {
  const { filter, limit, continuationToken } = query;
  const from = continuationToken === undefined ? undefined : fromPublicToken(continuationToken);
  const { rows, token } = await tableCall(
    table,
    operation,
    () => firstRows(table, { filter, limit, ...(from && { token: from }) }),
    (code) => {
      // A position that is well formed but that the service has never given.
      if (from !== undefined && code === 'InvalidInput') throw refused();
      return undefined;
    },
  );
  return { rows, next: token === undefined ? {} : { continuationToken: toPublicToken(token) } };
}
