import { createHmac, randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { odata, TableClient, TableServiceClient } from '@azure/data-tables';
import { connectionStringOf } from '../../../local/stack/azurite';
import { freePort } from '../../../local/stack/ports';
import { ownAccount } from '../../../local/stack/shared-azurite';
import { startStack, type Stack, type StackOptions } from '../../../local/stack/stack';
import { startTcpProxy, type TcpProxy } from '../../support/tcp-proxy';

export const ACCESS_KEY = 'CANARY-access-key-of-the-local-service-0123456789';
export const SIGNING_KEY = 'CANARY-ticket-signing-key-0123456789-0123456789';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: Record<string, unknown>;
}

export interface Call {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text and bytes are sent as they are, everything else as JSON. */
  readonly body?: unknown;
}

export interface EventParts {
  readonly name: string;
  readonly conversationId?: string;
  readonly userId?: string;
  readonly connectionId?: string;
  readonly id?: string;
  readonly body?: unknown;
  /** Replace or (undefined) leave out headers. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly withoutKey?: boolean;
}

/** A row of any table: its table and its columns. */
export type Row = Readonly<Record<string, unknown>> & { readonly table: string };

/** The whole system, with proxies between the app and its storage, and between the host and its task hub. */
export interface System {
  readonly stack: Stack;
  readonly tables: TcpProxy;
  readonly taskHub: TcpProxy;
  readonly output: () => string;
  /** Every answer of the app to `call` and `event`, and to what is made of them. */
  readonly answers: readonly AnswerTo[];
  call(path: string, call?: Call): Promise<Answer>;
  /** Sends an event to the webhook as the service does. */
  event(parts: EventParts): Promise<Answer>;
  /** Every row of every table, but for what the host writes about itself. */
  readonly rows: () => Promise<Row[]>;
  /** Writes columns of a conversation's record, as somebody does by hand. */
  readonly alter: (conversationId: string, columns: object) => Promise<void>;
  /** A ticket and a socket URL. */
  customer(body?: unknown): Promise<Negotiated>;
  agent(agentId: string, name?: string): Promise<Negotiated>;
  /** A conversation whose customer has one open socket, told by events only. */
  born(connectionId?: string): Promise<Negotiated>;
  stop(): Promise<void>;
  /** Stops everything, and gives what is stored in `dataDirectory`: blobs and queues included. */
  stopAndRead(): Promise<StoredFile[]>;
}

export interface AnswerTo extends Answer {
  readonly path: string;
}

export interface StoredFile {
  readonly name: string;
  readonly content: string;
}

export interface Negotiated {
  readonly conversationId: string;
  readonly url: string;
  readonly ticket: string;
  /** The headers of an API call. */
  readonly bearer: { readonly authorization: string };
}

/**
 * In an account of the shared Azurite; in an Azurite of its own where `dataDirectory` is given. No timer of its own
 * changes what is stored, unless `settings` say so.
 */
export async function startSystem(options: StackOptions = {}): Promise<System> {
  const { dataDirectory } = options;
  const shared = dataDirectory === undefined ? ownAccount() : undefined;
  const table = shared?.ports.table ?? (await freePort());
  const storage = (port: number) => connectionStringOf({ table: port }, shared?.name);
  const tables = await startTcpProxy(table);
  const taskHub = await startTcpProxy(table);
  let output = '';
  let hub: TableClient | undefined;
  const answers: AnswerTo[] = [];
  const stopProxies = () => Promise.all([tables.stop(), taskHub.stop()]);
  const stack = await startStack({
    ...(shared === undefined ? { ports: { table } } : { storageConnectionString: shared.connectionString }),
    ...options,
    webPubSub: { accessKey: ACCESS_KEY, log: () => undefined, ...options.webPubSub },
    settings: {
      DISCONNECT_GRACE: 'PT2S',
      // Once a year: it would see that a customer of `born` has no real socket, tell places in the queue, and write how
      // far it has come, whenever a minute begins.
      RECONCILE_SCHEDULE: '0 0 0 1 1 *',
      TICKET_SIGNING_KEY: SIGNING_KEY,
      CONVERSATION_TABLES_CONNECTION_STRING: storage(tables.port),
      AzureWebJobsStorage: storage(taskHub.port),
      ...options.settings,
    },
    onHostOutput: (text) => (output += text),
  }).catch(async (thrown: unknown) => {
    await stopProxies();
    throw thrown;
  });

  const call: System['call'] = async (path, { method = 'POST', headers = {}, body } = {}) => {
    const response = await fetch(`${stack.functionsUrl}/api/${path}`, {
      method,
      headers,
      body: body === undefined ? null : bytesOf(body),
      signal: AbortSignal.timeout(120_000),
    });
    const text = await response.text();
    const answer = { status: response.status, headers: response.headers, text, json: parsed(text) };
    answers.push({ path, ...answer });
    return answer;
  };
  const event: System['event'] = (parts) =>
    call(`web-pubsub/events${parts.withoutKey ? '' : `?code=${stack.functionKey}`}`, {
      headers: eventHeaders(parts),
      body: parts.body ?? {},
    });
  const negotiated = (answer: Answer): Negotiated => {
    if (answer.status !== 200) throw new Error(`negotiate answered ${answer.status}: ${answer.text}`);
    const { ticket } = answer.json as { ticket: string };
    return { ...(answer.json as unknown as Negotiated), bearer: { authorization: `Bearer ${ticket}` } };
  };
  const customer: System['customer'] = async (body = {}) => negotiated(await call('v1/negotiate', { body }));
  const stopAndRead: System['stopAndRead'] = async () => {
    tables.mode = taskHub.mode = 'forward';
    await stack.stop();
    await stopProxies();
    const files =
      dataDirectory !== undefined && existsSync(dataDirectory)
        ? readdirSync(dataDirectory, { recursive: true, withFileTypes: true }).filter((one) => one.isFile())
        : [];
    const stored = files.map(({ name, parentPath }) => ({
      name,
      content: readFileSync(join(parentPath, name), 'latin1'),
    }));
    return stored;
  };

  return {
    stack,
    tables,
    taskHub,
    output: () => output,
    answers,
    call,
    event,
    rows: () => allRows(storage(table)),
    alter: async (conversationId, columns) => {
      const insecure = { allowInsecureConnection: true };
      const client = TableClient.fromConnectionString(storage(table), 'Conversations', insecure);
      const keys = { partitionKey: conversationId, rowKey: 'conversation' };
      await client.updateEntity({ ...keys, ...columns }, 'Merge');
    },
    customer,
    agent: async (agentId, name = agentId) => {
      const headers = { 'x-functions-key': stack.functionKey };
      return negotiated(await call('v1/agents/negotiate', { headers, body: { agentId, name } }));
    },
    born: async (connectionId = 'tab-a') => {
      const born = await customer();
      const { conversationId } = born;
      for (const [id, name] of ['connect', 'connected'].entries()) {
        const answer = await repeated(() => event({ name, conversationId, connectionId, id: String(id) }));
        if (answer.status >= 300) throw new Error(`${name} answered ${answer.status}: ${answer.text}`);
      }
      // Its timer has heard that the customer is there: nothing changes by itself any more.
      hub ??= await taskHubOf(storage(table));
      const timer = odata`PartitionKey eq ${`${conversationId}.disconnection.1`} and status eq 'Completed'`;
      const over = () => hub!.listEntities({ queryOptions: { filter: timer } }).next();
      while ((await over()).done === true) await delay(20);
      return born;
    },
    stop: async () => void (await stopAndRead()),
    stopAndRead,
  };
}

const bytesOf = (body: unknown): Uint8Array | string =>
  typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);

