import { createHash, createHmac, randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { createTableCustomerIndex } from '../../../shared/access/customers-table';
import type { CustomerIndex } from '../../../shared/conversation/ports';
import { startTables, type Tables } from './tables';

const [KEY, NEXT_KEY] = ['a-key-of-the-index-of-customers-000000', 'the-key-that-comes-after-it-0000000000'];
const indexWith = (...keys: string[]) => createTableCustomerIndex(tables.customers, { keys, now: Date.now });

let tables: Tables;
let index: CustomerIndex;

beforeAll(() => {
  tables = startTables();
  index = indexWith(KEY);
});

test('what is remembered is read as it was, the newest first, by whatever name the site gives its customer', async () => {
  const customerId = `erika/${randomUUID()}?#@shop.example`;
  expect(await index.conversationsOf(customerId)).toEqual({ conversationIds: [] });
  const ids = ['conversation-0002', 'conversation-0001'];
  expect(await index.remember(customerId, ids, undefined)).toBe('saved');
  expect(await index.conversationsOf(customerId)).toEqual({
    conversationIds: ids,
    etag: expect.any(String),
  });
});

test('of two who have read the same, one is saved, and the other is told [R123]', async () => {
  const customerId = randomUUID();
  const one = await Promise.all(
    ['conversation-000a', 'conversation-000b'].map((id) => index.remember(customerId, [id], undefined)),
  );
  expect([...one].sort()).toEqual(['conflict', 'saved']);
  const { conversationIds, etag } = await index.conversationsOf(customerId);
  expect(conversationIds).toHaveLength(1);
  const next = await Promise.all(
    ['conversation-000c', 'conversation-000d'].map((id) =>
      index.remember(customerId, [id, ...conversationIds], etag),
    ),
  );
  expect([...next].sort()).toEqual(['conflict', 'saved']);
});

test('a write whose answer is lost is a conflict that leads to what was written', async () => {
  const customerId = randomUUID();
  await index.remember(customerId, ['conversation-0001'], undefined);
  const { etag } = await index.conversationsOf(customerId);
  tables.loseNextResponse('transaction');
  expect(await index.remember(customerId, ['conversation-0002', 'conversation-0001'], etag)).toBe('conflict');
  expect((await index.conversationsOf(customerId)).conversationIds).toEqual([
    'conversation-0002',
    'conversation-0001',
  ]);
});

const begin = async (customerId: string, id: string, by = index) => {
  const { conversationIds, etag } = await by.conversationsOf(customerId);
  expect(await by.remember(customerId, [id, ...conversationIds], etag)).toBe('saved');
};
const newId = () => `conversation-${randomUUID()}`;
const idsOf = async (customerId: string, by: CustomerIndex) =>
  (await by.everyConversationOf(customerId)).map(({ conversationId }) => conversationId);
/** Keys of every row that names the conversation, but that of its day. */
async function rowsOf(conversationId: string): Promise<string[]> {
  const found: string[] = [];
  for await (const row of tables.customers.listEntities()) {
    if (JSON.stringify(row).includes(conversationId)) found.push(`${row.partitionKey} ${row.rowKey}`);
  }
  return found.filter((name) => !name.startsWith('begun.'));
}
/** As the version before has written it: without a key, and no more than the latest. */
const writeAsBefore = (customerId: string, conversationId: string, earlier: string[]) =>
  tables.customers.createEntity({
    ...{ partitionKey: createHash('sha256').update(customerId).digest('hex'), rowKey: 'latest' },
    ...{ schemaVersion: { type: 'Int32', value: 2 }, conversationId, earlier: JSON.stringify(earlier) },
  });

describe('all conversations of a customer', () => {
  test('are found, also those that it is not offered any more [R205]', async () => {
    const customerId = randomUUID();
    const [first, second] = [newId(), newId()].sort() as [string, string];
    await begin(customerId, first);
    const { etag } = await index.conversationsOf(customerId);
    // The first one has ended.
    await index.remember(customerId, [second], etag);
    expect(await idsOf(customerId, index)).toEqual([first, second]);
    const { begunAt } = (await index.everyConversationOf(customerId))[0] ?? { begunAt: 0 };
    expect(Math.abs(Date.now() - begunAt)).toBeLessThan(60_000);
    expect(await idsOf(randomUUID(), index)).toEqual([]);
  });

  test('are stored under a digest that nobody can make without the key [R205]', async () => {
    const customerId = `erika.${randomUUID()}@shop.example`;
    const id = newId();
    await begin(customerId, id);
    const names = (await rowsOf(id)).join();
    expect(names).not.toContain(customerId);
    for (const key of ['', KEY.slice(1), customerId, id])
      expect(names).not.toContain(createHmac('sha256', key).update(customerId).digest('hex'));
    expect(names).not.toContain(createHash('sha256').update(customerId).digest('hex'));
    expect(await idsOf(customerId, indexWith(NEXT_KEY))).toEqual([]);
  });

  test('go to the new key when its customer is met, and are found before and after [R206]', async () => {
    const customerId = randomUUID();
    const ids = [newId(), newId()].sort();
    for (const id of ids) await begin(customerId, id);
    const rotated = indexWith(NEXT_KEY, KEY);
    expect((await rotated.conversationsOf(customerId)).conversationIds).toEqual(ids.toReversed());
    // Nothing is left under the old key, so it can go.
    expect(await idsOf(customerId, indexWith(KEY))).toEqual([]);
    expect(await idsOf(customerId, indexWith(NEXT_KEY))).toEqual(ids);
    expect((await indexWith(NEXT_KEY).conversationsOf(customerId)).conversationIds).toEqual(ids.toReversed());
  });

  test('of before, without a key, are found and go to the key [R206]', async () => {
    const customerId = randomUUID();
    const ids = [newId(), newId()].sort();
    await writeAsBefore(customerId, ids[1]!, [ids[0]!]);
    expect((await indexWith().conversationsOf(customerId)).conversationIds).toEqual(ids.toReversed());
    expect(await idsOf(customerId, index)).toEqual(ids);
    expect((await index.conversationsOf(customerId)).conversationIds).toEqual(ids.toReversed());
    expect((await rowsOf(ids[0]!)).every((name) => /^(k|c)\./.test(name))).toBe(true);
  });

  test('begun under both keys while instances change are all kept', async () => {
    const customerId = randomUUID();
    const [old, young] = [newId(), newId()];
    await begin(customerId, young, indexWith(NEXT_KEY));
    await begin(customerId, old, indexWith(KEY));
    const rotated = indexWith(NEXT_KEY, KEY);
    expect((await rotated.conversationsOf(customerId)).conversationIds).toEqual([young, old]);
    expect(await idsOf(customerId, rotated)).toEqual([old, young].sort());
  });

  test('are forgotten one by one, and nothing is left at last', async () => {
    const customerId = randomUUID();
    const [first, second] = [newId(), newId()];
    await begin(customerId, first);
    await begin(customerId, second);
    await index.forget(first);
    await index.forget(first);
    expect((await index.conversationsOf(customerId)).conversationIds).toEqual([second]);
    expect(await idsOf(customerId, index)).toEqual([second]);
    expect(await rowsOf(first)).toEqual([]);
    await index.forget(second);
    expect(await index.conversationsOf(customerId)).toEqual({ conversationIds: [] });
    expect(await rowsOf(second)).toEqual([]);
  });

  test('are forgotten under every key, also without one', async () => {
    const customerId = randomUUID();
    const id = newId();
    await writeAsBefore(customerId, id, []);
    // Without a key nothing moves; whoever asks for all of them has them found from now on.
    expect(await idsOf(customerId, indexWith())).toEqual([id]);
    await index.forget(id);
    expect(await rowsOf(id)).toEqual([]);
  });

  test('that never came to be are found by their age', async () => {
    const customerId = randomUUID();
    const id = newId();
    await begin(customerId, id);
    const tomorrow = Date.now() + 24 * 60 * 60_000;
    expect((await index.begunBefore(Date.now(), 500)).map((one) => one.conversationId)).not.toContain(id);
    const begun = (await index.begunBefore(tomorrow, 500)).find((one) => one.conversationId === id);
    await begun?.done();
    expect((await index.begunBefore(tomorrow, 500)).map((one) => one.conversationId)).not.toContain(id);
  });
});

test('rows under a key that is not there any more are noticed [R206]', async () => {
  const own = startTables();
  const indexOver = (...keys: string[]) => createTableCustomerIndex(own.customers, { keys, now: Date.now });
  expect(await indexOver(KEY).hasRowsUnderOtherKeys()).toBe(false);
  await begin(randomUUID(), newId(), indexOver(KEY));
  expect(await indexOver(KEY).hasRowsUnderOtherKeys()).toBe(false);
  expect(await indexOver(NEXT_KEY, KEY).hasRowsUnderOtherKeys()).toBe(false);
  expect(await indexOver(NEXT_KEY).hasRowsUnderOtherKeys()).toBe(true);
  expect(await indexOver().hasRowsUnderOtherKeys()).toBe(true);
});
