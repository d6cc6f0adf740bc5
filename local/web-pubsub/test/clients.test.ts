import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { WebSocket } from 'ws';
import { startScene, type Scene } from './support';

const ALL_ROLES = ['webpubsub.joinLeaveGroup', 'webpubsub.sendToGroup'];
const RELIABLE = 'json.reliable.webpubsub.azure.v1';

let scene: Scene;
beforeEach(async () => {
  scene = await startScene({ retryDelaysMs: [1, 1, 1] });
});
afterEach(() => scene.stop());

describe.each([
  ['JSON', true],
  ['reliable JSON', false],
])('a %s client', (_name, json) => {
  test('gets what the app sends to its user, its connection, its group and to all', async () => {
    const { connectionId, message } = await scene.client({ json, userId: 'ann/1', groups: ['lobby'] });
    await scene.rest.sendToUser('ann/1', { to: 'user' });
    expect(await message(1)).toEqual({ to: 'user' });
    await scene.rest.sendToConnection(connectionId, 'text', { contentType: 'text/plain' });
    expect(await message(2)).toBe('text');
    await scene.rest.group('lobby').sendToAll(['group']);
    expect(await message(3)).toEqual(['group']);
    await scene.rest.sendToAll(new Uint8Array([1, 2, 255]));
    expect(new Uint8Array((await message(4)) as ArrayBuffer)).toEqual(new Uint8Array([1, 2, 255]));
  });

  test('talks to the others of its group, and to itself only if it wants', async () => {
    const ann = await scene.client({ json, userId: 'ann', roles: ALL_ROLES });
    const bob = await scene.client({ json, userId: 'bob', roles: ALL_ROLES });
    await ann.client.joinGroup('room');
    await bob.client.joinGroup('room');
    const fromUser = new Promise((resolve) =>
      bob.client.on('group-message', (e) => resolve(e.message.fromUserId)),
    );
    await ann.client.sendToGroup('room', 'silent', 'text', { noEcho: true });
    await ann.client.sendToGroup('room', { loud: true }, 'json');
    expect(await bob.message(2)).toEqual({ loud: true });
    expect(bob.messages[0]).toBe('silent');
    expect(await ann.message(1)).toEqual({ loud: true });
    expect(await fromUser).toBe('ann');

    await bob.client.leaveGroup('room');
    await ann.client.sendToGroup('room', 'after', 'text');
    expect(await ann.message(2)).toBe('after');
    await scene.rest.sendToUser('bob', 'marker', { contentType: 'text/plain' });
    expect(await bob.message(3)).toBe('marker');
  });

  test('may use only the groups its roles name', async () => {
    const roles = ['webpubsub.joinLeaveGroup.mine', 'webpubsub.sendToGroups.team-*'];
    const { client } = await scene.client({ json, roles });
    const forbidden = { errorDetail: { name: 'Forbidden' } };
    await client.joinGroup('mine');
    await client.sendToGroup('team-1', 'x', 'text');
    await expect(client.joinGroup('theirs')).rejects.toMatchObject(forbidden);
    await expect(client.leaveGroup('theirs')).rejects.toMatchObject(forbidden);
    await expect(client.sendToGroup('mine', 'x', 'text')).rejects.toMatchObject(forbidden);
    expect(await scene.rest.groupExists('theirs')).toBe(false);
  });

  test('gets the answer of the app to its event', async () => {
    scene.webhook.answer = ({ name, body }) =>
      name === 'echo'
        ? { headers: { 'content-type': 'application/json' }, body: `{"got":${body.toString()}}` }
        : undefined;
    const { client, message } = await scene.client({ json });
    await client.sendEvent('echo', { a: 1 }, 'json');
    expect(await message()).toEqual({ got: { a: 1 } });
    const { headers } = await scene.webhook.event('echo');
    expect(headers).toMatchObject({
      'ce-type': 'azure.webpubsub.user.echo',
      'content-type': 'application/json; charset=utf-8',
    });
  });

  test('sends text and binary data as they are', async () => {
    const { client } = await scene.client({ json });
    await client.sendEvent('note', 'grüß', 'text');
    await client.sendEvent('blob', new Uint8Array([0, 255]).buffer, 'binary');
    expect((await scene.webhook.event('note')).body.toString('utf8')).toBe('grüß');
    const blob = await scene.webhook.event('blob');
    expect(blob.headers['content-type']).toBe('application/octet-stream');
    expect([...blob.body]).toEqual([0, 255]);
  });

  test('is told Duplicate for a number that has succeeded, and is not sent twice', async () => {
    const { client } = await scene.client({ json });
    expect(await client.sendEvent('once', 1, 'json', { ackId: 77 })).toEqual({
      ackId: 77,
      isDuplicated: false,
    });
    expect(await client.sendEvent('once', 1, 'json', { ackId: 77 })).toEqual({
      ackId: 77,
      isDuplicated: true,
    });
    expect(scene.webhook.named('once')).toHaveLength(1);
  });

  test('may try a failed event again under the same number', async () => {
    let status = 400;
    scene.webhook.answer = ({ name }) => (name === 'order' ? { status } : undefined);
    const { client } = await scene.client({ json });
    const failed = client.sendEvent('order', 1, 'json', { ackId: 5 });
    await expect(failed).rejects.toMatchObject({
      errorDetail: { name: 'InternalServerError', message: 'Internal server error' },
    });
    status = 204;
    expect(await client.sendEvent('order', 1, 'json', { ackId: 5 })).toEqual({
      ackId: 5,
      isDuplicated: false,
    });
  });

  test('that says goodbye is answered, and gone, only after the app has had its last event', async () => {
    const release = scene.webhook.hold('leave');
    const { client, stopped } = await scene.client({ json, userId: 'ann' });
    await client.sendEvent('leave', 1, 'json', { fireAndForget: true });
    client.stop();
    await scene.webhook.event('leave');
    expect(await scene.rest.userExists('ann')).toBe(true);
    release();
    await stopped;
    await scene.webhook.event('disconnected');
    expect(scene.webhook.received.map(({ name }) => name).slice(-2)).toEqual(['leave', 'disconnected']);
    expect(await scene.rest.userExists('ann')).toBe(false);
  });
});

