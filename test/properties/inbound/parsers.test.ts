import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isAgentId, isConversationId } from '../../../shared/domain/ids';
import { InvalidInputError } from '../../../shared/errors';
import { connectionIdOf, parseWebPubSubEvent } from '../../../shared/inbound/cloud-event';
import {
  parseProfile,
  parseProfileFromQuery,
  profileToQuery,
} from '../../../shared/inbound/customer-profile';
import { almostConnect, almostMessage, anyBody, anyText, RUNS } from './arbitraries';

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
];

/** The headers of a good event, of which some are replaced or left out. */
const headers = fc
  .tuple(
    good,
    fc.dictionary(fc.constantFrom(...names), fc.option(anyText, { nil: undefined }), { maxKeys: 2 }),
  )
  .map(([base, changes]): Record<string, string | undefined> => ({ ...base, ...changes }));
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

  it('accepts every event that is well made', () => {
    fc.assert(
      fc.property(good, (given) => {
        const json = { ...given, 'content-type': 'application/json' };
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

describe('the parser of profiles', () => {
  it('gives a profile within its bounds or says what is wrong', () => {
    const value = fc.oneof(
      fc.anything({ withNullPrototype: true, withBigInt: true, withDate: true, withMap: true }),
      fc.record(
        {
          name: fc.oneof(anyText, fc.anything()),
          locale: fc.oneof(fc.constantFrom('de', 'pt-BR'), anyText),
          queue: fc.oneof(fc.constant('default'), anyText),
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
        expect(Object.keys(profile.context).length).toBeLessThanOrEqual(20);
        expect(Object.getPrototypeOf(profile.context)).not.toBe(given);
      }),
      RUNS,
    );
  });

  it('reads from a socket URL what was written into it', () => {
    const line = (maxLength: number) =>
      fc.string({ unit: 'grapheme', minLength: 1, maxLength }).filter((text) => !/\p{Cc}/u.test(text));
    const profile = fc.record({
      name: line(20),
      locale: fc.constantFrom('en', 'de-DE', 'zh-Hant-TW'),
      queue: fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/),
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
