import { randomUUID } from 'node:crypto';
import { beforeAll, expect, test } from '@jest/globals';
import { createTableCustomerIndex } from '../../../shared/access/customers-table';
import type { CustomerIndex } from '../../../shared/conversation/ports';
import { startTables, type Tables } from './tables';

let tables: Tables;
let index: CustomerIndex;

beforeAll(() => {
  tables = startTables();
  index = createTableCustomerIndex(tables.customers);
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
  tables.loseNextResponse();
  expect(await index.remember(customerId, ['conversation-0002', 'conversation-0001'], etag)).toBe('conflict');
  expect((await index.conversationsOf(customerId)).conversationIds).toEqual([
    'conversation-0002',
    'conversation-0001',
  ]);
});
