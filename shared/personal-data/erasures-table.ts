import { odata, type TableClient } from '@azure/data-tables';
import { z } from 'zod';
import { wayBackOf } from '../access/customers-table';
import { closedKeys } from '../closed-conversations/closed-conversations-table';
import { CONVERSATION_STATES, DEADLINE_KINDS } from '../conversation/conversation';
import {
  conversationKeys,
  encodeTombstone,
  isTombstone,
  workListKeys,
} from '../conversation/conversation-table';
import { toIso } from '../conversation/time';
import { DEAD_LETTER_PARTITION } from '../dead-letters/dead-letters-table';
import { deleteRows, firstRows, readableRows } from '../storage/pages';
import {
  answering,
  column,
  CONFLICTS,
  getRow,
  instant,
  json,
  type Keys,
  row,
  tableCall,
} from '../storage/table';
import { type Erasure, ERASURE_CAUSES, type Erasures, type Found, type StoredRow } from './erasure';

const count = z.int().min(0).max(10_000);
const hold = z.object({ agentId: z.string(), assignment: z.int() });

/** Of each kind; whatever else the column may say is not read. */
const TIMERS = Object.fromEntries(DEADLINE_KINDS.map((kind) => [kind, count.optional()]));

/** The row of an erasure that is not finished. */
export const erasureRow = row(
  z.object({
    conversationId: column('rowKey', z.string()),
    because: z.enum(ERASURE_CAUSES),
    begunAt: instant,
    timers: json(z.object(TIMERS)),
    holds: json(z.array(hold)),
    closedAt: z.string().optional(),
    removedAt: instant.optional(),
  } satisfies Record<keyof Erasure, z.ZodType>),
);

/** Unfinished ones have a partition of their own, and tombstones are in the order in which they may go: nothing is scanned. */
const UNFINISHED = 'unfinished';
const TOMBSTONES = 'tombstones';
const unfinishedKeys = (conversationId: string): Keys => ({
  partitionKey: UNFINISHED,
  rowKey: conversationId,
});

/** @throws StoredRowError */
export const encodeErasure = (erasure: Erasure) =>
  erasureRow.encode(unfinishedKeys(erasure.conversationId), erasure);
/** @throws StoredRowError naming the row and the column that cannot be read. */
export const decodeErasure = (entity: object): Erasure => erasureRow.decode(entity);

/** Of a column that may be damaged: what can be read of it. */
const lenient = <T extends z.ZodType>(type: T, value: unknown): z.output<T> | undefined =>
  type.safeParse(value).data;
const heldBefore = json(hold.loose());

/** What the erasure of a record has to know, read column by column: another may be damaged. */
export function readForErasure(
  entity: Readonly<Record<string, unknown>>,
): Omit<Extract<Found, { kind: 'record' }>, 'kind' | 'etag'> {
  const number = (name: string) => lenient(count, entity[name]) ?? 0;
  const agentId = lenient(z.string().min(1), entity['agentId']);
  const held = lenient(hold, {
    agentId: entity['capacityAgentId'],
    assignment: entity['capacityAssignment'],
  });
  const released = lenient(hold, lenient(heldBefore, entity['releasedHold']));
  const closedAt = lenient(z.string(), entity['closedAt']);
  return {
    state: lenient(z.enum(CONVERSATION_STATES), entity['state']),
    ...(agentId !== undefined && { agentId }),
    rest: {
      timers: {
        disconnection: number('disconnectionCount'),
        'agent-disconnection': number('agentDisconnectionCount'),
        offer: number('assignmentCount'),
        'capacity-release': number('assignmentCount'),
        'auto-close': number('autoClosureCount'),
      },
      holds: [held, released].filter((one) => one !== undefined),
      ...(closedAt !== undefined && { closedAt }),
    },
  };
}

/** Of ids that begin with it and go on with a dot. */
const rowKeysFrom = (prefix: string): string =>
  odata`RowKey gt ${`${prefix}.`} and RowKey lt ${`${prefix}/`}`;
/** Also those of rows that belong to others and name it: of an agent's units. */
const deadLettersOf = (conversationId: string): string =>
  `${odata`PartitionKey eq ${DEAD_LETTER_PARTITION}`} and ((${rowKeysFrom(conversationId)}) or ${odata`conversationId eq ${conversationId}`})`;

/** What the service adds to a row that it answers with. */
const OF_THE_ANSWER = ['etag', 'timestamp', 'odata.metadata'];
const columnsOf = (row: object): StoredRow['columns'] =>
  Object.fromEntries(
    Object.entries(row)
      .filter(([name]) => !OF_THE_ANSWER.includes(name))
      .map(([name, value]: [string, unknown]) => [
        name,
        typeof value === 'number' || typeof value === 'boolean' ? value : String(value),
      ]),
  );

