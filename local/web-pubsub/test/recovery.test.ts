import { afterEach, describe, expect, test } from '@jest/globals';
import { startScene, TurnedTime, type Scene, type TestSocket } from './support';

const RELIABLE = 'json.reliable.webpubsub.azure.v1';
const LONG = 600_000;

let scene: Scene;
afterEach(() => scene.stop());

/** A reliable connection over a bare WebSocket, which comes back only when told to. */
async function reliable(): Promise<{
  id: string;
  socket: TestSocket;
  recoveryUrl: (token?: string) => Promise<string>;
}> {
  const socket = await scene.socket(RELIABLE);
  const { connectionId, reconnectionToken } = await socket.frame(1);
  const recoveryUrl = async (token = String(reconnectionToken)): Promise<string> => {
    const url = new URL(await scene.clientUrl());
    url.searchParams.set('awps_connection_id', String(connectionId));
    url.searchParams.set('awps_reconnection_token', token);
    url.searchParams.delete('access_token');
    return url.href;
  };
  return { id: String(connectionId), socket, recoveryUrl };
}

describe('a reliable connection whose transport is lost', () => {
  test('comes back by itself under its id, with what it has missed and without any event', async () => {
    scene = await startScene({ recoveryWindowMs: LONG });
    const { connectionId, message, messages, client } = await scene.client({
      userId: 'ann',
      groups: ['lobby'],
    });
    await scene.webhook.event('connected');
    for (let round = 1; round <= 3; round += 1) {
      expect(scene.service.control.dropTransport(connectionId)).toBe(true);
      await scene.rest.group('lobby').sendToAll(round);
      expect(await message(round)).toBe(round);
    }
    await client.sendEvent('alive', 1, 'json');
    expect(messages).toEqual([1, 2, 3]);
    expect(scene.webhook.received.map(({ name }) => name)).toEqual([
      'OPTIONS',
      'connect',
      'connected',
      'alive',
    ]);
    expect((await scene.webhook.event('alive')).headers['ce-id']).toBe('2');
  });

  test('exists, detached, until its window ends; then it is reported as disconnected', async () => {
    const time = new TurnedTime();
    scene = await startScene({ recoveryWindowMs: 1000, after: time.after });
    const { id, socket } = await reliable();
    scene.service.control.dropAll();
    await socket.closed;
    await time.waitedFor(1000);
    time.pass(999);
    expect(scene.service.control.connections()).toMatchObject([{ connectionId: id, state: 'detached' }]);
    expect(await scene.rest.userExists('ann')).toBe(true);
    expect(await scene.rest.connectionExists(id)).toBe(true);
    expect(scene.webhook.named('disconnected')).toEqual([]);
    time.pass(1);
    const { headers, body } = await scene.webhook.event('disconnected');
    expect(headers).toMatchObject({ 'ce-connectionid': id, 'ce-id': '2' });
    expect(JSON.parse(body.toString())).toEqual({ reason: 'The connection recovery timeout expired.' });
    expect(await scene.rest.userExists('ann')).toBe(false);
    expect(await scene.rest.connectionExists(id)).toBe(false);
  });

  test('is sent everything unacknowledged again, in order, and nothing acknowledged', async () => {
    scene = await startScene({ recoveryWindowMs: LONG });
    const { id, socket, recoveryUrl } = await reliable();
    for (const n of [1, 2, 3]) await scene.rest.sendToConnection(id, n);
    expect(await socket.frame(4)).toMatchObject({ type: 'message', from: 'server', sequenceId: 3, data: 3 });
    socket.webSocket.send('{"type":"sequenceAck","sequenceId":2}');
    socket.webSocket.send('{"type":"ping"}');
    await socket.frame(5);
    socket.webSocket.terminate();
    await socket.closed;
    const again = await scene.socket(RELIABLE, await recoveryUrl());
    expect(await again.frame(1)).toMatchObject({ sequenceId: 3, data: 3 });
    await scene.rest.sendToConnection(id, 4);
    expect(await again.frame(2)).toMatchObject({ sequenceId: 4, data: 4 });
  });

  test('replaces a WebSocket that still looks open, and keeps the new one', async () => {
    scene = await startScene({ recoveryWindowMs: 1 });
    const { id, socket, recoveryUrl } = await reliable();
    const again = await scene.socket(RELIABLE, await recoveryUrl());
    expect((await socket.closed).code).toBe(1006);
    again.webSocket.send('{"type":"event","event":"still-there","data":1,"ackId":1}');
    expect(await again.frame(1)).toMatchObject({ type: 'ack', success: true });
    expect(scene.service.control.connections()).toMatchObject([{ connectionId: id, state: 'connected' }]);
    expect(scene.webhook.named('disconnected')).toEqual([]);
  });

  test('outlives its window once it has come back', async () => {
    const time = new TurnedTime();
    scene = await startScene({ recoveryWindowMs: 1000, after: time.after });
    const { id, socket, recoveryUrl } = await reliable();
    socket.webSocket.terminate();
    await time.waitedFor(1000);
    const again = await scene.socket(RELIABLE, await recoveryUrl());
    again.webSocket.send('{"type":"ping"}');
    expect(await again.frame(1)).toEqual({ type: 'pong' });
    const other = await reliable();
    other.socket.webSocket.terminate();
    await time.waitedFor(1000);
    time.pass(1000);
    const { headers } = await scene.webhook.event('disconnected');
    expect(headers['ce-connectionid']).toBe(other.id);
    expect(scene.service.control.connections()).toMatchObject([{ connectionId: id, state: 'connected' }]);
  });

  test('remembers over a recovery which requests have succeeded', async () => {
    scene = await startScene({ recoveryWindowMs: LONG });
    const { socket, recoveryUrl } = await reliable();
    const request = '{"type":"event","event":"pay","data":1,"ackId":9}';
    socket.webSocket.send(request);
    await socket.frame(2);
    socket.webSocket.terminate();
    const again = await scene.socket(RELIABLE, await recoveryUrl());
    again.webSocket.send(request);
    expect(await again.frame(1)).toMatchObject({
      type: 'ack',
      ackId: 9,
      success: false,
      error: { name: 'Duplicate' },
    });
  });

  test('cannot be kept with more than 1000 messages waiting', async () => {
    scene = await startScene({ recoveryWindowMs: LONG });
    const { id, socket } = await reliable();
    await scene.rest.group('room').addConnection(id);
    socket.webSocket.terminate();
    await socket.closed;
    const { client } = await scene.client({ roles: ['webpubsub.sendToGroup'] });
    await Promise.all(Array.from({ length: 1000 }, () => client.sendToGroup('room', 'x', 'text')));
    expect(await scene.rest.connectionExists(id)).toBe(true);
    await scene.rest.sendToConnection(id, 'one too many');
    expect(await scene.rest.connectionExists(id)).toBe(false);
    await scene.webhook.event('disconnected');
  });
});

