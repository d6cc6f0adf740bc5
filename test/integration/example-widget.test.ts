import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { WebPubSubServiceClient } from '@azure/web-pubsub';
import { WebPubSubClient } from '@azure/web-pubsub-client';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { ROOT } from '../../local/stack/stack';
import { seconds, within } from '../e2e/waiting';
import { eventually, startSystem, type System } from './bad-input/system';

/** examples/widget.js, as it stands there, with the real client library against the whole local stack. */

interface Widget {
  openChat(): { say(text: string): Promise<unknown>; leave(): Promise<unknown> };
}
interface Shown {
  readonly type: string;
  readonly conversationId?: string;
  readonly text?: string;
}

/** The library's pings outlive a finished test; the service's keep the socket open. */
class Client extends WebPubSubClient {
  constructor(credential: ConstructorParameters<typeof WebPubSubClient>[0]) {
    super(credential as never, { keepAliveIntervalInMs: 0, keepAliveTimeoutInMs: 0 });
  }
}

let system: System;
let stored: Map<string, string>;
let shown: Shown[];
let endings: unknown[][];
let widget: Widget;
let look: () => void = () => undefined;
let isOver = false;
/** What the page does when it is left. */
let leavePage: (event: { persisted: boolean }) => void = () => undefined;

beforeAll(async () => {
  system = await startSystem();
});
afterAll(async () => {
  // A widget never gives up; without an answer it waits for good.
  isOver = true;
  await system?.stop();
});

beforeEach(() => {
  stored = new Map();
  shown = [];
  endings = [];
  const sessionStorage = {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, value: string) => void stored.set(key, value),
    removeItem: (key: string) => void stored.delete(key),
  };
  const module = readFileSync(join(ROOT, 'examples', 'widget.js'), 'utf8');
  const code = `${module.replace(/^import .*$/m, '').replace(/^export /m, '')}\nreturn { openChat };`;
  const page = ['api', 'sessionStorage', 'fetch', 'addEventListener', 'show', 'showEnded', 'showNew'];
  const names = ['WebPubSubClient', ...page];
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the point of this test: what readers copy, runs
  const build = new Function(...names, code) as (...parts: unknown[]) => Widget;
  const show = (push: Shown) => (shown.push(push), look());
  const showEnded = (...ending: unknown[]) => (endings.push(ending), look());
  const showNew = () => void (shown.length = 0);
  const asked: typeof fetch = (...request) => (isOver ? new Promise(() => undefined) : fetch(...request));
  const listen = (event: string, listener: typeof leavePage) => {
    expect(event).toBe('pagehide');
    leavePage = listener;
  };
  const api = system.stack.functionsUrl;
  widget = build(Client, api, sessionStorage, asked, listen, show, showEnded, showNew);
});

const texts = () => shown.flatMap(({ type, text }) => (type === 'message' ? [text] : []));

/** Resolves when it holds, which what the widget shows may make it. */
async function until(holds: () => boolean): Promise<void> {
  const holding = new Promise<void>((resolve) => {
    look = () => holds() && resolve();
    look();
  });
  await within(120_000, holding, () => new Error(`not within ${seconds(120_000)}: ${JSON.stringify(shown)}`));
}

const connections = () => system.stack.webPubSub.control.connections();
/** Conversations whose customer is connected. */
const open = () => connections().flatMap(({ userId = '' }) => /^customer\.(.*)$/.exec(userId)?.[1] ?? []);

async function opened() {
  const before = open();
  const chat = widget.openChat();
  const id = await eventually(
    async () => open().find((one) => !before.includes(one)),
    (one) => one !== undefined,
  );
  return { chat, id: id ?? '' };
}
/** Ends the connection at the service, as a restart of it does. */
async function closeCustomer(id: string): Promise<void> {
  const { connectionString } = system.stack.webPubSub;
  const service = new WebPubSubServiceClient(connectionString, 'chat', { allowInsecureConnection: true });
  await service.closeUserConnections(`customer.${id}`);
}
const agentDoes = async (id: string, action: string) => {
  const { bearer } = await system.agent('ann', 'Ann');
  const answer = await system.call(`v1/conversations/${id}/${action}`, { headers: bearer, body: {} });
  expect([action, answer.status]).toEqual([action, 200]);
};

