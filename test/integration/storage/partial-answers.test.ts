import type { RequestListener } from 'node:http';
import { afterEach, expect, test } from '@jest/globals';
import { NOBODY_CLOSES } from './tables';
import { InvalidInputError } from '../../../shared/app/errors';
import { createTableWorkList, encodeWorkListItem } from '../../../shared/conversation/conversation-table';
import { createTableClients } from '../../../shared/storage/table-clients';
import { asRead, itemOf } from '../../unit/storage/samples';
import { startStubStorage, type StubStorage } from './stub-storage';

let stub: StubStorage | undefined;
afterEach(() => stub?.stop());

async function listOver(answer: RequestListener) {
  stub = await startStubStorage(answer);
  const clients = createTableClients({ connectionString: stub.connectionString });
  return createTableWorkList(clients.workList, NOBODY_CLOSES);
}

/** The row of an item as it is on the wire. */
function onTheWire(conversationId: string): object {
  const { partitionKey, rowKey, ...columns } = asRead(encodeWorkListItem(itemOf(conversationId)));
  return { ...columns, PartitionKey: partitionKey, RowKey: rowKey };
}

/** What was asked for: `$top` and the position. */
const askedFor = (url: string | undefined): string => {
  const query = new URL(url ?? '', 'http://x').searchParams;
  return `${query.get('$top')} from ${query.get('NextPartitionKey') ?? 'the start'}`;
};

test('answers that end at a partition boundary are put together to the page that was asked for', async () => {
  const answers = [['c-00000001'], [], ['c-00000002', 'c-00000003'], ['c-00000004']];
  const seen: string[] = [];
  const list = await listOver((request, response) => {
    seen.push(askedFor(request.url));
    const value = (answers.shift() ?? []).map(onTheWire);
    response.setHeader('content-type', 'application/json');
    response.setHeader('x-ms-continuation-NextPartitionKey', `partition-${seen.length}`);
    response.end(JSON.stringify({ value }));
  });
  const first = await list.list({ limit: 3 });
  expect(first.items.map((item) => item.conversationId)).toEqual(['c-00000001', 'c-00000002', 'c-00000003']);
  expect(seen).toEqual(['3 from the start', '2 from partition-1', '2 from partition-2']);
  const { continuationToken = '' } = first;
  await list.list({ limit: 1, continuationToken });
  expect(seen.at(-1)).toBe('1 from partition-3');
});

test('a list that never fills its page ends all the same, and says where to go on', async () => {
  let answers = 0;
  const list = await listOver((_, response) => {
    answers += 1;
    response.setHeader('content-type', 'application/json');
    response.setHeader('x-ms-continuation-NextPartitionKey', 'next');
    response.end('{"value":[]}');
  });
  const { items, continuationToken } = await list.list({ limit: 3 });
  expect(items).toEqual([]);
  expect(continuationToken).toBeDefined();
  expect(answers).toBeLessThan(100);
});

test('a position that the service refuses is invalid input, for it came from the client', async () => {
  const list = await listOver((_, response) =>
    response
      .writeHead(400, { 'content-type': 'application/json' })
      .end('{"odata.error":{"code":"InvalidInput","message":{"lang":"en-US","value":"no"}}}'),
  );
  const continuationToken = Buffer.from('{"nextPartitionKey":"invented"}').toString('base64url');
  await expect(list.list({ limit: 3, continuationToken })).rejects.toThrow(InvalidInputError);
  await expect(list.list({ limit: 3 })).rejects.toHaveProperty('code', 'dependency-failed');
});