test('events of one client reach the app one at a time, in order', async () => {
  const { client } = await scene.client();
  let underWay = 0;
  let most = 0;
  scene.webhook.answer = async ({ name }) => {
    if (!name.startsWith('step')) return {};
    most = Math.max(most, ++underWay);
    await new Promise((resolve) => setImmediate(resolve));
    underWay -= 1;
    return {};
  };
  await Promise.all([1, 2, 3, 4].map((n) => client.sendEvent(`step${n}`, n, 'json')));
  expect(most).toBe(1);
  const steps = scene.webhook.received.map(({ name }) => name).filter((name) => name.startsWith('step'));
  expect(steps).toEqual(['step1', 'step2', 'step3', 'step4']);
});

test('what the app stores in the connection state comes back on every later event', async () => {
  scene.webhook.answer = ({ name }) => {
    if (name === 'connect') return { headers: { 'ce-connectionState': 'Zmlyc3Q=' } };
    if (name === 'change') return { status: 204, headers: { 'ce-connectionState': 'c2Vjb25k' } };
    return undefined;
  };
  const { client } = await scene.client();
  await client.sendEvent('change', 1, 'json');
  await client.sendEvent('look', 1, 'json');
  client.stop();
  await scene.webhook.event('disconnected');
  const states = scene.webhook.received.map(({ name, headers }) => [name, headers['ce-connectionstate']]);
  expect(Object.fromEntries(states)).toMatchObject({
    connect: undefined,
    connected: 'Zmlyc3Q=',
    change: 'Zmlyc3Q=',
    look: 'c2Vjb25k',
    disconnected: 'c2Vjb25k',
  });
});

