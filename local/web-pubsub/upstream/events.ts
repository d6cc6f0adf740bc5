import { setMaxListeners } from 'node:events';
import type { Connection } from '../connection';
import { withFaults, type Faults } from '../faults';
import type { Settings, SystemEvent } from '../options';
import { payloadFromHttp, payloadToHttp, PayloadError, type Payload } from '../payload';
import { typeOf, type CloudEvent } from './cloud-event';
import { ConnectAnswerError, parseConnectAnswer, type ConnectAnswer } from './connect-answer';
import type { Deliverer, Delivery } from './deliver';
import { handlerUrl, matchesPattern } from './handler-url';
import type { Validation } from './validation';

/** What is known of a client while its handshake waits for the webhook. */
export interface ConnectRequest {
  connectionId: string;
  userId: string | undefined;
  claims: Record<string, string[]>;
  query: Record<string, string[]>;
  headers: Record<string, string[]>;
  subprotocols: string[];
}

export type ConnectOutcome =
  | { accepted: true; answer: ConnectAnswer; connectionState: string | undefined }
  | { accepted: false; status: number; contentType: string; body: Buffer };

export type UserEventOutcome = { ok: true; reply?: Payload } | { ok: false; problem: string };

const JSON_TYPE = 'application/json; charset=utf-8';

/** The events of the protocol. `connect` and user events wait for the answer; the other two are sent and forgotten. */
export class Upstream {
  private readonly stopped = new AbortController();

  constructor(
    private readonly settings: Settings,
    private readonly validation: Validation,
    private readonly deliverer: Deliverer,
    private readonly faults: Faults,
  ) {
    // One listener for every event that is held back: a thousand of them are no leak.
    setMaxListeners(0, this.stopped.signal);
  }

  async connect(request: ConnectRequest): Promise<ConnectOutcome> {
    if (!this.wants('connect')) return { accepted: true, answer: {}, connectionState: undefined };
    const { claims, query, headers, subprotocols } = request;
    const body = json({ claims, query, headers, subprotocols, clientCertificates: [] });
    const source = {
      id: request.connectionId,
      userId: request.userId,
      subprotocol: undefined,
      connectionState: undefined,
    };
    const { ok, answer } = await this.send(this.event('sys', 'connect', 0, source, JSON_TYPE, body));
    if (!answer) return refusal(500, 'The event handler could not be asked.');
    if (!ok) {
      if (answer.status < 400 || answer.status > 499) return refusal(500, 'The event handler failed.');
      const contentType = answer.headers['content-type'] ?? 'text/plain';
      return { accepted: false, status: answer.status, contentType, body: answer.body };
    }
    try {
      const state = headerOf(answer.headers['ce-connectionstate']);
      return { accepted: true, answer: parseConnectAnswer(answer.body), connectionState: state };
    } catch (error) {
      if (!(error instanceof ConnectAnswerError)) throw error;
      this.settings.log('warning', `the answer to connect cannot be used: ${error.message}.`);
      return refusal(500, 'The event handler answered something unusable.');
    }
  }

  connected(connection: Connection): void {
    if (!this.wants('connected')) return;
    void this.send(this.event('sys', 'connected', connection.nextEventId(), connection, JSON_TYPE, json({})));
  }

  disconnected(
    connection: Pick<Connection, 'id' | 'userId' | 'nextEventId' | 'subprotocol' | 'connectionState'>,
    reason: string,
  ): void {
    if (!this.wants('disconnected')) return;
    void this.send(
      this.event('sys', 'disconnected', connection.nextEventId(), connection, JSON_TYPE, json({ reason })),
    );
  }

  async userEvent(connection: Connection, name: string, payload: Payload): Promise<UserEventOutcome> {
    if (!matchesPattern(this.settings.userEventPattern, name)) {
      return { ok: false, problem: `no event handler takes the event "${name}"` };
    }
    const { contentType, body } = payloadToHttp(payload);
    const event = this.event('user', name, connection.nextEventId(), connection, contentType, body);
    const { ok, answer, problem } = await this.send(event);
    if (!ok || !answer)
      return { ok: false, problem: answer ? `it answered ${answer.status}` : (problem ?? 'failed') };
    connection.connectionState = headerOf(answer.headers['ce-connectionstate']) ?? connection.connectionState;
    if (answer.status === 204 || answer.body.length === 0) return { ok: true };
    try {
      return { ok: true, reply: payloadFromHttp(answer.headers['content-type'], answer.body) };
    } catch (error) {
      if (!(error instanceof PayloadError)) throw error;
      return { ok: false, problem: `its answer cannot be passed on: ${error.message}` };
    }
  }

  stop(): void {
    this.stopped.abort();
    this.deliverer.stop();
  }

  private wants(event: SystemEvent): boolean {
    return this.settings.systemEvents.includes(event);
  }

  private event(
    kind: 'sys' | 'user',
    name: string,
    id: number,
    source: Pick<Connection, 'id' | 'userId' | 'subprotocol' | 'connectionState'>,
    contentType: string,
    body: Buffer,
  ): CloudEvent {
    const at = new Date(Date.now() + this.settings.clockOffsetMs);
    const { userId, subprotocol, connectionState } = source;
    const hub = this.settings.hub;
    return {
      kind,
      name,
      id,
      at,
      hub,
      connectionId: source.id,
      userId,
      subprotocol,
      connectionState,
      contentType,
      body,
    };
  }

  private async send(event: CloudEvent): Promise<Delivery> {
    const { connectionId, userId, name: eventName, id: ceId } = event;
    const seen = { type: typeOf(event), eventName, connectionId, userId, ceId };
    const { after } = this.settings;
    const delivery = await withFaults(
      this.faults,
      seen,
      after,
      this.stopped.signal,
      async (): Promise<Delivery> => {
        if (this.stopped.signal.aborted) return { ok: false, problem: 'stopped' };
        if (await this.validation.isValid()) {
          return this.deliverer.deliver(event, handlerUrl(this.settings.handlerUrl, event.hub, event.name));
        }
        const problem = 'the event handler is not validated';
        this.settings.onEvent?.({ ...seen, attempt: 0, error: problem });
        this.settings.log(
          'warning',
          `${eventName} (ce-id ${ceId}) of connection ${connectionId} was not sent: ${problem}.`,
        );
        return { ok: false, problem };
      },
    );
    return delivery ?? { ok: false, problem: 'lost' };
  }
}

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value), 'utf8');

const headerOf = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value[0] : value;

const refusal = (status: number, message: string): ConnectOutcome => ({
  accepted: false,
  status,
  contentType: 'text/plain; charset=utf-8',
  body: Buffer.from(message, 'utf8'),
});
