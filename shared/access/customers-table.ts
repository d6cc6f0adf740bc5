import { createHash, createHmac } from 'node:crypto';
import { odata, type TableClient, type TableEntity } from '@azure/data-tables';
import { z } from 'zod';
import { collisionPause } from '../app/collision-pause';
import { ContentionError, StoredRowError } from '../app/errors';
import { CONVERSATION_ID } from '../conversation/conversation';
import type { CustomerIndex, IndexedConversation } from '../conversation/ports';
import { type Instant, toIso } from '../conversation/time';
import { deleteRows, firstRows, readableRows } from '../storage/pages';
import {
  answering,
  column,
  CONFLICTS,
  getRow,
  ignoreDamage,
  instant,
  json,
  type Keys,
  NOT_FOUND,
  type OnDamage,
  readOrTell,
  row,
  tableCall,
} from '../storage/table';

/** Which conversations go on, or may still open: what `negotiate` asks for. */
export const customerRow = row(
  z.object({
    conversationId: z.string(),
    /** Those before, the newest first; absent in rows of before. */
    earlier: json(z.array(z.string())).optional(),
  }),
);
const LATEST = 'latest';

/** One row for every conversation that the customer has had, until it is erased. */
export const indexedRow = row(z.object({ conversationId: z.string(), begunAt: instant }));
const CONVERSATION = 'conversation.';

/** The way back from a conversation to its customers' partitions. */
export const wayBackRow = row(z.object({ customer: column('rowKey', z.string()) }));
export const wayBackOf = (conversationId: string): string => `c.${conversationId}`;
const wayBackKeys = (conversationId: string, customer: string): Keys => ({
  partitionKey: wayBackOf(conversationId),
  rowKey: customer,
});

/** In partitions of a day each: a conversation that never came to be is found by its age. */
const BEGUN = 'begun.';
const dayOf = (at: Instant): string => `${BEGUN}${toIso(at).slice(0, 10)}`;

/** Whose rows they are: customer ids are the site's own and may be anything, a mail address for one. */
const KEYED = 'k.';
const keyed = (key: string): string => `${KEYED}${digest(key, 'id of the key').slice(0, 8)}.`;
const digest = (key: string, text: string): string => createHmac('sha256', key).update(text).digest('hex');
/** Without a key, as the rows of before have it: whoever knows an id finds its rows. */
const unkeyed = (customerId: string): string => createHash('sha256').update(customerId).digest('hex');

/** The partitions that a customer's rows can be in: the one that is written, then those of before. */
export const partitionsOf = (customerId: string, keys: readonly string[]) => {
  const [current, ...older] = keys.map((key) => keyed(key) + digest(key, customerId));
  return current === undefined
    ? { current: unkeyed(customerId), older: [] }
    : { current, older: [...older, unkeyed(customerId)] };
};

/** @throws StoredRowError */
export const encodeCustomer = (
  partitionKey: string,
  [conversationId = '', ...earlier]: readonly string[],
): TableEntity & Keys => customerRow.encode({ partitionKey, rowKey: LATEST }, { conversationId, earlier });

/** The customer's conversations. @throws StoredRowError naming the row and the column that cannot be read. */
export function decodeCustomer(entity: object): readonly string[] {
  const { conversationId, earlier = [] } = customerRow.decode(entity);
  return [conversationId, ...earlier];
}

/** What is left of a row that cannot be read: whatever has the form of an id in one of its columns. */
function conversationIdsIn(entity: object): readonly string[] {
  const { conversationId, earlier } = entity as Record<string, unknown>;
  const ids = [conversationId, earlier].flatMap((column) =>
    typeof column === 'string' ? (column.match(/[a-z0-9-]+/g) ?? []) : [],
  );
  return [...new Set(ids.filter((id) => CONVERSATION_ID.test(id)))];
}

/** @throws StoredRowError */
export const encodeIndexed = (
  partitionKey: string,
  { conversationId, begunAt }: IndexedConversation,
): TableEntity & Keys =>
  indexedRow.encode({ partitionKey, rowKey: CONVERSATION + conversationId }, { conversationId, begunAt });
