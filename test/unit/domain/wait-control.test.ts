import { describe, expect, it } from '@jest/globals';
import type { ConversationEvent } from '../../../shared/domain/events';
import { MINUTE } from '../../../shared/domain/time';
import {
  accepted,
  afterStart,
  alive,
  change,
  deadlineReached,
  decideAt,
  effectTypes,
  lost,
  NOBODY,
  outcomeOf,
  runningDisconnection,
} from '../../support/domain/builders';
import type { Presence } from '../../../shared/domain/events';

const extended = (minutes: number, key = 'key-1'): ConversationEvent => ({
  type: 'wait-extended',
  agentId: 'anna',
  by: minutes * MINUTE,
  key,
});
const waitEnded = (presence?: Presence): ConversationEvent => ({
  type: 'wait-ended',
  agentId: 'anna',
  ...(presence && { presence }),
});
const AT = afterStart(60);

describe('an agent extends the wait', () => {
  it('and the deadline moves by as much; the timer that fires at the old one is told the new one', () => {
    const { deadline } = runningDisconnection(lost());
    const { conversation } = change(lost(), extended(5), AT);
    expect(runningDisconnection(conversation).deadline).toBe(deadline + 5 * MINUTE);
    expect(outcomeOf(decideAt(conversation, deadlineReached(2, NOBODY), deadline))).toEqual({
      type: 'not-reached',
      deadline: deadline + 5 * MINUTE,
    });
    expect(change(conversation, deadlineReached(2, NOBODY), deadline + 5 * MINUTE).conversation.state).toBe(
      'WrapUp',
    );
  });

  it('once, however often the request is repeated with its key', () => {
    const { conversation } = change(lost(), extended(5), AT);
    const again = decideAt(conversation, extended(5), AT + 1_000);
    expect(again.kind).toBe('unchanged');
    expect(effectTypes(again)).toContain('push wait-extended');
  });

  it('by 30 minutes in all, and no more', () => {
    const { conversation } = change(lost(), extended(20), AT);
    expect(decideAt(conversation, extended(11, 'key-2'), AT)).toMatchObject({
      refusal: {
        code: 'extension-too-long',
        detail: expect.stringContaining('PT10M is left') as unknown as string,
      },
    });
    expect(decideAt(conversation, extended(10, 'key-2'), AT).kind).toBe('changed');
  });

  it('only while the customer is away', () => {
    expect(decideAt(accepted(), extended(5), AT)).toMatchObject({
      refusal: { code: 'customer-is-connected' },
    });
  });
});

describe('an agent ends the wait', () => {
  it('and the service is asked first, whatever the record says', () => {
    expect(decideAt(lost(), waitEnded(), AT)).toEqual({ kind: 'presence-needed' });
  });

  it('and the conversation ends for absence before its deadline, with its one notice and its timer cancelled', () => {
    const decision = change(lost(), waitEnded(NOBODY), AT);
    expect(decision.conversation).toMatchObject({
      state: 'WrapUp',
      end: { reason: 'customer-disconnected', agentId: 'anna', at: AT },
      lastDisconnection: { number: 2, outcome: 'expired' },
    });
    expect(decision.entries).toMatchObject([{ trigger: 'customer-disconnected', disconnectionNumber: 2 }]);
    expect(decision.effects).toContainEqual(
      expect.objectContaining({ type: 'cancel-timer', kind: 'disconnection', number: 2 }),
    );
    expect(decideAt(decision.conversation, deadlineReached(2), AT + 10 * MINUTE).kind).toBe('unchanged');
  });

  it('but a customer who is there is not ended: the record is healed', () => {
    const decision = change(lost(), waitEnded(alive('tab-2')), AT);
    expect(decision.outcome).toEqual({ type: 'customer-present' });
    expect(decision.conversation).toMatchObject({ state: 'Active', liveConnectionIds: ['tab-2'] });
    expect(decision.conversation.disconnection).toBeUndefined();
  });
});
