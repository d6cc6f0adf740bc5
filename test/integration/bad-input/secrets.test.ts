import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import { LOCAL_MASTER_KEY } from '../../../local/stack/stack';
import {
  ACCESS_KEY,
  eventually,
  SIGNING_KEY,
  startSystem,
  type AnswerTo,
  type Row,
  type StoredFile,
  type System,
} from './system';

// Words that occur nowhere else, so that finding one is finding a leak.
const NAME = 'CANARY-Erika-Mustermann';
const AGENT_NAME = 'CANARY-Agent-Smith';
const TEXT = 'CANARY-text-of-a-message';
const CONTEXT = 'CANARY-order-number';
const CUSTOMER_ID = 'CANARY-customer-of-the-site';
const NOTICE = 'CANARY-wording-of-an-operator';
const SECOND_ACCESS_KEY = 'CANARY-second-access-key-0123456789-0123456789';
const PREVIOUS_SIGNING_KEY = 'CANARY-previous-signing-key-0123456789-012345';

/** Files of an Azurite of its own, to be searched. */
let dataDirectory: string;
let system: System;
let rows: Row[] = [];
let answers: readonly AnswerTo[] = [];
let files: readonly StoredFile[] = [];
let log = '';

/** Never to be found anywhere. */
const keys: Record<string, string> = {
  'the access key': ACCESS_KEY,
  'the second access key': SECOND_ACCESS_KEY,
  'the key that signs tickets': SIGNING_KEY,
  'the key that signed tickets before': PREVIOUS_SIGNING_KEY,
  'the master key': LOCAL_MASTER_KEY,
  "Azurite's account key":
    'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==',
};
/** To be found in the answer that hands them out, and nowhere else. By their signatures: the rest names ids only. */
const tokens: Record<string, string> = {};
const DATA = { NAME, AGENT_NAME, TEXT, CONTEXT, CUSTOMER_ID, NOTICE };

const signatureOf = (token: unknown): string => {
  const signature = String(token).split('.')[2] ?? '';
  if (signature.length < 20) throw new Error('this is no token');
  return signature;
};
/** The canaries that a text contains, by what they are. */
const foundIn = (text: string, canaries: Readonly<Record<string, string>>): string[] =>
  Object.keys(canaries).filter((what) => text.includes(canaries[what] ?? ''));

