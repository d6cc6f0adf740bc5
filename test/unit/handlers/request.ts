import { createHmac } from 'node:crypto';
import { ROUTES } from '../../../shared/app/routes';
import { CALL } from '../../support/service';
import type { HttpInput, HttpOutput } from '../../../shared/http/route';

export interface RequestParts {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly params?: Readonly<Record<string, string>>;
  /** Text and bytes are sent as they are, everything else as JSON. */
  readonly body?: unknown;
}

/** A request as a handler sees it. */
export function request(parts: RequestParts = {}): HttpInput {
  const { method = 'POST', headers = {}, query = {}, params = {}, body } = parts;
  return {
    method,
    headers: new Headers(headers),
    query: new URLSearchParams(query),
    params,
    arrayBuffer: async () => new Uint8Array(bytesOf(body)).buffer,
  };
}

export function bytesOf(body: unknown): Uint8Array {
  if (body === undefined) return new Uint8Array();
  if (body instanceof Uint8Array) return body;
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}

/** What the route with this id answers, given the services that it needs. */
export function call(id: string, input: HttpInput, services: object): Promise<HttpOutput> {
  const route = ROUTES.find((one) => one.id === id);
  if (route === undefined) throw new Error(`there is no route "${id}"`);
  return route.handle(input, services as never, CALL);
}

/** The JSON body of an answer. */
export const bodyOf = (answer: HttpOutput): Record<string, unknown> =>
  JSON.parse(answer.body ?? 'null') as Record<string, unknown>;

export const ACCESS_KEY = 'unit-access-key-0123456789';
export const HUB = 'chat';

export const sign = (connectionId: string, key = ACCESS_KEY): string =>
  `sha256=${createHmac('sha256', key).update(connectionId).digest('hex')}`;

export interface EventParts {
  readonly name?: string;
  readonly kind?: 'sys' | 'user';
  readonly userId?: string;
  readonly connectionId?: string;
  readonly id?: string;
  readonly time?: string;
  readonly hub?: string;
  readonly contentType?: string;
}

/** The headers of an event as the service sends it, signature included. */
export function eventHeaders(parts: EventParts = {}): Record<string, string> {
  const { name = 'connected', userId = 'customer.conversation-0001', connectionId = 'connection-a' } = parts;
  const kind = parts.kind ?? (['connect', 'connected', 'disconnected'].includes(name) ? 'sys' : 'user');
  return {
    'webhook-request-origin': 'chat.webpubsub.azure.com',
    'content-type': parts.contentType ?? 'application/json; charset=utf-8',
    'ce-specversion': '1.0',
    'ce-awpsversion': '1.0',
    'ce-type': `azure.webpubsub.${kind}.${name}`,
    'ce-source': `/hubs/${HUB}/client/${connectionId}`,
    'ce-id': parts.id ?? '1',
    'ce-time': parts.time ?? '2026-03-01T10:00:00Z',
    'ce-hub': parts.hub ?? HUB,
    'ce-eventName': name,
    'ce-connectionId': connectionId,
    'ce-signature': sign(connectionId),
    'ce-userId': userId,
  };
}

export const without = (headers: Record<string, string>, name: string): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([key]) => key.toLowerCase() !== name.toLowerCase()));
