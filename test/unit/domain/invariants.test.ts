import { describe, expect, it } from '@jest/globals';
import { SECOND } from '../../../shared/conversation/time';
import {
  accepted,
  aConversation,
  afterStart,
  alive,
  change,
  connect,
  connected,
  connectedCustomer,
  customerLeft,
  customerMessage,
  deadlineReached,
  decideAt,
  disconnected,
  effectsOf,
  effectTypes,
  expired,
  GRACE,
  lost,
  NOBODY,
  outcomeOf,
  pushesOf,
  runningDisconnection,
  START,
} from '../../support/domain/builders';

const noticesOf = (decision: ReturnType<typeof decideAt>) =>
  decision.kind === 'changed' ? decision.entries.filter((entry) => entry.kind === 'notice') : [];

describe('invariant 1: a conversation whose customer has a live connection is never ended by the system', () => {
  it('goes on when the customer returns after the deadline but before the timer', () => {
    const conversation = lost();
    const { deadline } = runningDisconnection(conversation);
    const late = deadline + SECOND;
    const back = change(conversation, connected('tab-2', late), late).conversation;
    expect(back).toMatchObject({ state: 'Active', liveConnectionIds: ['tab-2'] });
    expect(decideAt(back, deadlineReached(2, NOBODY), late).kind).toBe('unchanged');
  });
});

describe('invariant 2: there is always a live connection or a running disconnection', () => {
  it('a conversation is born disconnected, with its timer started', () => {
    const decision = change(undefined, connect(), START);
    expect(decision.conversation.disconnection).toEqual({
      number: 1,
      since: START,
      deadline: START + GRACE,
      reason: 'not-yet-connected',
    });
    expect(decision.effects).toContainEqual({
      type: 'start-timer',
      kind: 'disconnection',
      number: 1,
      deadline: START + GRACE,
    });
  });

  it('the first connection ends the first disconnection', () => {
    const decision = change(aConversation(), connected('tab-1', afterStart(1)), afterStart(1));
    expect(decision.conversation.disconnection).toBeUndefined();
    expect(decision.conversation.lastDisconnection).toMatchObject({ number: 1, outcome: 'reconnected' });
    expect(effectTypes(decision)).toEqual(['update-work-list', 'cancel-timer', 'push customer-connected']);
  });

  it('losing the last tab begins a disconnection, starts its timer and tells the agents', () => {
    const decision = change(accepted(), disconnected('tab-1', afterStart(10)), afterStart(10));
    expect(decision.conversation).toMatchObject({
      liveConnectionIds: [],
      disconnection: { number: 2, reason: 'connection-lost', lostConnectionId: 'tab-1' },
      disconnectionCount: 2,
    });
    expect(effectTypes(decision)).toEqual(['update-work-list', 'start-timer', 'push connection-lost']);
  });

  it('losing one of two tabs begins none', () => {
    const conversation = connectedCustomer('tab-1', 'tab-2');
    const decision = change(
      conversation,
      disconnected('tab-1', afterStart(10), alive('tab-2')),
      afterStart(10),
    );
    expect(decision.conversation.liveConnectionIds).toEqual(['tab-2']);
    expect(decision.conversation.disconnection).toBeUndefined();
    expect(decision.effects).toEqual([]);
  });

  it('at the deadline, a customer who never connected leaves a closed conversation', () => {
    const ended = expired(aConversation());
    expect(ended).toMatchObject({ state: 'Closed', closedAt: START + GRACE });
    expect(ended.disconnection).toBeUndefined();
    expect(ended.lastDisconnection).toMatchObject({ number: 1, outcome: 'expired' });
  });
});

