import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decide } from '../../../shared/conversation/decide';
import { DEADLINE_KINDS } from '../../../shared/conversation/conversation';
import type { Answers, ConversationEvent } from '../../../shared/conversation/inputs';
import { MINUTE } from '../../../shared/conversation/time';
import { CONVERSATION_ID, contextAt, PROFILE } from '../../support/domain/builders';
import { live, lives } from '../../support/domain/lives';
import { RUNS } from '../../support/domain/runs';

const id = fc.oneof(
  fc.integer({ min: 1, max: 9 }).map((n) => `socket-${n}`),
  fc.string(),
);
const agentId = fc.constantFrom('anna', 'ben', '__proto__', '');
const occurredAt = fc.integer({ min: -8.64e15, max: 8.64e15 });
const presence = fc.oneof(
  fc.constant({ alive: false } as const),
  fc
    .tuple(id, fc.array(id))
    .map(([first, more]) => ({ alive: true, connectionIds: [first, ...more] }) as const),
);
const named = { agentId, agentName: fc.string() };

const written = {
  messageId: id,
  text: fc.string(),
  unnamed: fc.record({ digest: id, occurredAt }),
};

/** Any event at all, whether it makes sense or not. */
const event: fc.Arbitrary<ConversationEvent> = fc.oneof(
  fc.constant({ type: 'connect', conversationId: CONVERSATION_ID, profile: PROFILE } as const),
  fc.record({ type: fc.constant('connected' as const), connectionId: id, occurredAt }),
  fc.record({ type: fc.constant('disconnected' as const), connectionId: id, occurredAt }),
  fc.record(
    { type: fc.constant('customer-message' as const), connectionId: id, ...written },
    { requiredKeys: ['type', 'connectionId', 'messageId', 'text'] },
  ),
  fc.constant({ type: 'customer-left' } as const),
  fc.record(
    { type: fc.constant('agent-message' as const), agentId, ...written },
    { requiredKeys: ['type', 'agentId', 'messageId', 'text'] },
  ),
  fc.record({ type: fc.constant('agent-offered' as const), ...named }),
  fc.record({ type: fc.constant('agent-accepted' as const), ...named }),
  fc.record({
    type: fc.constantFrom(
      'agent-declined' as const,
      'agent-released' as const,
      'agent-disconnected' as const,
    ),
    agentId,
  }),
  fc.record({ type: fc.constant('agent-connected' as const), agentId, connectionId: id }),
  fc.record({ type: fc.constant('agent-transferred' as const), agentId, queue: id }),
  fc.record({ type: fc.constant('wait-extended' as const), agentId, by: fc.nat(), key: id }),
  fc.record({ type: fc.constant('wait-ended' as const), agentId }),
  fc.record(
    { type: fc.constant('link-used' as const), uses: fc.integer({ min: -1, max: 3 }), key: id },
    { requiredKeys: ['type', 'uses'] },
  ),
  fc.record({ type: fc.constant('queue-position-known' as const), position: fc.integer({ min: 1, max: 5 }) }),
  fc.record({ type: fc.constant('agent-ended' as const), agentId }),
  fc.record({ type: fc.constant('agent-closed' as const), agentId }),
  fc.constantFrom(
    { type: 'presence-checked' } as const,
    { type: 'presence-checked', endUntold: true } as const,
  ),
  fc.record({
    type: fc.constant('deadline-reached' as const),
    kind: fc.constantFrom(...DEADLINE_KINDS),
    number: fc.oneof(fc.integer({ min: 0, max: 4 }), fc.integer()),
  }),
);

/** What a caller may have found out, as far as it has asked. */
const answers: fc.Arbitrary<Answers> = fc.record(
  { presence, agentPresent: fc.boolean(), capacity: fc.constantFrom('reserved' as const, 'full' as const) },
  { requiredKeys: [] },
);

describe('decide', () => {
  it('has an answer, and a sound conversation, for any event against any conversation', () => {
    fc.assert(
      fc.property(
        lives({ losses: true }),
        fc.array(fc.tuple(event, answers, fc.integer({ min: -MINUTE, max: 4 * MINUTE })), {
          maxLength: 12,
          size: 'max',
        }),
        (life, events) => {
          const world = live({ ...life, happenings: life.happenings.slice(0, 12) });
          let { conversation, now } = world;
          for (const [happened, found, passed] of events) {
            now += passed;
            const decision = decide(conversation, happened, contextAt(now), found);
            if (decision.kind !== 'changed') continue;
            const before = conversation?.lastSequence ?? 0;
            ({ conversation } = decision);
            expect(decision.entries.map((entry) => entry.sequence)).toEqual(
              decision.entries.map((_, index) => before + index + 1),
            );
            const { liveConnectionIds, endedConnectionIds, state, disconnection } = conversation;
            const known = [...liveConnectionIds, ...endedConnectionIds];
            expect(new Set(known).size).toBe(known.length);
            const { channel } = conversation;
            if (channel === 'live-chat' && (state === 'Open' || state === 'Active')) {
              expect(disconnection === undefined).toBe(liveConnectionIds.length > 0);
            } else {
              expect(disconnection).toBeUndefined();
            }
          }
        },
      ),
      RUNS,
    );
  });

  it('does not touch the conversation it is given', () => {
    fc.assert(
      fc.property(lives({ losses: true }), fc.array(fc.tuple(event, answers)), (life, events) => {
        const { conversation, now } = live({ ...life, happenings: life.happenings.slice(0, 12) });
        const before = structuredClone(conversation);
        for (const [happened, found] of events) decide(conversation, happened, contextAt(now), found);
        expect(conversation).toEqual(before);
      }),
      RUNS,
    );
  });

  it('answers everything but `connect` with "not found" where there is no conversation', () => {
    fc.assert(
      fc.property(event, fc.integer({ min: 0, max: 8.64e12 }), (happened, now) => {
        const decision = decide(undefined, happened, contextAt(now));
        expect(decision).toMatchObject(
          happened.type === 'connect'
            ? { kind: 'changed' }
            : { kind: 'refused', refusal: { code: 'conversation-not-found' }, effects: [] },
        );
      }),
      RUNS,
    );
  });
});
