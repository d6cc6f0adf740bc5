import type { TableClient } from '@azure/data-tables';
import { fromPublicToken, refused, toPublicToken } from './continuation-token';
import { firstRows } from './first-rows';
import { tableCall } from './table-call';

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