describe('invariant 3: an expired disconnection has exactly one notice, a cancelled one has none', () => {
  it('the decision that ends a conversation carries its notice', () => {
    const conversation = lost();
    const { deadline } = runningDisconnection(conversation);
    const decision = change(conversation, deadlineReached(2, NOBODY), deadline);
    expect(decision.entries).toEqual([
      {
        kind: 'notice',
        sequence: 2,
        at: deadline,
        author: { role: 'system' },
        recipient: 'agent',
        text: 'The customer was disconnected from the conversation.',
        trigger: 'customer-disconnected',
        reason: 'customer-disconnected',
        disconnectionNumber: 2,
      },
    ]);
    expect(decision.conversation.lastSequence).toBe(2);
  });

  it('the same deadline reported again adds no second notice', () => {
    const repeated = decideAt(expired(), deadlineReached(2, NOBODY), START + 2 * GRACE);
    expect(repeated.kind).toBe('unchanged');
    expect(noticesOf(repeated)).toEqual([]);
  });

  it('a return writes no notice', () => {
    const decision = change(lost(), connected('tab-2', afterStart(60)), afterStart(60));
    expect(decision.entries).toEqual([]);
  });

  it('a customer who leaves while disconnected gets the notice of leaving, not of the loss', () => {
    const decision = change(lost(), customerLeft(), afterStart(60));
    expect(noticesOf(decision).map((notice) => notice.trigger)).toEqual(['customer-ended-conversation']);
    expect(noticesOf(decision)[0]).not.toHaveProperty('disconnectionNumber');
    expect(decideAt(decision.conversation, deadlineReached(2, NOBODY), START + 2 * GRACE)).toMatchObject({
      kind: 'unchanged',
      outcome: { type: 'superseded' },
    });
  });
});

describe('invariant 4: the deadline is the moment of loss plus the grace period', () => {
  it('counts from the receipt when the event came at once', () => {
    const conversation = lost(accepted(), afterStart(10));
    expect(conversation.disconnection).toMatchObject({
      since: afterStart(10),
      deadline: afterStart(10) + GRACE,
    });
  });

  it('does not make a late event an extra wait', () => {
    const received = afterStart(70);
    const { conversation } = change(accepted(), disconnected('tab-1', afterStart(10)), received);
    const { since, deadline } = runningDisconnection(conversation);
    expect(since).toBeGreaterThanOrEqual(afterStart(10));
    expect(since).toBeLessThanOrEqual(afterStart(11));
    expect(deadline).toBe(since + GRACE);
  });

  it.each([-300, -1, 1, 300])('is not moved by a clock of the service that is %d s off', (skew) => {
    const from = (at: number) => at + skew * SECOND;
    const here = change(aConversation(), connected('tab-1', from(afterStart(1))), afterStart(1)).conversation;
    const { conversation } = change(here, disconnected('tab-1', from(afterStart(10))), afterStart(10));
    expect(conversation.disconnection?.since).toBe(afterStart(10));
  });

  it('never lies before the last sign of life', () => {
    const wrote = change(connectedCustomer(), customerMessage('m1'), afterStart(50)).conversation;
    const { conversation } = change(wrote, disconnected('tab-1', afterStart(10)), afterStart(60));
    expect(conversation.disconnection?.since).toBe(afterStart(50));
  });

  it('never lies before the receipt of the latest `connected`', () => {
    const back = change(lost(), connected('tab-2', afterStart(15)), afterStart(50)).conversation;
    const { conversation } = change(back, disconnected('tab-2', afterStart(20)), afterStart(60));
    expect(conversation.disconnection?.since).toBe(afterStart(50));
  });

  it('learns from a prompt loss how late the next one is', () => {
    const arrivedLate = change(
      aConversation(),
      connected('tab-1', afterStart(1)),
      afterStart(31),
    ).conversation;
    const prompt = change(arrivedLate, disconnected('tab-1', afterStart(40)), afterStart(40)).conversation;
    const back = change(prompt, connected('tab-2', afterStart(50)), afterStart(80)).conversation;
    const { conversation } = change(back, disconnected('tab-2', afterStart(100)), afterStart(130));
    expect(conversation.disconnection?.since).toBeLessThanOrEqual(afterStart(101));
  });

  it('does nothing before the deadline, and acts at it', () => {
    const conversation = lost();
    const { deadline } = runningDisconnection(conversation);
    expect(decideAt(conversation, deadlineReached(2, NOBODY), deadline - 1)).toEqual({
      kind: 'unchanged',
      outcome: { type: 'not-reached', deadline },
      effects: [],
    });
    expect(decideAt(conversation, deadlineReached(2, NOBODY), deadline).kind).toBe('changed');
  });
});

