import fc from 'fast-check';
import { deviceClassOf, parseProfileFromQuery } from '../../../../shared/access/customer-profile-parser';
import { InvalidInputError } from '../../../../shared/app/errors';
import { renderTemplate, templateProblem } from '../../../../shared/automated-messages/template';
import {
  AGENT_ID,
  CONVERSATION_ID,
  DEVICE_CLASSES,
  type Participant,
  participantOf,
} from '../../../../shared/conversation/conversation';
import { parseIsoDuration } from '../../../../shared/conversation/time';
import {
  connectionIdOf,
  decodeConnectionState,
  encodeConnectionState,
  newcomerOf,
  parseWebPubSubEvent,
} from '../../../../shared/web-pubsub/cloud-event-parser';
import { anyUserAgent } from '../../inbound/arbitraries';
import { each, flat, longJson, longTexts, someLongTexts } from '../long-texts';
import { mutatedJson, mutatedText, mutatedValue, pool } from '../mutations';
import { must, readsOrRefuses, target, type Target } from '../target';

type Headers = Readonly<Record<string, string | undefined>>;
const from = (headers: Headers) => ({ get: (name: string) => headers[name.toLowerCase()] ?? null });

const NAMES = ['connect', 'connected', 'disconnected', 'message', 'leave', 'typing'] as const;
const STATES = DEVICE_CLASSES.map((device) => encodeConnectionState({ device }));
const headersOf = (name: (typeof NAMES)[number], more: Headers = {}): Headers => ({
  'ce-type': `azure.webpubsub.${name.startsWith('c') || name === 'disconnected' ? 'sys' : 'user'}.${name}`,
  'ce-eventname': name,
  'ce-hub': 'chat',
  'ce-userid': 'customer.conversation-0001',
  'ce-connectionid': 'Zm9v_-.~=connection',
  'ce-id': '1',
  'ce-time': '2026-03-01T10:00:00.1234567Z',
  'ce-connectionstate': STATES[0],
  'content-type': 'application/json; charset=utf-8',
  ...more,
});
const EVENTS = NAMES.flatMap((name) => [
  headersOf(name),
  headersOf(name, {
    'ce-userid': 'agent.ann',
    'content-type': 'text/plain',
    'ce-connectionstate': undefined,
  }),
]);
const CONNECTS = [
  { query: { name: ['Ann'], locale: ['de-AT'], device: ['phone'], 'ctx.OrderId': ['4711'] } },
  { query: { queue: ['sales', 'returns'] } },
  { query: {}, headers: { 'User-Agent': ['Mozilla/5.0 (iPhone)'] }, claims: { sub: ['x'] } },
];
const MESSAGES = [
  { text: 'Hello' },
  { text: 'Hello\n😀', conversationId: 'conversation-0001', messageId: 'm-1' },
];

/** The headers of a good event, of which up to three are bent or gone; and some that have nothing in common with it. */
const headerName = fc.constantFrom(...Object.keys(headersOf('leave')));
const headerText = mutatedText(
  fc.constantFrom(...EVENTS.flatMap((event) => Object.values(event).filter((text) => text !== undefined))),
);
const headers: fc.Arbitrary<Headers> = fc
  .tuple(
    fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...EVENTS) }, fc.dictionary(headerName, headerText)),
    fc.array(fc.tuple(headerName, fc.nat(3)), { maxLength: 3 }),
    headerText,
  )
  .map(([good, places, other]) =>
    places.reduce<Headers>((now, [name, how]) => ({ ...now, [name]: how === 0 ? undefined : other }), good),
  );

