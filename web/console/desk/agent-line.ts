import { WebPubSubClient, WebPubSubJsonReliableProtocol } from 'web-pubsub-client-1-0';
import { isFinal } from '../core/persistent';
import type { LineState } from './state';

export interface LineOptions {
  /** A URL for a new socket. */
  readonly url: () => Promise<string>;
  /** @param refusal why no line is tried for any more */
  readonly onState: (state: LineState, refusal?: unknown) => void;
  readonly onData: (data: unknown) => void;
}

const PING_EVERY_MS = 5_000;
const CHECK_EVERY_MS = 1_000;
/**
 * So many checks without a frame, although pings were sent: the line is dead, whatever the socket says. Checks are counted, not
 * seconds: the browser runs the timers of a tab in the background once a minute, pings and checks alike.
 */
const SILENT_CHECKS = 12;
/** What is left of them when a tab is looked at again: its pings are overdue, so an answer comes at once or never. */
const CHECKS_ON_WAKE = 3;
/** What is sent again has the same id, so it counts once. */
const SEND_TRIES = 4;
const SEND_AGAIN_MS = 1_000;
const SEND_LIMIT_MS = 10_000;
const PAUSES_MS = [300, 1_000, 2_000, 5_000];

/**
 * An agent's socket. The client library mends short cuts; a line on which nothing arrives any more it would take for a
 * working one for minutes. So every frame is noted, and a silent client is replaced by a new one.
 */
export class AgentLine {
  private client: WebPubSubClient | undefined;
  /** Clients that are given up: stopped when another one is connected. */
  private retired: WebPubSubClient[] = [];
  /** Of what is heard from a client that was replaced nothing counts. */
  private generation = 0;
  private silentChecks = 0;
  private failures = 0;
  private isRefused = false;
  private pause: ReturnType<typeof setTimeout> | undefined;
  private check: ReturnType<typeof setInterval> | undefined;
  private readonly page = new AbortController();

  constructor(private readonly options: LineOptions) {}

  start(): void {
    const { signal } = this.page;
    const wake = () => {
      if (this.isRefused) this.again();
      else if (this.pause !== undefined) this.replace(0);
      else if (this.silentChecks > 0)
        this.silentChecks = Math.max(this.silentChecks, SILENT_CHECKS - CHECKS_ON_WAKE);
    };
    addEventListener('online', () => this.replace(0), { signal });
    addEventListener('offline', () => this.options.onState('lost'), { signal });
    document.addEventListener('visibilitychange', wake, { signal });
    addEventListener('pageshow', ({ persisted }) => persisted && this.replace(0), { signal });
    // A goodbye: colleagues and customers need not wait for the service to miss this agent.
    addEventListener('pagehide', () => this.leave(), { signal });
    this.check = setInterval(() => {
      this.silentChecks += 1;
      if (this.client !== undefined && this.silentChecks > SILENT_CHECKS) this.replace(0);
    }, CHECK_EVERY_MS);
    this.options.onState('connecting');
    this.replace(0);
  }

  /** After a refusal. */
  again(): void {
    this.options.onState('connecting');
    this.replace(0);
  }

  /** Resolves when the service has the app's word for it. */
  async send(event: string, data: Record<string, unknown>): Promise<void> {
    const abortSignal = AbortSignal.timeout(SEND_LIMIT_MS);
    for (let tries = 1; ; tries++) {
      if (this.client === undefined) throw new Error('There is no connection.');
      try {
        return void (await this.client.sendEvent(event, data, 'json', { abortSignal }));
      } catch (thrown) {
        if (tries === SEND_TRIES || abortSignal.aborted) throw thrown;
      }
      await new Promise((resolve) => setTimeout(resolve, SEND_AGAIN_MS));
    }
  }

  stop(): void {
    this.page.abort();
    clearInterval(this.check);
    this.leave();
  }

  private leave(): void {
    this.abandon();
    this.stopRetired();
  }

  private abandon(): void {
    this.generation += 1;
    clearTimeout(this.pause);
    this.pause = undefined;
    if (this.client !== undefined) this.retired.push(this.client);
    this.client = undefined;
  }

  /** Prevents: the app hears a goodbye of a socket that was only thought dead, before the next one is open. */
  private stopRetired(): void {
    for (const client of this.retired.splice(0)) client.stop();
  }

  private replace(afterMs: number): void {
    const had = this.client !== undefined;
    this.isRefused = false;
    this.abandon();
    if (had || this.failures > 0) this.options.onState('lost');
    if (afterMs === 0) return void this.open();
    this.pause = setTimeout(() => {
      this.pause = undefined;
      void this.open();
    }, afterMs);
  }

  private async open(): Promise<void> {
    const generation = this.generation;
    const isCurrent = () => generation === this.generation;
    const isKnown = (): boolean => isCurrent() || this.retired.includes(client);
    const again = () => {
      if (!isCurrent()) return;
      const pause = PAUSES_MS[Math.min(this.failures, PAUSES_MS.length - 1)] ?? 0;
      this.failures += 1;
      this.replace(pause * (0.75 + Math.random() / 2));
    };
    this.silentChecks = 0;
    const reliable = WebPubSubJsonReliableProtocol();
    const client: WebPubSubClient = new WebPubSubClient(
      { getClientAccessUrl: this.options.url },
      {
        protocol: {
          name: reliable.name,
          // Prevents: a client that is given up tries for half a minute to get its socket back, which no `stop` ends, and then
          // keeps a second socket of this agent open.
          get isReliableSubProtocol() {
            // Asked when a socket is open, too. One that was given up before could not be stopped until then.
            if (!isKnown()) queueMicrotask(() => client.stop());
            return isCurrent();
          },
          writeMessage: (message) => reliable.writeMessage(message),
          parseMessages: (input) => {
            if (isCurrent()) this.silentChecks = 0;
            return reliable.parseMessages(input);
          },
        },
        autoReconnect: false,
        keepAliveIntervalInMs: PING_EVERY_MS,
        keepAliveTimeoutInMs: 0,
        messageRetryOptions: { maxRetries: 0 }, // `send` does it
      },
    );
    this.client = client;
    client.on('connected', () => {
      if (!isCurrent()) return;
      this.failures = 0;
      this.stopRetired();
      this.options.onState('online');
    });
    client.on('stopped', again);
    const receive = ({ message }: { readonly message: { readonly data: unknown } }) => {
      if (isCurrent()) this.options.onData(message.data);
    };
    client.on('server-message', receive);
    client.on('group-message', receive);
    try {
      await client.start();
      if (!isCurrent()) client.stop();
    } catch (thrown) {
      if (!isCurrent() || !isFinal(thrown)) return again();
      this.abandon();
      this.failures = 0;
      this.isRefused = true;
      this.options.onState('refused', thrown);
    }
  }
}
