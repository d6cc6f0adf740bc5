import { createHash } from 'node:crypto';
import { odata, type TableClient, type TableEntity } from '@azure/data-tables';
import { z } from 'zod';
import { CHANNELS, CLOSE_REASONS, DEVICE_CLASSES, END_REASONS } from '../conversation/conversation';
import { absencesColumn, CONVERSATION_ROW_KEY, decodeConversation } from '../conversation/conversation-table';
import type { Instant } from '../conversation/time';
import { firstRows, readableRows, readPage } from '../storage/pages';
import { answering, getRow, instant, int32, type Keys, NOT_FOUND, row, tableCall } from '../storage/table';
import {
  closedConversation,
  type ClosedConversation,
  type ClosedConversations,
  type Day,
  dayOf,
  type OlderProgress,
} from './closed-conversation';

export const closedRow = row(
  z.object({
    conversationId: z.string(),
    createdAt: instant,
    endedAt: instant,
    closedAt: instant,
    reason: z.enum(END_REASONS),
    closeReason: z.enum(CLOSE_REASONS).optional(),
    agentId: z.string().optional(),
    queue: z.string(),
    workstream: z.string(),
    channelInstance: z.string(),
    channel: z.enum(CHANNELS),
    device: z.enum(DEVICE_CLASSES),
    // Rows of before have none of these, and neither have those of agents.
    absences: absencesColumn,
    disconnections: int32.optional(),
    knockedAt: instant.optional(),
  } satisfies Record<keyof ClosedConversation, z.ZodType>),
);

/** The last moment that a row can have. Keys count back from it, so that their order is "the latest first". */
const LAST: Instant = Date.UTC(9999, 11, 31, 23, 59, 59, 999);
const timeKey = (moment: Instant): string => String(LAST - moment).padStart(15, '0');

const DAYS = 'day.';
const dayKey = (day: Day): string => DAYS + String(dayOf(LAST) - day).padStart(7, '0');
const dayFrom = (partitionKey: string): Day => dayOf(LAST) - Number(partitionKey.slice(DAYS.length));
/** Behind the keys of all days. */
const DAYS_END = `${DAYS}~`;
const agentKey = (agentId: string): string => `agent.${agentId}`;

type Keyed = Pick<ClosedConversation, 'conversationId' | 'closedAt'>;
const rowKeyOf = ({ conversationId, closedAt }: Keyed): string => `${timeKey(closedAt)}.${conversationId}`;
/** By the day of closing (UTC); a second row by the agent, so that a search for one reads nobody else's. */
export const closedKeys = (closed: Keyed): Keys => ({
  partitionKey: dayKey(dayOf(closed.closedAt)),
  rowKey: rowKeyOf(closed),
});

/** @throws StoredRowError */
export const encodeClosedConversation = (
  closed: ClosedConversation,
  keys = closedKeys(closed),
): TableEntity & Keys => closedRow.encode(keys, closed);
/** @throws StoredRowError naming the row and the column that cannot be read. */
export const decodeClosedConversation = (entity: object): ClosedConversation => closedRow.decode(entity);

/** How far the work on the list has come: one row for each day, and one for what is older than the list. */
const PROGRESS = 'progress';
const dayProgress = z.object({
  day: int32,
  rules: z.string(),
  nothingDueUntil: instant,
  continuationToken: z.string().optional(),
});
export const dayProgressRow = row(dayProgress);
const OLDER: Keys = { partitionKey: 'older', rowKey: 'conversations' };
export const olderRow = row(
  z.object({
    listed: int32,
    unreadable: int32,
    done: z.boolean(),
    continuationToken: z.string().optional(),
  } satisfies Record<keyof OlderProgress, z.ZodType>),
);
type StoredDayProgress = z.output<typeof dayProgress>;
export const encodeDayProgress = (progress: StoredDayProgress): TableEntity & Keys =>
  dayProgressRow.encode({ partitionKey: PROGRESS, rowKey: dayKey(progress.day) }, progress);
/** @throws StoredRowError naming the row and the column that cannot be read. */
export const decodeDayProgress = (entity: object): StoredDayProgress => dayProgressRow.decode(entity);
export const encodeOlderProgress = (progress: OlderProgress): TableEntity & Keys =>
  olderRow.encode(OLDER, progress);
/** @throws StoredRowError naming the row and the column that cannot be read. */
export const decodeOlderProgress = (entity: object): OlderProgress => olderRow.decode(entity);

/** Partial answers of the storage that one page is made of at most; each ends at a day without rows that fit, or after seconds. */
const ANSWERS = 8;
/** Days that are kept after their time for an operator's `never`. */
const MOST_DAYS = 20_000;
const RECORDS = 200;

/**
 * The list of closed conversations in Table Storage (docs/decisions/0026): a partition for each day of closing and one for
 * each agent, both in the order of the list.
 */
