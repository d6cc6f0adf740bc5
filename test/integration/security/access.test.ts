import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SignJWT } from 'jose';
import { WebSocket } from 'ws';
import { AGENT_ACTIONS } from '../../../shared/conversation/inputs';
import {
  eventually,
  newId,
  startSystem,
  type Answer,
  type Call,
  type Negotiated,
  type System,
} from '../bad-input/system';

const SECOND_ACCESS_KEY = 'the-second-access-key-of-the-service-0123456789';
const PREVIOUS_SIGNING_KEY = 'the-key-that-signed-tickets-before-0123456789';

let system: System;
beforeAll(async () => {
  system = await startSystem({
    settings: {
      DISCONNECT_GRACE: 'PT10M',
      RECONNECT_ENABLED: 'true',
      WEB_PUBSUB_CONNECTION_STRING_SECONDARY: `Endpoint=http://localhost;AccessKey=${SECOND_ACCESS_KEY};Version=1.0;`,
      TICKET_SIGNING_KEY_PREVIOUS: PREVIOUS_SIGNING_KEY,
    },
  });
});
afterAll(() => system?.stop());

/** Every route that names a conversation, and every other one that a ticket opens. */
const routesOf = (id: string): [string, Call][] => [
  [`v1/conversations/${id}`, { method: 'GET' }],
  [`v1/conversations/${id}?after=0&limit=1`, { method: 'GET' }],
  [`v1/conversations/${id}/policies`, { method: 'GET' }],
  ...AGENT_ACTIONS.map((action): [string, Call] => [
    `v1/conversations/${id}/${action}`,
    { body: { agentId: 'ann', queue: 'sales', by: 'PT1M' } },
  ]),
];

/** All that a caller can see of an answer; only the date and the invocation differ from one to the next. */
const visible = ({ status, headers, text }: Answer) => {
  const invocation = headers.get('x-ms-invocation-id') ?? 'none';
  return {
    status,
    headers: [...headers].filter(([name]) => !['date', 'x-ms-invocation-id'].includes(name)),
    text: text.replaceAll(invocation, 'its invocation'),
  };
};

const accepted = async (agentId: string) => {
  const customer = await system.born();
  const agent = await system.agent(agentId);
  const path = `v1/conversations/${customer.conversationId}/accept`;
  expect((await system.call(path, { headers: agent.bearer })).status).toBe(200);
  return { customer, agent };
};

/** The status of a handshake with this URL; 101 when it succeeded, in which case the socket is closed again. */
const handshake = (url: string): Promise<number> =>
  new Promise((resolve) => {
    const socket = new WebSocket(url, 'json.webpubsub.azure.v1');
    socket.on('error', () => undefined);
    socket.on('unexpected-response', (_request, { statusCode = 0 }) => resolve(statusCode));
    socket.on('open', () => {
      socket.close();
      resolve(101);
    });
  });

describe("a customer's ticket", () => {
  it('gets the same answer for a conversation of somebody else and for one that does not exist', async () => {
    const { conversationId } = await system.born();
    const { bearer } = await system.born('tab-b');
    const existing = routesOf(conversationId);
    const unknown = routesOf(newId());
    const malformed = routesOf('NO-ID');
    const rows = await system.rows();
    for (const [at, [path, call]] of existing.entries()) {
      const ask = async (route: [string, Call] | undefined) =>
        visible(await system.call(route?.[0] ?? '', { ...route?.[1], headers: bearer }));
      const answer = await ask([path, call]);
      expect([path, answer.status]).toEqual([path, 403]);
      expect(answer.text).toContain('"not-allowed"');
      expect(await ask(unknown[at])).toEqual(answer);
      expect(await ask(malformed[at])).toEqual(answer);
    }
    const resume = async (id: string) =>
      visible(await system.call('v1/negotiate', { headers: bearer, body: { conversationId: id } }));
    const resumed = await resume(conversationId);
    expect([resumed.status, await resume(newId())]).toEqual([403, resumed]);
    expect(await system.rows()).toEqual(rows);
  });

  it('is no key: the same 401 for every id, and for every route of operators', async () => {
    const { conversationId, bearer } = await system.born();
    for (const [, headers] of [
      ['nobody', {}],
      ['the customer', bearer],
    ] as const) {
      const routes: [string, Call][] = [
        ['v1/policies', { method: 'GET' }],
        ['v1/policies', { method: 'PUT', body: {} }],
        ['v1/automated-messages', { method: 'GET' }],
        ['v1/automated-messages/agent-joined', { method: 'PUT', body: { text: 'x' } }],
        ['v1/automated-messages/agent-joined', { method: 'DELETE' }],
        ['v1/agents/ann/capacity', { method: 'GET' }],
        ['v1/agents/ann/capacity', { method: 'PUT', body: { capacityUnits: 1 } }],
        ['v1/agents/negotiate', { body: { agentId: 'ann' } }],
        ['v1/customers/negotiate', { body: { customerId: conversationId } }],
        [`v1/conversations/${conversationId}/reconnect-link`, { method: 'GET' }],
        ['v1/dead-letters', { method: 'GET' }],
        ['v1/closed-conversations', { method: 'GET' }],
        [`v1/conversations/${conversationId}/transcript`, { method: 'GET' }],
        [`v1/dead-letters/${conversationId}.unreadable-row/replay`, {}],
        [`v1/conversations/${conversationId}`, { method: 'DELETE' }],
        [`v1/conversations/${conversationId}/export`, { method: 'GET' }],
        ['v1/customers/erase', { body: { customerId: conversationId } }],
        ['v1/customers/export', { body: { customerId: conversationId } }],
      ];
      for (const [path, call] of routes) {
        const answer = await system.call(path, { ...call, headers });
        expect([path, call.method, answer.status]).toEqual([path, call.method, 401]);
      }
    }
    const without = async (id: string) =>
      visible(await system.call('v1/negotiate', { body: { conversationId: id } }));
    expect(await without(newId())).toEqual(await without(conversationId));
  });

  it('shows nothing of what agents see', async () => {
    const { bearer } = await system.born();
    for (const path of ['v1/conversations', 'v1/my-capacity']) {
      const answer = await system.call(path, { method: 'GET', headers: bearer });
      expect([path, answer.status, answer.json['code']]).toEqual([path, 403, 'not-allowed']);
    }
  });
});

