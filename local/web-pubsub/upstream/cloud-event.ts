import type { Cookies } from './cookies';
import { signature } from './signature';

/** What the events of a connection say about it. */
export interface EventSource {
  readonly id: string;
  readonly hub: { readonly name: string };
  /** The host by which the client has reached the service, without its port. */
  readonly origin: string;
  readonly cookies: Cookies;
  readonly userId: string | undefined;
  readonly subprotocol: string | undefined;
  /** Opaque: what the webhook last answered in `ce-connectionState`. */
  readonly connectionState: string | undefined;
}

/** One thing that happened to one connection. Repeats carry the same event, so its id and time do not change. */
export interface CloudEvent {
  kind: 'sys' | 'user';
  name: string;
  id: number;
  /** Random; the same for all repeats. */
  requestId: string;
  at: Date;
  source: EventSource;
  contentType: string;
  body: Buffer;
}

export const typeOf = (event: Pick<CloudEvent, 'kind' | 'name'>): string =>
  `azure.webpubsub.${event.kind}.${event.name}`;

/** CloudEvents 1.0 over HTTP, binary content mode. The hub goes out in lower case, as the service sends it. */
export function cloudEventHeaders(event: CloudEvent, accessKeys: readonly string[]): Record<string, string> {
  const { source } = event;
  const hub = source.hub.name.toLowerCase();
  return {
    'WebHook-Request-Origin': source.origin,
    'Content-Type': event.contentType,
    'Content-Length': String(event.body.length),
    'x-ms-client-request-id': event.requestId,
    'ce-specversion': '1.0',
    'ce-awpsversion': '1.0',
    'ce-type': headerText(typeOf(event)),
    'ce-source': `/hubs/${hub}/client/${source.id}`,
    'ce-id': String(event.id),
    'ce-time': event.at.toISOString().replace(/\.\d+Z$/, 'Z'),
    'ce-hub': hub,
    'ce-eventName': headerText(event.name),
    'ce-connectionId': source.id,
    'ce-signature': signature(source.id, accessKeys),
    ...(source.userId ? { 'ce-userId': headerText(source.userId) } : {}),
    ...(source.subprotocol ? { 'ce-subprotocol': source.subprotocol } : {}),
    ...(source.connectionState === undefined ? {} : { 'ce-connectionState': source.connectionState }),
    ...(source.cookies.header === undefined ? {} : { Cookie: source.cookies.header }),
  };
}

/** Node writes header characters as single bytes, so UTF-8 bytes are handed to it one character each. */
const headerText = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');
