import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { PipelinePolicy } from '@azure/core-rest-pipeline';
import type { WebPubSubServiceClient } from '@azure/web-pubsub';
import { WebSocket } from 'ws';
import { DEVELOPMENT_ACCESS_KEY, startWebPubSub, type LocalWebPubSub } from '../../../local/web-pubsub';
import { DependencyError } from '../../../shared/app/errors';
import {
  AGENTS_GROUP,
  AGENTS_OF_QUEUES_GROUP,
  agentUserId,
  customerGroup,
  customerUserId,
  queueGroup,
} from '../../../shared/conversation/conversation';
import type { Push } from '../../../shared/conversation/notifications';
import {
  createServiceClient,
  createWebPubSubParticipants,
} from '../../../shared/web-pubsub/participants-client';

const ID = 'conversation-0001';
const HUB = 'chat';
const PUSH = { type: 'conversation-closed', conversationId: ID, id: 'push-1' } as unknown as Push;

let webhook: Server;
let local: LocalWebPubSub;
let service: WebPubSubServiceClient;
let groups: readonly string[] = [];
const sockets: WebSocket[] = [];

beforeAll(async () => {
  webhook = createServer((request, response) => {
    request.resume();
    if (request.method === 'OPTIONS') {
      response.writeHead(200, { 'webhook-allowed-origin': '*' }).end();
    } else if (request.headers['ce-eventname'] === 'connect') {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ groups }));
    } else response.writeHead(204).end();
  });
  await new Promise<void>((resolve) => webhook.listen(0, '127.0.0.1', resolve));
  const handlerUrl = `http://127.0.0.1:${(webhook.address() as AddressInfo).port}/`;
  local = await startWebPubSub({ hub: HUB, handlerUrl, recoveryWindowMs: 0, log: () => undefined });
  service = client(local.endpoint, DEVELOPMENT_ACCESS_KEY);
});

afterEach(() => {
  local.control.setRestAvailable(true);
  for (const socket of sockets.splice(0)) socket.terminate();
});

afterAll(async () => {
  await local.stop();
  await new Promise((resolve) => webhook.close(resolve));
});

let restRequests = 0;
const COUNTING: PipelinePolicy = {
  name: 'counting',
  sendRequest: (request, next) => {
    restRequests += 1;
    return next(request);
  },
};
const client = (endpoint: string, accessKey: string) =>
  createServiceClient({ endpoint, accessKey }, HUB, [{ position: 'perRetry', policy: COUNTING }]);
const participants = () => createWebPubSubParticipants(service);

/** Opens a socket and waits until the service knows it. */
async function open(userId: string, inGroups: readonly string[]) {
  groups = inGroups;
  const { url } = await service.getClientAccessToken({ userId });
  const socket = new WebSocket(url, 'json.webpubsub.azure.v1');
  sockets.push(socket);
  const messages: Record<string, unknown>[] = [];
  socket.on('message', (data: Buffer) =>
    messages.push(JSON.parse(data.toString()) as Record<string, unknown>),
  );
  await once(socket, 'message');
  const connectionId = messages[0]?.['connectionId'] as string;
  return { socket, messages, connectionId, closed: once(socket, 'close') };
}

