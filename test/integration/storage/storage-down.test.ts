import type { RequestListener } from 'node:http';
import { afterEach, expect, test } from '@jest/globals';
import { NOBODY_CLOSES } from './tables';
import { DependencyError } from '../../../shared/app/errors';
import {
  createTableConversationStore,
  createTableWorkList,
} from '../../../shared/conversation/conversation-table';
import { createTableClients, type TimeLimits } from '../../../shared/storage/table-clients';
import { conversationOf, itemOf, messageOf } from '../../unit/storage/samples';
import { startStubStorage, type StubStorage } from './stub-storage';

let running: StubStorage | undefined;
afterEach(async () => {
  await running?.stop();
  running = undefined;
});

async function storage(answer: RequestListener): Promise<string> {
  running = await startStubStorage(answer);
  return running.connectionString;
}

/** An address where nothing listens any more. */
async function nowhere(): Promise<string> {
  const stub = await startStubStorage(() => undefined);
  await stub.stop();
  return stub.connectionString;
}

const clientsOf = (connectionString: string, timeLimits?: TimeLimits) =>
  createTableClients({ connectionString }, {}, timeLimits && { timeLimits });

async function timed(operation: Promise<unknown>): Promise<{ thrown: unknown; milliseconds: number }> {
  const start = performance.now();
  const thrown: unknown = await operation.then(
    () => 'it succeeded',
    (error: unknown) => error,
  );
  return { thrown, milliseconds: performance.now() - start };
}

test('every operation fails as a dependency within seconds when nothing listens', async () => {
  const clients = clientsOf(await nowhere());
  const store = createTableConversationStore(clients.conversations);
  const list = createTableWorkList(clients.workList, NOBODY_CLOSES);
  const after = conversationOf('conversation-1');
  const operations = [
    store.load('conversation-1'),
    store.save({ before: undefined, after, entries: [] }),
    store.save({
      before: { conversation: after, etag: 'W/"x"', savedAt: 0 },
      after,
      entries: [messageOf(1)],
    }),
    store.transcript('conversation-1', { after: 0, limit: 10 }),
    list.put(itemOf('conversation-1')),
    list.remove('conversation-1'),
    list.list({ limit: 10 }),
    clients.ensureTables(),
  ];
  for (const { thrown, milliseconds } of await Promise.all(operations.map(timed))) {
    expect(thrown).toBeInstanceOf(DependencyError);
    expect(milliseconds).toBeLessThan(10_000);
  }
});

test('a storage that accepts the connection and stays silent is given up', async () => {
  const clients = clientsOf(await storage(() => undefined), { attempt: 150, operation: 60_000 });
  const { thrown, milliseconds } = await timed(createTableConversationStore(clients.conversations).load('c'));
  expect(thrown).toBeInstanceOf(DependencyError);
  expect(milliseconds).toBeLessThan(10_000);
});

test('a storage that asks for an hour of patience is given up', async () => {
  const busy: RequestListener = (_, response) => response.writeHead(503, { 'retry-after': '3600' }).end();
  const clients = clientsOf(await storage(busy), { attempt: 10_000, operation: 300 });
  const { thrown, milliseconds } = await timed(createTableConversationStore(clients.conversations).load('c'));
  expect(thrown).toBeInstanceOf(DependencyError);
  expect(milliseconds).toBeLessThan(10_000);
});

test.each([
  ['TableBeingDeleted', 409],
  ['AuthenticationFailed', 403],
  ['OperationTimedOut', 500],
])('%s (%d) is a failure of the storage, not a conflict', async (code, status) => {
  const answer: RequestListener = (_, response) =>
    response
      .writeHead(status, { 'content-type': 'application/json' })
      .end(JSON.stringify({ 'odata.error': { code, message: { lang: 'en-US', value: code } } }));
  const { conversations } = clientsOf(await storage(answer));
  const save = createTableConversationStore(conversations).save({
    before: undefined,
    after: conversationOf('conversation-1'),
    entries: [],
  });
  await expect(save).rejects.toBeInstanceOf(DependencyError);
  await expect(save).rejects.toHaveProperty('cause.message', expect.stringContaining(`${status} ${code}`));
});

test('tables that could not be ensured are tried again by the next call', async () => {
  let up = false;
  const answer: RequestListener = (_, response) => response.writeHead(up ? 204 : 403).end();
  const clients = clientsOf(await storage(answer));
  await expect(clients.ensureTables()).rejects.toBeInstanceOf(DependencyError);
  up = true;
  await expect(clients.ensureTables()).resolves.toBeUndefined();
});
