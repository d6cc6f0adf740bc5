import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { startScene, type Scene } from '../../../local/web-pubsub/test/support';
import { Line, type LineOptions } from '../../../web/widget/line';
import { next, NOTHING, waiting, type Chat, type Input } from '../../../web/widget/messages';
import { startTcpProxy, type TcpProxy } from '../../support/tcp-proxy';

/** The widget's line over real sockets: the Web PubSub client, the local service, and an app that answers as the test says. */

const PACE = { ping: 200, answer: 500, attempt: 60, request: 600 };
/** The same, but a busy machine is not taken for a silent line: for tests that count requests. */
const UNHURRIED = { ...PACE, request: 60_000 };

interface Asked {
  readonly ticket: string | undefined;
  readonly reconnectId: string | undefined;
  readonly key: string | undefined;
}
interface Answered {
  readonly status: number;
  /** Without one it is not the app that answers. */
  readonly body?: object;
}
const problem = (status: number, code: string, more: object = {}): Answered => ({
  status,
  body: { code, ...more },
});
const page = (more: object = {}): Answered => ({
  status: 200,
  body: { conversation: { id: 'a' }, transcript: [], ...more },
});

let scene: Scene;
let server: Server;
let proxies: TcpProxy[];
let lines: Line[];
/** What `negotiate` answers; nothing: a socket for the conversation. */
let negotiate: (asked: Asked) => Answered | undefined;
/** What is answered to a reader of the transcript. */
let read: (nth: number) => Answered | Promise<Answered>;
let asked: Asked[];
let reads: number;
/** Through which proxy the next socket is opened. */
let route: TcpProxy | undefined;

