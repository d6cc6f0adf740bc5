import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { WebSocket } from 'ws';
import { eventually, newId, startSystem, type Answer, type Call, type System } from '../bad-input/system';

/** Few, so that none is given back (after 60 s / PER_MINUTE) while a slow machine still sends the others. */
const PER_MINUTE = 4;
/** Fewer than the handshakes that `PER_MINUTE` conversations are allowed. */
const SOCKETS = 6;

let system: System;
beforeAll(async () => {
  system = await startSystem({
    settings: {
      DISCONNECT_GRACE: 'PT10M',
      NEGOTIATE_RATE_LIMIT: `${PER_MINUTE}`,
      TICKET_RATE_LIMIT: `${PER_MINUTE}`,
      SOCKETS_PER_ADDRESS: `${SOCKETS}`,
    },
  });
});
afterAll(() => system?.stop());

const statuses = (answers: readonly Answer[]) => answers.map(({ status }) => status).sort();
const times = <T>(count: number, run: (n: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, n) => run(n)));

function expectTooMany(answer: Answer | undefined): void {
  expect(answer?.status).toBe(429);
  expect(answer?.headers.get('content-type')).toBe('application/problem+json');
  expect(answer?.json).toMatchObject({ code: 'too-many-requests', status: 429 });
  const seconds = Number(answer?.headers.get('retry-after'));
  expect(seconds).toBeGreaterThanOrEqual(1);
  expect(answer?.json['retryAfterSeconds']).toBe(seconds);
}

describe('a body that is too large', () => {
  const KIB = 1_024;
  const withKey = () => ({ 'x-functions-key': system.stack.functionKey, 'if-none-match': '*' });

  it.each<[string, number, string]>([
    ['POST v1/negotiate', 16 * KIB, 'nobody'],
    ['POST v1/customers/negotiate', 16 * KIB, 'key'],
    ['POST v1/agents/negotiate', 16 * KIB, 'key'],
    ['POST v1/conversations/{id}/offer', 16 * KIB, 'agent'],
    ['POST v1/conversations/{id}/transfer', 16 * KIB, 'agent'],
    ['POST v1/conversations/{id}/extend-wait', 16 * KIB, 'agent'],
    ['PUT v1/agents/ann/capacity', 16 * KIB, 'key'],
    ['PUT v1/automated-messages/agent-joined', 16 * KIB, 'key'],
    ['PUT v1/policies', 64 * KIB, 'key'],
  ])('is refused with 413: %s', async (route, limit, who) => {
    const [method = '', path = ''] = route.split(' ');
    const headers =
      who === 'nobody' ? {} : who === 'key' ? withKey() : (await system.agent(newId().slice(0, 8))).bearer;
    // White space is valid JSON: within the limit it is an empty body, and only the size is wrong beyond it.
    const send = (bytes: number): Promise<Answer> =>
      system.call(path.replace('{id}', newId()), { method, headers, body: ' '.repeat(bytes) });
    expect((await send(limit)).status).not.toBe(413);
    const refused = await send(limit + 1);
    expect(refused.status).toBe(413);
    expect(refused.json).toMatchObject({ code: 'invalid-input', field: 'body' });
  });
});

describe('new conversations from one address', () => {
  const from = (address: string, call: Call = {}) =>
    system.call('v1/negotiate', { ...call, headers: { ...call.headers, 'x-forwarded-for': address } });

  it('are limited; whoever is at another address, or comes back, is not concerned', async () => {
    const { bearer } = await system.born();
    const answers = await times(PER_MINUTE + 3, (n) => from(`10.0.0.${n}, 203.0.113.7:${5_000 + n}`));
    expect(statuses(answers)).toEqual([...Array<number>(PER_MINUTE).fill(200), 429, 429, 429]);
    expectTooMany(answers.find(({ status }) => status === 429));
    expect((await from('203.0.113.8')).status).toBe(200);
    expect((await from('203.0.113.7', { headers: bearer })).status).toBe(200);
  });
});

