import { describe, expect, it } from '@jest/globals';
import type { Conversation } from '../../../shared/domain/conversation';
import { decide } from '../../../shared/domain/decide';
import { deadlinesOf } from '../../../shared/domain/deadlines';
import type { ConversationEvent } from '../../../shared/domain/events';
import type { PolicyValues } from '../../../shared/domain/policies/policy';
import { MINUTE, SECOND } from '../../../shared/domain/time';
import {
  accepted,
  afterStart,
  agentClosed,
  agentEnded,
  alive,
  connect,
  connected,
  contextAt,
  customerMessage,
  NOBODY,
  PROFILE,
  START,
} from '../../support/domain/builders';

/** "Configure automatic closure of conversations" (Dynamics 365), but to the second. */

const closure = (number: number, presence = NOBODY): ConversationEvent => ({
  type: 'deadline-reached',
  kind: 'auto-close',
  number,
  presence,
});

function after(
  conversation: Conversation | undefined,
  event: ConversationEvent,
  now: number,
  changes: Partial<PolicyValues> = {},
): Conversation {
  const decision = decide(conversation, event, contextAt(now, changes));
  if (decision.kind !== 'changed') throw new Error(`${event.type} was ${decision.kind}`);
  return decision.conversation;
}
const outcome = (conversation: Conversation, event: ConversationEvent, now: number, changes = {}) => {
  const decision = decide(conversation, event, contextAt(now, changes));
  return 'outcome' in decision ? decision.outcome : decision;
};
const born = (workstream: string, changes: Partial<PolicyValues> = {}): Conversation => {
  const event = { ...connect(), profile: { ...PROFILE, workstream } } as ConversationEvent;
  return after(after(undefined, event, START, changes), connected('tab-1', START), START + SECOND, changes);
};
const dueOf = (conversation: Conversation) =>
  deadlinesOf(conversation).find(({ kind }) => kind === 'auto-close')?.at;
const AT = afterStart(30);

describe('WrapUp', () => {
  it('is closed 15 minutes after the end, and nobody is told twice', () => {
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

  it('waits for a capacity block that is longer', () => {
    const wrapUp = after(accepted(), agentEnded(), AT, { wrapUpCapacity: 40 * MINUTE });
    expect(dueOf(wrapUp)).toBe(AT + 40 * MINUTE);
  });

  it('is not closed again when its agent was faster', () => {
    const wrapUp = after(accepted(), agentEnded(), AT);
    const closed = after(wrapUp, agentClosed(), AT + MINUTE);
    expect(outcome(closed, closure(1), AT + 15 * MINUTE)).toEqual({ type: 'superseded' });
  });
});

describe('Active', () => {
  it('is never closed for its age', () => {
    expect(dueOf(accepted())).toBeUndefined();
  });
});

describe('Open', () => {
  it('of a live chat whose customer is there has no closure, unless policy says so', () => {
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

  it('is closed while the grace period still runs, when that is longer, but never without asking', () => {
    const long = { grace: 60 * MINUTE };
    const event: ConversationEvent = { type: 'disconnected', connectionId: 'tab-1', occurredAt: AT };
    const away = after(born('default', long), event, AT, long);
    const { number, deadline: due } = away.autoClosure!;
    expect(due).toBeLessThan(away.disconnection!.deadline);
    const unasked: ConversationEvent = { type: 'deadline-reached', kind: 'auto-close', number };
    expect(outcome(away, unasked, due, long)).toEqual({ kind: 'presence-needed' });
    expect(outcome(away, closure(number, alive('tab-2')), due, long)).toEqual({ type: 'customer-present' });
    expect(after(away, closure(number), due, long)).toMatchObject({
      state: 'Closed',
      end: { reason: 'auto-closed' },
    });
  });

  it('of a persistent chat is closed after 30 days', () => {
    expect(dueOf(born('persistent'))).toBe(START + SECOND + 30 * 24 * 60 * MINUTE);
  });
});

describe('Waiting', () => {
  const DAY = 24 * 60 * MINUTE;
  const waiting = (): Conversation => {
    const active = after(
      born('persistent'),
      { type: 'agent-accepted', agentId: 'anna', agentName: 'Anna', capacity: 'reserved' },
      afterStart(5),
    );
    return after(active, agentClosed(), AT);
  };

  it('is closed after inactivity, with a word to the customer', () => {
    const conversation = waiting();
    expect(dueOf(conversation)).toBe(AT + DAY);
    const number = conversation.autoClosure!.number;
    const decision = decide(conversation, closure(number), contextAt(AT + DAY));
    expect(decision).toMatchObject({
      conversation: { state: 'Closed', end: { reason: 'auto-closed' } },
      entries: [{ trigger: 'session-ended', recipient: 'customer' }],
    });
  });

  it('is put off by a sign of life', () => {
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
