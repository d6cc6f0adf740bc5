import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import type { AttemptReport } from '../../../local/web-pubsub';
import { eventually, newId, startSystem, type Row, type System } from './system';

let system: System;
const attempts: AttemptReport[] = [];

beforeAll(async () => {
  system = await startSystem({
    settings: { DISCONNECT_GRACE: 'PT10M' },
    webPubSub: { retryDelaysMs: [500, 1_000, 4_000], onEvent: (attempt) => attempts.push(attempt) },
  });
});
afterEach(() => {
  system.tables.mode = system.taskHub.mode = 'forward';
  system.tables.loseAnswerTo = undefined;
});
afterAll(() => system?.stop());

const rowsOf = async (conversationId: string): Promise<Row[]> =>
  (await system.rows()).filter(
    (row) => row.table === 'Conversations' && row['partitionKey'] === conversationId,
  );
const recordOf = async (conversationId: string): Promise<Row | undefined> =>
  (await rowsOf(conversationId)).find((row) => row['rowKey'] === 'conversation');
const textsOf = async (conversationId: string): Promise<unknown[]> =>
  (await rowsOf(conversationId)).filter((row) => row['rowKey'] !== 'conversation').map((row) => row['text']);
/** The instances of timers that the task hub knows of a conversation. */
const timersOf = async (conversationId: string): Promise<string[]> => {
  const hub = (await system.rows()).filter((row) => /LocalHost$/.test(row.table));
  const ids = JSON.stringify(hub).match(new RegExp(`${conversationId}\\.disconnection\\.\\d+`, 'g'));
  return [...new Set(ids ?? [])].sort();
};

describe('while the tables cannot be reached', () => {
  it('every call answers 503 soon; a repeated event then succeeds with a single effect', async () => {
    const { conversationId, bearer } = await system.born();
    const agent = await system.agent('ann');
    const message = { name: 'message', conversationId, id: '2', body: { text: 'Only once' } };
    const lost = { name: 'disconnected', conversationId, id: '3' };
    const accept = [`v1/conversations/${conversationId}/accept`, { headers: agent.bearer }] as const;

    system.tables.mode = 'refuse';
    const started = Date.now();
    const answers = await Promise.all([
      system.event(message),
      system.event(lost),
      system.event({ name: 'connect', conversationId: newId() }),
      system.call(...accept),
      system.call(`v1/conversations/${conversationId}`, { method: 'GET', headers: bearer }),
      system.call('v1/conversations', { method: 'GET', headers: agent.bearer }),
      system.call('v1/negotiate', { headers: bearer, body: {} }),
    ]);
    expect(Date.now() - started).toBeLessThan(15_000);
    for (const answer of answers) {
      expect(answer.status).toBe(503);
      expect(answer.json).toMatchObject({ code: 'temporarily-unavailable' });
      expect(answer.headers.get('retry-after')).toBe('1');
    }
    // What needs no storage goes on; liveness asks nobody [R362].
    expect((await system.call('health', { method: 'GET' })).status).toBe(200);
    expect((await system.call('v1/negotiate', { body: {} })).status).toBe(200);

    system.tables.mode = 'forward';
    expect(await textsOf(conversationId)).toEqual([]);
    for (let time = 1; time <= 3; time += 1) expect((await system.event(message)).status).toBe(204);
    for (let time = 1; time <= 3; time += 1) expect((await system.event(lost)).status).toBe(204);
    expect((await system.call(...accept)).status).toBe(200);
    expect(await textsOf(conversationId)).toEqual(['Only once', 'Agent has joined the conversation.']);
    expect(await recordOf(conversationId)).toMatchObject({ disconnectionCount: 2, disconnectionNumber: 2 });
    expect(await timersOf(conversationId)).toEqual([1, 2].map((n) => `${conversationId}.disconnection.${n}`));
  });

  it('a message whose save got through, but whose answer was lost, is stored once', async () => {
    const { conversationId } = await system.born();
    const message = { name: 'message', conversationId, id: '2', body: { text: 'Saved, not acknowledged' } };
    system.tables.loseAnswerTo = /\$batch/;
    expect([204, 503]).toContain((await system.event(message)).status);
    expect(system.tables.loseAnswerTo).toBeUndefined();
    expect((await system.event(message)).status).toBe(204);
    expect(await textsOf(conversationId)).toEqual(['Saved, not acknowledged']);
    expect(await recordOf(conversationId)).toMatchObject({ lastSequence: 1 });
  });

  it('a storage that takes requests and never answers is given up in time for a repetition', async () => {
    const { conversationId } = await system.born();
    const message = { name: 'message', conversationId, id: '2', body: { text: 'Patience' } };
    system.tables.mode = 'swallow';
    const started = Date.now();
    expect((await system.event(message)).status).toBe(503);
    expect(Date.now() - started).toBeLessThan(25_000);
    system.tables.mode = 'forward';
    expect((await system.event(message)).status).toBe(204);
    expect(await textsOf(conversationId)).toEqual(['Patience']);
  });

  it('the service itself repeats what it could not tell: a lost socket begins one disconnection', async () => {
    const { conversationId, url } = await system.customer();
    const socket = new WebSocket(url, 'json.webpubsub.azure.v1');
    await once(socket, 'open');
    await eventually(
      () => recordOf(conversationId),
      (record) => record !== undefined && record['liveConnectionIds'] !== '[]',
    );
    system.tables.mode = 'refuse';
    socket.terminate();
    const told = (status: number) =>
      attempts.filter(
        (one) =>
          one.userId === `customer.${conversationId}` &&
          one.eventName === 'disconnected' &&
          one.status === status,
      );
    await eventually(
      async () => told(503).length,
      (count) => count >= 1,
    );
    system.tables.mode = 'forward';
    await eventually(
      async () => told(204).length,
      (count) => count === 1,
    );
    expect(await recordOf(conversationId)).toMatchObject({ disconnectionCount: 2, liveConnectionIds: '[]' });
    expect(await timersOf(conversationId)).toContain(`${conversationId}.disconnection.2`);
  });
});

