import { describe, expect, it } from '@jest/globals';
import type { Conversation } from '../../../shared/conversation/conversation';
import { MINUTE, SECOND } from '../../../shared/conversation/time';
import type { PolicyValues } from '../../../shared/policies/policy';
import { deadlinesOf } from '../../../shared/conversation/work-list';
import {
  type Asked,
  decide,
  accepted,
  afterStart,
  agentAccepted,
  agentClosed,
  agentEnded,
  alive,
  connect,
  connected,
  contextAt,
  customerMessage,
  disconnected,
  effectsOf,
  lost,
  NOBODY,
  offered,
  PROFILE,
  START,
} from '../../support/domain/builders';

/** "Configure automatic closure of conversations" (Dynamics 365), but to the second. */

const closure = (number: number, presence = NOBODY): Asked => ({
  type: 'deadline-reached',
  kind: 'auto-close',
  number,
  presence,
});

function after(
  conversation: Conversation | undefined,
  event: Asked,
  now: number,
  changes: Partial<PolicyValues> = {},
): Conversation {
  const decision = decide(conversation, event, contextAt(now, changes));
  if (decision.kind !== 'changed') throw new Error(`${event.type} was ${decision.kind}`);
  return decision.conversation;
}
const outcome = (conversation: Conversation, event: Asked, now: number, changes = {}) => {
  const decision = decide(conversation, event, contextAt(now, changes));
  return 'outcome' in decision ? decision.outcome : decision;
};
const born = (workstream: string, changes: Partial<PolicyValues> = {}): Conversation => {
  const event = { ...connect(), profile: { ...PROFILE, workstream }, signedInFor: workstream } as Asked;
  return after(after(undefined, event, START, changes), connected('tab-1', START), START + SECOND, changes);
};
const dueOf = (conversation: Conversation) =>
  deadlinesOf(conversation).find(({ kind }) => kind === 'auto-close')?.at;
const AT = afterStart(30);
const isPush = ({ type }: { readonly type: string }): boolean => type === 'push';

describe('WrapUp', () => {
  it('is closed 15 minutes after the end, and nobody is told twice [R48 R58]', () => {
    const wrapUp = after(accepted(), agentEnded(), AT);
    expect(dueOf(wrapUp)).toBe(AT + 15 * MINUTE);
    expect(outcome(wrapUp, closure(1), AT + 15 * MINUTE - 1)).toMatchObject({ type: 'not-reached' });
    const closed = after(wrapUp, closure(1), AT + 15 * MINUTE);
    expect(closed).toMatchObject({
      state: 'Closed',
      closeReason: 'auto-closed',
      end: { reason: 'agent-ended' },
    });
    const again = decide(closed, closure(1), contextAt(AT + 16 * MINUTE));
    expect(again).toMatchObject({ kind: 'unchanged', outcome: { type: 'auto-closed' } });
  });

  it('waits for a capacity block that is longer [R54]', () => {
    const longer = { wrapUpCapacity: 40 * MINUTE };
    const wrapUp = after(accepted(), agentEnded(), AT, longer);
    expect(dueOf(wrapUp)).toBe(AT + 40 * MINUTE);
    expect(outcome(wrapUp, closure(1), AT + 15 * MINUTE, longer)).toEqual({
      type: 'not-reached',
      deadline: AT + 40 * MINUTE,
    });
    expect(after(wrapUp, closure(1), AT + 40 * MINUTE, longer).state).toBe('Closed');
  });

  it.each<PolicyValues['wrapUpCapacity']>(['always', 'none', MINUTE])(
    'is closed no earlier and no later for a capacity block of %s [R54]',
    (wrapUpCapacity) => {
      expect(dueOf(after(accepted(), agentEnded(), AT, { wrapUpCapacity }))).toBe(AT + 15 * MINUTE);
    },
  );

  it('is not closed by itself where policy says never', () => {
    expect(dueOf(after(accepted(), agentEnded(), AT, { wrapUpAutoClose: 'never' }))).toBeUndefined();
  });

  it('of a persistent chat is closed after a day [R52]', () => {
    const active = after(born('persistent'), agentAccepted(), afterStart(5));
    expect(dueOf(after(active, agentEnded(), AT))).toBe(AT + 24 * 60 * MINUTE);
  });

  it('is closed when policy says so at that moment, whatever it said when the timer began [R55 R56]', () => {
    const wrapUp = after(accepted(), agentEnded(), AT);
    const due = AT + 15 * MINUTE;
    expect(outcome(wrapUp, closure(1), due, { wrapUpAutoClose: 'never' })).toEqual({ type: 'superseded' });
    expect(outcome(wrapUp, closure(1), due, { wrapUpAutoClose: 20 * MINUTE })).toEqual({
      type: 'not-reached',
      deadline: AT + 20 * MINUTE,
    });
  });

  it('is not closed again when its agent was faster', () => {
    const wrapUp = after(accepted(), agentEnded(), AT);
    const closed = after(wrapUp, agentClosed(), AT + MINUTE);
    expect(outcome(closed, closure(1), AT + 15 * MINUTE)).toEqual({ type: 'superseded' });
  });
});

