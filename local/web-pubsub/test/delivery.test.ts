import { afterEach, describe, expect, test } from '@jest/globals';
import { type AttemptReport } from '../index';
import { signature } from '../upstream/signature';
import { refusal, Signal, startScene, TurnedTime, type Scene } from './support';

let scene: Scene;
afterEach(() => scene.stop());

/** Observes attempts; `attempts(name, n)` resolves when n of them have been made. */
function observer() {
  const seen: AttemptReport[] = [];
  const attempted = new Signal();
  const onEvent = (report: AttemptReport): void => {
    seen.push(report);
    attempted.raise();
  };
  const attempts = async (name: string, count: number): Promise<AttemptReport[]> => {
    for (;;) {
      const found = seen.filter(({ eventName }) => eventName === name);
      if (found.length >= count) return found;
      await attempted.next();
    }
  };
  return { seen, onEvent, attempts };
}

describe('an event that the app does not take', () => {
  test('is repeated under the same id after a 5xx and a 408 until the app takes it', async () => {
    const watched = observer();
    scene = await startScene({ retryDelaysMs: [1, 1, 1], onEvent: watched.onEvent });
    const statuses = [503, 408, 200];
    scene.webhook.answer = ({ name }) =>
      name === 'connected' ? { status: statuses.shift() ?? 500 } : undefined;
    const { connectionId } = await scene.client({ userId: 'ann' });
    const attempts = await watched.attempts('connected', 3);
    const facts = {
      type: 'azure.webpubsub.sys.connected',
      eventName: 'connected',
      connectionId,
      userId: 'ann',
      ceId: 1,
    };
    expect(attempts).toEqual([
      { ...facts, attempt: 1, status: 503 },
      { ...facts, attempt: 2, status: 408 },
      { ...facts, attempt: 3, status: 200 },
    ]);
    const sent = scene.webhook
      .named('connected')
      .map(({ headers }) => [headers['ce-id'], headers['ce-time'], headers['x-ms-client-request-id']]);
    expect(new Set(sent.map(String)).size).toBe(1);
    const { headers } = await scene.webhook.event('connect');
    expect(headers['x-ms-client-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    expect(sent[0]?.[2]).not.toBe(headers['x-ms-client-request-id']);
  });

  test('is lost after as many repeats as there are delays, and the next event goes out', async () => {
    const watched = observer();
    scene = await startScene({ retryDelaysMs: [1], onEvent: watched.onEvent });
    scene.webhook.answer = ({ name }) => (name === 'connected' ? { status: 500 } : undefined);
    const { client } = await scene.client();
    await watched.attempts('connected', 2);
    client.stop();
    await watched.attempts('disconnected', 1);
    expect(scene.webhook.named('connected')).toHaveLength(2);
  });

  test.each([404, 401, 429])('is not repeated after a %i', async (status) => {
    const lines: string[] = [];
    let warned = (): void => undefined;
    const warning = new Promise<void>((resolve) => (warned = resolve));
    const watched = observer();
    scene = await startScene({
      retryDelaysMs: [0, 0, 0],
      onEvent: watched.onEvent,
      log: (_level, line) => {
        lines.push(line);
        warned();
      },
    });
    scene.webhook.answer = ({ name }) => (name === 'connected' ? { status } : undefined);
    const { client } = await scene.client();
    await warning;
    client.stop();
    await watched.attempts('disconnected', 1);
    expect(scene.webhook.named('connected')).toHaveLength(1);
    expect(lines).toHaveLength(1);
    expect(lines[0]).not.toContain('the-key');
  });

  test('is given up when its time is over, repeats included', async () => {
    const time = new TurnedTime();
    scene = await startScene({ retryDelaysMs: [70_000], eventTimeoutMs: 500, after: time.after });
    scene.webhook.answer = ({ name }) => (name === 'connect' ? { status: 500 } : undefined);
    const refused = refusal(await scene.clientUrl());
    await time.waitedFor(70_000);
    time.pass(500);
    expect(await refused).toMatchObject({ status: 500 });
    expect(scene.webhook.named('connect')).toHaveLength(1);
  });
});

describe('validation', () => {
  test('asks once, with the service as origin, before any of many clients is asked for', async () => {
    scene = await startScene();
    await Promise.all(Array.from({ length: 5 }, () => scene.client()));
    await scene.webhook.event('connected', 5);
    expect(scene.webhook.received[0]).toMatchObject({
      method: 'OPTIONS',
      url: '/api/web-pubsub/validate?code=the-key',
    });
    expect(scene.webhook.received[0]?.headers).toMatchObject({
      'webhook-request-origin': 'localhost',
      'ce-awpsversion': '1.0',
    });
    expect(scene.webhook.named('OPTIONS')).toHaveLength(1);
  });

  test('that is refused keeps every event back and refuses clients', async () => {
    const watched = observer();
    scene = await startScene({ onEvent: watched.onEvent });
    scene.webhook.answer = () => ({ headers: { 'WebHook-Allowed-Origin': 'elsewhere.example' } });
    expect(await refusal(await scene.clientUrl())).toMatchObject({ status: 500 });
    expect(scene.webhook.received.map(({ method }) => method)).toEqual(['OPTIONS']);
    expect(watched.seen).toMatchObject([
      { eventName: 'connect', attempt: 0, error: 'the event handler is not validated' },
    ]);
  });

  test('is asked with GET where OPTIONS is not found, and may name the origin', async () => {
    scene = await startScene();
    scene.webhook.answer = ({ method }) =>
      method === 'GET'
        ? { headers: { 'WebHook-Allowed-Origin': 'a.example, LOCALHOST' } }
        : { status: method === 'POST' ? 200 : 404 };
    await scene.client();
    await scene.webhook.event('connected');
    expect(scene.webhook.received.slice(0, 3).map(({ name }) => name)).toEqual(['OPTIONS', 'GET', 'connect']);
  });

  test('is repeated like an event before it has failed', async () => {
    scene = await startScene({ retryDelaysMs: [1, 1, 1] });
    const statuses = [503, 408, 500];
    scene.webhook.answer = ({ name }) => {
      const status = name === 'OPTIONS' ? statuses.shift() : undefined;
      return status === undefined ? undefined : { status };
    };
    await scene.client();
    expect(scene.webhook.named('OPTIONS')).toHaveLength(4);
  });

  test.each([429, 400])('is not repeated after a %i', async (status) => {
    scene = await startScene({ retryDelaysMs: [1, 1, 1] });
    scene.webhook.answer = ({ name }) => (name === 'OPTIONS' ? { status } : undefined);
    expect(await refusal(await scene.clientUrl())).toMatchObject({ status: 500 });
    expect(scene.webhook.named('OPTIONS')).toHaveLength(1);
  });

  test('that failed is asked again by an event that is lost itself, after 1, 2, 4 seconds', async () => {
    const time = new TurnedTime();
    const watched = observer();
    scene = await startScene({ retryDelaysMs: [], after: time.after, onEvent: watched.onEvent });
    let ready = false;
    scene.webhook.answer = ({ method }) => (method === 'OPTIONS' && !ready ? { status: 503 } : undefined);
    const knock = async (): Promise<number> => (await refusal(await scene.clientUrl())).status;
    let checks = 0;
    for (const pauseMs of [1_000, 2_000, 4_000]) {
      expect(await knock()).toBe(500);
      await scene.webhook.event('OPTIONS', ++checks);
      await time.waitedFor(pauseMs);
      time.pass(pauseMs - 1);
      // Too early to ask: nothing but the answer "no".
      expect(await knock()).toBe(500);
      expect(scene.webhook.named('OPTIONS')).toHaveLength(checks);
      time.pass(1);
    }
    ready = true;
    // The app is back. The first event finds it out, and is lost.
    expect(await knock()).toBe(500);
    await time.waitedFor(60_000);
    expect(scene.webhook.named('connect')).toEqual([]);
    await scene.client();
    expect(scene.webhook.named('connect')).toHaveLength(1);
    expect(watched.seen.filter(({ attempt }) => attempt === 0)).toHaveLength(7);
  });

  test('is renewed after a minute by an event that is delivered all the same', async () => {
    const time = new TurnedTime();
    scene = await startScene({ retryDelaysMs: [], after: time.after });
    const { client } = await scene.client();
    await time.waitedFor(60_000);
    scene.webhook.answer = ({ method }) => (method === 'OPTIONS' ? { status: 400 } : undefined);
    time.pass(60_000);
    await client.sendEvent('first', 1, 'json');
    await time.waitedFor(1_000);
    await expect(client.sendEvent('second', 1, 'json')).rejects.toMatchObject({
      errorDetail: { name: 'InternalServerError' },
    });
    expect(scene.webhook.named('first')).toHaveLength(1);
    expect(scene.webhook.named('second')).toEqual([]);
  });
});

test('cookies that the app sets come back with the later events of the same connection only', async () => {
  scene = await startScene();
  const setCookie = ['affinity=one; Path=/; HttpOnly', 'old=x'] as unknown as string;
  scene.webhook.answer = ({ name, headers }) => {
    if (headers['ce-userid'] !== 'ann') return undefined;
    if (name === 'connect') return { headers: { 'set-cookie': setCookie } };
    if (name === 'change') return { headers: { 'set-cookie': 'old=; Max-Age=0' } };
    return undefined;
  };
  const { client } = await scene.client({ userId: 'ann' });
  await scene.webhook.event('connected');
  await client.sendEvent('change', 1, 'json');
  await client.sendEvent('look', 1, 'json');
  await scene.client({ userId: 'bob' });
  await scene.webhook.event('connected', 2);
  const cookies = scene.webhook.received.map(({ name, headers }) => [name, headers.cookie]);
  expect(cookies.slice(1)).toEqual([
    ['connect', undefined],
    ['connected', 'affinity=one; old=x'],
    ['change', 'affinity=one; old=x'],
    ['look', 'affinity=one'],
    ['connect', undefined],
    ['connected', undefined],
  ]);
});

describe('the signature', () => {
  const vector = {
    key: '7aab239577fd4f24bc919802fb629f5f',
    connectionId: '0f9c97a2f0bf4706afe87a14e0797b11',
  };

  test('of a known connection id is the known one', async () => {
    scene = await startScene();
    expect(signature(vector.connectionId, [vector.key])).toMatch(/^sha256=7767effc[0-9a-f]{51}ab561$/);
  });

  test('is there once for each access key, the primary first', async () => {
    scene = await startScene({ accessKey: vector.key, secondaryAccessKey: 'another-key-of-the-service' });
    const { connectionId } = await scene.client();
    const { headers } = await scene.webhook.event('connected');
    const of = (key: string): string => signature(connectionId, [key]);
    expect(headers['ce-signature']).toBe(`${of(vector.key)},${of('another-key-of-the-service')}`);
  });
});

describe('faults', () => {
  test('a dropped event never reaches the app', async () => {
    scene = await startScene();
    scene.service.control.faults.intercept = ({ eventName }) =>
      eventName === 'connected' ? 'drop' : 'deliver';
    const { client } = await scene.client();
    client.stop();
    const { headers } = await scene.webhook.event('disconnected');
    expect(headers['ce-id']).toBe('2');
    expect(scene.webhook.named('connected')).toEqual([]);
  });

  test('a repeated event arrives that many times with one id', async () => {
    scene = await startScene();
    scene.service.control.faults.intercept = ({ eventName }) =>
      eventName === 'connected' ? { repeat: 3 } : undefined;
    await scene.client();
    await scene.webhook.event('connected', 3);
    expect(scene.webhook.named('connected').map(({ headers }) => headers['ce-id'])).toEqual(['1', '1', '1']);
  });

  test('a delayed connected arrives after its own disconnected', async () => {
    const time = new TurnedTime();
    scene = await startScene({ after: time.after });
    scene.service.control.faults.intercept = ({ eventName }) =>
      eventName === 'connected' ? { delayMs: 1000 } : 'deliver';
    const { client } = await scene.client();
    client.stop();
    await scene.webhook.event('disconnected');
    time.pass(1000);
    await scene.webhook.event('connected');
    expect(scene.webhook.received.map(({ name }) => name)).toEqual([
      'OPTIONS',
      'connect',
      'disconnected',
      'connected',
    ]);
  });

  test('a client can be cut while its event is handled: the call is given up and nobody repeats it', async () => {
    scene = await startScene();
    scene.webhook.hold('message');
    scene.service.control.faults.intercept = ({ eventName }) =>
      eventName === 'message' ? { cutAfterMs: 30 } : undefined;
    const { client } = await scene.client({ json: true });
    await client.sendEvent('message', 1, 'json', { fireAndForget: true });
    await scene.webhook.event('disconnected');
    await scene.webhook.abortOf('message');
    expect(scene.webhook.named('message')).toHaveLength(1);
  });

  test('a client can be cut during its handshake: there is no disconnected', async () => {
    scene = await startScene();
    scene.webhook.hold('connect');
    scene.service.control.faults.intercept = ({ userId }) =>
      userId === 'ann' ? { cutAfterMs: 30 } : undefined;
    await expect(scene.client({ userId: 'ann' })).rejects.toBeDefined();
    await scene.webhook.abortOf('connect');
    scene.webhook.answer = () => undefined;
    const other = await scene.client({ userId: 'bob' });
    other.client.stop();
    await scene.webhook.event('disconnected');
    const told = scene.webhook.received.filter(({ headers }) => headers['ce-userid'] === 'ann');
    expect(told.map(({ name }) => name)).toEqual(['connect']);
  });

  test('a client whose keep-alive gives up behind a slow answer is lost at once, though the app has its event', async () => {
    scene = await startScene();
    scene.service.control.faults.intercept = ({ eventName }) =>
      eventName === 'slow' ? { answerAfterMs: 60_000 } : undefined;
    const { client } = await scene.client({
      userId: 'ann',
      json: true,
      keepAliveIntervalInMs: 50,
      keepAliveTimeoutInMs: 300,
    });
    const stopped = new Promise<void>((resolve) => client.on('stopped', () => resolve()));
    client.sendEvent('slow', 'x', 'text').catch(() => undefined);
    await scene.webhook.event('slow');
    await stopped;
    await scene.webhook.event('disconnected');
    expect(scene.webhook.named('slow')).toHaveLength(1);
  });

  test('an event that is delayed keeps the pings of its client waiting', async () => {
    const time = new TurnedTime();
    scene = await startScene({ after: time.after });
    scene.service.control.faults.intercept = ({ eventName }) =>
      eventName === 'slow' ? { delayMs: 1000 } : undefined;
    const { webSocket, frame } = await scene.socket('json.webpubsub.azure.v1');
    webSocket.send('{"type":"event","event":"slow","data":1,"ackId":1}');
    webSocket.send('{"type":"ping"}');
    await time.waitedFor(1000);
    time.pass(1000);
    expect(await frame(2)).toMatchObject({ type: 'ack', success: true });
    expect(await frame(3)).toEqual({ type: 'pong' });
  });
});
