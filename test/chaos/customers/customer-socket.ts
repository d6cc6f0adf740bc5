import {
  WebPubSubClient,
  WebPubSubJsonProtocol,
  WebPubSubJsonReliableProtocol,
} from '@azure/web-pubsub-client';
import { within } from '../../e2e/waiting';
import { closes, type SocketLife } from '../model/observed';
import type { KeepAlive } from '../plan/event-faults';

/** The service itself gives an event up after 100 s; only then is a handshake really over. */
const OPEN_LIMIT_MS = 110_000;
const CLOSE_LIMIT_MS = 60_000;
const SAY_LIMIT_MS = 60_000;

/** The service has passed the app's refusal of `connect` on: no use trying again. */
export class RefusedHandshake extends Error {}

/** The real client, which does not reconnect: whether and when a customer comes back is the plan's matter. */
export class CustomerSocket {
  private refusals = 0;
  private readonly stopped: Promise<void>;
  private constructor(
    private readonly client: WebPubSubClient,
    readonly life: SocketLife,
    keepAlive: KeepAlive | undefined,
    onClosed: () => void,
  ) {
    this.stopped = new Promise((resolve) =>
      client.on('stopped', () => {
        closes(life, Date.now(), keepAlive);
        onClosed();
        resolve();
      }),
    );
    client.on('server-message', ({ message }) => {
      if ((message.data as { type?: unknown } | null)?.type === 'refused') this.refusals += 1;
    });
  }

  /** @throws RefusedHandshake, or an error after which another try may succeed */
  static async open(
    url: string,
    protocol: 'json' | 'reliable',
    onClosed: (life: SocketLife) => void,
    keepAlive?: KeepAlive,
  ): Promise<CustomerSocket> {
    const client = new WebPubSubClient(url, {
      protocol: protocol === 'reliable' ? WebPubSubJsonReliableProtocol() : WebPubSubJsonProtocol(),
      autoReconnect: false,
      keepAliveIntervalInMs: keepAlive?.intervalMs ?? 0,
      keepAliveTimeoutInMs: keepAlive?.timeoutMs ?? 0,
    });
    let open: CustomerSocket | undefined;
    const connected = new Promise<CustomerSocket>((resolve, reject) => {
      client.on('connected', ({ connectionId }) => {
        const life: SocketLife = { connectionId, openedAt: Date.now() };
        open = new CustomerSocket(client, life, keepAlive, () => onClosed(life));
        resolve(open);
      });
      client.on('stopped', () => reject(new Error('closed before it was open')));
    });
    // A failed start is told by itself; nobody may be left waiting for the rest.
    connected.catch(() => undefined);
    try {
      await within(OPEN_LIMIT_MS, client.start(), () => new Error('the handshake took too long'));
      return await within(OPEN_LIMIT_MS, connected, () => new Error('no connected frame came'));
    } catch (thrown) {
      // `stop` has no effect on a handshake under way: should it succeed after all, nobody is there to use the socket.
      client.on('connected', () => client.stop());
      client.stop();
      const message = String((thrown as { message?: unknown }).message);
      throw /response: 4\d\d/.test(message) ? new RefusedHandshake(message) : new Error(message);
    }
  }

  /** What became of the message, as far as this client can know. */
  async say(messageId: string, text: string): Promise<'acknowledged' | 'refused' | 'unknown'> {
    const before = this.refusals;
    try {
      const sent = this.client.sendEvent('message', { messageId, text }, 'json');
      const gone = this.stopped.then(() => Promise.reject(new Error('closed')));
      await within(SAY_LIMIT_MS, Promise.race([sent, gone]), () => new Error('no acknowledgement'));
    } catch {
      return 'unknown';
    }
    return this.refusals > before ? 'refused' : 'acknowledged';
  }

  leave(): Promise<unknown> {
    return this.client.sendEvent('leave', {}, 'json', { fireAndForget: true });
  }

  /** `cut` takes the transport away below the client. Resolves when the client knows. */
  async lose(cut: ((connectionId: string) => unknown) | undefined): Promise<void> {
    this.life.lostFrom ??= Date.now();
    // The library's `stop` has no effect while a client recovers.
    const again = setInterval(() => cut === undefined && this.client.stop(), 300);
    if (cut === undefined) this.client.stop();
    else cut(this.life.connectionId);
    try {
      const limit = () => new Error('the client does not notice its closing');
      await within(CLOSE_LIMIT_MS, this.stopped, limit);
    } finally {
      clearInterval(again);
    }
  }
}