describe("an agent's ticket", () => {
  it("opens no operator's route, and resumes no customer's conversation", async () => {
    const { conversationId } = await system.born();
    const { bearer } = await system.agent('ann');
    const link = `v1/conversations/${conversationId}/reconnect-link`;
    for (const path of ['v1/policies', 'v1/automated-messages', 'v1/agents/ann/capacity', link]) {
      const answer = await system.call(path, { method: 'GET', headers: bearer });
      expect([path, answer.status]).toEqual([path, 401]);
    }
    const resumed = await system.call('v1/negotiate', { headers: bearer, body: { conversationId } });
    expect(resumed.status).toBe(400);
  });

  it('does nothing to the conversation of another agent', async () => {
    const { customer } = await accepted('owner');
    const { bearer } = await system.agent('thief');
    const path = `v1/conversations/${customer.conversationId}`;
    const bodies = {
      offer: { agentId: 'thief' },
      transfer: { queue: 'sales' },
      'extend-wait': { by: 'PT1M' },
    };
    for (const action of AGENT_ACTIONS) {
      const body = (bodies as Partial<Record<string, object>>)[action] ?? {};
      const answer = await system.call(`${path}/${action}`, { headers: bearer, body });
      expect([action, answer.status]).toEqual([action, 409]);
    }
    const { json } = await system.call(path, { method: 'GET', headers: bearer });
    expect(json['conversation']).toMatchObject({ state: 'Active', agent: { id: 'owner', accepted: true } });
    const said = await system.event({
      name: 'message',
      userId: 'agent.thief',
      body: { conversationId: customer.conversationId, text: 'Your password, please?' },
    });
    expect(said.json).toMatchObject({ type: 'refused', code: 'not-assigned-to-you' });
  });
});

describe('a socket', () => {
  it('opens for nobody else than the one its URL was signed for', async () => {
    const { conversationId } = await system.born();
    const { url } = await system.customer();
    const [head, payload = '', signature] = (new URL(url).searchParams.get('access_token') ?? '').split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
    const withClaims = (changes: object): string => {
      const changed = Buffer.from(JSON.stringify({ ...claims, ...changes })).toString('base64url');
      const forged = new URL(url);
      forged.searchParams.set('access_token', [head, changed, signature].join('.'));
      return forged.href;
    };
    expect(await handshake(withClaims({ sub: `customer.${conversationId}` }))).toBe(401);
    expect(await handshake(withClaims({ sub: 'agent.ann', role: ['webpubsub.sendToGroup'] }))).toBe(401);
    const expires = Number(claims['exp']) - Number(claims['iat'] ?? claims['nbf']);
    expect(expires).toBeLessThanOrEqual(10 * 60);
    expect(await handshake(withClaims({}))).toBe(101);
  });

  it('of a customer joins no group and sends to none', async () => {
    const { conversationId } = await system.born();
    const { url } = await system.customer();
    const socket = new WebSocket(url, 'json.webpubsub.azure.v1');
    const acks: unknown[] = [];
    socket.on('message', (data: Buffer) => {
      const frame = JSON.parse(data.toString()) as { type: string };
      if (frame.type === 'ack') acks.push(frame);
    });
    await once(socket, 'open');
    const groups = ['agents', `conversation.${conversationId}`];
    const frames = groups.flatMap((group) => [
      { type: 'joinGroup', group },
      { type: 'sendToGroup', group, dataType: 'text', data: 'x' },
    ]);
    frames.forEach((frame, at) => socket.send(JSON.stringify({ ...frame, ackId: at + 1 })));
    await eventually(
      async () => acks.length,
      (count) => count === frames.length,
    );
    const forbidden = { success: false, error: expect.objectContaining({ name: 'Forbidden' }) };
    expect(acks).toEqual(frames.map(() => expect.objectContaining(forbidden)));
    socket.close();
  });
});

