import { createHash } from 'node:crypto';
import type { TableEntity } from '@azure/data-tables';
import { z } from 'zod';
import { CHANNELS } from '../../domain/channel';
import { CONVERSATION_STATES } from '../../domain/conversation';
import { DEADLINE_KINDS } from '../../domain/ids';
import type { WorkListItem } from '../../domain/work-list';
import { instantColumn, instantField, jsonColumn, SCHEMA_VERSION, writerFor } from './columns';
import { checkFits, readRow, rowName } from './stored-row';

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
