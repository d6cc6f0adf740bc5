import { describe, expect, it } from '@jest/globals';
import type { Conversation, EndReason } from '../../../shared/conversation/conversation';
import { MINUTE, toIso } from '../../../shared/conversation/time';
import { deadlinesOf, workListItem } from '../../../shared/conversation/work-list';
import {
  type Asked,
  decide,
  accepted,
  afterStart,
  agentClosed,
  agentEnded,
  change,
  connected,
  connectedCustomer,
  contextAt,
  customerLeft,
  customerMessage,
  deadlineReached,
  decideAt,
  disconnected,
  GRACE,
  lost,
  NOBODY,
  persistentChat,
  PROFILE,
  pushesOf,
  START,
} from '../../support/domain/builders';

/** Rules of docs/RULES.md that concern no one capability alone. */

const AT = afterStart(60);

describe('a new conversation', () => {
  it('is Open: in the queue, with no agent, and takes no capacity [R1]', () => {
    expect(connectedCustomer()).toMatchObject({
      state: 'Open',
      customer: { queue: PROFILE.queue },
      assignmentCount: 0,
    });
    expect(connectedCustomer().agent).toBeUndefined();
    expect(connectedCustomer().capacityHold).toBeUndefined();
  });
});

describe('a customer who answers a persistent chat that waits', () => {
  it('is in the queue, where the desks see who had it before [R17]', () => {
    const waiting = change(accepted(persistentChat()), agentClosed(), AT).conversation;
    expect(workListItem(waiting)).toMatchObject({ state: 'Waiting', previousAgentId: 'anna' });
    const answered = change(waiting, customerMessage('m1'), AT + MINUTE).conversation;
    expect(workListItem(answered)).toMatchObject({ state: 'Open', previousAgentId: 'anna' });
  });
});

describe('a customer who writes slowly', () => {
  it('is not disconnected: nothing waits for a customer who is connected, however long it is silent [R28]', () => {
    const silent = accepted();
    expect(deadlinesOf(silent)).toEqual([]);
    const hoursLater = afterStart(5 * 3600);
    expect(decideAt(silent, deadlineReached(1, NOBODY), hoursLater).kind).toBe('unchanged');
    expect(change(silent, customerMessage('m1'), hoursLater).conversation.state).toBe('Active');
  });
});

describe('the reason of an end', () => {
  const strict = { openAutoCloseWhileConnected: true, outageAllowance: 0 };
  const queued = () => {
    const decision = decide(connectedCustomer(), customerMessage('m1'), contextAt(START, strict));
    if (decision.kind !== 'changed') throw new Error(decision.kind);
    return decision.conversation;
  };
  const closesItself: Asked = { type: 'deadline-reached', kind: 'auto-close', number: 1 };
  const CAUSES: Record<EndReason, readonly [() => Conversation, Asked]> = {
    'customer-disconnected': [lost, deadlineReached(2, NOBODY)],
    'customer-ended': [accepted, customerLeft()],
    'agent-ended': [accepted, agentEnded()],
    'auto-closed': [queued, closesItself],
  };

  it.each(Object.entries(CAUSES))(
    'is the same word in the record, in the transcript and in the push: %s [R103]',
    (reason, [before, event]) => {
      const decision = decide(before(), event, contextAt(afterStart(3600), strict));
      expect(decision).toMatchObject({
        kind: 'changed',
        conversation: { end: { reason } },
        entries: [{ kind: 'notice', reason }],
      });
      const told = pushesOf(decision).filter(({ type }) => type === 'conversation-ended');
      expect(told).not.toHaveLength(0);
      for (const push of told) expect(push).toMatchObject({ reason });
    },
  );
});

describe("the agents' desks", () => {
  it('are told of a loss with its live deadline [R104]', () => {
    const decision = change(accepted(), disconnected('tab-1', AT), AT);
    expect(pushesOf(decision)).toMatchObject([
      { type: 'connection-lost', number: 2, since: toIso(AT), deadline: toIso(AT + GRACE) },
    ]);
    expect(decision.effects).toContainEqual(
      expect.objectContaining({ audience: expect.objectContaining({ to: 'agents' }) as unknown }),
    );
  });

  it('are told of a return with how long the customer was away [R105]', () => {
    const away = lost(accepted(), AT);
    const decision = change(away, connected('tab-2', afterStart(100)), afterStart(100));
    expect(pushesOf(decision)).toMatchObject([{ type: 'customer-back', number: 2, absentFor: 'PT40S' }]);
  });
});
