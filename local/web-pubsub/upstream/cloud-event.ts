import { signature } from './signature';

/** One thing that happened to one connection. Repeats carry the same event, so its id and time do not change. */
export interface CloudEvent {
  kind: 'sys' | 'user';
  name: string;
  id: number;
  at: Date;
  hub: string;
  connectionId: string;
  userId: string | undefined;
  subprotocol: string | undefined;
  /** Opaque: what the webhook last answered in `ce-connectionState`. */
  connectionState: string | undefined;
  contentType: string;
  body: Buffer;
}

export interface Sender {
  /** Host name of the service without its port. */
  origin: string;
  accessKeys: readonly string[];
}

export const typeOf = (event: Pick<CloudEvent, 'kind' | 'name'>): string =>
  `azure.webpubsub.${event.kind}.${event.name}`;

/** CloudEvents 1.0 over HTTP, binary content mode. The hub goes out in lower case, as the service sends it. */
export function cloudEventHeaders(event: CloudEvent, sender: Sender): Record<string, string> {
  const hub = event.hub.toLowerCase();
  return {
    'WebHook-Request-Origin': sender.origin,
    'Content-Type': event.contentType,
    'Content-Length': String(event.body.length),
    'ce-specversion': '1.0',
    'ce-awpsversion': '1.0',
    'ce-type': headerText(typeOf(event)),
    'ce-source': `/hubs/${hub}/client/${event.connectionId}`,
    'ce-id': String(event.id),
    'ce-time': event.at.toISOString().replace(/\.\d+Z$/, 'Z'),
    'ce-hub': hub,
    'ce-eventName': headerText(event.name),
    'ce-connectionId': event.connectionId,
    'ce-signature': signature(event.connectionId, sender.accessKeys),
    ...(event.userId ? { 'ce-userId': headerText(event.userId) } : {}),
    ...(event.subprotocol ? { 'ce-subprotocol': event.subprotocol } : {}),
    ...(event.connectionState ? { 'ce-connectionState': event.connectionState } : {}),
  };
}

/** Node writes header characters as single bytes, so UTF-8 bytes are handed to it one character each. */
const headerText = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');
