import { RestError, type TableClient } from '@azure/data-tables';
import { AppError, DependencyError } from '../../errors';

/** The service's error code, for example `EntityAlreadyExists`; undefined when the service did not answer. */
export function tableErrorCode(thrown: unknown): string | undefined {
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
const CONFLICTS = new Set([
  'UpdateConditionNotSatisfied',
  'ConditionNotMet',
  'ResourceNotFound',
  'EntityAlreadyExists',
]);

/** Whether the code that `tableCall` hands to `expected` is one of them. */
export const isConflict = (code: string): boolean => CONFLICTS.has(code);

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
