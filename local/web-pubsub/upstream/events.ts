import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import type { Connection } from '../connection';
import { withFaults, type Faults } from '../faults';
import type { Settings, SystemEvent } from '../options';
import { payloadFromHttp, payloadToHttp, PayloadError, type Payload } from '../payload';
import type { Caller } from './caller';
import { typeOf, type CloudEvent, type EventSource } from './cloud-event';
import { ConnectAnswerError, parseConnectAnswer, type ConnectAnswer } from './connect-answer';
import type { Deliverer, Delivery } from './deliver';
import { handlerUrl, matchesPattern } from './handler-url';
import type { Validation } from './validation';

/** What is known of a client while its handshake waits for the webhook. */
export interface ConnectRequest {
  claims: Record<string, string[]>;
  query: Record<string, string[]>;
  headers: Record<string, string[]>;
  subprotocols: string[];
}

export type ConnectOutcome =
  | { accepted: true; answer: ConnectAnswer; connectionState: string | undefined }
  | { accepted: false; status: number };

/** `gone`: the client has left, nobody waits for the answer. */
export type UserEventOutcome = { ok: true; reply?: Payload } | { ok: false; problem: string; gone: boolean };

const JSON_TYPE = 'application/json; charset=utf-8';

/** The events of the protocol. `connect` and user events wait for the answer; the other two are sent and forgotten. */
export class Upstream {
  private readonly stopped = new AbortController();
  private readonly hubsWithoutHandler = new Set<string>();

  constructor(
    private readonly settings: Settings,
    private readonly validation: Validation,
    private readonly deliverer: Deliverer,
    private readonly faults: Faults,
  ) {
    // One listener for every event that is held back: a thousand of them are no leak.
    setMaxListeners(0, this.stopped.signal);
  }

  async connect(source: EventSource, request: ConnectRequest, client: Caller): Promise<ConnectOutcome> {
    if (!this.wants('connect', source)) return { accepted: true, answer: {}, connectionState: undefined };
    const body = json({ ...request, clientCertificates: [] });
    const { ok, answer } = await this.send(this.event('sys', 'connect', 0, source, JSON_TYPE, body), client);
    if (!answer) return { accepted: false, status: 500 };
    if (!ok) return { accepted: false, status: answer.status };
    try {
      const state = headerOf(answer.headers['ce-connectionstate']);
      return { accepted: true, answer: parseConnectAnswer(answer.body), connectionState: state };
    } catch (error) {
      if (!(error instanceof ConnectAnswerError)) throw error;
      this.settings.log('warning', `the answer to connect cannot be used: ${error.message}.`);
      return { accepted: false, status: 500 };
    }
  }

  connected(connection: Connection): void {
    this.notify(connection, 'connected', {});
  }

  disconnected(connection: Connection, reason: string): void {
    this.notify(connection, 'disconnected', { reason });
  }

  async userEvent(
    connection: Connection,
    name: string,
    payload: Payload,
    client: Caller,
  ): Promise<UserEventOutcome> {
    if (!this.hasHandler(connection) || !matchesPattern(this.settings.userEventPattern, name)) {
      return { ok: false, problem: `no event handler takes the event "${name}"`, gone: false };
    }
    const { contentType, body } = payloadToHttp(payload);
    const event = this.event('user', name, connection.nextEventId(), connection, contentType, body);
    const { ok, answer, problem } = await this.send(event, client);
    const failed = (text: string) => ({ ok: false, problem: text, gone: client.gone.aborted }) as const;
    if (!ok || !answer) return failed(answer ? `it answered ${answer.status}` : (problem ?? 'failed'));
    const withoutBody = answer.status === 204 || answer.body.length === 0;
    try {
      const reply = withoutBody ? undefined : payloadFromHttp(answer.headers['content-type'], answer.body);
      connection.connectionState =
        headerOf(answer.headers['ce-connectionstate']) ?? connection.connectionState;
      return { ok: true, reply };
    } catch (error) {
      if (!(error instanceof PayloadError)) throw error;
      return failed(`its answer cannot be passed on: ${error.message}`);
    }
  }

  stop(): void {
    this.stopped.abort();
    this.deliverer.stop();
    this.validation.stop();
  }

  private notify(connection: Connection, event: SystemEvent, body: object): void {
    if (!this.wants(event, connection)) return;
    const { socket } = connection;
    const id = connection.nextEventId();
    void this.send(this.event('sys', event, id, connection, JSON_TYPE, json(body)), undefined, () =>
      socket?.terminate(),
    );
  }

  private wants(event: SystemEvent, source: EventSource): boolean {
    return this.hasHandler(source) && this.settings.systemEvents.includes(event);
  }

  /** Every hub takes clients; events are sent for the one that has an event handler. */
  private hasHandler({ hub: { name } }: EventSource): boolean {
    if (name.toLowerCase() === this.settings.hub.toLowerCase()) return true;
    if (!this.hubsWithoutHandler.has(name)) {
      this.hubsWithoutHandler.add(name);
      this.settings.log(
        'warning',
        `a client has come to the hub "${name}", which has no event handler: no events are sent for it. The event handler is that of the hub "${this.settings.hub}".`,
      );
    }
    return false;
  }

  private event(
    kind: 'sys' | 'user',
    name: string,
    id: number,
    source: EventSource,
    contentType: string,
    body: Buffer,
  ): CloudEvent {
    const at = new Date(Date.now() + this.settings.clockOffsetMs);
    return { kind, name, id, requestId: randomUUID(), at, source, contentType, body };
  }

  private async send(
    event: CloudEvent,
    client: Caller | undefined,
    cut = (): void => client?.terminate(),
  ): Promise<Delivery> {
    const { name: eventName, id: ceId, source } = event;
    const { id: connectionId, userId } = source;
    const seen = { type: typeOf(event), eventName, connectionId, userId, ceId };
    const { signal: stopped } = this.stopped;
    const over = client === undefined ? stopped : AbortSignal.any([stopped, client.gone]);
    const send = async (): Promise<Delivery> => {
      if (over.aborted) return { ok: false, problem: String(over.reason) };
      if (await this.validation.isValid(source.origin)) {
        const url = handlerUrl(this.settings.handlerUrl, source.hub.name, event.name);
        return this.deliverer.deliver(event, url, client?.gone);
      }
      const problem = 'the event handler is not validated';
      this.settings.onEvent?.({ ...seen, attempt: 0, error: problem });
      this.settings.log(
        'warning',
        `${eventName} (ce-id ${ceId}) of connection ${connectionId} was not sent: ${problem}.`,
      );
      return { ok: false, problem };
    };
    const delivery = await withFaults(this.faults, seen, this.settings.after, over, cut, send);
    return delivery ?? { ok: false, problem: 'lost' };
  }
}

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value), 'utf8');

const headerOf = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value[0] : value;