test('shows what is said once, whatever becomes of its line, and all of it in order when its page is loaded again', async () => {
  const { chat, id } = await opened();
  await agentDoes(id, 'accept');
  await chat.say('Hello');
  const connection = connections().find(({ userId }) => userId === `customer.${id}`);
  system.stack.webPubSub.control.dropTransport(connection?.connectionId ?? '');
  const body = { conversationId: id, text: 'Are you there?' };
  await system.event({ name: 'message', userId: 'agent.ann', connectionId: 'desk', body });
  await until(() => texts().includes('Are you there?'));
  await chat.say('I am');
  await until(() => texts().includes('I am'));
  const all = ['Hello', 'Are you there?', 'I am'];
  expect([...texts()].sort()).toEqual([...all].sort());
  expect(open()).toEqual([id]);

  shown.length = 0;
  const again = widget.openChat();
  await until(() => texts().length === 3);
  expect(texts()).toEqual(all);
  await again.leave();
  await until(() => endings.length === 2);
});

test('says goodbye when its page is left, but not when the browser keeps the page for the way back', async () => {
  const { chat, id } = await opened();
  leavePage({ persisted: true });
  await chat.say('Still here');
  await until(() => texts().includes('Still here'));
  const states = async () =>
    connections().flatMap(({ userId, state }) => (userId === `customer.${id}` ? [state] : []));
  expect(await states()).toEqual(['connected']);
  leavePage({ persisted: false });
  // Without a goodbye it would be there, detached, for the recovery window, which is longer than this waits.
  await eventually(states, (all) => all.length === 0);
});

test('begins anew, and shows it, when its ticket has expired while its line was down', async () => {
  const { chat, id } = await opened();
  await chat.say('Hello');
  await until(() => texts().includes('Hello'));
  stored.set('chat-ticket', 'a.b.c');
  // Closed by the service, a connection is not recovered: the widget negotiates.
  await closeCustomer(id);
  await eventually(
    async () => open().find((one) => one !== id),
    (one) => one !== undefined,
  );
  await chat.say('Hello again');
  await until(() => texts().includes('Hello again'));
  expect(texts()).toEqual(['Hello again']);
  await chat.leave();
  await until(() => endings.length === 1);
});

test('tells the end once, forgets its ticket, and begins a new conversation when it is opened again', async () => {
  const { id } = await opened();
  await agentDoes(id, 'accept');
  await agentDoes(id, 'end');
  await until(() => endings.length > 0);
  expect(endings).toEqual([['agent-ended', ['new-conversation'], undefined]]);
  expect(stored.size).toBe(0);
  const next = await opened();
  expect(next.id).not.toBe(id);
  await next.chat.leave();
  await until(() => endings.length === 2);
});

test('shows what was answered while its page was closed, and then tells the end [R122]', async () => {
  const { conversationId, ticket } = await system.born();
  await agentDoes(conversationId, 'accept');
  const body = { conversationId, text: 'Your code is 1234' };
  await system.event({ name: 'message', userId: 'agent.ann', connectionId: 'desk', body });
  await agentDoes(conversationId, 'end');
  stored.set('chat-ticket', ticket);
  widget.openChat();
  await until(() => endings.length > 0);
  expect(texts()).toEqual(['Your code is 1234']);
  expect(endings).toEqual([['agent-ended', ['new-conversation'], undefined]]);
});

test('that is opened with the ticket of an ended conversation says so, and with one that is none begins anew', async () => {
  const { chat } = await opened();
  const ticket = stored.get('chat-ticket') ?? '';
  await chat.leave();
  await until(() => endings.length === 1);
  stored.set('chat-ticket', ticket);
  widget.openChat();
  await until(() => endings.length === 2);
  expect(endings[1]?.[0]).toBe('customer-ended');
  shown = [];
  stored.set('chat-ticket', 'a.b.c');
  const next = await opened();
  await next.chat.leave();
  await until(() => endings.length === 3);
});
