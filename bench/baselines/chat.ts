import { createHmac } from 'node:crypto';
import { app, type HttpRequest, type HttpResponseInit, type InvocationContext } from '@azure/functions';
import { RestError, TableClient } from '@azure/data-tables';
import { WebPubSubServiceClient } from '@azure/web-pubsub';
import * as df from 'durable-functions';

/**
 * A chat as a team writes it first, from the documentation of the services: the record of the conversation and its transcript in
 * one table, sockets and news by Web PubSub. What becomes of a loss is the design that is compared, see `Design`. It does not do
 * what the product does besides: ask the service who is there, keep a work list, tell an event again whose effects were lost,
 * merge what comes at once, give time after an outage, policies, capacity.
 */
export interface Design {
  /** Before this nothing can be lost. */
  readonly ready?: Promise<unknown>;
  readonly lost: (id: string, number: number, deadline: Date, context: InvocationContext) => Promise<void>;
  readonly back: (id: string, number: number, context: InvocationContext) => Promise<void>;
}

type ConversationRow = {
  partitionKey: string;
  rowKey: string;
  etag: string;
  state: string;
  agentId: string;
  /** Ids of open sockets, as JSON. */
  connections: string;
  losses: number;
  /** When it is ended because nobody came back. */
  deadline?: Date;
  lastSequence: number;
};

/** Its own in each design: the build says which. */
declare const TABLE: string;
const GRACE_MS = 3_000;
const RECORD = 'record';
const { CONVERSATION_TABLES_CONNECTION_STRING = '', WEB_PUBSUB_CONNECTION_STRING = '' } = process.env;
const { AccessKey = '' } = Object.fromEntries(
  WEB_PUBSUB_CONNECTION_STRING.split(';').map((part) => [
    part.split('=')[0],
    part.slice(part.indexOf('=') + 1),
  ]),
) as Record<string, string>;

export const table = TableClient.fromConnectionString(CONVERSATION_TABLES_CONNECTION_STRING, TABLE, {
  allowInsecureConnection: true,
});
const hub = new WebPubSubServiceClient(WEB_PUBSUB_CONNECTION_STRING, 'chat', {
  allowInsecureConnection: true,
});
const isMade = table.createTable();

const toAgents = (news: object): Promise<unknown> => hub.group('agents').sendToAll(news as never);
const toCustomer = (id: string, news: object): Promise<unknown> =>
  hub.sendToUser(`customer.${id}`, news as never);
const toAgent = (id: string, news: object): Promise<unknown> => hub.sendToUser(`agent.${id}`, news as never);

const read = (id: string): Promise<ConversationRow> => table.getEntity<ConversationRow>(id, RECORD);
const save = (row: ConversationRow): Promise<unknown> =>
  table.updateEntity(row, 'Replace', { etag: row.etag });
const numbered = (sequence: number): string => String(sequence).padStart(10, '0');

/** The record and the next entry of its transcript, both or neither. */
const saveWith = (
  row: ConversationRow,
  entry: object,
  rowKey = numbered(row.lastSequence),
): Promise<unknown> =>
  table.submitTransaction([
    ['update', row, 'Replace', { etag: row.etag }],
    ['create', { partitionKey: row.partitionKey, rowKey, ...entry }],
  ]);

/** Ends a conversation whose customer is still away. Twice is once: whether this was it. */
export async function end(id: string, number: number): Promise<boolean> {
  const row = await read(id);
  if (row.losses !== number || row.deadline === undefined || row.state === 'WrapUp') return false;
  const { deadline: _, ...rest } = row;
  const ended = {
    ...rest,
    state: row.agentId === '' ? 'Closed' : 'WrapUp',
    lastSequence: row.lastSequence + 1,
  };
  await saveWith(ended, { kind: 'notice', text: 'The customer was away too long.' });
  const news = { type: 'conversation-ended', conversationId: id };
  await Promise.all([toAgents(news), toCustomer(id, news), toAgent(row.agentId, news)]);
  await hub.closeUserConnections(`customer.${id}`);
  return true;
}