function parsed(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}

export function eventHeaders(parts: EventParts): Record<string, string> {
  const { name, conversationId = 'conversation-0001', connectionId = 'tab-a', id = '1' } = parts;
  const kind = ['connect', 'connected', 'disconnected'].includes(name) ? 'sys' : 'user';
  const signature = createHmac('sha256', ACCESS_KEY).update(connectionId).digest('hex');
  const headers: Record<string, string | undefined> = {
    'webhook-request-origin': 'localhost',
    'content-type': 'application/json',
    'ce-specversion': '1.0',
    'ce-type': `azure.webpubsub.${kind}.${name}`,
    'ce-id': id,
    'ce-time': `${new Date().toISOString().slice(0, 19)}Z`,
    'ce-hub': 'chat',
    'ce-eventName': name,
    'ce-connectionId': connectionId,
    'ce-userId': parts.userId ?? `customer.${conversationId}`,
    'ce-signature': `sha256=${signature}`,
    ...parts.headers,
  };
  return Object.fromEntries(
    Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

/** The table of the one task hub that there is. */
async function taskHubOf(connectionString: string): Promise<TableClient> {
  const insecure = { allowInsecureConnection: true };
  for await (const { name } of TableServiceClient.fromConnectionString(
    connectionString,
    insecure,
  ).listTables()) {
    if (name?.endsWith('LocalHost'))
      return TableClient.fromConnectionString(connectionString, name, insecure);
  }
  throw new Error('no host has a task hub here');
}

async function allRows(connectionString: string): Promise<Row[]> {
  const insecure = { allowInsecureConnection: true };
  const rows: Row[] = [];
  for await (const { name } of TableServiceClient.fromConnectionString(
    connectionString,
    insecure,
  ).listTables()) {
    if (name === undefined) continue;
    const client = TableClient.fromConnectionString(connectionString, name, insecure);
    for await (const row of client.listEntities()) {
      if (!row.partitionKey?.startsWith('$')) rows.push({ table: name, ...row });
    }
  }
  return rows;
}

export const newId = (): string => randomUUID();

/**
 * The answer to a request that is repeated while it is refused for now, as clients do that are told to: on a machine that
 * is busy a call within the app may take longer than the app waits. What is repeated changes nothing twice.
 */
export async function repeated(request: () => Promise<Answer>): Promise<Answer> {
  for (let left = 10; ; left -= 1) {
    const answer = await request();
    if (answer.status !== 503 || left === 0) return answer;
    await delay(1_000 * Number(answer.headers.get('retry-after') ?? 1));
  }
}

/** Waits until a condition holds; fails with what was last seen. */
export async function eventually<T>(
  look: () => Promise<T>,
  isSo: (seen: T) => boolean,
  limitMs = 120_000,
): Promise<T> {
  for (const giveUpAt = Date.now() + limitMs; ;) {
    const seen = await look();
    if (isSo(seen)) return seen;
    if (Date.now() > giveUpAt) throw new Error(`it did not happen; last seen: ${JSON.stringify(seen)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
