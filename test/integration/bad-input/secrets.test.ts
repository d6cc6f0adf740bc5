import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import { ACCESS_KEY, eventually, SIGNING_KEY, startSystem, type Row, type System } from './system';

// Words that occur nowhere else, so that finding one is finding a leak.
const NAME = 'CANARY-Erika-Mustermann';
const AGENT_NAME = 'CANARY-Agent-Smith';
const TEXT = 'CANARY-text-of-a-message';
const CONTEXT = 'CANARY-order-number';

let system: System;
let rows: Row[] = [];
const secrets: Record<string, string> = {
  'the access key': ACCESS_KEY,
  'the key that signs tickets': SIGNING_KEY,
};

/** A whole conversation, with everything that a log could be tempted to tell, and all sorts of failures. */
beforeAll(async () => {
  system = await startSystem();
  secrets['the function key'] = system.stack.functionKey;
  const customer = await system.customer({ name: NAME, context: { OrderId: CONTEXT } });
  const agent = await system.agent('ann', AGENT_NAME);
  const { conversationId } = customer;
  for (const [who, { ticket, url }] of Object.entries({ customer, agent })) {
    secrets[`the ticket of the ${who}`] = ticket.split('.')[2] ?? ticket;
    const token = new URL(url).searchParams.get('access_token') ?? '';
    secrets[`the socket token of the ${who}`] = token.split('.')[2] ?? token;
  }
  const call = (path: string) => system.call(path, { headers: agent.bearer, body: {} });

  const socket = new WebSocket(customer.url, 'json.webpubsub.azure.v1');
  await once(socket, 'open');
  const say = (text: string) =>
    socket.send(JSON.stringify({ type: 'event', event: 'message', dataType: 'text', data: text }));
  say(TEXT);
  await call(`v1/conversations/${conversationId}/accept`);
  await eventually(system.rows, (seen) => seen.some((row) => row['text'] === TEXT));

  // Failures of every kind, each with secrets in the request.
  say(`${TEXT}\u0000`);
  const body = { text: TEXT, query: { name: [NAME, NAME] } };
  await system.event({ name: 'connect', conversationId, body });
  await system.event({ name: 'message', conversationId, body: `{"text": ${TEXT}` });
  await system.event({ name: 'message', conversationId, body, headers: { 'ce-signature': 'sha256=00' } });
  await system.event({ name: 'message', conversationId, body, withoutKey: true });
  await system.call('v1/negotiate', { headers: { authorization: `Bearer ${customer.ticket}x` }, body });
  await system.call('v1/negotiate', { headers: agent.bearer, body: { name: NAME, context: [CONTEXT] } });
  await system.call(`v1/conversations/${conversationId}/end`, { headers: customer.bearer, body });
  system.tables.mode = 'refuse';
  await Promise.all([
    system.event({ name: 'message', conversationId, connectionId: 'tab-b', body }),
    system.call(`v1/conversations/${conversationId}`, { method: 'GET', headers: customer.bearer }),
  ]);
  system.tables.mode = 'forward';
  system.stack.webPubSub.control.setRestAvailable(false);
  await system.event({ name: 'message', conversationId, connectionId: 'tab-c', id: '9', body });
  await system.event({ name: 'disconnected', conversationId, connectionId: 'tab-c', id: '10', body });
  system.stack.webPubSub.control.setRestAvailable(true);
  await system.event({ name: 'disconnected', conversationId, connectionId: 'tab-c', id: '10', body });
  await system.event({ name: 'disconnected', conversationId, connectionId: 'tab-b', id: '11', body });

  // The customer is gone: the timer fires and everybody is told.
  socket.terminate();
  rows = await eventually(system.rows, (seen) =>
    seen.some((row) => row['partitionKey'] === conversationId && row['state'] === 'WrapUp'),
  );
  await eventually(
    async () => JSON.stringify((rows = await system.rows())),
    (seen) => seen.includes('expired') && seen.includes('"Completed"'),
  );
}, 180_000);
afterAll(() => system?.stop());

const DATA = { NAME, AGENT_NAME, TEXT, CONTEXT };
const hubRows = () => rows.filter(({ table }) => table !== 'Conversations' && table !== 'WorkList');

describe('after a whole conversation with failures of every kind', () => {
  it('there is something to search: the log has warnings and errors, the task hub has its timers', () => {
    expect(system.output()).toMatch(/refused a request that is not allowed/);
    expect(system.output()).toMatch(/table-storage failed at/);
    expect(hubRows().length).toBeGreaterThan(3);
    expect(JSON.stringify(hubRows())).toContain('conversation-deadline');
    expect(JSON.stringify(rows)).toContain(TEXT);
  });

  it('no secret is in the log of the host', () => {
    const leaked = Object.entries(secrets).filter(([, secret]) => system.output().includes(secret));
    expect(leaked.map(([what]) => what)).toEqual([]);
  });

  it.each(Object.entries(DATA))('the log of the host has no %s', (_what, canary) => {
    expect(system.output()).not.toContain(canary);
  });

  it('no secret is in any table', () => {
    const stored = JSON.stringify(rows);
    expect(Object.keys(secrets).filter((what) => stored.includes(secrets[what] ?? ''))).toEqual([]);
  });

  it.each(Object.entries(DATA))('the task hub has no %s', (_what, canary) => {
    expect(JSON.stringify(hubRows())).not.toContain(canary);
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