export const EVENTS_AND_TEXTS: readonly Target[] = [
  target<{ headers: Headers; bytes: Uint8Array }>({
    name: 'event of Web PubSub',
    parsers: [
      'parseWebPubSubEvent',
      'web-pubsub-events',
      'connectionIdOf',
      'newcomerOf',
      'CONNECT_BODY',
      'MESSAGE_BODY',
      'TYPING_BODY',
      'queueNames',
      'typedText',
      'deviceField',
    ],
    inputs: fc.record({ headers, bytes: mutatedJson(fc.constantFrom(...CONNECTS, ...MESSAGES)) }),
    reads: ({ headers: given, bytes }) =>
      readsOrRefuses(
        () => {
          const isKnown = (who: Participant) =>
            who.role === 'agent' ? AGENT_ID.test(who.agentId) : CONVERSATION_ID.test(who.conversationId);
          const newcomer = newcomerOf(from(given));
          must(newcomer === undefined || isKnown(newcomer), 'a newcomer');
          const event = parseWebPubSubEvent(from(given), bytes, 'chat');
          const { name, participant } = event;
          must(NAMES.includes(name) && Number.isFinite(event.occurredAt), 'a name and a moment');
          must(isKnown(participant), 'a participant');
          must(event.device === undefined || DEVICE_CLASSES.includes(event.device), 'a device class');
          must(/^[\x21-\x7e]{1,128}$/.test(connectionIdOf(from(given))), 'a connection id');
          must(
            event.name !== 'message' ||
              (event.text.isWellFormed() &&
                [...event.text].length <= 8_000 &&
                /^[\P{Cc}\n\r\t]+$/u.test(event.text)),
            'a text',
          );
          must(
            event.name !== 'connect' ||
              (event.queues ?? ['any']).every((queue) => /^[A-Za-z0-9_-]{1,64}$/.test(queue)),
            'queues',
          );
          must(event.name !== 'typing' || CONVERSATION_ID.test(event.conversationId), 'a conversation');
        },
        InvalidInputError,
        ({ field, status }) =>
          must(field !== '' && [400, 404, 413, 415].includes(status), `names the part: ${field} ${status}`),
      ),
    *long(characters) {
      const event = (name: 'connect' | 'message', json: string) => ({
        headers: headersOf(name),
        bytes: Buffer.from(json),
      });
      yield* each(longJson(characters, ['query', 'headers']), (json) => event('connect', json));
      yield* each(longJson(characters, ['text', 'messageId']), (json) => event('message', json));
      yield* each(longTexts(characters), (text) => event('message', JSON.stringify({ text })));
      const bytes = Buffer.from('{"text":"Hello"}');
      for (const name of Object.keys(headersOf('message')))
        yield* each(someLongTexts(characters), (text) => ({
          headers: headersOf('message', { [name]: text }),
          bytes,
        }));
    },
  }),
  target<unknown>({
    name: 'query of a socket URL',
    parsers: [
      'parseProfileFromQuery',
      'PROFILE',
      'oneLine',
      'isVisible',
      'plainText',
      'languageTag',
      'plainName',
    ],
    // The event's own schema comes before: what arrives here has lists of texts, under any name.
    inputs: mutatedValue(fc.constantFrom(...CONNECTS.map((event) => event.query))).filter(isOfLists),
    reads: (query) =>
      readsOrRefuses(
        () => parseProfileFromQuery(query as Record<string, string[]>),
        InvalidInputError,
        ({ field }) => must(field.startsWith('query.') || field === 'query', `names the parameter: ${field}`),
      ),
    long: (characters) =>
      flat(['name', 'locale', 'queue', 'ctx.a'], (name) =>
        each(someLongTexts(characters), (text) => ({ [name]: [text] })),
      ),
  }),
  target<string>({
    name: 'header: ce-connectionState',
    parsers: ['decodeConnectionState'],
    inputs: fc.oneof(
      mutatedText(fc.constantFrom(...STATES)),
      mutatedText(fc.constantFrom('{"device":"InBob25lIg=="}', '{"device":1}', '{}', 'null', '[]')).map(
        (text) => Buffer.from(text).toString('base64'),
      ),
    ),
    isTotal: true,
    reads(text) {
      const device = decodeConnectionState(text)?.device;
      must(device === undefined || DEVICE_CLASSES.includes(device), 'a device class');
      return true;
    },
    *long(characters) {
      yield* longTexts(characters);
      yield* each(longJson(characters), (json) => Buffer.from(json).toString('base64'));
    },
  }),
  target<string>({
    name: 'User-Agent',
    parsers: ['deviceClassOf'],
    inputs: mutatedText(pool(anyUserAgent)),
    isTotal: true,
    reads(text) {
      must(DEVICE_CLASSES.includes(deviceClassOf(text)), 'a device class');
      return true;
    },
    *long(characters) {
      yield* longTexts(characters);
      yield* longTexts(1_000);
    },
  }),
  target<string>({
    name: 'user id',
    parsers: ['participantOf'],
    inputs: mutatedText(fc.constantFrom('customer.conversation-0001', 'agent.ann')),
    reads: (text) => participantOf(text) !== undefined,
    long: (characters) => longTexts(characters),
  }),
  target<string>({
    name: 'ISO 8601 duration',
    parsers: ['parseIsoDuration'],
    inputs: mutatedText(fc.constantFrom('PT3M', 'P1DT2H3M4.5S', 'P60D', 'PT0S')),
    reads(text) {
      const length = parseIsoDuration(text);
      must(length === undefined || length >= 0, `${length}`);
      return length !== undefined;
    },
    long: (characters) => longTexts(characters, ['P', 'PT', 'P1DT1H1M1.', 'PT1.']),
  }),
  target<string>({
    name: 'text of an automated message',
    parsers: ['templateProblem', 'renderTemplate'],
    inputs: mutatedText(
      fc.constantFrom('It is over, {AgentName}.', '{$FirstName$}{QueueName}', '{QueuePosition}', ''),
    ),
    reads(text) {
      const values = { slugs: { AgentName: '{QueueName}' }, context: { FirstName: '{$FirstName$}' } };
      must(renderTemplate(text, values).length <= 4_000, 'at most 4,000 characters');
      return templateProblem(text) === undefined;
    },
    long: (characters) => longTexts(characters),
  }),
];

function isOfLists(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.values(value).every(
    (list) => Array.isArray(list) && list.every((text) => typeof text === 'string'),
  );
}
