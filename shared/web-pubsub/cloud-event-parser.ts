import { createHash } from 'node:crypto';
import { z } from 'zod';
import { deviceClassOf, deviceField, parseProfileFromQuery } from '../access/customer-profile-parser';
import { InvalidInputError } from '../app/errors';
import { type CustomerProfile, DEVICE_CLASSES, type DeviceClass, LIMITS } from '../conversation/conversation';
import { type Participant, participantOf } from '../conversation/ids';
import type { Instant } from '../conversation/time';
import { conversationIdField, plainText } from '../http/fields';
import { decodeUtf8, type HttpInput, parseJson, parseWith } from '../http/request';

/** What a connection carries with it: the answer to `connect` sets it, every later event brings it back. */
export interface ConnectionState {
  readonly device: DeviceClass;
}

/** Header of the answer and of the events. */
export const CONNECTION_STATE_HEADER = 'ce-connectionState';

const LONGEST = 4_096;
const DEVICE = z.enum(DEVICE_CLASSES);

const toBase64 = (text: string): string => Buffer.from(text, 'utf8').toString('base64');
const fromBase64 = (text: string): string => Buffer.from(text, 'base64').toString('utf8');

/** Base64 of a JSON object whose values are base64 of JSON: the form that the service's own libraries write. */
export const encodeConnectionState = ({ device }: ConnectionState): string =>
  toBase64(JSON.stringify({ device: toBase64(JSON.stringify(device)) }));

