import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { WebSocket } from 'ws';
import { refusal, startScene, Webhook, type Scene } from './support';

const JSON_PROTOCOL = 'json.webpubsub.azure.v1';

describe('a client that connects', () => {
  let scene: Scene;
  beforeEach(async () => {
    scene = await startScene({ retryDelaysMs: [1, 1, 1] });
  });
  afterEach(() => scene.stop());

  test('is asked for with its claims, query, headers and subprotocols, but not with its token', async () => {
    const url = new URL(await scene.clientUrl({ userId: 'ann', roles: ['webpubsub.sendToGroup'] }));
    url.searchParams.append('queue', 'sales');
    url.searchParams.append('queue', 'support');
    await scene.socket(JSON_PROTOCOL, url.href);
    const { headers, body, url: path } = await scene.webhook.event('connect');
    expect(path).toBe('/api/web-pubsub/connect?code=the-key');
    expect(headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'ce-type': 'azure.webpubsub.sys.connect',
      'ce-id': '0',
      'ce-hub': 'chat',
      'ce-userid': 'ann',
      'ce-specversion': '1.0',
      'ce-awpsversion': '1.0',
      'webhook-request-origin': 'localhost',
      'ce-source': `/hubs/chat/client/${String(headers['ce-connectionid'])}`,
    });
    expect(headers['ce-time']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(headers).not.toHaveProperty('ce-subprotocol');
    const asked = JSON.parse(body.toString('utf8')) as Record<string, Record<string, string[]>>;
    expect(asked.query).toEqual({ queue: ['sales', 'support'] });
    expect(asked.subprotocols).toEqual([JSON_PROTOCOL]);
    expect(asked.clientCertificates).toEqual([]);
    expect(asked.claims).toMatchObject({ sub: ['ann'], role: ['webpubsub.sendToGroup'] });
    expect(asked.headers).toMatchObject({ 'sec-websocket-protocol': [JSON_PROTOCOL] });
  });

  test('is then reported as connected, and its events are numbered from 1 on', async () => {
    const { client, connectionId } = await scene.client({ userId: 'ann' });
    await scene.webhook.event('connected');
    await client.sendEvent('typing', 'x', 'text');
    client.stop();
    await scene.webhook.event('disconnected');
    const numbers = scene.webhook.received.map(({ name, headers }) => [name, headers['ce-id']]);
    expect(numbers).toEqual([
      ['OPTIONS', undefined],
      ['connect', '0'],
      ['connected', '1'],
      ['typing', '2'],
      ['disconnected', '3'],
    ]);
    const { headers, body } = await scene.webhook.event('connected');
    expect(headers).toMatchObject({
      'ce-connectionid': connectionId,
      'ce-subprotocol': 'json.reliable.webpubsub.azure.v1',
    });
    expect(body.toString()).toBe('{}');
  });

  test('gets the user id, the groups and the roles that the app answers', async () => {
    scene.webhook.answer = ({ name }) =>
      name === 'connect'
        ? { body: JSON.stringify({ userId: 'Zoë', groups: ['lobby'], roles: ['webpubsub.joinLeaveGroup'] }) }
        : undefined;
    const { client } = await scene.client({
      userId: 'ann',
      groups: ['token-group'],
      roles: ['webpubsub.sendToGroup'],
    });
    expect(scene.service.control.connections()).toMatchObject([
      { userId: 'Zoë', groups: ['lobby'], state: 'connected' },
    ]);
    await expect(client.joinGroup('more')).resolves.toMatchObject({ isDuplicated: false });
    await expect(client.sendToGroup('lobby', 'x', 'text')).rejects.toMatchObject({
      errorDetail: { name: 'Forbidden' },
    });
    const { headers } = await scene.webhook.event('connected');
    expect(Buffer.from(String(headers['ce-userid']), 'latin1').toString('utf8')).toBe('Zoë');
  });

  test('brings the state that the app answered back with all its later events, and nobody else does', async () => {
    const state = 'eyJkZXZpY2UiOiJJbkJvYjI1bElnPT0ifQ==';
    scene.webhook.answer = ({ name, headers }) =>
      name === 'connect' && headers['ce-userid'] === 'ann'
        ? { body: '{}', headers: { 'ce-connectionState': state } }
        : undefined;
    for (const [index, userId] of ['ann', 'bob'].entries()) {
      const { client } = await scene.client({ userId });
      await scene.webhook.event('connected', index + 1);
      await client.sendEvent('typing', 'x', 'text');
      client.stop();
      await scene.webhook.event('disconnected', index + 1);
    }
    const states = (userId: string) =>
      scene.webhook.received
        .filter(({ headers }) => headers['ce-userid'] === userId)
        .map(({ name, headers }) => [name, headers['ce-connectionstate']]);
    expect(states('ann')).toEqual([
      ['connect', undefined],
      ['connected', state],
      ['typing', state],
      ['disconnected', state],
    ]);
    expect(states('bob').map(([, sent]) => sent)).toEqual(Array(4).fill(undefined));
  });

  test('keeps what its token says when the app answers 204', async () => {
    scene.webhook.answer = ({ name }) => (name === 'connect' ? { status: 204 } : undefined);
    await scene.client({ userId: 'ann', groups: ['lobby'] });
    expect(scene.service.control.connections()).toMatchObject([{ userId: 'ann', groups: ['lobby'] }]);
  });

  test.each([401, 409, 429])(
    'is refused with the status that the app answers (%i), without its body',
    async (status) => {
      scene.webhook.answer = ({ name }) =>
        name === 'connect'
          ? { status, headers: { 'content-type': 'application/json' }, body: '{"why":"ended"}' }
          : undefined;
      expect(await refusal(await scene.clientUrl(), JSON_PROTOCOL)).toEqual({ status, body: '' });
      expect(scene.webhook.named('connect')).toHaveLength(1);
      expect(scene.service.control.connections()).toEqual([]);
    },
  );

  test('is refused with the last status when the app keeps failing', async () => {
    scene.webhook.answer = ({ name }) => (name === 'connect' ? { status: 503 } : undefined);
    expect(await refusal(await scene.clientUrl(), JSON_PROTOCOL)).toEqual({ status: 503, body: '' });
    expect(scene.webhook.named('connect')).toHaveLength(4);
  });

  test.each([
    [302, 'GET', ''],
    [307, 'POST', 'claims'],
  ])('is asked for where the app sends the service with a %i', async (status, method, part) => {
    const elsewhere = await new Webhook().start();
    const location = elsewhere.url.replace('{event}', 'moved');
    scene.webhook.answer = ({ name }) => (name === 'connect' ? { status, headers: { location } } : undefined);
    elsewhere.answer = () => ({ body: '{"userId":"from-elsewhere"}' });
    const client = await scene.socket(JSON_PROTOCOL);
    expect(await client.frame(1)).toMatchObject({ userId: 'from-elsewhere' });
    expect(elsewhere.received).toMatchObject([{ method, headers: { 'ce-eventname': 'connect' } }]);
    expect(elsewhere.received[0]?.body.toString()).toContain(part);
    await elsewhere.stop();
  });

  test('is refused with 500 when the app answers something that is no answer', async () => {
    scene.webhook.answer = ({ name }) => (name === 'connect' ? { body: '{"groups":"lobby"}' } : undefined);
    expect(await refusal(await scene.clientUrl(), JSON_PROTOCOL)).toMatchObject({ status: 500 });
  });

  test('that leaves while the app is thinking is never heard of again, and the call is given up', async () => {
    scene.webhook.hold('connect');
    const leaving = new WebSocket(await scene.clientUrl({ userId: 'ann' }), [JSON_PROTOCOL]);
    leaving.on('error', () => undefined);
    await scene.webhook.event('connect');
    leaving.terminate();
    await scene.webhook.abortOf('connect');
    scene.webhook.answer = () => undefined;
    // Another client's whole life comes after whatever the first one could still raise.
    const other = await scene.client();
    other.client.stop();
    await scene.webhook.event('disconnected');
    const told = scene.webhook.received.filter(({ headers }) => headers['ce-userid'] === 'ann');
    expect(told.map(({ name }) => name)).toEqual(['connect']);
  });

  test('is told of as one of the host that it has come by, and so is the check of the address', async () => {
    scene.webhook.answer = ({ name, headers }) =>
      name === 'OPTIONS'
        ? { headers: { 'WebHook-Allowed-Origin': String(headers['webhook-request-origin']) } }
        : undefined;
    const host = `own-domain.example:${scene.service.port}`;
    const webSocket = new WebSocket(await scene.clientUrl(), [JSON_PROTOCOL], { headers: { host } });
    await scene.webhook.event('connected');
    const origins = scene.webhook.received.map(({ name, headers }) => [
      name,
      headers['webhook-request-origin'],
    ]);
    expect(origins).toEqual(['OPTIONS', 'connect', 'connected'].map((name) => [name, 'own-domain.example']));
    webSocket.terminate();
  });

  test('to a hub without an event handler is let in without events, and the log says so', async () => {
    const lines: string[] = [];
    const other = await startScene({ hub: 'Support', log: (_level, line) => lines.push(line) });
    const url = await other.clientUrl({ userId: 'ann' });
    const { webSocket, frame } = await other.socket(JSON_PROTOCOL, url);
    expect(await frame(1)).toMatchObject({ event: 'connected' });
    webSocket.send('{"type":"event","event":"x","data":1,"ackId":1}');
    expect(await frame(2)).toMatchObject({ success: false, error: { name: 'InternalServerError' } });
    expect(await other.rest.userExists('ann')).toBe(true);
    expect(other.webhook.received).toEqual([]);
    expect(lines.filter((line) => line.includes('"Chat"') && line.includes('"Support"'))).toHaveLength(1);
    await other.stop();
  });

  test('with a subprotocol that is not covered is told so', async () => {
    const { status, body } = await refusal(await scene.clientUrl(), 'protobuf.webpubsub.azure.v1');
    expect(status).toBe(501);
    expect(body).toContain('protobuf.webpubsub.azure.v1');
  });
});

test('without a handler for connect a client connects on its token alone', async () => {
  const scene = await startScene({ systemEvents: ['connected'] });
  await scene.client({ userId: 'ann' });
  const { headers } = await scene.webhook.event('connected');
  expect(headers['ce-id']).toBe('1');
  expect(scene.webhook.named('connect')).toEqual([]);
  await scene.stop();
});

test('a service whose clock is wrong says so in ce-time', async () => {
  const scene = await startScene({ clockOffsetMs: -3_600_000 });
  await scene.client();
  const { headers } = await scene.webhook.event('connected');
  const behindMs = Date.now() - Date.parse(String(headers['ce-time']));
  expect(behindMs).toBeGreaterThanOrEqual(3_600_000);
  expect(behindMs).toBeLessThan(3_660_000);
  await scene.stop();
});