describe('Active', () => {
  it.each<[string, () => Conversation]>([
    ['accepted', () => accepted()],
    ['only offered', () => offered()],
    ['a persistent chat', () => after(born('persistent'), agentAccepted(), afterStart(5))],
  ])('is never closed for its age: %s [R50]', (_what, active) => {
    expect(active().state).toBe('Active');
    expect(dueOf(active())).toBeUndefined();
  });

  it('is not closed by the timer of the queue it came from [R50]', () => {
    const strict = { openAutoCloseWhileConnected: true };
    const active = after(born('default', strict), agentAccepted(), afterStart(5), strict);
    expect(outcome(active, closure(1), START + 20 * MINUTE + SECOND, strict)).toEqual({ type: 'superseded' });
  });
});

describe('Open', () => {
  it('of a live chat whose customer is there has no closure, unless policy says so [R49]', () => {
    expect(dueOf(born('default'))).toBeUndefined();
    const strict = { openAutoCloseWhileConnected: true };
    const conversation = born('default', strict);
    const due = START + SECOND + 20 * MINUTE;
    expect(dueOf(conversation)).toBe(due);
    expect(after(conversation, closure(1, alive('tab-1')), due, strict)).toMatchObject({
      state: 'Closed',
      end: { reason: 'auto-closed' },
    });
  });

  it('is closed while the grace period still runs, when that is longer, but never without asking [R49 R96]', () => {
    const long = { grace: 60 * MINUTE };
    const event: Asked = { type: 'disconnected', connectionId: 'tab-1', occurredAt: AT };
    const away = after(born('default', long), event, AT, long);
    const { number, deadline: due } = away.autoClosure!;
    expect(due).toBeLessThan(away.disconnection!.deadline);
    const unasked: Asked = { type: 'deadline-reached', kind: 'auto-close', number };
    expect(outcome(away, unasked, due, long)).toEqual({ kind: 'presence-needed' });
    expect(outcome(away, closure(number, alive('tab-2')), due, long)).toEqual({ type: 'customer-present' });
    expect(after(away, closure(number), due, long)).toMatchObject({
      state: 'Closed',
      end: { reason: 'auto-closed' },
    });
  });

  it('whose customer has waited in silence, and then loses its line, has its whole grace period [R49]', () => {
    const late = START + 25 * MINUTE;
    const event: Asked = { type: 'disconnected', connectionId: 'tab-1', occurredAt: late };
    const away = after(born('default'), event, late);
    expect(away.disconnection!.deadline).toBe(late + 3 * MINUTE);
    expect(dueOf(away)).toBeUndefined();
    const long = { grace: 60 * MINUTE };
    expect(dueOf(after(born('default', long), event, late, long))).toBe(late + 20 * MINUTE);
  });

  it('whose customer is away has no closure when the grace period is over before', () => {
    const away = lost(born('default'));
    expect(away.disconnection!.deadline).toBeLessThan(away.stateSince + 20 * MINUTE);
    expect(dueOf(away)).toBeUndefined();
  });

  it('whose customer comes back has no closure any more, and its timer is cancelled', () => {
    const long = { grace: 60 * MINUTE };
    const away = after(born('default', long), disconnected('tab-1', AT), AT, long);
    const { number } = away.autoClosure!;
    const back = decide(away, connected('tab-2', AT + MINUTE), contextAt(AT + MINUTE, long));
    if (back.kind !== 'changed') throw new Error(back.kind);
    expect(dueOf(back.conversation)).toBeUndefined();
    expect(back.effects).toContainEqual(
      expect.objectContaining({ type: 'cancel-timer', kind: 'auto-close', number }),
    );
    const fired = decide(back.conversation, closure(number), contextAt(START + 60 * MINUTE, long));
    expect(fired).toMatchObject({ kind: 'unchanged', outcome: { type: 'customer-present' } });
    // Lost again, without a closure this time: the return is old news.
    const again = lost(back.conversation, AT + 2 * MINUTE, 'tab-2');
    expect(again.autoClosure).toBeUndefined();
    expect(outcome(again, closure(number), AT + 3 * MINUTE)).toEqual({ type: 'superseded' });
  });

  it('whose customer the service knows of tells of the return again when its deadline is repeated', () => {
    const long = { grace: 60 * MINUTE };
    const away = after(born('default', long), disconnected('tab-1', AT), AT, long);
    const { number, deadline } = away.autoClosure!;
    const healed = decide(away, closure(number, alive('tab-2')), contextAt(deadline, long));
    if (healed.kind !== 'changed') throw new Error(healed.kind);
    const again = decide(healed.conversation, closure(number), contextAt(deadline + SECOND, long));
    const told = effectsOf(healed).filter(isPush);
    expect(told).toHaveLength(1);
    expect(effectsOf(again).filter(isPush)).toEqual(told);
  });

  it('whose closure runs has it put off by a late message, beyond the grace period, but never dropped', () => {
    const long = { grace: 30 * MINUTE };
    const away = after(born('default', long), disconnected('tab-1', AT), AT, long);
    const { number, deadline } = away.autoClosure!;
    const late = AT + 15 * MINUTE;
    const decision = decide(away, { ...customerMessage('m1'), presence: NOBODY }, contextAt(late, long));
    if (decision.kind !== 'changed') throw new Error(decision.kind);
    const { autoClosure, disconnection } = decision.conversation;
    expect(autoClosure).toEqual({ number, deadline: late + 20 * MINUTE });
    expect(autoClosure!.deadline).toBeGreaterThan(disconnection!.deadline);
    expect(decision.effects.map(({ type }) => type)).not.toContain('cancel-timer');
    expect(outcome(decision.conversation, closure(number), deadline, long)).toEqual({
      type: 'not-reached',
      deadline: late + 20 * MINUTE,
    });
  });

  it('has no closure where policy says never [R55]', () => {
    const never = { openAutoClose: 'never', openAutoCloseWhileConnected: true } as const;
    expect(dueOf(born('default', never))).toBeUndefined();
  });

  it('begins anew when an agent gives the conversation back [R57]', () => {
    const strict = { openAutoCloseWhileConnected: true };
    const active = after(born('default', strict), agentAccepted(), afterStart(5), strict);
    const queued = after(active, { type: 'agent-released', agentId: 'anna' }, AT, strict);
    expect(queued.autoClosure).toEqual({ number: 2, deadline: AT + 20 * MINUTE });
  });

  it('of a persistent chat that policy closes no more is the return of nobody', () => {
    const chat = born('persistent');
    const { number, deadline } = chat.autoClosure!;
    const rule = { id: 'never', when: {}, set: { openAutoClose: 'never' } } as const;
    const { policies, ...context } = contextAt(deadline);
    const never = { ...context, policies: { ...policies, rules: [rule] } };
    const dropped = decide(chat, closure(number), never);
    if (dropped.kind !== 'changed') throw new Error(dropped.kind);
    expect(dropped.conversation).not.toHaveProperty('autoClosure');
    const again = decide(dropped.conversation, closure(number), never);
    expect(again).toMatchObject({ kind: 'unchanged', outcome: { type: 'superseded' }, effects: [] });
  });

  it('of a persistent chat is closed after 30 days, without asking, and the customer reads it [R51 R65]', () => {
    const conversation = born('persistent');
    const due = START + SECOND + 30 * 24 * 60 * MINUTE;
    expect(dueOf(conversation)).toBe(due);
    const { number } = conversation.autoClosure!;
    const fired: Asked = { type: 'deadline-reached', kind: 'auto-close', number };
    expect(decide(conversation, fired, contextAt(due))).toMatchObject({
      outcome: { type: 'auto-closed' },
      conversation: { state: 'Closed', end: { reason: 'auto-closed', at: due } },
      entries: [{ trigger: 'session-ended', recipient: 'customer', reason: 'auto-closed' }],
    });
  });

  it('is put off by every message, without another timer [R57]', () => {
    const conversation = born('persistent');
    const { number, deadline } = conversation.autoClosure!;
    const decision = decide(conversation, customerMessage('m1'), contextAt(START + MINUTE));
    if (decision.kind !== 'changed') throw new Error(decision.kind);
    expect(decision.conversation.autoClosure).toEqual({ number, deadline: deadline + MINUTE - SECOND });
    expect(decision.effects.map(({ type }) => type)).not.toContain('start-timer');
  });
});

