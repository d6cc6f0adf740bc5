import type { TableClient } from '@azure/data-tables';
import { beforeAll, describe, expect, test } from '@jest/globals';
import type {
  ClosedConversation,
  ClosedQuery,
} from '../../../shared/closed-conversations/closed-conversation';
import {
  closedKeys,
  createTableClosedConversations,
  encodeClosedConversation,
} from '../../../shared/closed-conversations/closed-conversations-table';
import { InvalidInputError } from '../../../shared/app/errors';
import { toPublicToken } from '../../../shared/storage/pages';
import type { Keys } from '../../../shared/storage/table';
import { emptied, startTables, type Tables } from '../storage/tables';

const DAY = 86_400_000;
const NOON = Date.UTC(2026, 0, 31, 12);

let tables: Tables;
let list: ReturnType<typeof createTableClosedConversations>;
beforeAll(async () => {
  tables = startTables();
  list = createTableClosedConversations(tables.closedConversations, tables.conversations);
  await tables.ensureTables();
});

const closed = (n: number, closedAt: number, more: Partial<ClosedConversation> = {}): ClosedConversation => ({
  conversationId: `conversation-${String(n).padStart(5, '0')}`,
  createdAt: closedAt - 600_000,
  endedAt: closedAt - 60_000,
  closedAt,
  reason: 'customer-disconnected',
  agentId: 'bob',
  queue: 'sales',
  workstream: 'default',
  channelInstance: 'default',
  channel: 'live-chat',
  device: 'phone',
  ...more,
});

/** All pages of a search: the ids in their order, and the requests that each page has cost. */
async function searched(query: Omit<ClosedQuery, 'limit'> & { readonly limit?: number }) {
  const ids: string[] = [];
  const costs: number[] = [];
  let continuationToken: string | undefined;
  do {
    tables.takeRequests();
    const page = await list.list({ limit: 100, ...query, ...(continuationToken && { continuationToken }) });
    costs.push(tables.takeRequests().length);
    ids.push(...page.items.map(({ conversationId }) => conversationId));
    ({ continuationToken } = page);
  } while (continuationToken !== undefined);
  return { ids, costs };
}

describe('the list of closed conversations [R193]', () => {
  const rows = [
    closed(1, NOON - 3 * DAY, {
      agentId: 'ann',
      queue: 'support',
      reason: 'agent-ended',
      closeReason: 'agent-closed',
    }),
    closed(2, NOON - DAY),
    closed(3, NOON - 1),
    closed(4, NOON, { reason: 'auto-closed', agentId: undefined } as never),
    closed(5, NOON, { queue: 'support' }),
    closed(6, NOON + 40 * DAY, { agentId: 'bobby' }),
  ].map((row) => JSON.parse(JSON.stringify(row)) as ClosedConversation);
  const named = (...numbers: number[]) => numbers.map((n) => `conversation-0000${n}`);
  beforeAll(async () => {
    for (const row of rows) await list.put(row);
  });

  test('has the latest first, with all that is kept of them', async () => {
    const page = await list.list({ limit: 100 });
    expect(page).toEqual({ items: [rows[5], rows[3], rows[4], rows[2], rows[1], rows[0]], unreadable: [] });
  });

  test.each<[string, Omit<ClosedQuery, 'limit'>, number[]]>([
    ['from a moment on, itself included', { from: NOON }, [6, 4, 5]],
    ['before a moment, itself excluded', { to: NOON }, [3, 2, 1]],
    ['of a millisecond', { from: NOON - 1, to: NOON }, [3]],
    ['of a day', { from: NOON - 12 * 3_600_000, to: NOON + 12 * 3_600_000 }, [4, 5, 3]],
    ['of no time', { from: NOON, to: NOON }, []],
    ['of a time that runs backwards', { from: NOON, to: NOON - DAY }, []],
    ['of an agent, and not of one whose id begins alike', { agentId: 'bob' }, [5, 3, 2]],
    ['of an agent, in a time', { agentId: 'bob', from: NOON - DAY, to: NOON }, [3, 2]],
    ['of an agent without any', { agentId: 'nobody' }, []],
    ['of a queue', { queue: 'support' }, [5, 1]],
    ['of a queue and a reason', { queue: 'support', reason: 'agent-ended' }, [1]],
    [
      'of everything at once',
      { agentId: 'bob', queue: 'support', reason: 'customer-disconnected', from: NOON },
      [5],
    ],
    [
      'from the first moment there is to the last',
      { from: Date.UTC(1601, 0, 1), to: Date.UTC(9999, 0, 1) },
      [6, 4, 5, 3, 2, 1],
    ],
  ])('finds those %s, on one page or on many', async (_, query, expected) => {
    expect((await searched(query)).ids).toEqual(named(...expected));
    expect((await searched({ ...query, limit: 1 })).ids).toEqual(named(...expected));
  });

  test('is the same after a row was put twice, and without it after it was removed twice', async () => {
    const row = closed(9, NOON);
    for (const _ of [1, 2]) await list.put(row);
    expect((await searched({})).ids).toContain(row.conversationId);
    expect((await searched({ agentId: 'bob' })).ids).toContain(row.conversationId);
    for (const _ of [1, 2]) await list.remove(row);
    expect((await searched({})).ids).not.toContain(row.conversationId);
    expect((await searched({ agentId: 'bob' })).ids).not.toContain(row.conversationId);
  });

  test('names a row that cannot be read, and can remove it', async () => {
    const row = closed(8, NOON);
    await list.put(row);
    const entity = encodeClosedConversation(row);
    await tables.closedConversations.updateEntity({ ...entity, reason: 'Erika was tired' }, 'Replace');
    const page = await list.list({ limit: 100 });
    expect(page.unreadable).toEqual([closedKeys(row).rowKey]);
    expect(page.items).toHaveLength(rows.length);
    await list.remove(row);
    expect((await list.list({ limit: 100 })).unreadable).toEqual([]);
    expect((await searched({ agentId: 'bob' })).ids).not.toContain(row.conversationId);
  });

  test.each(['x', toPublicToken(Buffer.from('{"nextPartitionKey":1}').toString('base64'))])(
    'refuses the token %s',
    async (continuationToken) => {
      await expect(list.list({ limit: 1, continuationToken })).rejects.toThrow(InvalidInputError);
    },
  );
});

