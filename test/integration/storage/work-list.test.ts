import { beforeAll, beforeEach, expect, test } from '@jest/globals';
import { NOBODY_CLOSES } from './tables';
import { InvalidInputError } from '../../../shared/app/errors';
import type { WorkList, WorkListItem } from '../../../shared/conversation/work-list';
import { createTableWorkList, workListKeys } from '../../../shared/conversation/conversation-table';
import { itemOf } from '../../unit/storage/samples';
import { emptied, startTables, type Tables } from './tables';

let tables: Tables;
let list: WorkList;

beforeAll(async () => {
  tables = startTables();
  list = createTableWorkList(tables.workList, NOBODY_CLOSES);
  await tables.ensureTables();
});
beforeEach(async () => {
  await emptied(tables.workList);
  tables.takeRequests();
});

const ids = (items: readonly WorkListItem[]) => items.map(({ conversationId }) => conversationId).sort();
const idsOf = async (query: Parameters<WorkList['list']>[0]) => ids((await list.list(query)).items);

/** Every page of a query. */
async function pages(query: Parameters<WorkList['list']>[0]): Promise<readonly (readonly WorkListItem[])[]> {
  const { items, continuationToken } = await list.list(query);
  return continuationToken === undefined
    ? [items]
    : [items, ...(await pages({ ...query, continuationToken }))];
}

test('what is put is listed as it was, and a second put replaces it', async () => {
  const item = itemOf('conversation-1', {
    agentId: 'anna',
    disconnection: { number: 2, since: 1, deadline: 9 },
  });
  await list.put(item);
  expect((await list.list({ limit: 10 })).items).toStrictEqual([item]);
  await list.put(itemOf('conversation-1', { state: 'WrapUp' }));
  expect((await list.list({ limit: 10 })).items).toStrictEqual([
    itemOf('conversation-1', { state: 'WrapUp' }),
  ]);
});

test('what is removed is gone, and removing it again succeeds', async () => {
  await list.put(itemOf('conversation-1'));
  await list.remove('conversation-1');
  await list.remove('conversation-1');
  expect(await list.list({ limit: 10 })).toEqual({ items: [], unreadable: [] });
});

test('put and remove cost one request each, and a page of all partitions one as well', async () => {
  await list.put(itemOf('conversation-1'));
  await list.remove('conversation-1');
  await list.list({ limit: 10 });
  const row = "WorkList(PartitionKey='shard-4',RowKey='conversation-1')";
  expect(tables.takeRequests()).toEqual([`PUT ${row}`, `DELETE ${row}`, 'GET WorkList()']);
});

test('state and agent narrow the list, and a quote in them changes nothing', async () => {
  await list.put(itemOf('conversation-1'));
  await list.put(itemOf('conversation-2', { state: 'Active', agentId: 'anna' }));
  await list.put(itemOf('conversation-3', { state: 'Active', agentId: 'ben' }));
  await list.put(itemOf('conversation-4', { state: 'WrapUp', agentId: 'anna' }));
  expect(await idsOf({ limit: 10, state: 'Active' })).toEqual(['conversation-2', 'conversation-3']);
  expect(await idsOf({ limit: 10, agentId: 'anna' })).toEqual(['conversation-2', 'conversation-4']);
  expect(await idsOf({ limit: 10, agentId: 'anna', state: 'WrapUp' })).toEqual(['conversation-4']);
  expect(await idsOf({ limit: 10, agentId: "x' or agentId ne 'x" })).toEqual([]);
});

test('the queue narrows the list, and a quote in it changes nothing [R322]', async () => {
  await list.put(itemOf('conversation-1', { queue: 'sales' }));
  await list.put(itemOf('conversation-2', { queue: 'returns', agentId: 'anna' }));
  await list.put(itemOf('conversation-3', { queue: 'returns' }));
  expect(await idsOf({ limit: 10, queue: 'returns' })).toEqual(['conversation-2', 'conversation-3']);
  expect(await idsOf({ limit: 10, queue: 'returns', agentId: 'anna' })).toEqual(['conversation-2']);
  expect(await idsOf({ limit: 10, queue: "x' or queue ne 'x" })).toEqual([]);
});

test('pages cover every partition, each item once, none longer than asked for [R119]', async () => {
  const all = Array.from({ length: 60 }, (_, i) => itemOf(`conversation-${i}`));
  await Promise.all(all.map((item) => list.put(item)));
  const seen = await pages({ limit: 7 });
  expect(seen.map((page) => page.length)).toEqual([7, 7, 7, 7, 7, 7, 7, 7, 4]);
  expect(ids(seen.flat())).toEqual(ids(all));
});

test.each(['x', 'bm9uc2Vuc2U', '../../etc'])(
  'a token %j that the list has not given is invalid input',
  async (token) => {
    await expect(list.list({ limit: 10, continuationToken: token })).rejects.toThrow(InvalidInputError);
    expect(tables.takeRequests()).toEqual([]);
  },
);

test('rows that cannot be read hide nobody else, and are named', async () => {
  await list.put(itemOf('conversation-1'));
  await list.put(itemOf('conversation-2'));
  const keys = workListKeys('conversation-1');
  await tables.workList.updateEntity({ ...keys, schemaVersion: 3 }, 'Merge');
  await tables.workList.upsertEntity({ partitionKey: 'shard-0', rowKey: 'by-hand' }, 'Replace');
  expect(await idsOf({ limit: 10 })).toEqual(['conversation-2']);
  const { unreadable } = await list.list({ limit: 10 });
  const ids = unreadable.map(({ conversationId }) => conversationId);
  expect(ids.sort()).toEqual(['by-hand', 'conversation-1']);
  for (const { writtenAt } of unreadable) expect(Math.abs(writtenAt - Date.now())).toBeLessThan(5 * 60_000);
});