describe('Waiting', () => {
  const DAY = 24 * 60 * MINUTE;
  const waiting = (): Conversation => {
    const active = after(born('persistent'), agentAccepted(), afterStart(5));
    return after(active, agentClosed(), AT);
  };

  it('is closed after inactivity, with a word to the customer [R18 R53]', () => {
    const conversation = waiting();
    expect(dueOf(conversation)).toBe(AT + DAY);
    const number = conversation.autoClosure!.number;
    const decision = decide(conversation, closure(number), contextAt(AT + DAY));
    expect(decision).toMatchObject({
      conversation: { state: 'Closed', end: { reason: 'auto-closed' } },
      entries: [{ trigger: 'session-ended', recipient: 'customer' }],
    });
    if (decision.kind !== 'changed') throw new Error(decision.kind);
    const again = decide(decision.conversation, closure(number), contextAt(AT + DAY + MINUTE));
    expect(again).toMatchObject({ kind: 'unchanged', outcome: { type: 'auto-closed' } });
    expect(effectsOf(again)).toEqual(expect.arrayContaining(decision.effects.filter(isPush)));
  });

  it('is put off by a sign of life [R53]', () => {
    const conversation = waiting();
    const seen = after(conversation, connected('tab-2', AT + MINUTE), AT + MINUTE);
    const number = conversation.autoClosure!.number;
    expect(outcome(seen, closure(number), AT + DAY)).toEqual({
      type: 'not-reached',
      deadline: AT + MINUTE + DAY,
    });
  });

  it('begins anew with every state: the timer of an earlier one does nothing', () => {
    const conversation = waiting();
    const number = conversation.autoClosure!.number;
    const revived = after(conversation, customerMessage('m1'), AT + MINUTE);
    expect(revived.autoClosure!.number).toBe(number + 1);
    expect(outcome(revived, closure(number), AT + DAY)).toEqual({ type: 'superseded' });
  });
});