describe('with 10,000 conversations of 100 days [R193]', () => {
  const DAYS = 100;
  beforeAll(async () => {
    await emptied(tables.closedConversations);
    const table = tables.closedConversations;
    const all = Array.from({ length: 10_000 }, (_, n) =>
      closed(n, NOON - (n % DAYS) * DAY - Math.floor(n / DAYS) * 1_000, {
        agentId: `agent-${n % 50}`,
        queue: n % 1_000 === 999 ? 'rare' : 'sales',
      }),
    );
    const writeAll = async (keysOf: (one: ClosedConversation) => Keys) => {
      const rows = all.map((one) => encodeClosedConversation(one, keysOf(one)));
      for (const key of new Set(rows.map(({ partitionKey }) => partitionKey))) {
        const some = rows.filter(({ partitionKey }) => partitionKey === key);
        for (let i = 0; i < some.length; i += 100)
          await table.submitTransaction(some.slice(i, i + 100).map((row) => ['upsert', row, 'Replace']));
      }
    };
    await writeAll(closedKeys);
    await writeAll((one) => ({ ...closedKeys(one), partitionKey: `agent.${one.agentId}` }));
  });

  test('a page of the latest costs a request', async () => {
    tables.takeRequests();
    const page = await list.list({ limit: 100 });
    expect(page.items).toHaveLength(100);
    expect(page.items.every(({ closedAt }) => closedAt > NOON - DAY)).toBe(true);
    expect(tables.takeRequests()).toHaveLength(1);
  });

  test('all of them cost a request for each page, and each comes once', async () => {
    const { ids, costs } = await searched({ limit: 500 });
    expect(new Set(ids).size).toBe(10_000);
    expect(ids).toHaveLength(10_000);
    expect(costs.length).toBeLessThanOrEqual(21);
    expect(Math.max(...costs)).toBe(1);
  });

  test('those of an agent cost what the agent has, however long the time is', async () => {
    const { ids, costs } = await searched({ agentId: 'agent-7', from: NOON - 365 * DAY, to: NOON + DAY });
    expect(ids).toHaveLength(200);
    expect(costs.reduce((one, other) => one + other)).toBeLessThanOrEqual(3);
  });

  test('a time reads only its own days', async () => {
    const { ids, costs } = await searched({ from: NOON - 50 * DAY, to: NOON - 49 * DAY, limit: 500 });
    expect(ids).toHaveLength(100);
    expect(costs).toEqual([1]);
  });

  test('a search for what hardly any has is bounded for each request, and comes to its end', async () => {
    const { ids, costs } = await searched({ queue: 'rare', limit: 5 });
    expect(ids).toHaveLength(10);
    expect(Math.max(...costs)).toBeLessThanOrEqual(8);
  });
});

test('a storage that ends its answers early gets a bounded number of questions for a page', async () => {
  let asked = 0;
  const early = {
    listEntities: () => ({
      byPage: () => ({
        next: async () => {
          asked += 1;
          return { value: Object.assign([], { continuationToken: 'e30=' }) };
        },
      }),
    }),
  } as unknown as TableClient;
  const page = await createTableClosedConversations(early, early).list({ limit: 100, queue: 'rare' });
  expect(page).toEqual({ items: [], unreadable: [], continuationToken: 'e30' });
  expect(asked).toBe(8);
});
