import { createHash } from 'node:crypto';
import { odata, type TableClient, type TableEntity } from '@azure/data-tables';
import { z } from 'zod';
import { column, instant, instantInJson, int32, json, type Keys, readableRows, row } from '../storage/rows';
import { answering, NOT_FOUND, readPage, tableCall } from '../storage/table';
import { CHANNELS, CONVERSATION_STATES } from './conversation';
import { DEADLINE_KINDS } from './ids';
import type { WorkList, WorkListItem } from './work-list';

const deadline = z.object({ kind: z.enum(DEADLINE_KINDS), number: z.int(), at: instantInJson });

/** The row of an item. Defaults are what a row of version 1 means. */
const workListRow = row(
  z.object({
    conversationId: column('rowKey', z.string()),
    channel: z.enum(CHANNELS).default('live-chat'),
    state: z.enum(CONVERSATION_STATES),
    queue: z.string(),
    customerName: z.string(),
    agentId: z.string().optional(),
    accepted: z.boolean(),
    createdAt: instant,
    /** Missing in version 1, see `decodeWorkListItem`. */
    stateSince: instant.optional(),
    previousAgentId: z.string().optional(),
    queuePosition: z.int().optional(),
    deadlines: json(z.array(deadline)).default([]),
    disconnection: z
      .object({
        number: column('disconnectionNumber', int32),
        since: column('disconnectionSince', instant),
        deadline: column('disconnectionDeadline', instant),
      })
      .optional(),
  } satisfies Record<keyof WorkListItem, z.ZodType>),
);

/**
 * Where an item lives: one of 16 partitions, chosen by a hash of the conversation id. One partition takes 2,000
 * rows a second; thousands of conversations that lose their customers at once must not queue for a single one.
 */
export const workListKeys = (conversationId: string): Keys => ({
  partitionKey: `shard-${createHash('sha256').update(conversationId).digest('hex').charAt(0)}`,
  rowKey: conversationId,
});

/** @throws StoredRowError when the item would not fit into its row. */
export const encodeWorkListItem = (item: WorkListItem): TableEntity & Keys =>
  workListRow.encode(workListKeys(item.conversationId), item);

/** @throws StoredRowError naming the row and the column that cannot be read. */
export function decodeWorkListItem(entity: object): WorkListItem {
  const item = workListRow.decode(entity);
  return { ...item, stateSince: item.stateSince ?? item.createdAt };
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
        answering(NOT_FOUND, undefined),
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
