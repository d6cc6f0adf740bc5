import {
  WebPubSubClient,
  WebPubSubJsonProtocol,
  WebPubSubJsonReliableProtocol,
} from '@azure/web-pubsub-client';
import { CannotRun } from '../failures';
import { within } from '../waiting';

/** `reliable` survives the loss of a transport, `json` does not. */
export type Protocol = 'reliable' | 'json';

const OPEN_LIMIT_MS = 30_000;
const CLOSE_LIMIT_MS = 5_000;

/** Bounded, because the library's `stop` has no effect while it reconnects. */
const RECONNECT = { maxRetries: 3, retryDelayInMs: 1_000 };

/**
 * The library's own pings are off: their timers outlive the client by up to 40 seconds and would keep a finished
 * run alive. The service's pings keep the socket open.
 */
const NO_PINGS = { keepAliveIntervalInMs: 0, keepAliveTimeoutInMs: 0 };

export interface Socket {
  /** Id of the first connection; the service keeps it when a reliable connection recovers. */
  readonly connectionId: string;
  readonly client: WebPubSubClient;
  /** Ids of all connections that were opened, reconnections included. */
  readonly connectionIds: readonly string[];
  close(): Promise<void>;
}

/** The URL that is at hand for the first connection, a fresh one for each reconnection. */
export function urlsFrom(first: string, fresh: () => Promise<string>): () => Promise<string> {
  let unused: string | undefined = first;
  return async () => {
    const url = unused ?? (await fresh());
    unused = undefined;
    return url;
  };
}

/** Opens a socket with the real client library, which reconnects by itself as in a browser. */
export async function openSocket(
  getClientAccessUrl: () => Promise<string>,
  protocol: Protocol,
  onData: (data: unknown) => void,
): Promise<Socket> {
  const client = new WebPubSubClient(
    { getClientAccessUrl },
    {
      protocol: protocol === 'reliable' ? WebPubSubJsonReliableProtocol() : WebPubSubJsonProtocol(),
      reconnectRetryOptions: RECONNECT,
      ...NO_PINGS,
    },
  );
  const connectionIds: string[] = [];
  const connected = new Promise<string>((resolve) => {
    client.on('connected', ({ connectionId }) => {
      connectionIds.push(connectionId);
      resolve(connectionId);
    });
  });
  const stopped = new Promise<void>((resolve) => client.on('stopped', () => resolve()));
  client.on('group-message', ({ message }) => onData(message.data));
  client.on('server-message', ({ message }) => onData(message.data));
  const open = client.start().then(() => connected);
  const connectionId = await within(
    OPEN_LIMIT_MS,
    open,
    () => new CannotRun(`the socket did not open within ${OPEN_LIMIT_MS / 1000} s`),
  );
  return {
    connectionId,
    client,
    connectionIds,
    async close() {
      client.stop();
      await within(CLOSE_LIMIT_MS, stopped, () => new Error('still open')).catch(() => undefined);
    },
  };
}
