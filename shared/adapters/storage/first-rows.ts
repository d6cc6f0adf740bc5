import type { TableClient, TableEntityResultPage } from '@azure/data-tables';

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