describe('1008', () => {
  test('answers a wrong reconnection token, and leaves the connection alone', async () => {
    scene = await startScene({ recoveryWindowMs: LONG });
    const { id, recoveryUrl } = await reliable();
    const thief = await scene.socket(RELIABLE, await recoveryUrl('guessed'));
    expect(await thief.closed).toMatchObject({ code: 1008 });
    expect(scene.service.control.connections()).toMatchObject([{ connectionId: id, state: 'connected' }]);
  });

  test('answers a client that comes back after its window, which then opens a new connection', async () => {
    scene = await startScene({ recoveryWindowMs: 0 });
    const first = await scene.client({ userId: 'ann', autoReconnect: true });
    const lost = new Promise<string>((resolve) =>
      first.client.on('disconnected', (e) => resolve(String(e.connectionId))),
    );
    const next = new Promise<string>((resolve) =>
      first.client.on('connected', (e) => resolve(e.connectionId)),
    );
    await scene.rest.closeConnection(first.connectionId, { reason: 'bye' });
    expect(await lost).toBe(first.connectionId);
    expect(await next).not.toBe(first.connectionId);
    await scene.webhook.event('connected', 2);
  });
});

test('a lost JSON connection is gone at once: it cannot be recovered', async () => {
  scene = await startScene({ recoveryWindowMs: LONG });
  const { connectionId, stopped } = await scene.client({ json: true, userId: 'ann' });
  scene.service.control.dropTransport(connectionId);
  const { headers } = await scene.webhook.event('disconnected');
  expect(headers['ce-connectionid']).toBe(connectionId);
  await stopped;
});

test.each([
  ['1000', (socket: TestSocket) => socket.webSocket.close(1000, 'done here'), 'done here'],
  ['no code', (socket: TestSocket) => socket.webSocket.close(), ''],
])(
  'a reliable client whose close frame has %s is gone at once, though its window is long',
  async (_code, close, reason) => {
    scene = await startScene({ recoveryWindowMs: LONG });
    const { socket } = await reliable();
    close(socket);
    const { body } = await scene.webhook.event('disconnected');
    expect(JSON.parse(body.toString())).toEqual({ reason });
    expect(await scene.rest.userExists('ann')).toBe(false);
  },
);