describe('a workstream with policies of its own', () => {
  it('is opened by no socket URL that somebody has edited, only by one of a sign-in [R144]', async () => {
    const key = { 'x-functions-key': system.stack.functionKey };
    const policies = { channels: { archive: 'persistent-chat', vault: 'persistent-chat' } };
    const headers = { ...key, 'if-none-match': '*' };
    expect((await system.call('v1/policies', { method: 'PUT', headers, body: policies })).status).toBe(200);
    const edited = (url: string, query: Readonly<Record<string, string>>): string => {
      const changed = new URL(url);
      for (const [name, value] of Object.entries(query)) changed.searchParams.set(name, value);
      return changed.href;
    };
    const signIn = async (customerId: string) => {
      const body = { customerId, workstream: 'archive' };
      return (await system.call('v1/customers/negotiate', { headers: key, body }))
        .json as unknown as Negotiated;
    };
    const stranger = await system.customer();
    // Another process may have answered from settings that it had read before.
    await eventually(
      async () => (await system.call('v1/negotiate', { body: { workstream: 'archive' } })).status,
      (status) => status === 403,
    );
    expect(await handshake(edited(stranger.url, { workstream: 'archive' }))).toBe(403);
    const known = await signIn('kim');
    const signin = new URL(known.url).searchParams.get('signin') ?? '';
    expect(await handshake(edited(stranger.url, { workstream: 'archive', signin }))).toBe(403);
    expect(await handshake(edited(known.url, { workstream: 'vault' }))).toBe(403);
    expect(await handshake(known.url)).toBe(101);
    const { bearer } = await system.agent('reader');
    const path = `v1/conversations/${known.conversationId}`;
    const read = await system.call(path, { method: 'GET', headers: bearer });
    expect(read.json['conversation']).toMatchObject({ channel: 'persistent-chat' });
  });
});

describe('the end of a conversation', () => {
  it.each([
    ['its agent', 'agent-ended'],
    ['its customer', 'customer-ended'],
  ])(
    'by %s makes worthless what its customer holds: ticket, socket URL and reconnect link [R122]',
    async (by, reason) => {
      const { customer, agent } = await accepted('ender');
      const { conversationId, bearer, url } = customer;
      const path = `v1/conversations/${conversationId}`;
      const renewed = await system.call('v1/negotiate', { headers: bearer });
      const key = { 'x-functions-key': system.stack.functionKey };
      const link = await system.call(`${path}/reconnect-link`, { method: 'GET', headers: key });
      const held = renewed.json as unknown as Negotiated;
      expect(await handshake(held.url)).toBe(101);
      await system.event({ name: 'message', conversationId, id: '5', body: { text: 'PRIVATE' } });

      if (by === 'its agent') await system.call(`${path}/end`, { headers: agent.bearer });
      else await system.event({ name: 'leave', conversationId, id: '6', body: {} });

      for (const ticket of [customer.ticket, held.ticket]) {
        const headers = { authorization: `Bearer ${ticket}` };
        const answers = [
          await system.call('v1/negotiate', { headers }),
          await system.call('v1/negotiate', { headers, body: { conversationId } }),
        ];
        const read = await system.call(path, { method: 'GET', headers });
        // It may have been away when it was answered; whoever has ended it, has closed it.
        if (by === 'its agent')
          expect([read.status, read.text]).toEqual([200, expect.stringContaining('PRIVATE')]);
        else answers.push(read);
        for (const answer of answers) {
          expect(answer.status).toBe(409);
          expect(answer.json).toMatchObject({ code: 'conversation-ended', reason });
          expect(answer.text).not.toMatch(/PRIVATE|wss?:|eyJ/);
        }
      }
      const reconnectId = link.json['reconnectId'];
      const relinked = await system.call('v1/negotiate', { body: { reconnectId } });
      expect([relinked.status, relinked.json['code']]).toEqual([409, 'conversation-ended']);
      const asked = await system.call(`${path}/reconnect-link`, { method: 'GET', headers: key });
      expect(asked.status).toBe(409);
      expect(await handshake(url)).toBe(409);
      expect(await handshake(held.url)).toBe(409);
    },
  );

  it('closes the sockets that are open, and takes no message that comes behind it', async () => {
    const { conversationId, url } = await system.customer();
    const socket = new WebSocket(url, 'json.webpubsub.azure.v1');
    await once(socket, 'open');
    const agent = await system.agent('closer');
    const path = `v1/conversations/${conversationId}`;
    const closed = once(socket, 'close');
    expect((await system.call(`${path}/accept`, { headers: agent.bearer })).status).toBe(200);
    expect((await system.call(`${path}/end`, { headers: agent.bearer })).status).toBe(200);
    await closed;
    const late = await system.event({ name: 'message', conversationId, id: '9', body: { text: 'Late' } });
    expect(late.status).toBe(200);
    expect(late.json).toMatchObject({ type: 'refused', code: 'conversation-ended' });
    const { json } = await system.call(path, { method: 'GET', headers: agent.bearer });
    expect(JSON.stringify(json['transcript'])).not.toContain('Late');
  });
});

