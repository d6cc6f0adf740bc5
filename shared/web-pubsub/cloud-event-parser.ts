import { createHash } from 'node:crypto';
import { z } from 'zod';
import {
  deviceClassOf,
  deviceField,
  parseProfileFromQuery,
  SIGN_IN_KEY,
} from '../access/customer-profile-parser';
import { InvalidInputError, UserEventError } from '../app/errors';
import {
  type CustomerProfile,
  DEVICE_CLASSES,
  type DeviceClass,
  LIMITS,
  type Participant,
  participantOf,
} from '../conversation/conversation';
import type { Written } from '../conversation/inputs';
import type { Instant } from '../conversation/time';
import { messageIdOf } from '../conversation/transcript';
import { conversationIdField, queueNames, typedText } from '../http/fields';
import { decodeUtf8, type HttpInput, parseJson, parseWith } from '../http/route';

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
        /** The proof that the site has signed the customer in, as it was given. */
        readonly signIn?: string | undefined;
        /** The groups that the token of the socket names, if any. */
        readonly groups?: readonly string[];
        /** Those that an agent serves; without any it serves all. */
        readonly queues?: readonly string[];
      }
    | { readonly name: 'connected' | 'disconnected' | 'leave' }
    | ({
        readonly name: 'message';
        /** The customer's own, or the one that an agent names. */
        readonly conversationId: string;
      } & Written)
    | { readonly name: 'typing'; readonly conversationId: string }
  );

interface EventBase {
  readonly participant: Participant;
  readonly connectionId: string;
  /** The service's clock, whole seconds. */
  readonly occurredAt: Instant;
  /** What the connection runs on, if its `connect` was answered with it. */
  readonly device?: DeviceClass;
}

const SYSTEM = 'azure.webpubsub.sys.';
const USER = 'azure.webpubsub.user.';

const isUserEvent = (headers: HttpInput['headers']): boolean =>
  headers.get('ce-type')?.toLowerCase().startsWith(USER) ?? false;

/**
 * Largest body of an event, in bytes. A `connect` carries headers, claims and certificates; a user event whatever its
 * sender likes, up to what the service takes as one message (1 MB, "Azure Web PubSub limits").
 */
export const eventBodyLimit = (headers: HttpInput['headers']): number =>
  isUserEvent(headers) ? 1024 * 1024 : 128 * 1024;

const TYPES: Readonly<Record<WebPubSubEvent['name'], string>> = {
  connect: `${SYSTEM}connect`,
  connected: `${SYSTEM}connected`,
  disconnected: `${SYSTEM}disconnected`,
  message: `${USER}message`,
  leave: `${USER}leave`,
  typing: `${USER}typing`,
};

const lists = z.record(z.string(), z.array(z.string()));
export const CONNECT_BODY = z.object({
  query: lists.default({}),
  // Only the user agent is of interest: headers in another form must not keep a customer out.
  headers: lists.catch({}),
  // What the token says that the socket was opened with; of interest are its groups.
  claims: lists.catch({}),
});
/** In the query of an agent's socket. */
const QUEUES = z.object({ queue: queueNames.optional() });
/** Of the claims. */
const GROUPS = 'webpubsub.group';
export const MESSAGE_BODY = z.object(
  {
    text: typedText(LIMITS.messageCharacters),
    conversationId: conversationIdField.optional(),
    messageId: z
      .string('must be a text')
      .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be 1 to 64 letters, digits, "_" or "-"')
      .optional(),
  },
  'must be an object',
);
/** Where an agent types. Of a customer nothing is read. */
export const TYPING_BODY = z.object({ conversationId: conversationIdField }, 'must be an object');
/** What a message says of itself, whatever else is wrong with it. */
const MESSAGE_IDS = z
  .object({
    conversationId: MESSAGE_BODY.shape.conversationId.catch(undefined),
    messageId: MESSAGE_BODY.shape.messageId.catch(undefined),
  })
  .catch({});

/**
 * @throws UserEventError naming the part of what a participant has sent
 * @throws InvalidInputError naming the header, or the part of the body, that the service has got wrong
 */
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
  const id = header(headers, 'ce-id', /^[\x21-\x7e]{1,64}$/);
  const base: EventBase = {
    participant,
    connectionId,
    occurredAt: timeOf(headers),
    ...decodeConnectionState(headers.get(CONNECTION_STATE_HEADER)),
  };
  switch (name) {
    case undefined:
      throw new UserEventError('event', 'is not known', ofCustomer(participant));
    case 'connect':
      return { ...base, name, ...handshakeOf(body, participant) };
    case 'message':
      return { ...base, name, ...messageOf(headers, body, id, base) };
    case 'typing':
      return { ...base, name, ...typingOf(headers, body, base) };
    default:
      return { ...base, name };
  }
}

/** Who knocks, as far as the headers say it: undefined of every event but a handshake. */
export const newcomerOf = (headers: HttpInput['headers']): Participant | undefined =>
  headers.get('ce-type')?.toLowerCase() === TYPES.connect
    ? participantOf(headers.get('ce-userId') ?? '')
    : undefined;