describe('invariant 5: lost, repeated, late and reordered events lead to the same state', () => {
  it('a repeated `connected` changes nothing and yields the cancel again', () => {
    const first = change(lost(), connected('tab-2', afterStart(60)), afterStart(60));
    const again = decideAt(first.conversation, connected('tab-2', afterStart(60)), afterStart(63));
    expect(again).toEqual({
      kind: 'unchanged',
      outcome: { type: 'ignored', because: 'repeated' },
      effects: first.effects,
    });
    expect(effectTypes(again)).toEqual(['update-work-list', 'cancel-timer', 'push customer-back']);
  });

  it('a repeated `connected` of a tab that ended no disconnection has no effects', () => {
    const conversation = connectedCustomer('tab-1', 'tab-2');
    const again = decideAt(conversation, connected('tab-2', afterStart(1)), afterStart(4));
    expect(again).toMatchObject({ kind: 'unchanged', effects: [] });
  });

  it('a repeated `disconnected` yields the start of the timer again', () => {
    const first = change(accepted(), disconnected('tab-1', afterStart(10)), afterStart(10));
    const again = decideAt(first.conversation, disconnected('tab-1', afterStart(10)), afterStart(13));
    expect(again).toEqual({
      kind: 'unchanged',
      outcome: { type: 'ignored', because: 'repeated' },
      effects: first.effects,
    });
  });

  it('a repeated `disconnected` of a disconnection that is over does nothing', () => {
    const back = change(lost(), connected('tab-2', afterStart(60)), afterStart(60)).conversation;
    expect(decideAt(back, disconnected('tab-1', afterStart(10)), afterStart(61))).toEqual({
      kind: 'unchanged',
      outcome: { type: 'ignored', because: 'repeated' },
      effects: [],
    });
  });

  it('a repeated `leave` tells everyone again', () => {
    const first = change(lost(), customerLeft(), afterStart(60));
    const again = decideAt(first.conversation, customerLeft(), afterStart(61));
    expect(again.kind).toBe('unchanged');
    expect(effectsOf(again)).toEqual(first.effects);
    expect(effectTypes(again)).toEqual([
      'update-work-list',
      'start-timer',
      'cancel-timer',
      'push notice',
      'push conversation-ended',
      'push conversation-ended',
      'close-customer-connections',
    ]);
  });

  it('a `leave` behind another end tells nobody anything', () => {
    expect(decideAt(expired(), customerLeft(), START + 2 * GRACE)).toEqual({
      kind: 'unchanged',
      outcome: { type: 'ignored', because: 'ended' },
      effects: [],
    });
  });

  it('a message that overtakes its `connected` proves the socket and ends the disconnection', () => {
    const decision = change(lost(), customerMessage('m1', 'tab-2'), afterStart(60));
    expect(decision.conversation).toMatchObject({ liveConnectionIds: ['tab-2'], lastSequence: 2 });
    expect(decision.conversation.disconnection).toBeUndefined();
    expect(effectTypes(decision)).toEqual([
      'update-work-list',
      'cancel-timer',
      'push customer-back',
      'push message',
      'push message',
    ]);
    const repeated = decideAt(decision.conversation, customerMessage('m1', 'tab-2'), afterStart(60));
    expect(effectsOf(repeated)).toEqual(decision.effects);
    const behind = decideAt(decision.conversation, connected('tab-2', afterStart(60)), afterStart(61));
    expect(effectTypes(behind)).toEqual(['update-work-list', 'cancel-timer', 'push customer-back']);
  });

  it('a message behind its own `disconnected` is stored but brings nobody back', () => {
    const decision = change(lost(), customerMessage('m1', 'tab-1'), afterStart(12));
    expect(decision.entries).toHaveLength(1);
    expect(decision.conversation).toMatchObject({ liveConnectionIds: [], disconnection: { number: 2 } });
  });
});

