import { type ChildProcess, spawn } from 'node:child_process';
import { createHmac, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { clientBindingJson } from '../local/functions-host/durable/management-links';
import type { HttpData } from '../local/functions-host/worker/typed-data';
import { programArguments } from '../local/programs';
import { DEVELOPMENT_ACCESS_KEY, startWebPubSub } from '../local/web-pubsub';
import type { Build } from './builds';
import type { Answer, Calls, Order, Requests } from './protocol';

/** In this order, each on what the ones before it have left. */
export const KINDS = [
  'connect',
  'connected',
  'accept',
  'message',
  'message, repeated',
  'last loss',
  'return',
  'expiry',
] as const;
export type Kind = (typeof KINDS)[number];

/** What one event of a kind costs. */
export interface Cost {
  readonly kind: Kind;
  readonly requests: Requests;
  /** What the requests to tables are. */
  readonly calls: Calls;
  /** Of the app's process, in ms of CPU; the storage's, where it is known. */
  readonly cpuMs: number;
  readonly storageCpuMs?: number;
}

export interface Storage {
  readonly connectionString: string;
  readonly ports: { readonly table: number };
  /** Of a process whose CPU is to be measured, too. */
  readonly pid?: number;
}

interface Options {
  /** Measured by turns. */
  readonly builds: readonly Build[];
  readonly storage: Storage;
  /** Of each build, in each round. */
  readonly conversations: number;
  /** That are counted. */
  readonly rounds: number;
  /** One more comes first. */
  readonly hasWarmUp?: boolean;
  readonly onRound?: (done: number) => void;
}

const GRACE_MS = 3_000;
/** Agents are told of a loss at once and nothing is allowed for an outage, so that each event stands for itself. */
const SETTINGS = {
  DISCONNECT_GRACE: `PT${GRACE_MS / 1_000}S`,
  LOSS_NEWS_AFTER: 'PT0S',
  OUTAGE_ALLOWANCE: 'PT0S',
  NEGOTIATE_RATE_LIMIT: '0',
  TICKET_RATE_LIMIT: '0',
  WEBHOOK_GUARD: 'signature',
  TICKET_SIGNING_KEY: 'a-signing-key-of-the-measurement-00000',
};

/** What each kind of event costs each build, of every counted round. */
export async function measureEvents(options: Options): Promise<readonly (readonly Cost[])[][]> {
  const { builds, storage, conversations, rounds, hasWarmUp } = options;
  // Nobody has a socket here, so the stand-in has nothing to tell the app: events are handed to the app as it would.
  const webPubSub = await startWebPubSub({
    port: 0,
    hub: 'chat',
    handlerUrl: 'http://127.0.0.1:9/',
    log: () => undefined,
  });
  const hub = await startTaskHub();
  const apps: App[] = [];
  try {
    for (const build of builds) {
      apps.push(
        await startApp(build, {
          ports: { tables: storage.ports.table, webPubSub: webPubSub.port, durable: hub.port },
          settings: {
            ...SETTINGS,
            CONVERSATION_TABLES_CONNECTION_STRING: storage.connectionString,
            WEB_PUBSUB_CONNECTION_STRING: webPubSub.connectionString,
          },
        }),
      );
    }
    const costs: (readonly Cost[])[][] = builds.map(() => []);
    const first = hasWarmUp ? 0 : 1;
    for (let round = first; round <= rounds; round += 1) {
      // Whoever is first in one round is last in the next.
      const inTurn = round % 2 === 0 ? apps : apps.toReversed();
      const ofRound = await playRound(inTurn, hub, storage, conversations);
      if (round > 0) ofRound.forEach((cost, at) => costs[apps.indexOf(inTurn[at]!)]?.push(cost));
      options.onRound?.(round + 1);
    }
    return costs;
  } finally {
    for (const app of apps) await app.stop();
    await hub.stop();
    await webPubSub.stop();
  }
}

async function playRound(
  apps: readonly App[],
  hub: TaskHub,
  storage: Storage,
  conversations: number,
): Promise<Cost[][]> {
  const stories = await Promise.all(apps.map((app) => begin(app, conversations)));
  const costs: Cost[][] = apps.map(() => []);
  for (const kind of KINDS) {
    // The second loss of the story, and the wait for its deadline, are no kind of their own.
    const loseAll = (app: App) => app.order(stories[apps.indexOf(app)]!.map((one) => one('last loss', hub)));
    if (kind === 'expiry') {
      for (const app of apps.filter(({ ends }) => ends !== 'by itself')) await loseAll(app);
      await delay(GRACE_MS + 50);
    }
    for (const [at, app] of apps.entries()) {
      const all = stories[at]!.map((one) => one(kind, hub));
      const isEnd = kind === 'expiry';
      if (isEnd && app.ends === 'by itself') await loseAll(app);
      const allEnds: Event = { functionName: 'reach-deadline', activity: { count: conversations } };
      const events = isEnd && app.ends !== 'each' ? [allEnds] : all;
      const storageCpuMs = () => cpuOf(storage.pid) + app.storeCpuMs();
      const storageBefore = storageCpuMs();
      const { cpuMs, requests, calls } = await app.order(events);
      const storageCpu = storageCpuMs() - storageBefore;
      const each = (total: number) => total / conversations;
      costs[at]!.push({
        kind,
        cpuMs: each(cpuMs),
        requests: {
          tables: each(requests.tables),
          webPubSub: each(requests.webPubSub),
          durable: each(requests.durable),
        },
        calls: { read: each(calls.read), transaction: each(calls.transaction), write: each(calls.write) },
        ...(storage.pid !== undefined && { storageCpuMs: each(storageCpu) }),
      });
    }
  }
  return costs;
}

type Event = Order['events'][number];
type Story = (kind: Kind, hub: TaskHub) => Event;

/** Conversations with an agent each, and the events of their stories. Agents' tickets are not part of what is measured. */
async function begin(app: App, conversations: number): Promise<readonly Story[]> {
  const ids = Array.from({ length: conversations }, () => randomUUID());
  const { results } = await app.order(
    ids.map((id) => call('negotiate-agent', 'POST', 'v1/agents/negotiate', {}, { agentId: `agent-${id}` })),
  );
  return ids.map((id, at) => {
    const { ticket } = JSON.parse(textOf(results[at]?.http?.body)) as { ticket: string };
    const connection = (name: string) => `${id}-${name}`;
    const event = (name: string, connectionId: string, data?: unknown) =>
      webhook(id, name, connectionId, data);
    let losses = 0;
    return (kind, hub) => {
      switch (kind) {
        case 'connect':
          return event('connect', connection('1'), { query: { name: ['Ann'] } });
        case 'connected':
          return event('connected', connection('1'));
        case 'accept':
          return call(
            'accept-conversation',
            'POST',
            `v1/conversations/${id}/accept`,
            { authorization: `Bearer ${ticket}` },
            undefined,
            { conversationId: id },
          );
        case 'message':
        case 'message, repeated':
          return event('message', connection('1'), { text: 'Where is my parcel?', messageId: 'm-1' });
        case 'last loss':
          losses += 1;
          return event('disconnected', connection(`${losses}`));
        case 'return':
          return event('connected', connection('2'));
        case 'expiry':
          return { functionName: 'reach-deadline', activity: hub.latestOf(id) };
      }
    };
  });
}

function webhook(conversationId: string, name: string, connectionId: string, data?: unknown): Event {
  const isUser = name === 'message';
  const signature = createHmac('sha256', DEVELOPMENT_ACCESS_KEY).update(connectionId).digest('hex');
  return call(
    'web-pubsub-events',
    'POST',
    'web-pubsub/events',
    {
      'ce-type': isUser ? `azure.webpubsub.user.${name}` : `azure.webpubsub.sys.${name}`,
      'ce-eventname': name,
      'ce-id': '1',
      'ce-time': new Date().toISOString(),
      'ce-hub': 'chat',
      'ce-userid': `customer.${conversationId}`,
      'ce-connectionid': connectionId,
      'ce-signature': `sha256=${signature}`,
    },
    data ?? {},
  );
}

function call(
  functionName: string,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  data?: unknown,
  params: Readonly<Record<string, string>> = {},
): Event {
  const bytes = data === undefined ? undefined : JSON.stringify(data);
  const all = {
    ...headers,
    ...(bytes !== undefined && {
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(bytes)),
    }),
  };
  const nullable = (values: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value }]));
  const http: HttpData = {
    url: `http://localhost/api/${path}`,
    method,
    nullableHeaders: nullable(all),
    nullableQuery: {},
    nullableParams: nullable(params),
    ...(bytes !== undefined && { body: { string: bytes } }),
  };
  return { functionName, http };
}