/** A whole conversation, with everything that a log could be tempted to tell, and all sorts of failures. */
beforeAll(async () => {
  dataDirectory = mkdtempSync(join(tmpdir(), 'secrets-'));
  system = await startSystem({
    dataDirectory,
    settings: {
      WEB_PUBSUB_CONNECTION_STRING_SECONDARY: `Endpoint=http://localhost;AccessKey=${SECOND_ACCESS_KEY};`,
      TICKET_SIGNING_KEY_PREVIOUS: PREVIOUS_SIGNING_KEY,
    },
  });
  keys['the function key'] = system.stack.functionKey;
  const withKey = { 'x-functions-key': system.stack.functionKey };
  const replaces = { ...withKey, 'if-none-match': '*' };
  const override = { method: 'PUT', headers: replaces, body: { text: NOTICE } };
  expect((await system.call('v1/automated-messages/agent-joined', override)).status).toBe(200);
  const policies = { rules: [{ id: 'soon', when: {}, set: { grace: 'PT2S' } }] };
  expect(
    (await system.call('v1/policies', { method: 'PUT', headers: replaces, body: policies })).status,
  ).toBe(200);

  const profile = { name: NAME, context: { OrderId: CONTEXT } };
  const customer = await system.customer(profile);
  const agent = await system.agent('ann', AGENT_NAME);
  const known = await system.call('v1/customers/negotiate', {
    headers: withKey,
    body: { ...profile, customerId: CUSTOMER_ID },
  });
  const { conversationId } = customer;
  const handedOut = { customer, agent, 'known customer': known.json as unknown as typeof customer };
  for (const [who, { ticket, url }] of Object.entries(handedOut)) {
    tokens[`the ticket of the ${who}`] = signatureOf(ticket);
    tokens[`the socket token of the ${who}`] = signatureOf(new URL(url).searchParams.get('access_token'));
  }
  const path = `v1/conversations/${conversationId}`;

  const socket = new WebSocket(customer.url, 'json.webpubsub.azure.v1');
  await once(socket, 'open');
  const say = (text: string) =>
    socket.send(JSON.stringify({ type: 'event', event: 'message', dataType: 'text', data: text }));
  say(TEXT);
  await system.call(`${path}/accept`, { headers: agent.bearer });
  await eventually(system.rows, (seen) => seen.some((row) => row['text'] === TEXT));
  for (const { bearer } of [customer, agent]) await system.call(path, { method: 'GET', headers: bearer });
  await system.call('v1/conversations', { method: 'GET', headers: agent.bearer });

  // Failures of every kind, each with secrets in the request.
  say(`${TEXT}\u0000`);
  const body = { text: TEXT, query: { name: [NAME, NAME] } };
  const customersEvent = { name: 'message', conversationId, body };
  for (const parts of [
    { name: 'connect' },
    { name: 'connect', body: { query: { [CONTEXT]: [TEXT], locale: [NAME] } } },
    { body: `{"text": ${TEXT}` },
    { headers: { 'ce-signature': 'sha256=00' } },
    { headers: { 'ce-userId': NAME } },
    { headers: { 'ce-time': TEXT } },
    { withoutKey: true },
    { userId: 'agent.bob', body: { conversationId, text: TEXT } },
  ])
    await system.event({ ...customersEvent, ...parts });
  const put = { method: 'PUT', headers: replaces };
  for (const [route, sent] of [
    ['v1/negotiate', { headers: { authorization: `Bearer ${customer.ticket}x` }, body }],
    ['v1/negotiate', { headers: { authorization: `Basic ${SIGNING_KEY}` }, body }],
    ['v1/negotiate', { headers: agent.bearer, body: { name: NAME, context: [CONTEXT] } }],
    ['v1/negotiate', { body: { reconnectId: customer.ticket } }],
    ['v1/negotiate', { body: { locale: NAME, context: { [`${CONTEXT} ?`]: TEXT } } }],
    ['v1/policies', { ...put, body: { rules: [{ id: NAME, set: TEXT }] } }],
    [
      'v1/automated-messages/agent-joined',
      { ...put, headers: withKey, body: { text: `${NOTICE} {Unknown}` } },
    ],
    [`${path}/end`, { headers: customer.bearer, body }],
    [`${path}/offer`, { headers: agent.bearer, body: { agentId: NAME, agentName: `${AGENT_NAME}\n` } }],
    [`${path}/transfer`, { headers: agent.bearer, body: { queue: TEXT.repeat(9) } }],
    [`${path}/extend-wait`, { headers: agent.bearer, body: { by: TEXT } }],
  ] as const)
    await system.call(route, sent);
  const writing = (connectionId: string, id: string) => system.event({ ...customersEvent, connectionId, id });
  const losing = (connectionId: string, id: string) =>
    system.event({ ...customersEvent, name: 'disconnected', connectionId, id });
  system.tables.mode = 'refuse';
  await Promise.all([
    writing('tab-b', '1'),
    system.call(path, { method: 'GET', headers: customer.bearer }),
    system.call('v1/customers/negotiate', { headers: withKey, body: { customerId: CUSTOMER_ID } }),
    system.call('v1/automated-messages/agent-joined', override),
  ]);
  system.tables.mode = 'forward';
  system.stack.webPubSub.control.setRestAvailable(false);
  await writing('tab-c', '9');
  await losing('tab-c', '10');
  system.stack.webPubSub.control.setRestAvailable(true);
  await losing('tab-c', '10');
  await losing('tab-b', '11');
  const lonely = await system.born('tab-d');
  system.taskHub.mode = 'refuse';
  const lost = { ...lonely, name: 'disconnected', connectionId: 'tab-d', id: '12', body };
  expect((await system.event(lost)).status).toBe(503);
  system.taskHub.mode = 'forward';

  // The customer is gone: the timer fires and everybody is told.
  socket.terminate();
  rows = await eventually(system.rows, (seen) =>
    seen.some((row) => row['partitionKey'] === conversationId && row['state'] === 'WrapUp'),
  );
  await eventually(
    async () => JSON.stringify((rows = await system.rows())),
    (seen) => seen.includes('expired') && seen.includes('"Completed"'),
  );
  await system.call('v1/negotiate', { headers: customer.bearer, body: { name: NAME } });
  answers = system.answers;
  files = await system.stopAndRead();
  log = system.output();
});
afterAll(async () => {
  await system?.stop();
  rmSync(dataDirectory, { recursive: true, force: true });
});

/** Where names, texts and wordings belong. */
const HOME_OF_DATA = ['Conversations', 'WorkList', 'Settings', 'Customers'];
/** And the one other place: the list of agents shows the name that a desk has given. */
const isAgentsName = (table: string, column: string) => table === 'AgentCapacity' && column === 'name';
const hubRows = () =>
  rows
    .filter(({ table }) => !HOME_OF_DATA.includes(table))
    .map((row) => Object.fromEntries(Object.entries(row).filter(([name]) => !isAgentsName(row.table, name))));

