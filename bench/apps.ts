import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { clientBindingJson } from '../local/functions-host/durable/management-links';
import { programArguments } from '../local/programs';
import { startWebPubSub } from '../local/web-pubsub';
import type { Build } from './builds';
import type { Event } from './invocations';
import type { Answer, Order, Requests } from './protocol';

export interface Storage {
  readonly connectionString: string;
  readonly ports: { readonly table: number };
  /** Of a process whose CPU is to be measured, too. */
  readonly pid?: number;
}

export const GRACE_MS = 3_000;
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

/** A process for each build, which share the stand-ins and the storage, while `use` runs. */
export async function withApps<T>(
  builds: readonly Build[],
  storage: Storage,
  use: (apps: readonly App[], hub: TaskHub) => Promise<T>,
): Promise<T> {
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
    return await use(apps, hub);
  } finally {
    for (const app of apps) await app.stop();
    await hub.stop();
    await webPubSub.stop();
  }
}

export interface App extends Required<Pick<Build, 'ends' | 'storeCpuMs'>> {
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

export interface TaskHub {
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