/** Erasures in Table Storage, over all tables that a conversation has rows in by its id. */
export function createTableErasures(tables: {
  readonly conversations: TableClient;
  readonly deadLetters: TableClient;
  readonly agentCapacity: TableClient;
  readonly erasures: TableClient;
  readonly workList: TableClient;
  readonly closedConversations: TableClient;
  readonly customers: TableClient;
}): Erasures {
  const { conversations, erasures } = tables;
  const operation = 'erase';
  const remove = ({ partitionKey, rowKey }: Keys, table = erasures, etag = '*') =>
    tableCall<unknown>(
      table,
      operation,
      () => table.deleteEntity(partitionKey, rowKey, { etag }),
      answering(CONFLICTS, undefined),
    );
  const entriesOf = ({ partitionKey, rowKey }: Keys) =>
    odata`PartitionKey eq ${partitionKey} and (RowKey lt ${rowKey} or RowKey gt ${rowKey})`;

  return {
    async find(conversationId) {
      const entity = await getRow(conversations, operation, conversationKeys(conversationId));
      if (entity === undefined) return { kind: 'nothing' };
      if (isTombstone(entity)) {
        // Prevents: a damaged moment fails its erasure for ever.
        const erasedAt = lenient(instant, entity['erasedAt']) ?? Date.parse(entity.timestamp ?? '');
        return { kind: 'tombstone', erasedAt };
      }
      return { kind: 'record', etag: entity.etag, ...readForErasure(entity) };
    },

    async begin(erasure) {
      const entity = encodeErasure(erasure);
      await tableCall(erasures, operation, () => erasures.upsertEntity(entity, 'Replace'));
    },

    async begun(conversationId) {
      const entity = await getRow(erasures, operation, unfinishedKeys(conversationId));
      return entity && readableRows([entity], decodeErasure).readable[0];
    },

    unfinished: (limit) =>
      tableCall(erasures, operation, async () => {
        const { rows } = await firstRows(erasures, { filter: odata`PartitionKey eq ${UNFINISHED}`, limit });
        const { readable, unreadable } = readableRows(rows, decodeErasure);
        // One that cannot be read still says which conversation it is about.
        const rest = { because: 'request', begunAt: 0, timers: {}, holds: [] } as const;
        return [
          ...readable,
          ...unreadable.map(({ rowKey: conversationId }) => ({ conversationId, ...rest })),
        ];
      }),

    async bury(conversationId, erasedAt, etag) {
      const tombstone = encodeTombstone(conversationId, erasedAt);
      return tableCall<'buried' | 'conflict'>(
        conversations,
        operation,
        async () => {
          // Prevents: an event saves the record after it was found, and the tombstone hides what has just been told.
          await (etag === undefined
            ? conversations.createEntity(tombstone)
            : conversations.updateEntity(tombstone, 'Replace', { etag }));
          return 'buried';
        },
        answering(CONFLICTS, 'conflict'),
      );
    },

    async removeRows({ conversationId, because, holds }) {
      const holdings = rowKeysFrom(`holding.${conversationId}`);
      const filters: (readonly [TableClient, string])[] = [
        [conversations, entriesOf(conversationKeys(conversationId))],
        [tables.deadLetters, deadLettersOf(conversationId)],
        ...holds.map(
          ({ agentId }) =>
            [tables.agentCapacity, `${odata`PartitionKey eq ${agentId}`} and ${holdings}`] as const,
        ),
        // Units that a process has left behind when it died are on no record. Agents are few, conversations are not.
        ...(because === 'request' ? [[tables.agentCapacity, holdings] as const] : []),
      ];
      let removed = 0;
      for (const [table, filter] of filters) removed += await deleteRows(table, operation, filter);
      return removed;
    },

    async keepUntil(conversationId, until) {
      const entity = { partitionKey: TOMBSTONES, rowKey: `${toIso(until)}.${conversationId}` };
      await tableCall(erasures, operation, () => erasures.upsertEntity(entity, 'Replace'));
    },

    async rowsOf(conversationId) {
      const of = async (table: TableClient, filter: string) =>
        (await firstRows(table, { filter, limit: 1_000 })).rows.map((row) => ({
          table: table.tableName,
          columns: columnsOf(row),
        }));
      const at = ({ partitionKey, rowKey }: Keys) =>
        odata`PartitionKey eq ${partitionKey} and RowKey eq ${rowKey}`;
      const { deadLetters, agentCapacity, workList, customers, closedConversations } = tables;
      const record = await getRow(conversations, 'export', conversationKeys(conversationId));
      const closedAt = Date.parse(String(record?.['closedAt']));
      const sources: (readonly [TableClient, string])[] = [
        [conversations, at(conversationKeys(conversationId))],
        [workList, at(workListKeys(conversationId))],
        ...(Number.isNaN(closedAt)
          ? []
          : [[closedConversations, at(closedKeys({ conversationId, closedAt }))] as const]),
        [customers, odata`PartitionKey eq ${wayBackOf(conversationId)}`],
        [deadLetters, deadLettersOf(conversationId)],
        [agentCapacity, rowKeysFrom(`holding.${conversationId}`)],
      ];
      const rows = sources.map(([table, filter]) => tableCall(table, 'export', () => of(table, filter)));
      return (await Promise.all(rows)).flat();
    },

    finish: async (conversationId) => void (await remove(unfinishedKeys(conversationId))),

    async removeTombstones(now, limit) {
      const filter = odata`PartitionKey eq ${TOMBSTONES} and RowKey lt ${toIso(now)}`;
      const { rows } = await tableCall(erasures, operation, () => firstRows(erasures, { filter, limit }));
      for (const { partitionKey, rowKey } of rows as Keys[]) {
        const keys = conversationKeys(rowKey.slice(toIso(now).length + 1));
        const entity = await getRow(conversations, operation, keys);
        if (entity !== undefined && isTombstone(entity)) {
          await deleteRows(conversations, operation, entriesOf(keys));
          await remove(keys, conversations, entity.etag);
        }
        await remove({ partitionKey, rowKey });
      }
      return rows.length;
    },
  };
}
