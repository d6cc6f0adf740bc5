import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { WebSocket } from 'ws';
import { refusal, startScene, type Scene } from './support';

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

  test('is refused with the status and the body that the app answers', async () => {
    scene.webhook.answer = ({ name }) =>
      name === 'connect'
        ? { status: 409, headers: { 'content-type': 'application/json' }, body: '{"why":"ended"}' }
        : undefined;
    expect(await refusal(await scene.clientUrl(), JSON_PROTOCOL)).toEqual({
      status: 409,
      body: '{"why":"ended"}',
    });
    expect(scene.webhook.named('connect')).toHaveLength(1);
    expect(scene.service.control.connections()).toEqual([]);
  });

  test('is refused with 500 when the app keeps failing', async () => {
    scene.webhook.answer = ({ name }) => (name === 'connect' ? { status: 503 } : undefined);
    expect(await refusal(await scene.clientUrl(), JSON_PROTOCOL)).toMatchObject({ status: 500 });
    expect(scene.webhook.named('connect')).toHaveLength(4);
  });

  test('is refused with 500 when the app answers something that is no answer', async () => {
    scene.webhook.answer = ({ name }) => (name === 'connect' ? { body: '{"groups":"lobby"}' } : undefined);
    expect(await refusal(await scene.clientUrl(), JSON_PROTOCOL)).toMatchObject({ status: 500 });
  });

  test('that leaves while the app is thinking is reported as disconnected without ever having been connected', async () => {
    let accept = (): void => undefined;
    const accepted = new Promise<void>((resolve) => (accept = resolve));
    scene.webhook.answer = async ({ name }) => {
      if (name === 'connect') await accepted;
      return name === 'OPTIONS' ? { headers: { 'WebHook-Allowed-Origin': 'localhost' } } : {};
    };
    const leaving = new WebSocket(await scene.clientUrl(), [JSON_PROTOCOL]);
    leaving.on('error', () => undefined);
    const asked = await scene.webhook.event('connect');
    const gone = new Promise((resolve) => leaving.on('close', resolve));
    leaving.terminate();
    await gone;
    accept();
    const { headers } = await scene.webhook.event('disconnected');
    expect(headers['ce-connectionid']).toBe(asked.headers['ce-connectionid']);
    expect(scene.webhook.named('connected')).toEqual([]);
  });

  test('to another hub is refused', async () => {
    const url = (await scene.clientUrl()).replace('/hubs/Chat', '/hubs/Other');
    expect(await refusal(url)).toMatchObject({ status: 404 });
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
