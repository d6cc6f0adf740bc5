import { once } from 'node:events';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import { eventually, startSystem, type Negotiated, type System } from './bad-input/system';

let system: System;
const sockets: WebSocket[] = [];
beforeAll(async () => {
  system = await startSystem({ settings: { DISCONNECT_GRACE: 'PT10M' } });
});
afterAll(async () => {
  for (const socket of sockets) socket.terminate();
  await system?.stop();
});

/** An agent at its desk: a real socket, and what it has been told, in order. */
async function desk(agentId: string, queues?: readonly string[]) {
  const answer = await system.call('v1/agents/negotiate', {
    headers: { 'x-functions-key': system.stack.functionKey },
    body: { agentId, ...(queues && { queues }) },
  });
  expect([answer.status, answer.text]).toEqual([200, expect.any(String)]);
  const { url, ticket } = answer.json as unknown as Negotiated;
  const socket = await open(url);
  const told: { conversationId: string; type: string }[] = [];
  socket.on('message', (text: Buffer) => {
    const frame = JSON.parse(text.toString()) as { type: string; data: (typeof told)[number] };
    if (frame.type === 'message') told.push(frame.data);
  });
  return {
    heardOf: (id: string) =>
      told.filter((one) => one.conversationId === id && one.type !== 'notice').map(({ type }) => type),
    call: (path: string, body?: object) =>
      system.call(`v1/${path}`, {
        headers: { authorization: `Bearer ${ticket}` },
        ...(body === undefined ? { method: 'GET' } : { body }),
      }),
  };
}

async function open(url: string): Promise<WebSocket> {
  const socket = new WebSocket(url, 'json.webpubsub.azure.v1');
  sockets.push(socket);
  // The frame `connected`, not the handshake: only then the service knows the socket.
  await once(socket, 'message');
  return socket;
}

it('agents hear of their queues and of their own conversations, those without queues of everything [R320] [R321] [R322]', async () => {
  const everything = await desk('eve');
  const sales = await desk('sam', ['sales']);
  const seller = await desk('sue', ['sales']);
  const billing = await desk('bob', ['billing', 'default']);
  const customer = await system.customer({ queue: 'sales' });
  const { conversationId: id } = customer;
  const line = await open(customer.url);
  const until = (who: typeof sales, type: string) =>
    eventually(
      async () => who.heardOf(id),
      (heard) => heard.includes(type),
    );
  const act = async (who: typeof sales, action: string, body: object = {}) =>
    expect((await who.call(`conversations/${id}/${action}`, body)).status).toBe(200);

  await until(seller, 'customer-connected');
  await act(seller, 'accept');
  await act(seller, 'transfer', { queue: 'billing' });
  await until(billing, 'conversation-queued');
  await until(sales, 'conversation-queued');
  const listed = async (queue: string) =>
    (
      (await everything.call(`conversations?queue=${queue}`)).json['items'] as { conversationId: string }[]
    ).map(({ conversationId }) => conversationId);
  expect([await listed('sales'), await listed('billing')]).toEqual([[], [id]]);
  // An agent of another queue takes it all the same: it hears of what it has.
  await act(sales, 'accept');
  line.send(JSON.stringify({ type: 'event', event: 'leave', dataType: 'json', data: {} }));
  await Promise.all([everything, billing, sales].map((who) => until(who, 'conversation-ended')));

  const opened = ['conversation-opened', 'customer-connected', 'conversation-assigned'];
  const rest = ['conversation-queued', 'conversation-assigned', 'conversation-ended'];
  expect(everything.heardOf(id)).toEqual([...opened, ...rest]);
  expect(sales.heardOf(id)).toEqual([...opened, ...rest]);
  expect(billing.heardOf(id)).toEqual(rest);
  expect(seller.heardOf(id)).toEqual([...opened, 'conversation-queued']);
}, 120_000);

it('a queue that is none is refused by name [R320] [R322]', async () => {
  const { call } = await desk('kim');
  const answer = await call('conversations?queue=a%20b');
  expect([answer.status, answer.json['field']]).toEqual([400, 'query.queue']);
  const negotiated = await system.call('v1/agents/negotiate', {
    headers: { 'x-functions-key': system.stack.functionKey },
    body: { agentId: 'kim', queues: ['sales', ''] },
  });
  expect([negotiated.status, negotiated.json['field']]).toEqual([400, 'body.queues.1']);
});