export function createTableClosedConversations(
  table: TableClient,
  conversations: TableClient,
): ClosedConversations {
  const write = async (entity: TableEntity & Keys) =>
    void (await tableCall(table, 'write closed conversation', () => table.upsertEntity(entity, 'Replace')));
  const remove = async ({ partitionKey, rowKey }: Keys) =>
    void (await tableCall<unknown>(
      table,
      'remove closed conversation',
      () => table.deleteEntity(partitionKey, rowKey),
      answering(NOT_FOUND, undefined),
    ));
  const pageOf = async (filter: string, limit: number, continuationToken: string | undefined) => {
    const page = { filter, limit, continuationToken, answers: ANSWERS };
    const { rows, next } = await readPage(table, 'list closed conversations', page);
    const { readable: items, unreadable } = readableRows(rows, decodeClosedConversation);
    return { items, unreadable: unreadable.map(({ rowKey }) => rowKey), ...next };
  };

  return {
    async put(closed) {
      // The row of the day comes first and goes last. Prevents: the process dies in between, and nothing leads to the row of
      // the agent.
      await write(encodeClosedConversation(closed));
      if (closed.agentId === undefined) return;
      const keys = { ...closedKeys(closed), partitionKey: agentKey(closed.agentId) };
      const { absences: _, disconnections: __, knockedAt: ___, ...found } = closed;
      await write(encodeClosedConversation(found, keys));
    },

    async remove(closed, agentIds = []) {
      const keys = closedKeys(closed);
      // As it is stored: also of a row that cannot be read.
      const stored = (await getRow(table, 'read closed conversation', keys))?.['agentId'];
      const agents = new Set(typeof stored === 'string' ? [...agentIds, stored] : agentIds);
      for (const agentId of agents) await remove({ ...keys, partitionKey: agentKey(agentId) });
      await remove(keys);
    },

    list: async ({ from, to, agentId, queue, reason, limit, continuationToken }) => {
      // A later moment has a smaller key.
      const filter = [
        agentId === undefined
          ? odata`PartitionKey ge ${to === undefined ? DAYS : dayKey(dayOf(to))} and PartitionKey lt ${from === undefined ? DAYS_END : `${dayKey(dayOf(from))}~`}`
          : odata`PartitionKey eq ${agentKey(agentId)}`,
        ...(to === undefined ? [] : [odata`RowKey ge ${timeKey(to - 1)}`]),
        ...(from === undefined ? [] : [odata`RowKey lt ${timeKey(from - 1)}`]),
        ...(queue === undefined ? [] : [odata`queue eq ${queue}`]),
        ...(reason === undefined ? [] : [odata`reason eq ${reason}`]),
      ].join(' and ');
      return pageOf(filter, limit, continuationToken);
    },

    async latestDay(notAfter) {
      const filter = odata`PartitionKey ge ${dayKey(notAfter)} and PartitionKey lt ${DAYS_END}`;
      const { rows } = await tableCall(table, 'find closed conversations', () =>
        firstRows(table, { filter, limit: 1 }),
      );
      const [first] = rows as Keys[];
      return first && dayFrom(first.partitionKey);
    },

    ofDay: (day, limit, continuationToken) =>
      pageOf(odata`PartitionKey eq ${dayKey(day)}`, limit, continuationToken),

    async progress(rules) {
      const filter = odata`PartitionKey eq ${PROGRESS} and rules eq ${digestOf(rules)}`;
      const { rows } = await tableCall(table, 'read progress', () =>
        firstRows(table, { filter, limit: MOST_DAYS }),
      );
      const { readable } = readableRows(rows, decodeDayProgress);
      return new Map(readable.map(({ day, rules: _same, ...progress }) => [day, progress]));
    },

    async saveProgress(day, rules, progress) {
      if (progress === undefined) return remove({ partitionKey: PROGRESS, rowKey: dayKey(day) });
      await write(encodeDayProgress({ day, rules: digestOf(rules), ...progress }));
    },

    async records(continuationToken) {
      const filter = odata`RowKey eq ${CONVERSATION_ROW_KEY} and state eq 'Closed'`;
      const page = { filter, limit: RECORDS, continuationToken, answers: 1 };
      const { rows, next } = await readPage(conversations, 'read closed conversations', page);
      const { readable, unreadable } = readableRows(rows, decodeConversation);
      return {
        items: readable.flatMap((conversation) => closedConversation(conversation) ?? []),
        unreadable: unreadable.map(({ rowKey }) => rowKey),
        ...next,
      };
    },

    async olderProgress() {
      const entity = await getRow(table, 'read progress', OLDER);
      return readableRows(entity ? [entity] : [], decodeOlderProgress).readable[0];
    },

    saveOlderProgress: (progress) => write(encodeOlderProgress(progress)),
  };
}

const digestOf = (rules: string): string => createHash('sha256').update(rules).digest('hex');
