import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as df from 'durable-functions';
import type { DurableClient } from 'durable-functions';

type Answer = readonly [status: number, body?: unknown];
type Script = (call: string, query: URLSearchParams) => Answer | 'hang';

/** The durable extension's local RPC endpoint as a small server that answers what a test tells it to. */
export interface DurableRpc {
  /** Method and path of each call, in order. */
  readonly calls: string[];
  readonly bodies: unknown[];
  readonly client: DurableClient;
  answer: Script;
  stop(): Promise<void>;
}

export const SECRET = 'system-key-that-must-not-leak';

export async function startDurableRpc(answer: Script): Promise<DurableRpc> {
  const calls: string[] = [];
  const bodies: unknown[] = [];
  const server = createServer((request, response) => void handle(request, response));
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const call = `${request.method} ${(request.url ?? '').replace(/\?.*/, '')}`;
    calls.push(call);
    bodies.push(body === '' ? undefined : JSON.parse(body));
    const answered = rpc.answer(call, new URL(request.url ?? '/', 'http://rpc').searchParams);
    if (answered === 'hang') return;
    const [status, content] = answered;
    const text = typeof content === 'string';
    response.writeHead(status, { 'content-type': text ? 'text/plain' : 'application/json' });
    response.end(content === undefined ? undefined : text ? content : JSON.stringify(content));
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const rpc: DurableRpc = {
    calls,
    bodies,
    client: clientOf((server.address() as AddressInfo).port),
    answer,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return rpc;
}

/** The library's own client for an RPC endpoint, as the host hands it to a function. */
function clientOf(port: number): DurableClient {
  const base = `http://localhost:7071/runtime/webhooks/durabletask`;
  const query = `taskHub=Hub&connection=Storage&code=${SECRET}`;
  const instance = `${base}/instances/INSTANCEID`;
  const input = df.input.durableClient();
  const data = {
    taskHubName: 'Hub',
    creationUrls: {
      createNewInstancePostUri: `${base}/orchestrators/{functionName}[/{instanceId}]?${query}`,
      createAndWaitOnNewInstancePostUri: `${base}/orchestrators/{functionName}[/{instanceId}]?${query}`,
    },
    managementUrls: {
      id: 'INSTANCEID',
      statusQueryGetUri: `${instance}?${query}`,
      sendEventPostUri: `${instance}/raiseEvent/{eventName}?${query}`,
      terminatePostUri: `${instance}/terminate?reason={text}&${query}`,
      purgeHistoryDeleteUri: `${instance}?${query}`,
    },
    baseUrl: base,
    requiredQueryStringParameters: `code=${SECRET}`,
    rpcBaseUrl: `http://127.0.0.1:${port}/durabletask/`,
  };
  const context = { options: { extraInputs: [input] }, extraInputs: { get: () => data } };
  return df.getClient(context as unknown as Parameters<typeof df.getClient>[0]);
}