test.each([1001, 1011, 3000, 4321])(
  'a reliable client whose close frame has %i, as a closed tab has 1001, is only lost, and can come back',
  async (code) => {
    const time = new TurnedTime();
    scene = await startScene({ recoveryWindowMs: LONG, after: time.after });
    const { id, socket, recoveryUrl } = await reliable();
    socket.webSocket.close(code, 'leaving');
    await time.waitedFor(LONG);
    expect(scene.service.control.connections()).toMatchObject([{ connectionId: id, state: 'detached' }]);
    const again = await scene.socket(RELIABLE, await recoveryUrl());
    again.webSocket.send('{"type":"ping"}');
    expect(await again.frame(1)).toEqual({ type: 'pong' });
    expect(scene.webhook.named('disconnected')).toEqual([]);
  },
);

test('a JSON client that is gone with 1001 is gone at once', async () => {
  scene = await startScene({ recoveryWindowMs: LONG });
  const { webSocket } = await scene.socket('json.webpubsub.azure.v1');
  webSocket.close(1001);
  await scene.webhook.event('disconnected');
});

test('a connection that the app closes while it is detached is reported once', async () => {
  const time = new TurnedTime();
  scene = await startScene({ recoveryWindowMs: 50, after: time.after });
  const { id, socket } = await reliable();
  socket.webSocket.terminate();
  await time.waitedFor(50);
  await scene.rest.closeConnection(id, { reason: 'closed by the app' });
  // A second connection is lost after the first: its own end comes later than any repeat could.
  const other = await reliable();
  other.socket.webSocket.terminate();
  await time.waitedFor(50);
  time.pass(50);
  await scene.webhook.event('disconnected', 2);
  const ids = scene.webhook.named('disconnected').map(({ headers }) => headers['ce-connectionid']);
  expect(ids).toEqual([id, other.id]);
});

describe('a client whose TCP connection goes while its event is handled', () => {
  /** It has sent two events and a goodbye, and the first event is being handled. */
  const leaveInTheMiddle = async (): Promise<Awaited<ReturnType<typeof reliable>>> => {
    const client = await reliable();
    scene.webhook.hold('slow');
    for (const event of ['slow', 'queued'])
      client.socket.webSocket.send(`{"type":"event","event":"${event}","data":1,"ackId":1}`);
    client.socket.webSocket.close(1000);
    await scene.webhook.event('slow');
    client.socket.webSocket.terminate();
    return client;
  };

  test('is lost, although it has said goodbye: the call is given up, the rest is never read, and it may come back', async () => {
    scene = await startScene({ recoveryWindowMs: LONG });
    const { id, recoveryUrl } = await leaveInTheMiddle();
    await scene.webhook.abortOf('slow');
    const again = await scene.socket(RELIABLE, await recoveryUrl());
    again.webSocket.send('{"type":"event","event":"again","data":1,"ackId":1}');
    expect(await again.frame(1)).toEqual({ type: 'ack', ackId: 1, success: true });
    expect(scene.webhook.named('slow')).toHaveLength(1);
    expect(scene.webhook.named('queued')).toEqual([]);
    expect(scene.webhook.named('disconnected')).toEqual([]);
    expect(scene.service.control.connections()).toMatchObject([{ connectionId: id, state: 'connected' }]);
  });

  test('is disconnected at once where there is no recovery, before the event is answered', async () => {
    scene = await startScene();
    const { webSocket } = await scene.socket('json.webpubsub.azure.v1');
    scene.webhook.hold('slow');
    webSocket.send('{"type":"event","event":"slow","data":1}');
    await scene.webhook.event('slow');
    webSocket.terminate();
    await scene.webhook.event('disconnected');
    await scene.webhook.abortOf('slow');
    expect(scene.webhook.named('slow')).toHaveLength(1);
  });

  test('and that the app then closes, is gone once and for all', async () => {
    scene = await startScene({ recoveryWindowMs: LONG });
    const { id, recoveryUrl } = await leaveInTheMiddle();
    await scene.rest.closeConnection(id, { reason: 'closed by the app' });
    await scene.webhook.event('disconnected');
    const again = await scene.socket(RELIABLE, await recoveryUrl());
    expect(await again.closed).toMatchObject({ code: 1008 });
    // Another client's whole life comes after whatever the first one's queue could still raise.
    const other = await scene.client();
    other.client.stop();
    await scene.webhook.event('disconnected', 2);
    const ids = scene.webhook.named('disconnected').map(({ headers }) => headers['ce-connectionid']);
    expect(ids).toEqual([id, other.connectionId]);
    expect(scene.webhook.named('queued')).toEqual([]);
  });
});