describe('invariant 6: the timer is only a wake-up', () => {
  it.each([
    ['of a disconnection that never was', 7],
    ['of one long past', 1],
  ])('a deadline %s is superseded', (_title, number) => {
    expect(decideAt(lost(), deadlineReached(number, NOBODY), START + 2 * GRACE)).toEqual({
      kind: 'unchanged',
      outcome: { type: 'superseded' },
      effects: [],
    });
  });

  it('a lost cancel changes nothing: the customer is present', () => {
    const back = change(lost(), connected('tab-2', afterStart(60)), afterStart(60));
    const fired = decideAt(back.conversation, deadlineReached(2, NOBODY), START + 2 * GRACE);
    expect(fired).toMatchObject({ kind: 'unchanged', outcome: { type: 'customer-present' } });
    expect(pushesOf(fired)).toEqual(pushesOf(back));
  });

  it('a double fire yields the same outcome and the same effects', () => {
    const conversation = lost();
    const { deadline } = runningDisconnection(conversation);
    const first = change(conversation, deadlineReached(2, NOBODY), deadline);
    const second = decideAt(first.conversation, deadlineReached(2), deadline + 5 * SECOND);
    expect(outcomeOf(second)).toEqual(first.outcome);
    expect(effectsOf(second)).toEqual(first.effects);
    expect(effectTypes(second)).toEqual([
      'update-work-list',
      'start-timer',
      'push notice',
      'push conversation-ended',
      'push conversation-ended',
      'close-customer-connections',
    ]);
  });

  it('a late fire ends the conversation at the time of acting', () => {
    const conversation = lost();
    const late = START + 3 * GRACE;
    expect(change(conversation, deadlineReached(2, NOBODY), late).conversation.end).toEqual({
      at: late,
      reason: 'customer-disconnected',
    });
  });
});

describe('invariant 7: before ending for absence, the service itself is asked', () => {
  it('asks at the deadline, and decides the same event again with the answer', () => {
    const conversation = lost();
    const { deadline } = runningDisconnection(conversation);
    expect(decideAt(conversation, deadlineReached(2), deadline)).toEqual({ kind: 'presence-needed' });
    const there = change(conversation, deadlineReached(2, alive('tab-2')), deadline);
    expect(there.conversation.state).toBe('Active');
    const gone = change(conversation, deadlineReached(2, NOBODY), deadline);
    expect(gone.conversation.state).toBe('WrapUp');
  });

  it('does not ask when nothing depends on it', () => {
    const conversation = lost();
    const { deadline } = runningDisconnection(conversation);
    expect(decideAt(conversation, deadlineReached(2), deadline - 1).kind).toBe('unchanged');
    expect(decideAt(conversation, deadlineReached(1), deadline).kind).toBe('unchanged');
    expect(decideAt(expired(), deadlineReached(2), deadline).kind).toBe('unchanged');
  });

  it('"alive" heals the record and tells the agents, once', () => {
    const conversation = lost();
    const { deadline } = runningDisconnection(conversation);
    const healed = change(conversation, deadlineReached(2, alive('tab-8', 'tab-9')), deadline);
    expect(healed.conversation.end).toBeUndefined();
    expect(healed.conversation).toMatchObject({
      state: 'Active',
      liveConnectionIds: ['tab-8', 'tab-9'],
      lastDisconnection: { number: 2, outcome: 'reconnected', reconnectedBy: 'tab-8' },
    });
    expect(effectTypes(healed)).toEqual(['update-work-list', 'push customer-back']);
    const again = decideAt(healed.conversation, deadlineReached(2), deadline + SECOND);
    expect(again).toEqual({
      kind: 'unchanged',
      outcome: { type: 'customer-present' },
      effects: healed.effects,
    });
  });

  it('one extra question when a tab is lost and the record lists others, none otherwise', () => {
    const two = connectedCustomer('tab-1', 'tab-2');
    expect(decideAt(two, disconnected('tab-1', afterStart(10)), afterStart(10))).toEqual({
      kind: 'presence-needed',
    });
    expect(decideAt(accepted(), disconnected('tab-1', afterStart(10)), afterStart(10)).kind).toBe('changed');
  });
});
