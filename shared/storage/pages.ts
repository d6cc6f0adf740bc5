import type { TableClient, TableEntityResultPage, TransactionAction } from '@azure/data-tables';
import { z } from 'zod';
import { DependencyError, InvalidInputError, StoredRowError } from '../app/errors';
import type { Instant } from '../conversation/time';
import { answering, type Keys, NOT_FOUND, type OnDamage, tableCall } from './table';

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
  query: {
    readonly filter: string;
    readonly limit: number;
    readonly token?: string;
    readonly answers?: number;
    readonly select?: string[];
  },
): Promise<{ readonly rows: readonly object[]; readonly token?: string }> {
  const rows: object[] = [];
  const { filter, select } = query;
  let token = query.token;
  for (let answer = 0; answer < (query.answers ?? ANSWERS) && rows.length < query.limit; answer += 1) {
    const pages = table.listEntities({ queryOptions: { filter, ...(select && { select }) } }).byPage({
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

/** The service's limit for one entity-group transaction. */
const TRANSACTION_ROWS = 100;
/** Of others that delete the same rows at the same time. */
const COLLISIONS = 8;

/**
 * Deletes every row that the filter finds, 100 of a partition at a time, and says how many. Rows that come while it runs
 * may be left.
 * @throws DependencyError
 */
export async function deleteRows(table: TableClient, operation: string, filter: string): Promise<number> {
  let deleted = 0;
  for (let collisions = 0; collisions < COLLISIONS;) {
    const select = ['PartitionKey', 'RowKey'];
    const { rows, token } = await tableCall(table, operation, () =>
      firstRows(table, { filter, limit: ANSWER_ROWS, select }),
    );
    if (rows.length === 0 && token === undefined) return deleted;
    for (const group of groupsOf(rows as Keys[])) {
      const actions = group.map(({ partitionKey, rowKey }): TransactionAction => [
        'delete',
        { partitionKey, rowKey },
      ]);
      const done = await tableCall<boolean>(
        table,
        operation,
        async () => (await table.submitTransaction(actions), true),
        // Somebody else has deleted one of them, or the answer was lost: what is left is read anew.
        answering(NOT_FOUND, false),
      );
      if (done) deleted += group.length;
      else collisions += 1;
    }
  }
  throw new DependencyError('table-storage', operation);
}

/** Of one partition each, as many as one transaction takes. */
function groupsOf(rows: readonly Keys[]): Keys[][] {
  const groups: Keys[][] = [];
  for (const row of rows) {
    const last = groups.at(-1);
    if (last?.[0]?.partitionKey === row.partitionKey && last.length < TRANSACTION_ROWS) last.push(row);
    else groups.push([row]);
  }
  return groups;
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
    /** Partial answers that the page is made of at most. */
    readonly answers?: number;
  },
): Promise<{ readonly rows: readonly object[]; readonly next: { readonly continuationToken?: string } }> {
  const { continuationToken, ...page } = query;
  const from = continuationToken === undefined ? undefined : fromPublicToken(continuationToken);
  const { rows, token } = await tableCall(
    table,
    operation,
    () => firstRows(table, { ...page, ...(from && { token: from }) }),
    (code) => {
      // A position that is well formed but that the service has never given.
      if (from !== undefined && code === 'InvalidInput') throw refused();
      return undefined;
    },
  );
  return { rows, next: token === undefined ? {} : { continuationToken: toPublicToken(token) } };
}

/** A row that cannot be read: its key, and when it was written by the clock of storage. */
export interface UnreadableRow {
  readonly rowKey: string;
  readonly writtenAt: Instant;
  readonly damage: StoredRowError;
}

/** Reads rows and sets aside those that cannot be read: one of them must not hide all others. */
export function readableRows<T>(
  rows: readonly object[],
  read: (row: object) => T,
): { readonly readable: T[]; readonly unreadable: UnreadableRow[] } {
  const [readable, unreadable]: [T[], UnreadableRow[]] = [[], []];
  for (const row of rows) {
    try {
      readable.push(read(row));
    } catch (thrown) {
      if (!(thrown instanceof StoredRowError)) throw thrown;
      const { rowKey, timestamp } = row as { rowKey: string; timestamp: string };
      unreadable.push({ rowKey, writtenAt: Date.parse(timestamp), damage: thrown });
    }
  }
  return { readable, unreadable };
}

/** One row, if it can be read. @throws StoredRowError when it cannot, and then somebody has heard of it */
export async function readOrTell<T>(
  entity: object,
  read: (row: object) => T,
  onDamage: OnDamage,
): Promise<T> {
  try {
    return read(entity);
  } catch (thrown) {
    if (thrown instanceof StoredRowError) await onDamage(thrown);
    throw thrown;
  }
}
