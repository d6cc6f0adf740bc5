import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  deviceClassOf,
  parseProfile,
  parseProfileFromQuery,
  profileToQuery,
} from '../../../shared/access/customer-profile-parser';
import { InvalidInputError } from '../../../shared/app/errors';
import { DEVICE_CLASSES } from '../../../shared/conversation/conversation';
import { isAgentId, isConversationId } from '../../../shared/conversation/ids';
import {
  connectionIdOf,
  decodeConnectionState,
  encodeConnectionState,
  parseWebPubSubEvent,
} from '../../../shared/web-pubsub/cloud-event-parser';
import { almostConnect, almostMessage, anyBody, anyState, anyText, anyUserAgent, RUNS } from './arbitraries';

/** The value, or the error if it is one of ours; everything else is thrown on. */
function valueOrInvalidInput<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch (thrown) {
    if (!(thrown instanceof InvalidInputError)) throw thrown;
    expect([400, 404, 413, 415]).toContain(thrown.status);
    expect(thrown.field).not.toBe('');
    return undefined;
  }
}

const from = (headers: Readonly<Record<string, string | undefined>>) => ({
  get: (name: string) => headers[name.toLowerCase()] ?? null,
});

const NAMES = ['connect', 'connected', 'disconnected', 'message', 'leave'];
const good = fc.constantFrom(...NAMES).chain((name) =>
  fc.record({
    'ce-type': fc.constant(`azure.webpubsub.${/^(message|leave)$/.test(name) ? 'user' : 'sys'}.${name}`),
    'ce-eventname': fc.constant(name),
    'ce-hub': fc.constantFrom('chat', 'CHAT'),
    'ce-userid': fc.constantFrom('customer.conversation-0001', 'agent.ann'),
    'ce-connectionid': fc.constantFrom('connection-a', 'Zm9v_-.~='),
    'ce-id': fc.nat().map(String),
    'ce-time': fc
      .date({ min: new Date(0), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true })
      .map((date) => date.toISOString()),
    'content-type': fc.constantFrom('application/json', 'text/plain', 'application/octet-stream'),
  }),
);
const names = [
  'ce-type',
  'ce-eventname',
  'ce-hub',
  'ce-userid',
  'ce-connectionid',
  'ce-id',
  'ce-time',
  'content-type',
  'ce-connectionstate',
];

/** The headers of a good event, of which some are replaced or left out. */
const headers = fc
  .tuple(
    good,
    fc.option(anyState, { nil: undefined }),
    fc.dictionary(fc.constantFrom(...names), fc.option(anyText, { nil: undefined }), { maxKeys: 2 }),
  )
  .map(([base, state, changes]): Record<string, string | undefined> => ({
    ...base,
    'ce-connectionstate': state,
    ...changes,
  }));
const body = fc.oneof(anyBody, almostConnect, almostMessage);

describe('the parser of events', () => {
  it('gives an event or says what is wrong with the request, whatever it is given', () => {
    fc.assert(
      fc.property(headers, body, (given, bytes) => {
        const event = valueOrInvalidInput(() => parseWebPubSubEvent(from(given), bytes, 'chat'));
        if (event === undefined) return;
        expect(NAMES).toContain(event.name);
        expect(Number.isFinite(event.occurredAt)).toBe(true);
        expect(event.connectionId).toMatch(/^[\x21-\x7e]{1,128}$/);
        const { participant } = event;
        const legal =
          participant.role === 'agent'
            ? isAgentId(participant.agentId)
            : isConversationId(participant.conversationId);
        expect(legal).toBe(true);
        expect([undefined, ...DEVICE_CLASSES]).toContain(event.device);
        if (event.name === 'message') {
          expect(event.text.isWellFormed()).toBe(true);
          expect(event.text.length).toBeLessThanOrEqual(8_000);
        }
      }),
      RUNS,
    );
  });

  it('does so for headers that have nothing in common with an event', () => {
    const anything = fc.dictionary(fc.constantFrom(...names), anyText);
    fc.assert(
      fc.property(anything, body, (given, bytes) => {
        valueOrInvalidInput(() => parseWebPubSubEvent(from(given), bytes, 'chat'));
        valueOrInvalidInput(() => connectionIdOf(from(given)));
      }),
      RUNS,
    );
  });

  it('accepts every event that is well made, whatever state its connection has', () => {
    fc.assert(
      fc.property(good, anyState, (given, state) => {
        const json = { ...given, 'content-type': 'application/json', 'ce-connectionstate': state };
        const bytes = Buffer.from(JSON.stringify({ text: 'Hello', conversationId: 'conversation-0001' }));
        const event = parseWebPubSubEvent(from(json), bytes, 'chat');
        if (event.name === 'message') {
          expect(event.messageId).toBe(`${given['ce-connectionid']}.${given['ce-id']}`);
        }
        expect(event.occurredAt).toBe(Date.parse(given['ce-time']));
      }),
      RUNS,
    );
  });
});