const textOf = (body: { string?: string; json?: string; bytes?: unknown } | undefined): string =>
  body?.string ?? body?.json ?? Buffer.from((body?.bytes ?? []) as Uint8Array).toString();

interface App extends Required<Pick<Build, 'ends' | 'storeCpuMs'>> {
  order(events: readonly Event[]): Promise<Answer>;
  stop(): Promise<void>;
}

async function startApp(
  { directory, ends = 'each', env = {}, storeCpuMs = () => 0 }: Build,
  options: { readonly ports: Requests; readonly settings: Readonly<Record<string, string>> },
): Promise<App> {
  const context = {
    origin: 'http://localhost:7071',
    hubName: 'Bench',
    connectionName: 'Storage',
    systemKey: 'a-key',
  };
  const child = spawn(process.execPath, await programArguments(join(__dirname, 'worker.ts')), {
    env: {
      ...process.env,
      ...options.settings,
      ...env,
      NODE_OPTIONS: '',
      BENCH_APP: directory,
      BENCH_TARGETS: JSON.stringify(options.ports),
      BENCH_DURABLE_CLIENT: clientBindingJson(context, options.ports.durable),
      no_proxy: 'localhost,127.0.0.1',
    },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    serialization: 'advanced',
  });
  await answerOf(child);
  return {
    ends,
    storeCpuMs,
    async order(events) {
      child.send({ events } satisfies Order);
      const answer = (await answerOf(child)) as Answer | { readonly failed: string };
      if ('failed' in answer) throw new Error(`${directory}: ${answer.failed}`);
      return answer;
    },
    async stop() {
      const gone = once(child, 'exit');
      child.disconnect();
      await gone;
    },
  };
}

/** What the process says next. @throws when it ends instead */
function answerOf(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const ended = (code: number | null) => reject(new Error(`the process of the app has ended with ${code}`));
    child.once('exit', ended).once('message', (answer) => {
      child.off('exit', ended);
      resolve(answer);
    });
  });
}

interface TaskHub {
  readonly port: number;
  /** The input of the timer that was started last for a loss of this conversation's customer. */
  latestOf(conversationId: string): unknown;
  stop(): Promise<void>;
}

/** In place of the engine, which runs beside the app: takes every start and every event, and plays none of them. */
async function startTaskHub(): Promise<TaskHub> {
  const started = new Map<string, unknown>();
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const input = (body === '' ? {} : JSON.parse(body)) as { conversationId?: string; kind?: string };
      if (input.kind === 'disconnection') started.set(input.conversationId ?? '', input);
      response.writeHead(202, { 'content-type': 'application/json' }).end('{"id":"1"}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    latestOf: (conversationId) => started.get(conversationId),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  return body;
}

/** CPU of another process so far, in ms: Linux alone tells, in ticks of 10 ms. */
export function cpuOf(pid: number | undefined): number {
  if (pid === undefined) return 0;
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return 10 * (Number(fields[11]) + Number(fields[12]));
}