const customer = (id = ID) => open(customerUserId(id), [customerGroup(id)]);

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await condition()); tries += 1) {
    if (tries > 200) throw new Error('it did not happen');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

describe('the presence of a customer', () => {
  it('is absent when there is no socket', async () => {
    await expect(participants().presenceOf('conversation-none')).resolves.toEqual({ alive: false });
  });

  it('is alive, with the ids of all sockets, and absent again when they are gone', async () => {
    const tabs = [await customer(), await customer()];
    await customer('conversation-0002');
    const presence = await participants().presenceOf(ID);
    const ids = tabs.map(({ connectionId }) => connectionId);
    expect(presence.alive && [...presence.connectionIds].sort()).toEqual(ids.sort());
    for (const { socket } of tabs) socket.terminate();
    await until(async () => !(await participants().presenceOf(ID)).alive);
  });

  it('is not that of somebody else in the group', async () => {
    await open(agentUserId('ann'), [customerGroup('conversation-0003')]);
    await expect(participants().presenceOf('conversation-0003')).resolves.toEqual({ alive: false });
  });

  it('is unknown, not absent, while the customer is connected but not in its group', async () => {
    await open(customerUserId('conversation-0004'), []);
    await expect(participants().presenceOf('conversation-0004')).rejects.toBeInstanceOf(DependencyError);
  });

  it('is unknown, not absent, while the service gives no answer', async () => {
    local.control.setRestAvailable(false);
    const failure = await participants()
      .presenceOf(ID)
      .catch((thrown: unknown) => thrown as DependencyError);
    expect(failure).toMatchObject({ code: 'dependency-failed', dependency: 'web-pubsub', retryable: true });
    expect(String((failure as Error).cause)).toBe('Error: RestError 503');
  });
});

describe('a push', () => {
  it('reaches the sockets of its audience and no others', async () => {
    const here = await customer();
    const elsewhere = await customer('conversation-0002');
    const agent = await open(agentUserId('ann'), [AGENTS_GROUP]);
    const other = await open(agentUserId('bob'), [AGENTS_GROUP]);
    const push = (audience: Parameters<ReturnType<typeof participants>['push']>[1], id: string) =>
      participants().push(ID, audience, { ...PUSH, id });
    await push({ to: 'customer' }, 'for the customer');
    await push({ to: 'agents', queues: ['sales'], agentIds: [] }, 'for all agents');
    await push({ to: 'agent', agentId: 'ann' }, 'for Ann');
    await until(
      () => agent.messages.length === 3 && other.messages.length === 2 && here.messages.length === 2,
    );
    const got = ({ messages }: typeof here) =>
      messages.slice(1).map(({ data }) => (data as { id: string }).id);
    expect(got(here)).toEqual(['for the customer']);
    expect(got(agent)).toEqual(['for all agents', 'for Ann']);
    expect(got(other)).toEqual(['for all agents']);
    expect(got(elsewhere)).toEqual([]);
  });

  it('reaches agents by the queues that they have named, each socket once, in one request [R320] [R321]', async () => {
    const of = (agentId: string, ...queues: string[]) =>
      open(agentUserId(agentId), [AGENTS_GROUP, AGENTS_OF_QUEUES_GROUP, ...queues.map(queueGroup)]);
    const everything = await open(agentUserId('eve'), [AGENTS_GROUP]);
    const sales = await of('sam', 'sales');
    const both = await of('bea', 'sales', "o'billing");
    const billing = await of('bob', "o'billing");
    const owner = await of('olga', 'returns');
    const last = { to: 'agents', queues: ['sales', "o'billing", 'returns'], agentIds: [] } as const;
    restRequests = 0;
    await participants().push(
      ID,
      { to: 'agents', queues: ['sales'], agentIds: ['olga'] },
      { ...PUSH, id: 'sales' },
    );
    expect(restRequests).toBe(1);
    await participants().push(ID, { ...last, queues: ['sales', "o'billing"] }, { ...PUSH, id: 'transfer' });
    expect(restRequests).toBe(2);
    await participants().push(ID, last, { ...PUSH, id: 'last' });
    const agents = { everything, sales, both, billing, owner };
    const got = () =>
      Object.fromEntries(
        Object.entries(agents).map(([name, { messages }]) => [
          name,
          messages.slice(1).map(({ data }) => (data as { id: string }).id),
        ]),
      );
    await until(() => Object.values(got()).every((ids) => ids.includes('last')));
    expect(got()).toEqual({
      everything: ['sales', 'transfer', 'last'],
      sales: ['sales', 'transfer', 'last'],
      both: ['sales', 'transfer', 'last'],
      billing: ['transfer', 'last'],
      owner: ['sales', 'last'],
    });
  });

  it('to nobody is a success', async () => {
    const bystander = await customer('conversation-0002');
    await participants().push('conversation-none', { to: 'customer' }, PUSH);
    await participants().push(ID, { to: 'agent', agentId: 'nobody' }, PUSH);
    expect(bystander.messages).toHaveLength(1);
  });
});

describe('closing', () => {
  it('ends every socket of the customer, and nobody else', async () => {
    const [first, second] = [await customer(), await customer()];
    const elsewhere = await customer('conversation-0002');
    await participants().closeCustomerConnections(ID);
    await Promise.all([first.closed, second.closed]);
    expect(elsewhere.socket.readyState).toBe(WebSocket.OPEN);
  });

  it('ends one socket', async () => {
    const [first, second] = [await customer(), await customer()];
    await participants().closeConnection(first.connectionId);
    await first.closed;
    expect(second.socket.readyState).toBe(WebSocket.OPEN);
  });

  it('what is not there is a success', async () => {
    const { socket } = await customer();
    await participants().closeCustomerConnections('conversation-none');
    await participants().closeConnection('no-such-connection');
    expect(socket.readyState).toBe(WebSocket.OPEN);
  });
});

it('a client does not show its access key to whoever prints it', () => {
  const key = 'access-key-that-must-not-leak-0123456789';
  const shown = inspect(client('https://example.test', key), { depth: 20, showHidden: true });
  expect(shown).toContain('SecretKeyObject');
  expect(shown).not.toContain(key);
});

describe('a service that does not answer', () => {
  it('counts as failed after five seconds, for every operation; the error has no token in it', async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const port = (silent.address() as AddressInfo).port;
    const key = 'access-key-that-must-not-leak-0123456789';
    const there = createWebPubSubParticipants(client(`http://127.0.0.1:${port}`, key));
    const started = Date.now();
    const failures = await Promise.allSettled([
      there.presenceOf(ID),
      there.push(ID, { to: 'customer' }, PUSH),
      there.closeConnection('connection-a'),
      there.closeCustomerConnections(ID),
    ]);
    expect(Date.now() - started).toBeLessThan(8_000);
    for (const failure of failures) {
      expect(failure).toMatchObject({ status: 'rejected', reason: { retryable: true } });
      const { reason } = failure as PromiseRejectedResult as { reason: Error };
      expect(`${reason.message} ${String(reason.cause)}`).not.toMatch(/access-key|Bearer|http:/);
    }
    silent.closeAllConnections();
    await new Promise((resolve) => silent.close(resolve));
  });

  it('at all counts as failed at once', async () => {
    const there = createWebPubSubParticipants(client('http://127.0.0.1:1', 'k0123456789'));
    await expect(there.presenceOf(ID)).rejects.toBeInstanceOf(DependencyError);
  });
});