test('an event is sent as it is written if a pattern names it, in whatever case; any other is refused', async () => {
  const narrow = await startScene({ userEventPattern: 'message, LEAVE' });
  const { client } = await narrow.client();
  await client.sendEvent('Leave', 1, 'json');
  expect((await narrow.webhook.event('Leave')).headers).toMatchObject({
    'ce-type': 'azure.webpubsub.user.Leave',
    'ce-eventname': 'Leave',
  });
  await expect(client.sendEvent('other', 1, 'json')).rejects.toMatchObject({
    errorDetail: { name: 'InternalServerError' },
  });
  expect(narrow.webhook.named('other')).toEqual([]);
  await narrow.stop();
});

test('two connections of one user both get its messages, and one may leave without the other', async () => {
  const phone = await scene.client({ userId: 'ann' });
  const laptop = await scene.client({ userId: 'ann', json: true });
  await scene.rest.sendToUser('ann', 'hello', { contentType: 'text/plain' });
  expect(await phone.message()).toBe('hello');
  expect(await laptop.message()).toBe('hello');
  phone.client.stop();
  const { headers } = await scene.webhook.event('disconnected');
  expect(headers['ce-connectionid']).toBe(phone.connectionId);
  expect(await scene.rest.userExists('ann')).toBe(true);
  expect(await scene.rest.connectionExists(phone.connectionId)).toBe(false);
  expect(await scene.rest.connectionExists(laptop.connectionId)).toBe(true);
});

describe('a client without a subprotocol', () => {
  const open = async (): Promise<WebSocket> => {
    const webSocket = new WebSocket(await scene.clientUrl({ userId: 'ann' }));
    await new Promise((resolve) => webSocket.on('open', resolve));
    return webSocket;
  };
  const next = (webSocket: WebSocket): Promise<{ data: string; isBinary: boolean }> =>
    new Promise((resolve) =>
      webSocket.once('message', (data: Buffer, isBinary) =>
        resolve({ data: data.toString('utf8'), isBinary }),
      ),
    );

  test('sends message events and gets the answers in the form they have', async () => {
    scene.webhook.answer = ({ name, body, headers }) =>
      name === 'message' ? { headers: { 'content-type': String(headers['content-type']) }, body } : undefined;
    const webSocket = await open();
    webSocket.send('text');
    expect(await next(webSocket)).toEqual({ data: 'text', isBinary: false });
    webSocket.send(Buffer.from('bytes'));
    expect(await next(webSocket)).toEqual({ data: 'bytes', isBinary: true });
    const { headers } = await scene.webhook.event('message');
    expect(headers).not.toHaveProperty('ce-subprotocol');
    webSocket.terminate();
  });

  test('gets bare payloads, and is closed with 1011 when its message is not taken', async () => {
    scene.webhook.answer = ({ name }) => (name === 'message' ? { status: 400 } : undefined);
    const webSocket = await open();
    const received = next(webSocket);
    await scene.rest.sendToUser('ann', { a: 1 });
    expect(await received).toEqual({ data: '{"a":1}', isBinary: false });
    const closed = new Promise((resolve) => webSocket.on('close', resolve));
    webSocket.send('x');
    expect(await closed).toBe(1011);
  });
});

