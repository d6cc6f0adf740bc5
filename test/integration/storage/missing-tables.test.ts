import { beforeAll, expect, test } from '@jest/globals';
import { createTableClosedConversations } from '../../../shared/closed-conversations/closed-conversations-table';
import {
  createTableConversationStore,
  createTableWorkList,
} from '../../../shared/conversation/conversation-table';
import { createTableClients } from '../../../shared/storage/table-clients';
import { conversationOf, itemOf, messageOf } from '../../unit/storage/samples';
import { startTables, type Tables } from './tables';

let tables: Tables;

beforeAll(async () => {
  tables = startTables();
});

/** The stores over tables nobody has created. */
function stores(name: string) {
  const { connectionString } = tables;
  const clients = createTableClients(
    { connectionString },
    {
      conversations: `${name}Conversations`,
      workList: `${name}WorkList`,
      closedConversations: `${name}Closed`,
    },
  );
  return {
    store: createTableConversationStore(clients.conversations),
    list: createTableWorkList(
      clients.workList,
      createTableClosedConversations(clients.closedConversations, clients.conversations),
    ),
  };
}

const one = { before: undefined, after: conversationOf('conversation-1'), entries: [messageOf(1)] };

test('the first conversation of an empty account is stored, transcript included', async () => {
  const { store } = stores('first');
  expect(await store.save(one)).toEqual({ etag: expect.any(String) });
  expect((await store.transcript('conversation-1', { after: 0, limit: 9 })).entries).toStrictEqual([
    messageOf(1),
  ]);
});

test('an empty account has no conversation, no transcript and an empty list', async () => {
  expect(await stores('second').store.load('conversation-1')).toBeUndefined();
  expect((await stores('third').store.transcript('conversation-1', { after: 0, limit: 9 })).entries).toEqual(
    [],
  );
  expect(await stores('fourth').list.list({ limit: 9 })).toEqual({ items: [], unreadable: [] });
  await stores('fifth').list.remove('conversation-1');
});

test('of many that find no table every one succeeds', async () => {
  const { list } = stores('sixth');
  const items = Array.from({ length: 8 }, (_, i) => itemOf(`conversation-${i}`));
  await Promise.all(items.map((item) => list.put(item)));
  expect((await list.list({ limit: 99 })).items).toHaveLength(8);
});

test('tables are ensured once per process, and an existing one is a success', async () => {
  await tables.ensureTables();
  expect(tables.takeRequests()).toEqual(Array<string>(8).fill('POST Tables'));
  await tables.ensureTables();
  expect(tables.takeRequests()).toEqual([]);
  const { connectionString } = tables;
  await createTableClients({ connectionString }).ensureTables();
});