/** Never an error: a connection from before an update has no state, and a foreign one says nothing. */
export function decodeConnectionState(header: string | null): ConnectionState | undefined {
  if (header === null || header.length > LONGEST) return undefined;
  try {
    const values = JSON.parse(fromBase64(header)) as { device?: unknown } | null;
    const device = DEVICE.safeParse(JSON.parse(fromBase64(String(values?.device))));
    return device.success ? { device: device.data } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * An event of Web PubSub as it arrives: CloudEvents in HTTP binary mode ("CloudEvents extension for Azure Web
 * PubSub event handlers"). The body of a `connect` names the customer; that of a user event is the sender's.
 */
export type WebPubSubEvent = EventBase &
  (
    | {
        readonly name: 'connect';
        readonly profile: CustomerProfile | undefined;
        readonly device: DeviceClass;
      }
    | { readonly name: 'connected' | 'disconnected' | 'leave' }
    | {
        readonly name: 'message';
        readonly text: string;
        /** The customer's own, or the one that an agent names. */
        readonly conversationId: string;
        /**
         * The same for every repetition: the sender's own id, which also covers a client that sends anew, or else the
         * service's id of the event, which covers the service's repetitions.
         */
        readonly messageId: string;
      }
  );

interface EventBase {
  readonly participant: Participant;
  readonly connectionId: string;
  /** The service's clock, whole seconds. */
  readonly occurredAt: Instant;
  /** What the connection runs on, if its `connect` was answered with it. */
  readonly device?: DeviceClass;
}

/** Largest body of an event, in bytes: a `connect` carries headers, claims and certificates. */
export const EVENT_BODY_LIMIT = 128 * 1024;

const SYSTEM = 'azure.webpubsub.sys.';
const USER = 'azure.webpubsub.user.';
const TYPES: Readonly<Record<WebPubSubEvent['name'], string>> = {
  connect: `${SYSTEM}connect`,
  connected: `${SYSTEM}connected`,
  disconnected: `${SYSTEM}disconnected`,
  message: `${USER}message`,
  leave: `${USER}leave`,
};

const lists = z.record(z.string(), z.array(z.string()));
export const CONNECT_BODY = z.object({
  query: lists.default({}),
  // Only the user agent is of interest: headers in another form must not keep a customer out.
  headers: lists.catch({}),
});
export const MESSAGE_BODY = z.object({
  text: plainText(LIMITS.messageCharacters).min(1),
  conversationId: conversationIdField.optional(),
  messageId: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1 to 64 letters, digits, "_" or "-"')
    .optional(),
});

/** @throws InvalidInputError naming the header or the part of the body */
export function parseWebPubSubEvent(
  headers: HttpInput['headers'],
  body: Uint8Array,
  hub: string,
): WebPubSubEvent {
  const name = eventName(headers);
  // The service sends hub names in lower case, whatever their spelling in its settings.
  if (header(headers, 'ce-hub').toLowerCase() !== hub.toLowerCase()) {
    throw new InvalidInputError('ce-hub', 'names another hub', 404);
  }
  const participant = participantOf(header(headers, 'ce-userId'));
  if (participant === undefined) throw new InvalidInputError('ce-userId', 'was not issued by negotiate');
  const connectionId = connectionIdOf(headers);
  const eventId = `${connectionId}.${header(headers, 'ce-id', /^[\x21-\x7e]{1,64}$/)}`;
  const base: EventBase = {
    participant,
    connectionId,
    occurredAt: timeOf(headers),
    ...decodeConnectionState(headers.get(CONNECTION_STATE_HEADER)),
  };
  switch (name) {
    case 'connect':
      return { ...base, name, ...handshakeOf(body, participant) };
    case 'message':
      return { ...base, name, ...messageOf(headers, body, participant, eventId) };
    default:
      return { ...base, name };
  }
}

/** The id that `ce-signature` signs. @throws InvalidInputError */
export const connectionIdOf = (headers: HttpInput['headers']): string =>
  header(headers, 'ce-connectionId', /^[A-Za-z0-9_.~=+/-]{1,128}$/);

function header(headers: HttpInput['headers'], name: string, form = /^.{1,256}$/s): string {
  const value = headers.get(name);
  if (value === null || value === '') throw new InvalidInputError(name, 'header is missing');
  if (!form.test(value)) throw new InvalidInputError(name, 'header is malformed');
  return value;
}

function eventName(headers: HttpInput['headers']): WebPubSubEvent['name'] {
  const type = header(headers, 'ce-type');
  const name = header(headers, 'ce-eventName');
  const known = Object.entries(TYPES).find(([, known]) => known.toLowerCase() === type.toLowerCase());
  if (known === undefined) throw new InvalidInputError('ce-type', 'names an unknown event');
  // The service sends the name of a user event as the client has written it, and compares names in any case.
  if (known[0] !== name.toLowerCase())
    throw new InvalidInputError('ce-eventName', 'does not agree with ce-type');
  return known[0] as WebPubSubEvent['name'];
}

function timeOf(headers: HttpInput['headers']): Instant {
  const form = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/;
  const instant = Date.parse(header(headers, 'ce-time', form));
  if (Number.isNaN(instant)) throw new InvalidInputError('ce-time', 'header is malformed');
  return instant;
}

function handshakeOf(body: Uint8Array, { role }: Participant) {
  if (role === 'agent') return { profile: undefined, device: 'unknown' } as const;
  const { query, headers } = parseWith(CONNECT_BODY, parseJson(body, 'body'), 'body');
  const said = deviceField.safeParse(query['device']?.[0]);
  const userAgent = Object.entries(headers).find(([name]) => name.toLowerCase() === 'user-agent')?.[1][0];
  return {
    profile: parseProfileFromQuery(query),
    device: said.success ? said.data : deviceClassOf(userAgent),
  };
}

function messageOf(headers: HttpInput['headers'], body: Uint8Array, sender: Participant, eventId: string) {
  const type = headers.get('content-type')?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/json' && type !== 'text/plain') {
    throw new InvalidInputError('content-type', 'must be application/json or text/plain', 415);
  }
  const plain = type === 'text/plain' ? { text: decodeUtf8(body, 'body') } : parseJson(body, 'body');
  const message = parseWith(MESSAGE_BODY, plain, 'body');
  const conversationId = sender.role === 'customer' ? sender.conversationId : message.conversationId;
  if (conversationId === undefined) {
    throw new InvalidInputError('body.conversationId', 'an agent must say which conversation');
  }
  const { text, messageId } = message;
  if (messageId === undefined) return { text, conversationId, messageId: eventId };
  // With the text in it, a second text under the same id is another message, not a repetition that says otherwise.
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 16);
  return { text, conversationId, messageId: `sent.${messageId}.${digest}` };
}