describe('after a whole conversation with failures of every kind', () => {
  it('there is something to search: warnings and errors, timers, refusals, stored texts', () => {
    expect(log).toMatch(/refused a request that is not allowed/);
    expect(log).toMatch(/table-storage failed at/);
    expect(log).toMatch(/web-pubsub failed at/);
    expect(log).toMatch(/durable-functions failed at/);
    expect(hubRows().length).toBeGreaterThan(3);
    expect(JSON.stringify(hubRows())).toContain('conversation-deadline');
    const stored = files.map(({ content }) => content).join();
    expect(foundIn(stored, { NAME, AGENT_NAME, TEXT, CONTEXT, NOTICE })).toHaveLength(5);
    const refused = answers.map(({ status }) => status).filter((status) => status >= 400);
    expect(new Set(refused)).toEqual(new Set([400, 401, 403, 409, 503]));
    expect(Object.keys(tokens)).toHaveLength(6);
  });

  it('the log of the host has no key, no token, and nothing that people said', () => {
    expect(foundIn(log, { ...keys, ...tokens, ...DATA })).toEqual([]);
  });

  it('no key is in any answer, and tokens are only where they are handed out', () => {
    for (const { path, status, text } of answers) {
      expect([path, foundIn(text, keys)]).toEqual([path, []]);
      const handsOut = status === 200 && path.endsWith('negotiate');
      if (!handsOut) expect([path, foundIn(text, tokens)]).toEqual([path, []]);
    }
  });

  it('no refusal and no answer to the service repeats what was sent', () => {
    for (const { path, status, text } of answers) {
      if (status < 400 && !path.startsWith('web-pubsub')) continue;
      expect([path, status, foundIn(text, DATA)]).toEqual([path, status, []]);
    }
  });

  it('no header of an answer has any of it', () => {
    const headers = answers.map((answer) => JSON.stringify([...answer.headers])).join();
    expect(foundIn(headers, { ...keys, ...tokens, ...DATA })).toEqual([]);
  });

  it('nothing that Azurite has stored has a key or a token: no table, no blob, no queue', () => {
    const names = files.map(({ name }) => name);
    for (const kind of ['blob', 'queue', 'table'])
      expect(names).toContainEqual(expect.stringContaining(kind));
    for (const { name, content } of files) {
      expect([name, foundIn(content, { ...keys, ...tokens })]).toEqual([name, []]);
    }
  });

  it('names, texts and wordings are in their own tables only: not in the task hub, no blob, no queue', () => {
    expect(foundIn(JSON.stringify(hubRows()), DATA)).toEqual([]);
    for (const { name, content } of files) {
      if (/table/.test(name)) continue;
      expect([name, foundIn(content, DATA)]).toEqual([name, []]);
    }
    const tables = JSON.parse(files.find(({ name }) => /db_table/.test(name))?.content ?? '{}') as {
      collections: { name: string; data: unknown[] }[];
    };
    const others = tables.collections.filter(({ name }) => !HOME_OF_DATA.includes(name.split('$')[1] ?? ''));
    expect(others.map(({ name }) => name)).toContain('devstoreaccount1$AgentCapacity');
    for (const { name, data } of others) {
      const [, table = ''] = name.split('$');
      const text = JSON.stringify(data, (key, value: unknown) =>
        isAgentsName(table, key) ? undefined : value,
      );
      expect([name, foundIn(text, DATA)]).toEqual([name, []]);
    }
  });

  it("an agent's name is in the agent's own row as well, in the column of names, and nothing else is", () => {
    const found = rows
      .filter(({ table }) => table === 'AgentCapacity')
      .flatMap(({ partitionKey, rowKey, ...row }) =>
        Object.entries({ partitionKey, rowKey, ...row }).flatMap(([column, value]) => {
          const canaries = foundIn(String(value), DATA);
          return canaries.length === 0 ? [] : [[partitionKey, rowKey, column, canaries]];
        }),
      );
    expect(found).toEqual([['ann', 'agent', 'name', ['AGENT_NAME']]]);
  });

  it("a customer's id at its site is stored as a digest only", () => {
    // The latest, one of all, the way back to them, and the day.
    expect(rows.filter(({ table }) => table === 'Customers')).toHaveLength(4);
    for (const { name, content } of files) {
      expect([name, content.includes(CUSTOMER_ID)]).toEqual([name, false]);
    }
  });

  it('the task hub knows ids and times only', () => {
    const inputs = JSON.stringify(hubRows()).match(/\{\\+"conversationId\\+":[^}]*\}/g) ?? [];
    expect(inputs.length).toBeGreaterThan(0);
    for (const input of inputs) {
      expect(Object.keys(JSON.parse(input.replaceAll(/\\+"/g, '"')) as object).sort()).toEqual([
        'conversationId',
        'deadline',
        'kind',
        'number',
      ]);
    }
  });
});