/** Registers the functions under the names of the product's. */
export function register({ ready, lost, back }: Design): void {
  const http = (
    name: string,
    route: string,
    handler: (request: HttpRequest, context: InvocationContext) => Promise<HttpResponseInit>,
  ) => app.http(name, { methods: ['POST'], route, handler, extraInputs: [df.input.durableClient()] });

  http('negotiate-agent', 'v1/agents/negotiate', async () => {
    await Promise.all([isMade, ready]);
    return { jsonBody: { ticket: 'none' } };
  });

  http('accept-conversation', 'v1/conversations/{conversationId}/accept', async ({ params }) => {
    const { conversationId: id = '' } = params;
    const row = await read(id);
    const accepted = { ...row, state: 'Active', agentId: `agent-${id}`, lastSequence: row.lastSequence + 1 };
    await saveWith(accepted, { kind: 'notice', text: 'An agent has joined.' });
    const news = { type: 'conversation-assigned', conversationId: id };
    await Promise.all([toAgents(news), toCustomer(id, news)]);
    return { jsonBody: { state: 'Active' } };
  });

  http('web-pubsub-events', 'web-pubsub/events', async (request, context) => {
    const header = (name: string) => request.headers.get(`ce-${name}`) ?? '';
    const connectionId = header('connectionid');
    const signature = createHmac('sha256', AccessKey).update(connectionId).digest('hex');
    if (header('signature') !== `sha256=${signature}`) return { status: 401 };
    const id = header('userid').replace('customer.', '');
    switch (header('eventname')) {
      case 'connect':
        return connect(id);
      case 'connected':
        return connected(id, connectionId, context);
      case 'disconnected':
        return disconnected(id, connectionId, context);
      default:
        return message(id, (await request.json()) as { messageId: string; text: string });
    }
  });

  async function connect(id: string): Promise<HttpResponseInit> {
    try {
      const row = { state: 'Open', agentId: '', connections: '[]', losses: 0, lastSequence: 0 };
      await table.createEntity({ partitionKey: id, rowKey: RECORD, ...row });
      await toAgents({ type: 'conversation-opened', conversationId: id });
    } catch (thrown) {
      if (!isConflict(thrown)) throw thrown;
    }
    return { status: 204 };
  }

  async function connected(id: string, connectionId: string, context: InvocationContext) {
    const row = await read(id);
    const connections = JSON.stringify([...(JSON.parse(row.connections) as string[]), connectionId]);
    const { deadline, ...rest } = row;
    await save({ ...rest, connections });
    await toAgents({ type: 'customer-connected', conversationId: id });
    if (deadline !== undefined) await back(id, row.losses, context);
    return { status: 204 };
  }

  async function disconnected(id: string, connectionId: string, context: InvocationContext) {
    const row = await read(id);
    const left = (JSON.parse(row.connections) as string[]).filter((one) => one !== connectionId);
    const isLoss = left.length === 0;
    const deadline = new Date(Date.now() + GRACE_MS);
    const losses = row.losses + (isLoss ? 1 : 0);
    await save({ ...row, connections: JSON.stringify(left), losses, ...(isLoss && { deadline }) });
    if (!isLoss) return { status: 204 };
    await lost(id, losses, deadline, context);
    await toAgents({ type: 'connection-lost', conversationId: id });
    return { status: 204 };
  }

  async function message(id: string, { messageId, text }: { messageId: string; text: string }) {
    const row = await read(id);
    const news = { type: 'message', conversationId: id, messageId, text };
    try {
      await saveWith(
        { ...row, lastSequence: row.lastSequence + 1 },
        { kind: 'message', text },
        `m-${messageId}`,
      );
    } catch (thrown) {
      if (!isConflict(thrown)) throw thrown;
    }
    await Promise.all([toCustomer(id, news), toAgent(row.agentId, news)]);
    return { status: 200 };
  }
}

const isConflict = (thrown: unknown): boolean => thrown instanceof RestError && thrown.statusCode === 409;
