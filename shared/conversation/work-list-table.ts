import { createHash } from 'node:crypto';
import { odata, type TableClient, type TableEntity } from '@azure/data-tables';
import { z } from 'zod';
import {
  checkFits,
  instantColumn,
  instantField,
  jsonColumn,
  readableRows,
  readRow,
  rowName,
  SCHEMA_VERSION,
  writerFor,
} from '../storage/rows';
import { readPage, tableCall } from '../storage/table';
import { CHANNELS, CONVERSATION_STATES } from './conversation';
import { DEADLINE_KINDS } from './ids';
import type { WorkList, WorkListItem } from './work-list';

const itemColumns = z.object({
  rowKey: z.string(),
  channel: z.enum(CHANNELS).default('live-chat'),
  state: z.enum(CONVERSATION_STATES),
  queue: z.string(),
  customerName: z.string(),
  agentId: z.string().exactOptional(),
  accepted: z.boolean(),
  createdAt: instantColumn,
  stateSince: instantColumn.exactOptional(),
  previousAgentId: z.string().exactOptional(),
  queuePosition: z.int().exactOptional(),
  deadlines: jsonColumn(
    z.array(z.object({ kind: z.enum(DEADLINE_KINDS), number: z.int(), at: instantField })),
  ).default([]),
});
const disconnectionColumns = z.object({
  disconnectionNumber: z.int(),
  disconnectionSince: instantColumn,
  disconnectionDeadline: instantColumn,
});

/**
 * Where an item lives: one of 16 partitions, chosen by a hash of the conversation id. One partition takes 2,000
 * rows a second; thousands of conversations that lose their customers at once must not queue for a single one.
 */
export const workListKeys = (conversationId: string) => ({
  partitionKey: `shard-${createHash('sha256').update(conversationId).digest('hex').charAt(0)}`,
  rowKey: conversationId,
});

/** @throws StoredRowError when the item would not fit into its row. */
export function encodeWorkListItem(item: WorkListItem): TableEntity {
  const { conversationId, createdAt, stateSince, deadlines, disconnection, ...columns } = item;
  const keys = workListKeys(conversationId);
  const write = writerFor(rowName(keys));
  return checkFits({
    ...keys,
    schemaVersion: write.int32('schemaVersion', SCHEMA_VERSION),
    ...columns,
    createdAt: write.instant('createdAt', createdAt),
    stateSince: write.instant('stateSince', stateSince),
    deadlines: JSON.stringify(deadlines),
    ...(disconnection && {
      disconnectionNumber: write.int32('disconnectionNumber', disconnection.number),
      disconnectionSince: write.instant('disconnectionSince', disconnection.since),
      disconnectionDeadline: write.instant('disconnectionDeadline', disconnection.deadline),
    }),
  });
}

/** @throws StoredRowError naming the row and the column that cannot be read. */
export function decodeWorkListItem(entity: object): WorkListItem {
  const { rowKey, ...item } = readRow(itemColumns, entity);
  return {
    conversationId: rowKey,
    ...item,
    stateSince: item.stateSince ?? item.createdAt,
    ...('disconnectionNumber' in entity && { disconnection: readDisconnection(entity) }),
  };
}

function readDisconnection(entity: object): NonNullable<WorkListItem['disconnection']> {
  const row = readRow(disconnectionColumns, entity);
  return {
    number: row.disconnectionNumber,
    since: row.disconnectionSince,
    deadline: row.disconnectionDeadline,
  };
}

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