describe('the reader of connection states', () => {
  it('gives a device class or nothing, whatever it is given', () => {
    fc.assert(
      fc.property(anyState, (given) => {
        expect([undefined, ...DEVICE_CLASSES]).toContain(decodeConnectionState(given)?.device);
      }),
      RUNS,
    );
  });

  it('reads what was written, whatever else is in it', () => {
    const device = fc.constantFrom(...DEVICE_CLASSES);
    fc.assert(
      fc.property(
        device,
        fc.dictionary(fc.string({ maxLength: 20 }), fc.json(), { maxKeys: 3 }),
        (given, others) => {
          const written = Buffer.from(encodeConnectionState({ device: given }), 'base64').toString();
          const all = { ...others, ...(JSON.parse(written) as object) };
          const header = Buffer.from(JSON.stringify(all)).toString('base64');
          fc.pre(header.length <= 4_096);
          expect(decodeConnectionState(header)).toEqual({ device: given });
        },
      ),
      RUNS,
    );
  });
});

describe('the reader of User-Agents', () => {
  it('gives a device class, whatever it is given', () => {
    fc.assert(
      fc.property(anyUserAgent, (given) => {
        expect(DEVICE_CLASSES).toContain(deviceClassOf(given));
      }),
      RUNS,
    );
  });
});

describe('the parser of profiles', () => {
  it('gives a profile within its bounds or says what is wrong', () => {
    const value = fc.oneof(
      fc.anything({ withNullPrototype: true, withBigInt: true, withDate: true, withMap: true }),
      fc.record(
        {
          name: fc.oneof(anyText, fc.anything()),
          locale: fc.oneof(fc.constantFrom('de', 'pt-BR'), anyText),
          queue: fc.oneof(fc.constant('default'), anyText),
          workstream: fc.oneof(fc.constant('default'), anyText),
          channelInstance: fc.oneof(fc.constant('default'), anyText),
          context: fc.oneof(fc.dictionary(anyText, anyText), fc.anything()),
        },
        { requiredKeys: [] },
      ),
    );
    fc.assert(
      fc.property(value, (given) => {
        const profile = valueOrInvalidInput(() => parseProfile(given));
        if (profile === undefined) return;
        expect(profile.name.length).toBeLessThanOrEqual(100);
        const { queue, workstream, channelInstance } = profile;
        for (const name of [queue, workstream, channelInstance]) expect(name).toMatch(/^[\w-]{1,64}$/);
        expect(Object.keys(profile.context).length).toBeLessThanOrEqual(20);
        expect(Object.getPrototypeOf(profile.context)).not.toBe(given);
      }),
      RUNS,
    );
  });

  it('reads from a socket URL what was written into it', () => {
    const line = (maxLength: number) =>
      fc
        .string({ unit: 'grapheme', minLength: 1, maxLength })
        .filter((text) => !/[\p{Cc}\p{Zl}\p{Zp}\u202d\u202e]/u.test(text));
    const profile = fc.record({
      name: line(20),
      locale: fc.constantFrom('en', 'de-DE', 'zh-Hant-TW'),
      queue: fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/),
      workstream: fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/),
      channelInstance: fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/),
      context: fc.dictionary(fc.stringMatching(/^[A-Za-z][A-Za-z0-9_]{0,20}$/), line(40), {
        maxKeys: 20,
        noNullPrototype: true,
      }),
    });
    fc.assert(
      fc.property(profile, (given) => {
        const query: Record<string, string[]> = {};
        const url = new URL(`wss://x.example/?${profileToQuery(given).toString()}`);
        for (const [key, value] of url.searchParams) (query[key] ??= []).push(value);
        expect(parseProfileFromQuery(query)).toEqual(given);
      }),
      RUNS,
    );
  });
});
