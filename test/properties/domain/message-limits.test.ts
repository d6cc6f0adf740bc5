import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Conversation, LIMITS } from '../../../shared/conversation/conversation';
import { type Instant, SECOND } from '../../../shared/conversation/time';
import { accepted, afterStart, agentMessage, customerMessage, decideAt } from '../../support/domain/builders';
import { RUNS } from '../../support/domain/runs';

const WINDOW = LIMITS.messageWindow;

/** Bursts of both sides, with pauses about as long as the window. */
const attempts = fc.array(
  fc.record({
    by: fc.constantFrom('customer' as const, 'agent' as const),
    count: fc.integer({ min: 1, max: 30 }),
    pause: fc.integer({ min: 0, max: 12 * SECOND }),
    apart: fc.integer({ min: 0, max: 600 }),
  }),
  { minLength: 1, maxLength: 12, size: 'max' },
);

describe('however fast both sides write', () => {
  it('no window has more messages of a side than allowed, and none is refused while there is room', () => {
    fc.assert(
      fc.property(attempts, (bursts) => {
        let conversation: Conversation = accepted();
        let now = afterStart(5);
        let id = 0;
        const stored: Record<'customer' | 'agent', Instant[]> = { customer: [], agent: [] };
        for (const { by, count, pause, apart } of bursts) {
          now += pause;
          for (let n = 0; n < count; n += 1) {
            now += apart;
            id += 1;
            const event = by === 'customer' ? customerMessage(`m${id}`) : agentMessage(`m${id}`);
            const inWindow = stored[by].filter((at) => at > now - WINDOW);
            const decision = decideAt(conversation, event, now);
            if (decision.kind === 'changed') {
              expect(inWindow.length).toBeLessThan(LIMITS.messagesInWindow[by]);
              stored[by].push(now);
              conversation = decision.conversation;
              continue;
            }
            expect(decision).toMatchObject({ refusal: { code: 'too-many-messages' }, effects: [] });
            expect(inWindow).toHaveLength(LIMITS.messagesInWindow[by]);
            // What the refusal promises is true, and no sooner than it has to be.
            const wait = (decision.kind === 'refused' && decision.refusal.retryAfterSeconds) || 0;
            const other = by === 'customer' ? customerMessage('later') : agentMessage('later');
            expect(decideAt(conversation, other, now + wait * SECOND).kind).toBe('changed');
            expect(wait).toBeLessThanOrEqual(WINDOW / SECOND);
            expect(decideAt(conversation, other, now + (wait - 1) * SECOND).kind).toBe('refused');
          }
        }
        expect(conversation.recentMessages.length).toBeLessThanOrEqual(LIMITS.recentMessages);
      }),
      // Each run is some hundred decisions.
      { numRuns: Math.ceil(RUNS.numRuns / 3) },
    );
  });
});