beforeEach(async () => {
  scene = await startScene({ recoveryWindowMs: 600_000, retryDelaysMs: [] });
  [proxies, lines, asked, reads, route] = [[], [], [], 0, undefined];
  negotiate = () => undefined;
  read = () => page();
  server = createServer((request, response) => {
    const answer = async (): Promise<Answered> => {
      const chunks: Buffer[] = [];
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
      if (request.url === '/api/health') return { status: 200, body: {} };
      if (request.url !== '/api/v1/negotiate') return read(++reads);
      const one = askedBy(request.headers, Buffer.concat(chunks).toString());
      asked.push(one);
      return negotiate(one) ?? { status: 200, body: await access() };
    };
    void answer().then(({ status, body }) => {
      response.writeHead(status, { 'content-type': body ? 'application/problem+json' : 'text/html' });
      response.end(body ? JSON.stringify(body) : '<h1>Welcome to our network</h1>');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(async () => {
  for (const line of lines) line.close();
  for (const proxy of proxies) await proxy.stop();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await scene.stop();
});

const askedBy = (headers: IncomingHttpHeaders, body: string): Asked => ({
  ticket: headers.authorization?.replace('Bearer ', ''),
  reconnectId: (JSON.parse(body) as { reconnectId?: string }).reconnectId,
  key: headers['idempotency-key'] as string | undefined,
});

async function access() {
  const url = await scene.clientUrl({ userId: 'customer.a', groups: ['customer.a'] });
  const { port } = new URL(scene.service.endpoint);
  const through = route === undefined ? url : url.replace(`:${port}/`, `:${route.port}/`);
  route = undefined;
  return { conversationId: 'a', url: through, ticket: 'new-ticket' };
}

async function proxy(): Promise<TcpProxy> {
  const one = await startTcpProxy(Number(new URL(scene.service.endpoint).port));
  proxies.push(one);
  return one;
}

interface Customer {
  readonly line: Line;
  readonly told: Input[];
  readonly chat: () => Chat;
  readonly ticket: () => string | undefined;
  readonly link: () => string | undefined;
  /** The nth of what is told that is such. */
  readonly tells: <T extends Input['type']>(type: T, nth?: number) => Promise<Input & { type: T }>;
  readonly writes: (text: string) => void;
  readonly leaves: () => void;
  /** What is kept in this browser is not there any more. */
  readonly forgets: () => void;
}

function customer({
  ticket,
  link,
  isOver = false,
  pace = PACE,
}: { ticket?: string; link?: string; isOver?: boolean; pace?: typeof PACE } = {}): Customer {
  let chat: Chat = { ...NOTHING, phase: 'opening' };
  const told: Input[] = [];
  const listeners = new Set<() => void>();
  const tell = (input: Input) => {
    told.push(input);
    chat = next(chat, input);
    for (const listener of [...listeners]) listener();
  };
  const options: LineOptions = {
    api: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    customer: () => ({}),
    ticket: { get: () => ticket, set: (value) => void (ticket = value) },
    signIn: undefined,
    link: { get: () => link, drop: () => void (link = undefined) },
    pace,
    waiting: () => waiting(chat),
    loaded: () => chat.loaded,
    isLeaving: () => chat.leaving === true,
    isOver: () => isOver,
    tell,
  };
  const line = new Line(options);
  lines.push(line);
  line.open();
  return {
    line,
    told,
    chat: () => chat,
    ticket: () => ticket,
    link: () => link,
    tells: <T extends Input['type']>(type: T, nth = 1) =>
      new Promise<Input & { type: T }>((resolve) => {
        const look = () => {
          const found = told.filter((input): input is Input & { type: T } => input.type === type)[nth - 1];
          if (found === undefined) return;
          listeners.delete(look);
          resolve(found);
        };
        listeners.add(look);
        look();
      }),
    writes: (text) => {
      tell({ type: 'written', messageId: text, text, at: '2026-03-01T10:00:00.000Z' });
      void line.send();
    },
    leaves: () => {
      tell({ type: 'leaving' });
      void line.leave();
    },
    forgets: () => void (ticket = undefined),
  };
}
const types = (told: readonly Input[]) => told.map(({ type }) => type);
const connections = () => scene.service.control.connections();
const push = (data: object) => scene.rest.group('customer.a').sendToAll({ conversationId: 'a', ...data });

const LINK_REFUSED: readonly Answered[] = [
  problem(400, 'invalid-input', { field: 'body.reconnectId' }),
  problem(404, 'conversation-not-found'),
  problem(409, 'conversation-ended', { reason: 'agent-ended', options: ['new-conversation'] }),
  problem(409, 'reconnect-link-used'),
  problem(409, 'reconnect-disabled'),
  problem(413, 'conversation-too-large'),
];

describe('a reconnect link', () => {
  test.each(LINK_REFUSED)(
    'that the app refuses ($body.code) leads back to what this browser has',
    async (refusal) => {
      negotiate = ({ reconnectId }) => (reconnectId === undefined ? undefined : refusal);
      const ann = customer({ ticket: 'own', link: 'void', pace: UNHURRIED });
      await ann.tells('opened');
      expect(asked.map(({ ticket, reconnectId }) => ({ ticket, reconnectId }))).toEqual([
        { ticket: undefined, reconnectId: 'void' },
        { ticket: 'own', reconnectId: undefined },
      ]);
      expect([ann.link(), ann.ticket()]).toEqual([undefined, 'new-ticket']);
      expect(types(ann.told)).not.toContain('ended');
    },
  );

  test.each(LINK_REFUSED)('that the app refuses ($body.code) begins nothing by itself', async (refusal) => {
    negotiate = () => refusal;
    const ann = customer({ link: 'void' });
    const isEnd = (refusal.body as { code: string }).code === 'conversation-ended';
    if (isEnd) expect(await ann.tells('ended')).toMatchObject({ end: { reason: 'agent-ended' } });
    else await ann.tells('nothing');
    expect(asked).toHaveLength(1);
    expect(ann.link()).toBeUndefined();
  });

  test.each([
    problem(400, 'invalid-input', { field: 'body.queue' }),
    { status: 404 },
    { status: 403 },
    { status: 200 },
    problem(429, 'too-many-requests', { retryAfterSeconds: 1 }),
    problem(503, 'temporarily-unavailable', { retryAfterSeconds: 1 }),
  ])('stays when it is not the link that is refused: %j', async (answer) => {
    negotiate = () => (asked.length === 1 ? answer : undefined);
    const ann = customer({ ticket: 'own', link: 'good' });
    if (answer.status === 400) {
      expect(await ann.tells('problem')).toMatchObject({ fatal: true, problem: { kind: 'refused' } });
      expect(ann.link()).toBe('good');
    } else {
      await ann.tells('opened');
      expect(asked.map(({ reconnectId }) => reconnectId)).toEqual(['good', 'good']);
    }
  });

  test('waits while its customer is connected elsewhere, tells the tabs, and is the same request again', async () => {
    negotiate = () =>
      asked.length <= 2 ? problem(409, 'customer-is-connected', { retryAfterSeconds: 1 }) : undefined;
    const ann = customer({ ticket: 'own', link: 'good' });
    await ann.tells('linked');
    expect(ann.link()).toBe('good');
    await ann.tells('opened');
    expect(asked).toEqual(Array(3).fill({ ticket: undefined, reconnectId: 'good', key: asked[0]!.key }));
    expect(asked[0]!.key).toMatch(/^[\w-]{1,64}$/);
    expect(ann.link()).toBeUndefined();
  });
});

describe('a ticket', () => {
  test('of a conversation that is known to have ended begins none when it has expired [R298]', async () => {
    negotiate = () => problem(401, 'not-authenticated');
    const ann = customer({ ticket: 'own', isOver: true });
    await ann.tells('nothing');
    expect([asked.length, ann.ticket(), ann.chat().phase]).toEqual([1, undefined, 'idle']);
  });

  test.each([{ status: 403 }, { status: 404 }, { status: 401 }, { status: 200 }])(
    'outlives somebody on the way who answers: %j',
    async (answer) => {
      negotiate = () => (asked.length === 1 ? answer : undefined);
      const ann = customer({ ticket: 'own' });
      await ann.tells('opened');
      expect(asked.map(({ ticket }) => ticket)).toEqual(['own', 'own']);
      expect(ann.told.filter((input) => input.type === 'problem' && input.fatal)).toEqual([]);
    },
  );

  test('a conversation that is open outlives such an answer, too', async () => {
    const ann = customer();
    await ann.tells('opened');
    negotiate = () => (asked.length === 2 ? { status: 403 } : undefined);
    ann.line.offline();
    ann.line.wake();
    await ann.tells('opened', 2);
    expect(types(ann.told)).not.toContain('problem');
  });

  test('without one it is a wrong address, and nobody is asked again', async () => {
    negotiate = () => ({ status: 404 });
    const ann = customer();
    expect(await ann.tells('problem')).toMatchObject({ fatal: true, problem: { kind: 'address' } });
    expect(asked).toHaveLength(1);
  });

  test('that the app does not know any more begins a new conversation', async () => {
    negotiate = ({ ticket }) => (ticket === 'old' ? problem(401, 'not-authenticated') : undefined);
    const ann = customer({ ticket: 'old' });
    await ann.tells('opened');
    expect(asked.map(({ ticket }) => ticket)).toEqual(['old', undefined]);
  });
});

test('what was written for a conversation whose ticket has expired is not sent into the next one [R287]', async () => {
  negotiate = ({ ticket }) => (ticket === 'old' ? problem(401, 'not-authenticated') : undefined);
  const ann = customer({ ticket: 'old' });
  ann.writes('For Ada alone');
  await ann.tells('view');
  expect(ann.chat().entries).toMatchObject([{ text: 'For Ada alone', delivery: 'failed' }]);
});

test('a page goes on with its own ticket, though another one has been signed in at this browser', async () => {
  const ann = customer({ ticket: 'own' });
  await ann.tells('opened');
  ann.forgets();
  ann.line.offline();
  ann.line.wake();
  await ann.tells('opened', 2);
  expect(asked.map(({ ticket }) => ticket)).toEqual(['own', 'new-ticket']);
});

describe('an end', () => {
  const ENDED = problem(409, 'conversation-ended', {
    reason: 'agent-ended',
    options: ['new-conversation'],
    conversationId: 'a',
  });
  const answers = [1, 2].map((sequence) => ({
    kind: 'message',
    sequence,
    at: '2026-03-01T10:00:00.000Z',
    author: { role: 'agent', name: 'Ada' },
    text: `Answer ${sequence}`,
  }));
  const everything = (nth: number) =>
    nth === 1 ? page({ transcript: [answers[0]], nextAfter: 1 }) : page({ transcript: [answers[1]] });

  test.each<Answered>([
    problem(503, 'temporarily-unavailable'),
    problem(500, 'unexpected'),
    problem(429, 'too-many-requests'),
    { status: 200 },
    { status: 403 },
  ])('is told when everything that was answered meanwhile has been read: %j [R288]', async (failure) => {
    negotiate = () => ENDED;
    read = (nth) => (nth <= 2 ? failure : everything(nth - 2));
    const ann = customer({ ticket: 'own' });
    await ann.tells('ended');
    expect(types(ann.told).filter((type) => type === 'view' || type === 'ended')).toEqual([
      'view',
      'view',
      'ended',
    ]);
    expect(ann.chat().entries.map(({ text }) => text)).toEqual(['Answer 1', 'Answer 2']);
  });

  test('is not told, and the ticket kept, while nobody answers', async () => {
    negotiate = () => ENDED;
    let isDown = true;
    let asksAgain: () => void = () => undefined;
    const asked = new Promise<void>((resolve) => (asksAgain = resolve));
    read = (nth) => {
      if (nth > 2) asksAgain();
      return isDown ? { status: 502 } : everything(2);
    };
    const before = customer({ ticket: 'own' });
    await asked;
    before.line.close();
    expect(types(before.told)).not.toContain('ended');
    expect(before.ticket()).toBe('own');
    isDown = false;
    const after = customer({ ticket: 'own' });
    await after.tells('ended');
    expect(after.chat().entries).toHaveLength(1);
  });

  test('is told at once when reading is refused for good', async () => {
    negotiate = () => ENDED;
    read = () => problem(404, 'conversation-not-found');
    const ann = customer({ ticket: 'own' });
    await ann.tells('ended');
    expect(reads).toBe(1);
  });

  test('that is pushed waits for what is being read', async () => {
    read = (nth) => (nth <= 2 ? problem(503, 'temporarily-unavailable') : everything(nth - 2));
    const ann = customer();
    await ann.tells('opened');
    await push({ type: 'conversation-ended', reason: 'agent-ended', options: [] });
    await ann.tells('ended');
    expect(ann.chat().entries).toHaveLength(2);
  });
});

describe('a socket that closes', () => {
  /** It is open, and cannot be got back: the line has to be another one. */
  const broken = async () => {
    const way = (route = await proxy());
    const ann = customer({ ticket: 'own' });
    await ann.tells('opened');
    return {
      ann,
      breaks: () => (way.mode = 'refuse'),
      /** The socket that has been given up comes back, and is closed. */
      mends: () => {
        way.mode = 'forward';
        return scene.webhook.event('disconnected');
      },
    };
  };
  const cut = () => scene.service.control.dropTransport(connections()[0]!.connectionId);

  test('under a message does not make it fail: it is sent again over the next line [R250]', async () => {
    const { ann, breaks, mends } = await broken();
    const release = scene.webhook.hold('message');
    ann.writes('one');
    await scene.webhook.event('message');
    breaks();
    cut();
    await ann.tells('opened', 2);
    await scene.webhook.event('message', 2);
    release();
    expect(await ann.tells('delivery')).toMatchObject({ messageId: 'one', delivery: 'sent' });
    const bodies = scene.webhook.named('message').map(({ body }) => body.toString());
    expect(new Set(bodies).size).toBe(1);
    await mends();
  });

  test('before a message does not, either', async () => {
    const { ann, breaks, mends } = await broken();
    breaks();
    cut();
    ann.writes('one');
    expect(await ann.tells('delivery')).toMatchObject({ messageId: 'one', delivery: 'sent' });
    expect(types(ann.told)).toContain('lost');
    await mends();
  });

  test('under the wish to leave repeats it', async () => {
    const { ann, breaks, mends } = await broken();
    const release = scene.webhook.hold('leave');
    ann.leaves();
    await scene.webhook.event('leave');
    breaks();
    cut();
    await scene.webhook.event('leave', 2);
    release();
    await mends();
  });

  test('leaving is repeated until the end is known, however good the line is', async () => {
    const ann = customer();
    await ann.tells('opened');
    ann.leaves();
    await scene.webhook.event('leave', 2);
    await push({ type: 'conversation-ended', reason: 'customer-ended', options: [] });
    expect(await ann.tells('ended')).toMatchObject({ end: { reason: 'customer-ended' } });
  });

  test('a message that the app cannot take has failed', async () => {
    scene.webhook.answer = ({ name }) => (name === 'message' ? { status: 500 } : undefined);
    const ann = customer();
    await ann.tells('opened');
    ann.writes('one');
    expect(await ann.tells('delivery')).toMatchObject({ messageId: 'one', delivery: 'failed' });
    expect(asked).toHaveLength(1);
  });
});

describe('a line', () => {
  test('that is good is kept when the page has stood still, as its timers do when it is hidden [R250]', async () => {
    const ann = customer();
    await ann.tells('opened');
    for (let time = 1; time <= 3; time++) {
      // Nothing runs: no timer, no frame.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2 * (PACE.ping + PACE.answer));
      await push({ type: 'typing', author: { role: 'agent' } });
      await ann.tells('typing', time);
    }
    const [, ...since] = types(ann.told).join(' ').split('opened');
    expect(since).toHaveLength(1);
    expect(since[0]).not.toContain('lost');
    expect(asked).toHaveLength(1);
  });

  test('that is silent is replaced by one socket [R250]', async () => {
    const way = (route = await proxy());
    const ann = customer();
    await ann.tells('opened');
    way.mode = 'silent';
    await ann.tells('lost');
    await ann.tells('opened', 2);
    expect(asked).toHaveLength(2);
  });

  test('whose handshake comes too late is closed, and another one is the only one', async () => {
    const way = (route = await proxy());
    way.mode = { slowMs: 3 * PACE.request };
    // It ends before the service has said that it is open: without a goodbye.
    scene.service.control.setRecoveryWindow(0);
    const ann = customer();
    await ann.tells('opened');
    await scene.webhook.event('disconnected');
    expect(connections().filter(({ state }) => state === 'connected')).toHaveLength(1);
    ann.writes('one');
    expect(await ann.tells('delivery')).toMatchObject({ delivery: 'sent' });
    expect(types(ann.told).filter((type) => type === 'opened')).toHaveLength(1);
  });

  test('that is closed during its handshake opens nothing', async () => {
    const way = (route = await proxy());
    way.mode = { slowMs: PACE.request / 2 };
    const ann = customer();
    await scene.webhook.event('connect');
    ann.line.close();
    await scene.webhook.event('disconnected');
    expect(connections()).toEqual([]);
    expect(types(ann.told)).not.toContain('opened');
  });

  test('that cannot go on closes what it has kept', async () => {
    const ann = customer();
    await ann.tells('opened');
    negotiate = () => problem(403, 'sign-in-required');
    ann.line.offline();
    ann.line.wake();
    expect(await ann.tells('problem')).toMatchObject({ fatal: true, problem: { kind: 'sign-in' } });
    await scene.webhook.event('disconnected');
    expect(connections()).toEqual([]);
  });

  test('that is handed over is closed when the next one is open, and not before', async () => {
    const ann = customer();
    await ann.tells('opened');
    let open: () => void = () => undefined;
    ann.line.handOver(new Promise<void>((resolve) => (open = resolve)));
    await push({ type: 'typing', author: { role: 'agent' } });
    await ann.tells('typing');
    open();
    await scene.webhook.event('disconnected');
  });
});

describe('the transcript', () => {
  const message = (sequence: number) => ({
    kind: 'message',
    sequence,
    at: '2026-03-01T10:00:00.000Z',
    author: { role: 'agent', name: 'Ada' },
    text: `Text ${sequence}`,
  });

  test('is read for the line that is open now, though that of the last one is still awaited', async () => {
    const way = (route = await proxy());
    read = (nth) => (nth === 1 ? new Promise<never>(() => undefined) : page({ transcript: [message(1)] }));
    const ann = customer();
    await ann.tells('opened');
    way.mode = 'silent';
    ann.line.offline();
    ann.line.wake();
    await ann.tells('view');
    expect(ann.chat().entries).toHaveLength(1);
  });

  test('is read again if something has happened meanwhile', async () => {
    let release: (answer: Answered) => void = () => undefined;
    read = (nth) =>
      nth === 1 ? new Promise((resolve) => (release = resolve)) : page({ transcript: [message(1)] });
    const ann = customer();
    await ann.tells('opened');
    await push({ type: 'conversation-assigned', agentName: 'Ada' });
    await ann.tells('assigned');
    release(page());
    await ann.tells('view', 2);
    expect(ann.chat().entries).toHaveLength(1);
  });

  test.each([
    problem(503, 'temporarily-unavailable', { retryAfterSeconds: 1 }),
    problem(429, 'too-many-requests', { retryAfterSeconds: 1 }),
    { status: 403 },
    { status: 200 },
  ])('waits as long as it is told to, and does not believe just anybody: %j', async (answer) => {
    const times: number[] = [];
    read = (nth) => {
      times.push(performance.now());
      return nth === 1 ? answer : page({ transcript: [message(1)] });
    };
    const ann = customer();
    await ann.tells('view');
    expect(ann.chat().entries).toHaveLength(1);
    // A fifth earlier at most: not everybody comes at once.
    if (answer.body !== undefined) expect(times[1]! - times[0]!).toBeGreaterThan(790);
  });

  test('keeps nobody from writing', async () => {
    read = () => new Promise<never>(() => undefined);
    const ann = customer();
    await ann.tells('opened');
    ann.writes('one');
    expect(await ann.tells('delivery')).toMatchObject({ delivery: 'sent' });
    expect(types(ann.told)).not.toContain('view');
  });
});