describe('sockets from one address', () => {
  const negotiated = async (address: string, headers: Record<string, string> = {}) =>
    (await system.call('v1/negotiate', { headers: { ...headers, 'x-forwarded-for': address } })).json as {
      url: string;
      ticket: string;
    };
  const open: WebSocket[] = [];
  /** 101 or the status of the refusal. */
  const handshake = async (url: string): Promise<number> => {
    const socket = new WebSocket(url, 'json.webpubsub.azure.v1');
    const opened = once(socket, 'open').then(() => 101);
    const refused = once(
      socket.on('error', () => undefined),
      'unexpected-response',
    ).then(([, response]) => (response as { statusCode: number }).statusCode);
    const status = await Promise.race([opened, refused]);
    if (status === 101) open.push(socket);
    return status;
  };

  it('[R173] are bounded, over all its conversations; another address and a customer who comes back are not concerned', async () => {
    const address = '203.0.113.50';
    const urls = await times(PER_MINUTE - 1, () => negotiated(address));
    const answers: number[] = [];
    for (const { url } of urls) answers.push(...(await times(PER_MINUTE, () => handshake(url))));
    expect(answers.filter((status) => status === 101)).toHaveLength(SOCKETS);
    expect(new Set(answers)).toEqual(new Set([101, 429]));
    expect(await handshake((await negotiated('203.0.113.51')).url)).toBe(101);
    const { bearer } = await system.born();
    expect(await handshake((await negotiated(address, bearer)).url)).toBe(101);
    for (const socket of open) socket.close();
  });
});

describe('requests with one ticket', () => {
  it('of a customer are limited; the customer of another conversation is not concerned', async () => {
    const { conversationId, bearer } = await system.born();
    const path = `v1/conversations/${conversationId}`;
    const read = () => system.call(path, { method: 'GET', headers: bearer });
    const answers = await times(PER_MINUTE + 2, read);
    // The handshake of `born` was the first.
    expect(statuses(answers)).toEqual([...Array<number>(PER_MINUTE - 1).fill(200), 429, 429, 429]);
    expectTooMany(answers.find(({ status }) => status === 429));
    expectTooMany(await system.call('v1/negotiate', { headers: bearer }));
    const other = await system.born();
    expect((await system.call('v1/negotiate', { headers: other.bearer })).status).toBe(200);
  });

  it('of an agent are limited at ten times as many, on all routes together', async () => {
    const { bearer } = await system.agent('busy');
    const get = (path: string) => () => system.call(path, { method: 'GET', headers: bearer });
    const half = (PER_MINUTE * 10) / 2;
    expect(new Set(statuses(await times(half, get('v1/my-capacity'))))).toEqual(new Set([200]));
    // Meanwhile some are given back: the slower the machine, the more.
    const others = () => times(half + 5, get('v1/conversations'));
    await eventually(others, (answers) => statuses(answers).includes(429));
    const { bearer: other } = await system.agent('idle');
    expect((await system.call('v1/my-capacity', { method: 'GET', headers: other })).status).toBe(200);
  });
});

describe('handshakes with one socket URL', () => {
  it('are limited; what tells of sockets that are open or lost is always heard', async () => {
    const { conversationId, url } = await system.born();
    // `born` took one; the others are taken by events that no socket follows.
    await times(PER_MINUTE - 1, (n) => system.event({ name: 'connect', conversationId, id: `${10 + n}` }));
    const socket = new WebSocket(url, 'json.webpubsub.azure.v1');
    const [, response] = (await once(
      socket.on('error', () => undefined),
      'unexpected-response',
    )) as [unknown, { statusCode: number; headers: Record<string, string> }];
    expect(response.statusCode).toBe(429);
    for (const name of ['disconnected', 'connected', 'disconnected', 'leave']) {
      const event = { name, conversationId, connectionId: `tab-${name}`, id: newId() };
      expect((await system.event(event)).status).toBe(204);
    }
  });
});

describe('a customer who writes too much', () => {
  it('is told over its socket, which stays open, and loses nothing that was taken', async () => {
    const { conversationId, url, bearer } = await system.customer();
    const socket = new WebSocket(url, 'json.webpubsub.azure.v1');
    const frames: Record<string, unknown>[] = [];
    socket.on('message', (data: Buffer) => void frames.push(JSON.parse(data.toString()) as never));
    await once(socket, 'open');
    const say = (n: number) =>
      socket.send(
        JSON.stringify({ type: 'event', event: 'message', ackId: n, dataType: 'text', data: `text ${n}` }),
      );
    for (let n = 1; n <= 25; n += 1) say(n);
    const acks = () => frames.filter(({ type }) => type === 'ack');
    await eventually(
      async () => acks().length,
      (count) => count === 25,
    );
    expect(acks().every(({ success }) => success === true)).toBe(true);
    const refusals = frames.filter(({ data }) => (data as { type?: string } | undefined)?.type === 'refused');
    expect(refusals).toHaveLength(5);
    expect(refusals[0]).toMatchObject({
      from: 'server',
      data: { code: 'too-many-messages', conversationId, retryAfterSeconds: expect.any(Number) },
    });
    expect(JSON.stringify(refusals)).not.toContain('text ');
    expect(socket.readyState).toBe(WebSocket.OPEN);
    const { json } = await system.call(`v1/conversations/${conversationId}`, {
      method: 'GET',
      headers: bearer,
    });
    expect(json['transcript']).toHaveLength(20);
    socket.close();
  });
});