/** @throws StoredRowError naming the row and the column that cannot be read. */
export const decodeIndexed = (entity: object): IndexedConversation => indexedRow.decode(entity);

/** As many tabs of one customer as negotiate at once, and erasures of its conversations. */
const ATTEMPTS = 16;
const ANSWER_ROWS = 1_000;

/**
 * The conversations of each customer whom the site has signed in, by a digest of the customer's id under the first of the
 * keys. Rows under another key, or under none, are moved when the customer is asked for.
 */
export function createTableCustomerIndex(
  table: TableClient,
  { keys, now }: { readonly keys: readonly string[]; readonly now: () => Instant },
  onDamage: OnDamage = ignoreDamage,
): CustomerIndex {
  const operation = 'customer index';
  const put = (entity: TableEntity & Keys) =>
    tableCall(table, operation, () => table.upsertEntity(entity, 'Replace'));
  const remove = ({ partitionKey, rowKey }: Keys) =>
    tableCall<unknown>(
      table,
      operation,
      () => table.deleteEntity(partitionKey, rowKey),
      answering(NOT_FOUND, undefined),
    );
  const rowsOf = (filter: string) =>
    tableCall(table, operation, async () => {
      const rows: object[] = [];
      let rest: { readonly token?: string } = {};
      do {
        const { rows: some, ...next } = await firstRows(table, { filter, limit: ANSWER_ROWS, ...rest });
        rows.push(...some);
        rest = next;
      } while (rest.token !== undefined);
      return rows;
    });
  /** Under the ETag of what was read; of none there is nothing left to say. */
  const writeLatest = (partitionKey: string, ids: readonly string[], etag: string | undefined) =>
    tableCall<'saved' | 'conflict'>(
      table,
      operation,
      async () => {
        const entity = encodeCustomer(partitionKey, ids);
        if (etag === undefined) await table.createEntity(entity);
        else if (ids.length === 0) await table.deleteEntity(partitionKey, LATEST, { etag });
        else await table.updateEntity(entity, 'Replace', { etag });
        return 'saved';
      },
      answering(CONFLICTS, 'conflict'),
    );
  const latestOf = async (partitionKey: string) => {
    const entity = await getRow(table, operation, { partitionKey, rowKey: LATEST });
    if (entity === undefined) return undefined;
    const ids = await readOrTell(entity, decodeCustomer, onDamage).catch((thrown: unknown) => {
      if (!(thrown instanceof StoredRowError)) throw thrown;
      // Nobody is kept out by it: the next conversation of the customer writes the row anew.
      return conversationIdsIn(entity);
    });
    return { ids, etag: entity.etag };
  };
  /** What `change` makes of the latest, however many write at the same time. @throws ContentionError */
  async function changeLatest(
    partitionKey: string,
    change: (ids: readonly string[]) => readonly string[],
  ): Promise<void> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      const { ids = [], etag } = (await latestOf(partitionKey)) ?? {};
      const changed = change(ids);
      if (changed.join() === ids.join()) return;
      // Prevents: a conversation that the customer begins in this moment is dropped from its list.
      if ((await writeLatest(partitionKey, changed, etag)) === 'saved') return;
      await collisionPause(attempt);
    }
    throw new ContentionError(ATTEMPTS);
  }
  /** First what leads back to a row, then the row: none is there that its conversation does not know. */
  async function index(partition: string, one: IndexedConversation): Promise<void> {
    await put(wayBackRow.encode(wayBackKeys(one.conversationId, partition), { customer: partition }));
    await put(encodeIndexed(partition, one));
  }

  /** Moves the rows of before. The old ones go last: a crash leaves rows twice, and each of them is still found. */
  async function move(current: string, older: readonly string[]): Promise<void> {
    for (const partition of older) {
      const rows = await rowsOf(odata`PartitionKey eq ${partition}`);
      if (rows.length === 0) continue;
      const { latest, conversations } = contentOf(rows);
      for (const one of conversations) await index(current, one);
      await changeLatest(current, (ids) => [...new Set([...ids, ...latest])]);
      await deleteRows(table, operation, odata`PartitionKey eq ${partition}`);
      for (const { conversationId } of conversations) await remove(wayBackKeys(conversationId, partition));
    }
  }

  return {
    async conversationsOf(customerId) {
      const { current, older } = partitionsOf(customerId, keys);
      const [latest, ...others] = await Promise.all([current, ...older].map(latestOf));
      if (others.every((one) => one === undefined))
        return latest ? { conversationIds: latest.ids, etag: latest.etag } : { conversationIds: [] };
      await move(current, older);
      const { ids: conversationIds = [], ...rest } = (await latestOf(current)) ?? {};
      return { conversationIds, ...rest };
    },

    async remember(customerId, conversationIds, etag) {
      const { current } = partitionsOf(customerId, keys);
      const [conversationId = ''] = conversationIds;
      const begunAt = now();
      // Prevents: the customer has a conversation that its erasure does not find, or that never opens and stays for ever.
      await put({ partitionKey: dayOf(begunAt), rowKey: conversationId });
      await put(wayBackRow.encode(wayBackKeys(conversationId, current), { customer: current }));
      const latest = encodeCustomer(current, conversationIds);
      const indexed = encodeIndexed(current, { conversationId, begunAt });
      return tableCall<'saved' | 'conflict'>(
        table,
        operation,
        async () => {
          // Prevents: two negotiations read the same, and the slower one overwrites what the faster one has begun.
          await table.submitTransaction([
            etag === undefined ? ['create', latest] : ['update', latest, 'Replace', { etag }],
            ['upsert', indexed, 'Replace'],
          ]);
          return 'saved';
        },
        answering(CONFLICTS, 'conflict'),
      );
    },

    async everyConversationOf(customerId) {
      const { current, older } = partitionsOf(customerId, keys);
      await move(current, older);
      const { conversations } = contentOf(await rowsOf(odata`PartitionKey eq ${current}`));
      for (const one of conversations) if (one.begunAt === 0) await index(current, one);
      return conversations.sort((one, other) => (one.conversationId < other.conversationId ? -1 : 1));
    },

    async forget(conversationId) {
      const partitionKey = wayBackOf(conversationId);
      const ways = await rowsOf(odata`PartitionKey eq ${partitionKey}`);
      for (const { rowKey: customer } of ways as Keys[]) {
        await remove({ partitionKey: customer, rowKey: CONVERSATION + conversationId });
        await changeLatest(customer, (ids) => ids.filter((id) => id !== conversationId));
        await remove(wayBackKeys(conversationId, customer));
      }
    },

    async begunBefore(at, limit) {
      const filter = odata`PartitionKey ge ${BEGUN} and PartitionKey lt ${dayOf(at)}`;
      const { rows } = await tableCall(table, operation, () => firstRows(table, { filter, limit }));
      return (rows as Keys[]).map(({ partitionKey, rowKey }) => ({
        conversationId: rowKey,
        done: async () => void (await remove({ partitionKey, rowKey })),
      }));
    },

    async hasRowsUnderOtherKeys() {
      const known = keys.map(keyed).sort();
      const bounds = [KEYED, ...known.flatMap((prefix) => [prefix, `${prefix.slice(0, -1)}/`]), 'k/'];
      for (let i = 0; i < bounds.length; i += 2) {
        const filter = odata`PartitionKey ge ${bounds[i] ?? ''} and PartitionKey lt ${bounds[i + 1] ?? ''}`;
        const { rows } = await tableCall(table, operation, () => firstRows(table, { filter, limit: 1 }));
        if (rows.length > 0) return true;
      }
      return false;
    },
  };
}

/** What a partition of a customer says. A conversation of before has no row of its own, and nobody knows its age. */
function contentOf(rows: readonly object[]): {
  readonly latest: readonly string[];
  readonly conversations: IndexedConversation[];
} {
  const isLatest = (one: object) => (one as Keys).rowKey === LATEST;
  const [latest = []] = readableRows(rows.filter(isLatest), decodeCustomer).readable;
  const indexed = readableRows(
    rows.filter((one) => !isLatest(one)),
    decodeIndexed,
  ).readable;
  const known = new Set(indexed.map(({ conversationId }) => conversationId));
  const others = latest
    .filter((id) => !known.has(id))
    .map((conversationId) => ({ conversationId, begunAt: 0 }));
  return { latest, conversations: [...indexed, ...others] };
}
