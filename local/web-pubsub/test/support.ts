import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebPubSubServiceClient, type GenerateClientTokenOptions } from '@azure/web-pubsub';
import {
  WebPubSubClient,
  WebPubSubJsonProtocol,
  type WebPubSubClientOptions,
} from '@azure/web-pubsub-client';
import { WebSocket } from 'ws';
import { startWebPubSub, type LocalWebPubSub, type WebPubSubOptions } from '../index';

export interface Recorded {
  method: string;
  name: string;
  headers: http.IncomingHttpHeaders;
  url: string;
  body: Buffer;
}

export interface Answer {
  status?: number;
  headers?: Record<string, string>;
  body?: string | Buffer;
}

/** Wakes whoever waits for the next time something happens. */
export class Signal {
  private readonly waiting = new Set<() => void>();

  next(): Promise<void> {
    return new Promise((resolve) => this.waiting.add(resolve));
  }

  raise(): void {
    for (const wake of this.waiting) wake();
    this.waiting.clear();
  }
}

/** A real HTTP server on the loopback address that records what the service sends and answers as told. */
export class Webhook {
  readonly received: Recorded[] = [];
  /** Names of events whose call was given up before it was answered. */
  readonly aborted: string[] = [];
  answer: (request: Recorded) => Answer | Promise<Answer> | undefined = () => undefined;
  private readonly arrived = new Signal();
  private readonly server = http.createServer((request, response) => void this.handle(request, response));

