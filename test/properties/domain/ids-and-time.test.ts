import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  AGENT_ID,
  agentUserId,
  CONVERSATION_ID,
  customerUserId,
  participantOf,
  timerInstanceId,
} from '../../../shared/conversation/conversation';
import { z } from 'zod';
import { durationBetween, parseIsoDuration, toIso, toIsoDuration } from '../../../shared/conversation/time';
import { RUNS } from '../../support/domain/runs';

const conversationId = fc.stringMatching(/^[a-z0-9][a-z0-9-]{6,62}[a-z0-9]$/);
const agentId = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/);
const number = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });

describe('ids', () => {
  it('a user id names exactly the participant it was made for', () => {
    fc.assert(
      fc.property(conversationId, agentId, (customer, agent) => {
        expect(participantOf(customerUserId(customer))).toEqual({
          role: 'customer',
          conversationId: customer,
        });
        expect(participantOf(agentUserId(agent))).toEqual({ role: 'agent', agentId: agent });
      }),
      RUNS,
    );
  });

  it('no other text names a participant', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string().map((rest) => `customer.${rest}`),
    );
    fc.assert(
      fc.property(text, (userId) => {
        const participant = participantOf(userId);
        if (participant === undefined) return;
        const made =
          participant.role === 'customer'
            ? customerUserId(participant.conversationId)
            : agentUserId(participant.agentId);
        expect(made).toBe(userId);
      }),
      RUNS,
    );
  });

  it('ids have no character that a table key, a group or an instance id forbids', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        if (CONVERSATION_ID.test(text)) expect(text).toMatch(/^[a-z0-9-]{8,64}$/);
        if (AGENT_ID.test(text)) expect(text).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
      }),
      RUNS,
    );
  });

  it('an instance id is at most 100 characters of ASCII, and no two timers share one', () => {
    fc.assert(
      fc.property(conversationId, conversationId, number, number, (one, other, first, second) => {
        const id = timerInstanceId(one, 'disconnection', first);
        expect(id).toMatch(/^[\x21-\x7e]{1,100}$/);
        expect(id === timerInstanceId(other, 'disconnection', second)).toBe(
          one === other && first === second,
        );
      }),
      RUNS,
    );
  });
});

describe('time as text', () => {
  it('reads back as the same instant', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 8.64e15 }), (instant) => {
        expect(Date.parse(toIso(instant))).toBe(instant);
      }),
      RUNS,
    );
  });

  it('reads back as the same length', () => {
    const { pattern: documented = '' } = z.toJSONSchema(durationBetween('PT0S', 'P1D'), { io: 'input' });
    fc.assert(
      fc.property(
        fc.oneof(
          fc.nat(),
          fc.nat(10_000),
          fc.nat(5_000).map((n) => n * 1_000),
        ),
        (length) => {
          expect(parseIsoDuration(toIsoDuration(length))).toBe(length);
          expect(toIsoDuration(length)).toMatch(new RegExp(documented));
          // No more of a unit than makes one of the next.
          expect(toIsoDuration(length)).toMatch(
            /^P(\d+D)?(T((1?\d|2[0-3])H)?([1-5]?\dM)?([1-5]?\d(\.\d+)?S)?)?$/,
          );
        },
      ),
      RUNS,
    );
  });
});
