import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import {
  eventually,
  startSystem,
  type Negotiated,
  type Row,
  type StoredFile,
  type System,
} from '../bad-input/system';

// Words that occur nowhere else.
const CUSTOMER_ID = 'CANARY-erika@shop.example';
const NAME = 'CANARY-Erika-Mustermann';
const CONTEXT = 'CANARY-order-number';
const TEXT = 'CANARY-my-number-is-555-0100';
const ANSWER = 'CANARY-i-call-you-at-555-0100';
const CANARIES = [CUSTOMER_ID, NAME, CONTEXT, TEXT, ANSWER];
/** Of somebody who has asked for nothing. */
const BYSTANDER = 'BYSTANDER-name';

let dataDirectory: string;
let system: System;
let before: Row[] = [];
let after: Row[] = [];
let files: readonly StoredFile[] = [];
let log = '';
/** The conversations of the customer: one that has ended, and one that goes on when it is erased. */
const ids: string[] = [];
const answers: Record<string, unknown>[] = [];
let closed: Promise<unknown[]>;
let bystander: Negotiated;

const foundIn = (text: string, words: readonly string[]) => words.filter((word) => text.includes(word));

beforeAll(async () => {
  dataDirectory = mkdtempSync(join(tmpdir(), 'canaries-'));
  system = await startSystem({
    dataDirectory,
    settings: {
      DISCONNECT_GRACE: 'PT10M',
      CUSTOMER_INDEX_KEYS: 'a-key-of-the-index-of-customers-000000',
    },
  });
  const withKey = { 'x-functions-key': system.stack.functionKey };
  const agent = await system.agent('ann', 'Ann');
  bystander = await system.customer({ name: BYSTANDER });
  const open = async ({ url }: Negotiated) => {
    const socket = new WebSocket(url, 'json.webpubsub.azure.v1');
    await once(socket, 'open');
    return socket;
  };
  await open(bystander);

  for (const isOver of [true, false]) {
    const body = { customerId: CUSTOMER_ID, name: NAME, context: { OrderId: CONTEXT } };
    const negotiated = (await system.call('v1/customers/negotiate', { headers: withKey, body })).json;
    const { conversationId } = negotiated as unknown as Negotiated;
    ids.push(conversationId);
    const socket = await open(negotiated as unknown as Negotiated);
    closed = once(socket, 'close');
    const say = (text: string) =>
      socket.send(JSON.stringify({ type: 'event', event: 'message', dataType: 'text', data: text }));
    say(TEXT);
    const path = `v1/conversations/${conversationId}`;
    await eventually(
      () => system.call(`${path}/accept`, { headers: agent.bearer }),
      ({ status }) => status === 200,
    );
    const answer = { text: ANSWER, conversationId };
    expect((await system.event({ name: 'message', userId: 'agent.ann', body: answer })).status).toBe(204);
    await eventually(system.rows, (rows) => rows.some((row) => row['text'] === TEXT));
    // A timer that runs, and one that has been told to stop.
    await system.event({ name: 'connected', conversationId, connectionId: 'tab-x', id: '5' });
    await system.event({ name: 'disconnected', conversationId, connectionId: 'tab-x', id: '6' });
    if (isOver) await system.event({ name: 'leave', conversationId, connectionId: 'tab-x', id: '7' });
  }
  before = await system.rows();
  const request = { headers: withKey, body: { customerId: CUSTOMER_ID } };
  await system.call('v1/customers/erase', { ...request, body: { customerId: CUSTOMER_ID, name: NAME } });
  system.tables.mode = 'refuse';
  await system.call('v1/customers/erase', request);
  await system.call('v1/customers/export', request);
  system.tables.mode = 'forward';
  const erasure = () => system.call('v1/customers/erase', request);
  await eventually(erasure, ({ status, json }) => {
    if (status === 200) answers.push(json);
    return json['status'] === 'erased';
  });
  after = await system.rows();
  const path = `v1/conversations/${bystander.conversationId}`;
  const theirs = await system.call(path, { method: 'GET', headers: bystander.bearer });
  expect(theirs.text).toContain(BYSTANDER);
  files = await system.stopAndRead();
  log = system.output();
});
afterAll(async () => {
  await system?.stop();
  rmSync(dataDirectory, { recursive: true, force: true });
});

describe('of a customer who was erased', () => {
  it('there was something in every table, and in the task hub', () => {
    expect(foundIn(JSON.stringify(before), CANARIES)).toEqual([NAME, CONTEXT, TEXT, ANSWER]);
    for (const id of ids) {
      const tables = new Set(
        before.filter((row) => JSON.stringify(row).includes(id)).map(({ table }) => table),
      );
      const known = ['Conversations', 'WorkList', 'AgentCapacity', 'Customers'];
      expect([...tables]).toEqual(expect.arrayContaining(known));
      expect([...tables].some((name) => !known.includes(name))).toBe(true);
    }
  });

  it('both conversations are told to be erased, each once', () => {
    const erased = answers.flatMap(({ erased }) => erased as { conversationId: string }[]);
    expect(erased.map(({ conversationId }) => conversationId).sort()).toEqual([...ids].sort());
    expect(answers.at(-1)).toMatchObject({ remaining: [], incomplete: false });
  });

  it('the socket that was open is closed', async () => {
    await closed;
  });

  it('no row of any table has a name, a text, a context or the id [R200]', () => {
    expect(foundIn(JSON.stringify(after), CANARIES)).toEqual([]);
    expect(JSON.stringify(after)).toContain(BYSTANDER);
  });

  it('what still names the conversations is their tombstones, and what leads to their removal', () => {
    for (const id of ids) {
      const left = after.filter((row) => JSON.stringify(row).includes(id));
      const names = left.map((row) => `${row.table} ${String(row['partitionKey']).replace(/\..*/, '')}`);
      expect([...new Set(names)].sort()).toEqual([
        `Conversations ${id}`,
        'Customers begun',
        'Erasures tombstones',
        'Erasures unfinished',
      ]);
    }
  });

  it('no file of the storage has them: no table, no blob, no queue', () => {
    expect(files.length).toBeGreaterThan(2);
    expect(files.some(({ content }) => content.includes(BYSTANDER))).toBe(true);
    for (const { name, content } of files) {
      expect([name, foundIn(content, CANARIES)]).toEqual([name, []]);
    }
  });

  it('no line of the log has them', () => {
    expect(log).toMatch(/erase-customer: refused a request/);
    expect(log).toMatch(/erase-customer: failed/);
    expect(foundIn(log, CANARIES)).toEqual([]);
  });
});