/** The id that `ce-signature` signs. @throws InvalidInputError */
export const connectionIdOf = (headers: HttpInput['headers']): string =>
  header(headers, 'ce-connectionId', /^[A-Za-z0-9_.~=+/-]{1,128}$/);

function header(headers: HttpInput['headers'], name: string, form = /^.{1,256}$/s): string {
  const value = headers.get(name);
  if (value === null || value === '') throw new InvalidInputError(name, 'is missing');
  if (!form.test(value)) throw new InvalidInputError(name, 'is malformed');
  return value;
}

/** The service's patterns do not look at capitals, so neither does this. `undefined`: a user event of another name. */
function eventName(headers: HttpInput['headers']): WebPubSubEvent['name'] | undefined {
  const type = header(headers, 'ce-type').toLowerCase();
  const name = header(headers, 'ce-eventName').toLowerCase();
  const known = Object.entries(TYPES).find(([, known]) => known === type)?.[0];
  if (known === undefined && !isUserEvent(headers)) {
    throw new InvalidInputError('ce-type', 'names an unknown event');
  }
  if ((known ?? type.slice(USER.length)) !== name) {
    throw new InvalidInputError('ce-eventName', 'does not agree with ce-type');
  }
  return known as WebPubSubEvent['name'] | undefined;
}

function timeOf(headers: HttpInput['headers']): Instant {
  const form = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/;
  const instant = Date.parse(header(headers, 'ce-time', form));
  if (Number.isNaN(instant)) throw new InvalidInputError('ce-time', 'is malformed');
  return instant;
}

function handshakeOf(body: Uint8Array, { role }: Participant) {
  const { query, headers, claims } = parseWith(CONNECT_BODY, parseJson(body, 'body'), 'body');
  if (role === 'agent') {
    const { queue: queues } = parseWith(QUEUES, query, 'query');
    return { profile: undefined, device: 'unknown', ...(queues && { queues }) } as const;
  }
  const said = deviceField.safeParse(query['device']?.[0]);
  const userAgent = Object.entries(headers).find(([name]) => name.toLowerCase() === 'user-agent')?.[1][0];
  return {
    profile: parseProfileFromQuery(query),
    signIn: query[SIGN_IN_KEY]?.[0],
    device: said.success ? said.data : deviceClassOf(userAgent),
    ...(claims[GROUPS] && { groups: claims[GROUPS] }),
  };
}

const ofCustomer = (sender: Participant): { readonly conversationId?: string } =>
  sender.role === 'customer' ? { conversationId: sender.conversationId } : {};

function messageOf(
  headers: HttpInput['headers'],
  body: Uint8Array,
  id: string,
  { participant: sender, connectionId, occurredAt }: EventBase,
) {
  let sent: unknown;
  try {
    sent = sentBy(headers, body);
    const { conversationId, messageId, text } = { ...parseWith(MESSAGE_BODY, sent), ...ofCustomer(sender) };
    if (conversationId === undefined) {
      throw new InvalidInputError('conversationId', 'an agent must say which conversation');
    }
    if (messageId === undefined) {
      // As it was sent: two texts that differ in what is cleaned away are two messages.
      const asSent = (sent as { readonly text: string }).text;
      const unnamed = { digest: digestOf(`${connectionId} ${asSent}`), occurredAt };
      return { text, conversationId, messageId: `${connectionId}.${id}`, unnamed };
    }
    // With the text in it, a second text under the same id is another message, not a repetition that says otherwise.
    return { text, conversationId, messageId: messageIdOf(messageId, digestOf(text)) };
  } catch (thrown) {
    throw ofSender(thrown, { ...MESSAGE_IDS.parse(sent), ...ofCustomer(sender) });
  }
}

function typingOf(headers: HttpInput['headers'], body: Uint8Array, { participant: sender }: EventBase) {
  if (sender.role === 'customer') return { conversationId: sender.conversationId };
  try {
    return parseWith(TYPING_BODY, sentBy(headers, body));
  } catch (thrown) {
    throw ofSender(thrown, { event: 'typing' });
  }
}

/** What the sender has got wrong, so that it is told; anything else is as it was. */
function ofSender(thrown: unknown, ids: UserEventError['ids']): unknown {
  if (!(thrown instanceof InvalidInputError)) return thrown;
  return new UserEventError(thrown.field === '' ? 'data' : thrown.field, thrown.detail, ids);
}

const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);

/** What the sender has given as the data of its event. @throws InvalidInputError */
function sentBy(headers: HttpInput['headers'], body: Uint8Array): unknown {
  switch (headers.get('content-type')?.split(';')[0]?.trim().toLowerCase()) {
    case 'application/json':
      return parseJson(body, 'data');
    case 'text/plain':
      return { text: decodeUtf8(body, 'data') };
    default:
      throw new InvalidInputError('dataType', 'must be json or text');
  }
}
