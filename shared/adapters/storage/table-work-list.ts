import { odata, type TableClient } from '@azure/data-tables';
import type { WorkList } from '../../application/ports/work-list';
import { readPage } from './read-page';
import { readableRows } from './readable-rows';
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

    list: async ({ state, agentId, ...page }) => {
      const filter = filterOf(state, agentId);
      const { rows, next } = await readPage(table, 'read work list', { ...page, filter });
      const { readable: items, unreadable } = readableRows(rows, decodeWorkListItem);
      return {
        items,
        unreadable: unreadable.map(({ rowKey, writtenAt }) => ({ conversationId: rowKey, writtenAt })),
        ...next,
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