describe('while the task hub cannot be written', () => {
  it('an event that needs a timer answers 503; the repeated one starts it, once', async () => {
    const { conversationId } = await system.born();
    const lost = { name: 'disconnected', conversationId, id: '3' };
    system.taskHub.mode = 'refuse';
    const failed = await system.event(lost);
    expect(failed.status).toBe(503);
    expect(await recordOf(conversationId)).toMatchObject({ disconnectionCount: 2 });
    system.taskHub.mode = 'forward';
    expect(await timersOf(conversationId)).not.toContain(`${conversationId}.disconnection.2`);
    for (let time = 1; time <= 2; time += 1) expect((await system.event(lost)).status).toBe(204);
    expect(await recordOf(conversationId)).toMatchObject({ disconnectionCount: 2, disconnectionNumber: 2 });
    expect(await timersOf(conversationId)).toEqual([1, 2].map((n) => `${conversationId}.disconnection.${n}`));
  });

  it('events that need no timer are handled', async () => {
    const { conversationId } = await system.born();
    system.taskHub.mode = 'refuse';
    const message = { name: 'message', conversationId, id: '2', body: { text: 'Still here' } };
    expect((await system.event(message)).status).toBe(204);
    expect(await textsOf(conversationId)).toEqual(['Still here']);
  });
});

describe('readiness', () => {
  const ask = async () => {
    const { status, json, text } = await system.call('health/ready', { method: 'GET' });
    const dependencies = json['dependencies'] as { name: string; status: string; ms: number }[];
    expect(text).not.toMatch(/AccountKey|127\.0\.0\.1|localhost|CANARY|ECONN/);
    expect(dependencies.every(({ ms }) => ms % 10 === 0 && ms < 4_000)).toBe(true);
    return { status, failed: dependencies.filter((one) => one.status === 'failed').map(({ name }) => name) };
  };
  const READY = { status: 200, failed: [] };
  const becomes = (expected: object) =>
    eventually(ask, (seen) => JSON.stringify(seen) === JSON.stringify(expected), 30_000);

  it.each([
    ['tables', 'refuse', 'table-storage'],
    ['tables', 'swallow', 'table-storage'],
    ['taskHub', 'refuse', 'durable-functions'],
  ] as const)(
    'names the service that does not do its part, and is 200 when all do again: %s %s [R361 R362]',
    async (which, mode, dependency) => {
      await becomes(READY);
      system[which].mode = mode;
      await becomes({ status: 503, failed: [dependency] });
      expect((await system.call('health', { method: 'GET' })).status).toBe(200);
      system[which].mode = 'forward';
      await becomes(READY);
    },
  );
});

describe('the log of an outage', () => {
  it('has the invocation that the answer names, in its header and in the problem [R360]', async () => {
    await system.born();
    system.tables.mode = 'refuse';
    const { status, headers, json } = await system.event({ name: 'connect', conversationId: newId() });
    system.tables.mode = 'forward';
    const invocationId = headers.get('x-ms-invocation-id');
    expect([status, json['invocationId']]).toEqual([503, invocationId]);
    const lines = system.output().split('\n');
    expect(lines.filter((line) => line.includes(`"invocationId":"${invocationId}"`))).toEqual([
      expect.stringContaining('web-pubsub-events: failed'),
    ]);
  });

  it('names what failed, and no address or key', async () => {
    await system.born();
    system.tables.mode = 'refuse';
    await system.event({ name: 'connect', conversationId: newId() });
    system.tables.mode = 'forward';
    expect(system.output()).toMatch(/table-storage failed at/);
    expect(system.output()).not.toMatch(/AccountKey|SharedKey|Eby8vdM|CANARY|[?&]code=|access_token/);
  });
});