describe('while keys are rotated', () => {
  it('events that are signed with the second access key pass, and with a third one do not', async () => {
    const { conversationId } = await system.born();
    const signedWith = (key: string) => `sha256=${createHmac('sha256', key).update('tab-a').digest('hex')}`;
    const send = (signature: string, id: string) =>
      system.event({
        name: 'message',
        conversationId,
        id,
        body: { text: 'x' },
        headers: { 'ce-signature': signature },
      });
    expect((await send(signedWith(SECOND_ACCESS_KEY), '2')).status).toBe(204);
    expect((await send(signedWith('a-third-key'), '3')).status).toBe(401);
    expect((await send(`${signedWith('a-third-key')},${signedWith(SECOND_ACCESS_KEY)}`, '4')).status).toBe(
      204,
    );
  });

  it('tickets that were signed with the key of before are good, and new ones are not signed with it', async () => {
    const { conversationId, ticket } = await system.born();
    const old = await new SignJWT({})
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuer('chat-disconnect-detection')
      .setAudience('conversation-api')
      .setSubject(`customer.${conversationId}`)
      .setIssuedAt()
      .setExpirationTime('1h')
      .sign(Buffer.from(PREVIOUS_SIGNING_KEY));
    const answer = await system.call(`v1/conversations/${conversationId}`, {
      method: 'GET',
      headers: { authorization: `Bearer ${old}` },
    });
    expect(answer.status).toBe(200);
    const [head, payload, signature] = ticket.split('.');
    const byTheOld = createHmac('sha256', PREVIOUS_SIGNING_KEY).update(`${head}.${payload}`);
    expect(signature).not.toBe(byTheOld.digest('base64url'));
  });
});

describe('what people write', () => {
  it('is stored and served as data: JSON that no browser takes for a page', async () => {
    const html = `<script>alert(1)</script><img src=x onerror="alert(2)">`;
    const { conversationId, bearer } = await system.customer({ name: html, context: { note: html } });
    const query = { name: [html], 'ctx.note': [html] };
    for (const [id, name] of ['connect', 'connected', 'message'].entries()) {
      const body = name === 'message' ? { text: html } : { query };
      expect((await system.event({ name, conversationId, id: `${id}`, body })).status).toBeLessThan(300);
    }
    const agent = await system.agent('html', html);
    const path = `v1/conversations/${conversationId}`;
    expect((await system.call(`${path}/accept`, { headers: agent.bearer })).status).toBe(200);
    const answers = [
      await system.call(path, { method: 'GET', headers: bearer }),
      await system.call(path, { method: 'GET', headers: agent.bearer }),
      await system.call('v1/conversations', { method: 'GET', headers: agent.bearer }),
      await system.call(`${path}/nothing`, { headers: agent.bearer, body: html }),
      await system.call('v1/negotiate', { body: { name: html, locale: html } }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 404, 400]);
    for (const { headers } of answers.slice(0, 3)) {
      expect(headers.get('content-type')).toBe('application/json');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
    }
    expect(answers[0]?.json).toMatchObject({
      conversation: { customer: { name: html, context: { note: html } }, agent: { name: html } },
      transcript: [{ text: html, author: { name: html } }, { kind: 'notice' }],
    });
    // A refusal names the field and never repeats the value.
    expect(answers[4]?.text).not.toContain('script');
  });
});