describe('a frame', () => {
  test.each([
    'not json',
    '[]',
    '{"type":"dance"}',
    '{"type":"joinGroup"}',
    '{"type":"event","event":"x","dataType":"text","data":1}',
    '{"type":"event","event":"x","dataType":"binary","data":"not base64"}',
    '{"type":"event","event":"x","data":null}',
    '{"type":"event","event":"x"}',
    '{"type":"event","event":"1x","data":1}',
    '{"type":"event","event":"x y","data":1}',
    `{"type":"event","event":"${'x'.repeat(129)}","data":1}`,
    '{"type":"event","event":"x","data":1,"ackId":18446744073709551616}',
    '{"type":"event","event":"x","data":1,"ackId":1.0}',
    '{"type":"event","event":"x","data":1,"ackId":-1}',
  ])('that is not one of the protocol (%s) ends the connection with 1007', async (frame) => {
    const { webSocket, closed } = await scene.socket(RELIABLE);
    webSocket.send(frame);
    expect(await closed).toMatchObject({ code: 1007 });
    await scene.webhook.event('disconnected');
  });

  test('longer than 1 MB ends the connection with 1009', async () => {
    const { webSocket, closed } = await scene.socket(RELIABLE);
    webSocket.send('x'.repeat(1024 * 1024 + 1));
    expect(await closed).toMatchObject({ code: 1009 });
    await scene.webhook.event('disconnected');
    expect(scene.service.control.connections()).toEqual([]);
  });

  test('that is binary ends a connection that speaks JSON with 1003', async () => {
    const { webSocket, closed } = await scene.socket(RELIABLE);
    webSocket.send(Buffer.from('{"type":"ping"}'));
    expect(await closed).toMatchObject({ code: 1003 });
    const { body } = await scene.webhook.event('disconnected');
    expect(JSON.parse(body.toString())).toEqual({ reason: 'The JSON subprotocol requires text messages.' });
  });

  test('of type ping waits behind an event that is being handled', async () => {
    const { webSocket, frame } = await scene.socket(RELIABLE);
    const release = scene.webhook.hold('slow');
    webSocket.send('{"type":"event","event":"slow","data":1,"ackId":1}');
    await scene.webhook.event('slow');
    webSocket.send('{"type":"ping"}');
    await scene.rest.sendToUser('ann', 'marker');
    expect(await frame(2)).toMatchObject({ type: 'message', data: 'marker' });
    release();
    expect(await frame(3)).toEqual({ type: 'ack', ackId: 1, success: true });
    expect(await frame(4)).toEqual({ type: 'pong' });
  });

  test('may be numbered with 64 bits, and is answered with the number as it is', async () => {
    const { webSocket } = await scene.socket(RELIABLE);
    const texts: string[] = [];
    const twice = new Promise<void>((resolve) =>
      webSocket.on('message', (data: Buffer) => texts.push(data.toString('utf8')) === 2 && resolve()),
    );
    for (const ackId of ['18446744073709551614', '18446744073709551615'])
      webSocket.send(`{"type":"event","event":"x","data":1,"ackId":${ackId}}`);
    await twice;
    expect(texts[0]).toContain('"ackId":18446744073709551614');
    expect(texts[1]).toContain('"ackId":18446744073709551615');
    expect(scene.webhook.named('x')).toHaveLength(2);
  });

  test('under a number is remembered while 1,000 others have succeeded since', async () => {
    const { client } = await scene.client({ roles: ALL_ROLES });
    const numbers = Array.from({ length: 1001 }, (_, n) => n + 1);
    await Promise.all(numbers.map((ackId) => client.joinGroup('room', { ackId })));
    expect(await client.joinGroup('room', { ackId: 2 })).toMatchObject({ isDuplicated: true });
    expect(await client.joinGroup('room', { ackId: 1 })).toMatchObject({ isDuplicated: false });
  });
});

describe('JSON', () => {
  const WRITTEN = ' {"n" : 12345678901234567890.10, "n": [1e2, "]}\\"\\u2028"], "data":{"ackId":1}}';

  test('reaches the app as the client has written it', async () => {
    const { webSocket } = await scene.socket(RELIABLE);
    webSocket.send(`{"data":${WRITTEN},"type":"event" , "event":"raw"}`);
    expect((await scene.webhook.event('raw')).body.toString('utf8')).toBe(WRITTEN.trim());
  });

  test('reaches the client as the app has written it', async () => {
    scene.webhook.answer = ({ name }) =>
      name === 'raw' ? { headers: { 'content-type': 'application/json' }, body: WRITTEN } : undefined;
    const { webSocket } = await scene.socket(RELIABLE);
    const answer = new Promise<string>((resolve) =>
      webSocket.once('message', (data: Buffer) => resolve(data.toString('utf8'))),
    );
    webSocket.send('{"type":"event","event":"raw","data":1}');
    expect(await answer).toContain(`"data":${WRITTEN}`);
  });
});
