import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseProfileFromQuery, profileToQuery } from '../../../shared/access/customer-profile-parser';
import { parseWebPubSubEvent } from '../../../shared/web-pubsub/cloud-event-parser';
import { anyState, RUNS } from './arbitraries';

/** What is read is what was written. That a parser reads or refuses whatever it is given: `../fuzz`. */
describe('what is well made', () => {
  it('is read as an event, whatever state its connection has', () => {
    const moment = fc.date({ min: new Date(0), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true });
    const event = fc.record({
      name: fc.constantFrom('sys.connect', 'sys.connected', 'sys.disconnected', 'user.message', 'user.leave'),
      hub: fc.constantFrom('chat', 'CHAT'),
      userId: fc.constantFrom('customer.conversation-0001', 'agent.ann'),
      connectionId: fc.constantFrom('connection-a', 'Zm9v_-.~='),
      id: fc.nat().map(String),
      time: moment.map((date) => date.toISOString()),
      state: anyState,
    });
    const bytes = Buffer.from(JSON.stringify({ text: 'Hello', conversationId: 'conversation-0001' }));
    fc.assert(
      fc.property(event, ({ name, hub, userId, connectionId, id, time, state }) => {
        const headers: Record<string, string> = {
          'ce-type': `azure.webpubsub.${name}`,
          'ce-eventname': name.split('.')[1]!,
          'ce-hub': hub,
          'ce-userid': userId,
          'ce-connectionid': connectionId,
          'ce-id': id,
          'ce-time': time,
          'ce-connectionstate': state,
          'content-type': 'application/json',
        };
        const read = parseWebPubSubEvent({ get: (one) => headers[one.toLowerCase()] ?? null }, bytes, 'chat');
        expect(read).toMatchObject({
          name: headers['ce-eventname'],
          connectionId,
          occurredAt: Date.parse(time),
        });
        if (read.name === 'message') expect(read.messageId).toBe(`${connectionId}.${id}`);
      }),
      RUNS,
    );
  });

  it('is read as a profile from the socket URL that it was written into', () => {
    const line = (minLength: number, maxLength: number) =>
      fc
        .string({ unit: 'grapheme', minLength, maxLength })
        .filter((text) => !/[\p{Cc}\p{Zl}\p{Zp}\u202d\u202e]/u.test(text));
    const name = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/);
    const profile = fc.record({
      name: line(1, 20),
      locale: fc.constantFrom('en', 'de-DE', 'zh-Hant-TW'),
      ...{ queue: name, workstream: name, channelInstance: name },
      context: fc.dictionary(fc.stringMatching(/^[A-Za-z][A-Za-z0-9_]{0,20}$/), line(0, 40), {
        ...{ maxKeys: 20, noNullPrototype: true },
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
