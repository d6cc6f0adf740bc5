import { describe, expect, it } from '@jest/globals';
import { encodeConversation } from '../../../shared/conversation/conversation-table';
import { type Conversation, LIMITS } from '../../../shared/conversation/conversation';
import { decide as decideWith } from '../../../shared/conversation/decide';
import { storyOf } from '../../../shared/conversation/story';
import { MINUTE } from '../../../shared/conversation/time';
import {
  accepted,
  afterStart,
  type Asked,
  change,
  connect,
  connected,
  connectedCustomer,
  contextAt,
  deadlineReached,
  decideAt,
  disconnected,
  expired,
  GRACE,
  lost,
  NOBODY,
  runningDisconnection,
} from '../../support/domain/builders';

const extended = (minutes: number, key: string): Asked => ({
  type: 'wait-extended',
  agentId: 'anna',
  by: minutes * MINUTE,
  key,
});
const about = (number: number, conversation: Conversation) =>
  storyOf(conversation).filter((event) => 'number' in event && event.number === number);

describe('the story of a conversation', () => {
  it('tells a loss with its deadline and the rule that gave it, each move, the end and its lateness [R262]', () => {
    const away = lost();
    const { since, deadline } = runningDisconnection(away);
    const longer = change(away, extended(5, 'key-1'), afterStart(60)).conversation;
    const over = change(longer, deadlineReached(2, NOBODY), deadline + 5 * MINUTE + 250).conversation;
    expect(storyOf(over).slice(3)).toEqual([
      {
        ...{ type: 'lost', at: since, number: 2, reason: 'connection-lost', device: 'unknown' },
        ...{ deadline: since + GRACE, policy: 'grace', rule: 'default' },
      },
      {
        ...{ type: 'deadline-moved', at: afterStart(60), number: 2 },
        ...{ deadline: deadline + 5 * MINUTE, because: 'agent' },
      },
      { type: 'expired', at: deadline + 5 * MINUTE + 250, number: 2, lateBy: 250 },
      { type: 'ended', at: deadline + 5 * MINUTE + 250, reason: 'customer-disconnected' },
    ]);
  });

  it('names the rule of the operator and the device of the connection that was lost [R262]', () => {
    const context = contextAt(afterStart(10));
    const rule = { id: 'phones', when: { device: ['phone'] }, set: { grace: 10 * MINUTE } } as const;
    const decision = decideWith(
      accepted(),
      { ...disconnected('tab-1', afterStart(10)), device: 'phone' } as never,
      { ...context, policies: { ...context.policies, rules: [rule] } },
    );
    if (decision.kind !== 'changed') throw new Error(decision.kind);
    expect(about(2, decision.conversation)).toMatchObject([
      { type: 'lost', device: 'phone', policy: 'grace', rule: 'phones' },
    ]);
  });

  it('names no device of a connection that has come since [R262]', () => {
    const context = contextAt(afterStart(10), { connections: 1 });
    // One connection too many, and the service knows of none: a loss of which no event has told.
    const decision = decideWith(accepted(), { ...connect(), device: 'phone' } as never, context, {
      presence: NOBODY,
    });
    if (decision.kind !== 'changed') throw new Error(decision.kind);
    expect(about(2, decision.conversation)).toMatchObject([{ type: 'lost', device: 'unknown' }]);

    // Begun before absences were recorded, and over when the customer is back with another device.
    const { absences: _, ...older } = lost();
    const back = change(
      older,
      { ...connected('tab-2', afterStart(20)), device: 'phone' } as never,
      afterStart(20),
    );
    expect(back.conversation.device).toBe('phone');
    expect(about(2, back.conversation)[0]).toMatchObject({ type: 'lost', device: 'unknown' });
  });

  it('tells an outage that moved the deadline, and a return [R262]', () => {
    const away = lost();
    const { deadline } = runningDisconnection(away);
    const late = deadline + MINUTE;
    const waits = change(away, deadlineReached(2, NOBODY), late).conversation;
    const back = change(waits, connected('tab-2', late + 5_000), late + 5_000).conversation;
    expect(about(2, back)).toMatchObject([
      { type: 'lost' },
      { type: 'deadline-moved', because: 'outage', deadline: runningDisconnection(waits).deadline },
      { type: 'returned', at: late + 5_000 },
    ]);
  });

  it('is not changed by a repeated event, and says how many losses it does not have [R262]', () => {
    let conversation = connectedCustomer('tab-1');
    for (let n = 1; n <= LIMITS.absences + 5; n += 1) {
      const at = afterStart(60 * n);
      conversation = change(conversation, disconnected(`tab-${n}`, at), at).conversation;
      const again = decideAt(conversation, disconnected(`tab-${n}`, at), at + 1);
      expect(again.kind).toBe('unchanged');
      conversation = change(conversation, connected(`tab-${n + 1}`, at + 2_000), at + 2_000).conversation;
    }
    expect(conversation.absences).toHaveLength(LIMITS.absences);
    expect(conversation.disconnectionCount - LIMITS.absences).toBe(6);
    expect(about(56, conversation).map(({ type }) => type)).toEqual(['lost', 'returned']);
    expect(about(6, conversation)).toEqual([]);
  });

  it('fits into its column when every deadline was moved as often as it is kept [R262]', () => {
    const moment = afterStart(0);
    const move = { at: moment, to: moment, because: 'customer-returning' as const };
    const absence = {
      ...{ number: 2 ** 31 - 1, since: moment, deadline: moment, reason: 'not-yet-connected' as const },
      ...{ device: 'desktop' as const, policy: 'reconnectTimeLimit' as const, rule: 'x'.repeat(64) },
      ...{ moves: Array.from({ length: LIMITS.absenceMoves }, () => move) },
      ...{ outcome: 'reconnected' as const, endedAt: moment },
    };
    const absences = Array.from({ length: LIMITS.absences }, () => absence);
    expect(() => encodeConversation({ ...lost(), absences })).not.toThrow();
  });

  it('keeps the first moves and the latest one, which is the deadline [R262]', () => {
    let conversation = lost();
    for (let n = 1; n <= 7; n += 1)
      conversation = change(conversation, extended(1, `key-${n}`), afterStart(60 + n)).conversation;
    const moves = about(2, conversation).filter(({ type }) => type === 'deadline-moved');
    expect(moves).toHaveLength(LIMITS.absenceMoves);
    expect(moves.at(-1)).toMatchObject({ deadline: runningDisconnection(conversation).deadline });
  });
});