  async start(): Promise<this> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/api/web-pubsub/{event}?code=the-key`;
  }

  /** Events of that name, in the order they arrived. */
  named(name: string): Recorded[] {
    return this.received.filter((request) => request.name === name);
  }

  /** The nth event of that name, once it has arrived. */
  async event(name: string, nth = 1): Promise<Recorded> {
    for (;;) {
      const found = this.named(name)[nth - 1];
      if (found) return found;
      await this.arrived.next();
    }
  }

  /** Resolves when the call of such an event has been given up. */
  async abortOf(name: string): Promise<void> {
    while (!this.aborted.includes(name)) await this.arrived.next();
  }

  /** Answers events of that name only once what it returns has been called. */
  hold(name: string): () => void {
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => (release = resolve));
    this.answer = (request) => (request.name === name ? released.then(() => ({})) : undefined);
    return release;
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }

  private async handle(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const { headers, url = '', method = '' } = request;
    const isEvent = method === 'POST';
    const name = isEvent ? String(headers['ce-eventname']) : method;
    const recorded = { method, name, headers, url, body: Buffer.concat(chunks) };
    this.received.push(recorded);
    this.arrived.raise();
    response.on('close', () => {
      if (response.writableFinished) return;
      this.aborted.push(name);
      this.arrived.raise();
    });
    const told = await this.answer(recorded);
    const answer = told ?? (isEvent ? {} : { headers: { 'WebHook-Allowed-Origin': '*' } });
    response.writeHead(answer.status ?? 200, answer.headers).end(answer.body);
  }
}

/** Time that stands still until the test lets it pass: nothing depends on how fast the machine is. */
export class TurnedTime {
  private now = 0;
  private readonly waits = new Set<{ at: number; ms: number; then: () => void }>();
  private readonly changed = new Signal();

  readonly after = (ms: number, then: () => void): (() => void) => {
    const wait = { at: this.now + ms, ms, then };
    this.waits.add(wait);
    this.changed.raise();
    return () => this.waits.delete(wait);
  };

  /** Resolves when the service waits for something that takes exactly so long. */
  async waitedFor(ms: number): Promise<void> {
    while (![...this.waits].some((wait) => wait.ms === ms)) await this.changed.next();
  }

  pass(ms: number): void {
    this.now += ms;
    for (const wait of [...this.waits].sort((a, b) => a.at - b.at)) {
      if (wait.at > this.now || !this.waits.delete(wait)) continue;
      wait.then();
    }
  }
}

export interface Scene {
  webhook: Webhook;
  service: LocalWebPubSub;
  rest: WebPubSubServiceClient;
  clientUrl(options?: GenerateClientTokenOptions): Promise<string>;
  /** A started client of the real library; it does not reconnect unless told to. */
  client(
    options?: GenerateClientTokenOptions & WebPubSubClientOptions & { json?: boolean },
  ): Promise<TestClient>;
  /** A bare WebSocket, opened; its frames are in `frames`. */
  socket(subprotocol: string | undefined, url?: string): Promise<TestSocket>;
  stop(): Promise<void>;
}

export interface TestClient {
  client: WebPubSubClient;
  connectionId: string;
  message: (nth?: number) => Promise<unknown>;
  messages: unknown[];
  stopped: Promise<void>;
}

export interface TestSocket {
  webSocket: WebSocket;
  frame: (nth: number) => Promise<Record<string, unknown>>;
  closed: Promise<{ code: number; reason: string }>;
}

export async function startScene(options: Partial<WebPubSubOptions> = {}): Promise<Scene> {
  const webhook = await new Webhook().start();
  const service = await startWebPubSub({
    hub: 'Chat',
    handlerUrl: webhook.url,
    log: () => undefined,
    ...options,
  });
  const rest = new WebPubSubServiceClient(service.connectionString, 'Chat', {
    allowInsecureConnection: true,
    retryOptions: { maxRetries: 0 },
  });
  const clients: WebPubSubClient[] = [];
  const sockets: WebSocket[] = [];
  const clientUrl = async (token?: GenerateClientTokenOptions): Promise<string> =>
    (await rest.getClientAccessToken(token)).url;

  return {
    webhook,
    service,
    rest,
    clientUrl,
    async client({ json, userId, roles, groups, ...more } = {}) {
      const client = new WebPubSubClient(
        { getClientAccessUrl: () => clientUrl({ userId, roles, groups }) },
        {
          autoReconnect: false,
          messageRetryOptions: { maxRetries: 0 },
          // Its own pings outlive stop() by one interval.
          keepAliveIntervalInMs: 0,
          keepAliveTimeoutInMs: 0,
          ...(json ? { protocol: WebPubSubJsonProtocol() } : {}),
          ...more,
        },
      );
      clients.push(client);
      const inbox = new Inbox<unknown>();
      client.on('server-message', ({ message }) => inbox.add(message.data));
      client.on('group-message', ({ message }) => inbox.add(message.data));
      const stopped = new Promise<void>((resolve) => client.on('stopped', () => resolve()));
      const connected = new Promise<string>((resolve) =>
        client.on('connected', (e) => resolve(e.connectionId)),
      );
      await client.start();
      const connectionId = await connected;
      return { client, connectionId, messages: inbox.items, message: (nth) => inbox.item(nth ?? 1), stopped };
    },
    async socket(subprotocol, url) {
      const webSocket = new WebSocket(
        url ?? (await clientUrl({ userId: 'ann' })),
        subprotocol ? [subprotocol] : [],
      );
      sockets.push(webSocket);
      const inbox = new Inbox<Record<string, unknown>>();
      webSocket.on('message', (data: Buffer) =>
        inbox.add(JSON.parse(data.toString('utf8')) as Record<string, unknown>),
      );
      const closed = new Promise<{ code: number; reason: string }>((resolve) =>
        webSocket.on('close', (code, reason) => resolve({ code, reason: reason.toString('utf8') })),
      );
      await once(webSocket, 'open');
      return { webSocket, closed, frame: (nth) => inbox.item(nth) };
    },
    async stop() {
      for (const client of clients) client.stop();
      for (const socket of sockets) socket.terminate();
      await service.stop();
      await webhook.stop();
    },
  };
}

/** The status and body a handshake was refused with. */
export async function refusal(url: string, subprotocol?: string): Promise<{ status: number; body: string }> {
  const webSocket = new WebSocket(url, subprotocol ? [subprotocol] : []);
  return new Promise((resolve, reject) => {
    webSocket.on('open', () => reject(new Error('The handshake was accepted.')));
    webSocket.on('error', reject);
    webSocket.on('unexpected-response', (_request, response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (body += chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    });
  });
}

class Inbox<T> {
  readonly items: T[] = [];
  private readonly added = new Signal();

  add(item: T): void {
    this.items.push(item);
    this.added.raise();
  }

  async item(nth: number): Promise<T> {
    while (this.items.length < nth) await this.added.next();
    return this.items[nth - 1] as T;
  }
}
