import { odata, type TableClient } from '@azure/data-tables';
import type { WorkList } from '../../application/ports/work-list';
import type { WorkListItem } from '../../domain/work-list';
import { StoredRowError } from '../../errors';
import { fromPublicToken, refused, toPublicToken } from './continuation-token';
import { firstRows } from './first-rows';
import { tableCall } from './table-call';
import { decodeWorkListItem, encodeWorkListItem, workListKeys } from './work-list-row';

/**
 * The work list in Table Storage: one row per conversation that is not closed, in 16 partitions.
 *
 * `put` has no ETag on purpose. Two writers may arrive in the wrong order and leave the older row; the list is a
 * copy, decides nothing, and reconciliation writes it again from the truth.
 */
export function createTableWorkList(table: TableClient): WorkList {
  return {
    put: async (item) => {
      const entity = encodeWorkListItem(item);
      await tableCall(table, 'put work-list item', () => table.upsertEntity(entity, 'Replace'));
    },

    remove: async (conversationId) => {
      const { partitionKey, rowKey } = workListKeys(conversationId);
      await tableCall<unknown>(
        table,
        'remove work-list item',
        () => table.deleteEntity(partitionKey, rowKey),
        (code) => (code === 'ResourceNotFound' ? { answer: undefined } : undefined),
      );
    },

    list: async ({ limit, continuationToken, state, agentId }) => {
      const from = continuationToken === undefined ? undefined : fromPublicToken(continuationToken);
      const { rows, token } = await tableCall(
        table,
        'read work list',
        () => firstRows(table, { filter: filterOf(state, agentId), limit, ...(from && { token: from }) }),
        (code) => {
          // A position that is well formed but that the service has never given.
          if (from !== undefined && code === 'InvalidInput') throw refused();
          return undefined;
        },
      );
      return {
        ...split(rows),
        ...(token !== undefined && { continuationToken: toPublicToken(token) }),
      };
    },
  };
}

function filterOf(state: string | undefined, agentId: string | undefined): string {
  return [
    odata`PartitionKey ge 'shard-0' and PartitionKey le 'shard-f'`,
    ...(state === undefined ? [] : [odata`state eq ${state}`]),
    ...(agentId === undefined ? [] : [odata`agentId eq ${agentId}`]),
  ].join(' and ');
}

/**
 * Sets aside a row that cannot be read: one such row must not hide every other conversation from the agents and from
 * the sweep. Its key still names the conversation.
 */
function split(rows: readonly object[]): { items: WorkListItem[]; unreadable: string[] } {
  const [items, unreadable]: [WorkListItem[], string[]] = [[], []];
  for (const row of rows) {
    try {
      items.push(decodeWorkListItem(row));
    } catch (thrown) {
      if (!(thrown instanceof StoredRowError)) throw thrown;
      unreadable.push((row as { rowKey: string }).rowKey);
    }
  }
  return { items, unreadable };
}