describe('who comes back after an end for absence', () => {
  const refusedAt = (conversation: Conversation, seconds: number) => {
    const decision = decideAt(conversation, connect(), afterStart(seconds));
    if (decision.kind !== 'refused') throw new Error(decision.kind);
    return decision;
  };

  it('is refused, and how much too late it was is remembered the first time [R263]', () => {
    const { conversation } = refusedAt(expired(), 500);
    if (conversation === undefined) throw new Error('nothing is remembered');
    expect(storyOf(conversation).at(-1)).toEqual({
      type: 'knocked',
      at: afterStart(500),
      tooLateBy: afterStart(500) - (conversation.end?.at ?? 0),
    });
    expect(refusedAt(conversation, 600).conversation).toBeUndefined();
  });

  it('has the copy of what is closed made each time, for the first try may have failed [R263]', () => {
    const closed = expired(lost(connectedCustomer('tab-1')));
    const { conversation, effects } = refusedAt(closed, 500);
    expect(conversation).toMatchObject({ state: 'Closed', knockedAt: afterStart(500) });
    const copy = [{ type: 'update-work-list', conversation }];
    expect(effects).toEqual(copy);
    expect(refusedAt(conversation!, 600).effects).toEqual(copy);
    // In a wrap-up it is made later, and before the first return there is none.
    expect(refusedAt(refusedAt(expired(), 500).conversation!, 600).effects).toEqual([]);
  });

  it('of another end nothing is remembered [R263]', () => {
    const left = change(connectedCustomer('tab-1'), { type: 'customer-left' }, afterStart(5)).conversation;
    expect(refusedAt(left, 500).conversation).toBeUndefined();
  });
});
