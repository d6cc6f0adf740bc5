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
  expired,
  GRACE,
  lost,
  NOBODY,
  pushesOf,
  runningDisconnection,
  START,
} from '../../support/domain/builders';
import { given } from '../../support/domain/given';

const { deadline } = runningDisconnection(lost());
const superseded = { outcome: 'superseded', changed: false, effects: [] } as const;
const BACK = ['list', 'cancel disconnection.2 (customerReconnected)', 'customer-back to agents'];
/** What an end for absence tells, with its row and the closure of the wrap-up. */
const ended = (closure: string) => [
  'list',
  `start auto-close.1 in ${closure}`,
  'customer-disconnected to anna',
  'conversation-ended to agents + customer',
  'close all',
];

describe('invariant 1: a conversation whose customer has a live connection is never ended by the system', () => {
  it('goes on when the customer returns after the deadline but before the timer [R29]', () => {
    const late = deadline + SECOND;
    given(lost())
      .when(connected('tab-2', late), late)
      .then({ state: 'Active', conversation: { liveConnectionIds: ['tab-2'] } })
      .when(deadlineReached(2, NOBODY), late)
      .then({ changed: false });
  });
});

describe('invariant 2: there is always a live connection or a running disconnection', () => {
  it('a conversation is born disconnected, with its timer started', () => {
    const disconnection = { number: 1, since: START, deadline: START + GRACE, reason: 'not-yet-connected' };
    const born = given(undefined).when(connect(), START);
    expect(born.then({ timers: ['start disconnection.1 in PT3M'] }).conversation.disconnection).toEqual(
      disconnection,
    );
  });

  it('the first connection ends the first disconnection', () => {
    given(aConversation())
      .when(connected('tab-1', afterStart(1)), afterStart(1))
      .then({
        conversation: { lastDisconnection: { number: 1, outcome: 'reconnected' } },
        effects: ['list', 'cancel disconnection.1 (customerReconnected)', 'customer-connected to agents'],
      });
  });

  it('losing the last tab begins a disconnection, starts its timer and tells the agents', () => {
    given(accepted())
      .when(disconnected('tab-1', afterStart(10)), afterStart(10))
      .then({
        conversation: {
          liveConnectionIds: [],
          disconnection: { number: 2, reason: 'connection-lost', lostConnectionId: 'tab-1' },
          disconnectionCount: 2,
        },
        effects: ['list', 'start disconnection.2 in PT3M', 'connection-lost to agents'],
      });
  });

  it('losing one of two tabs begins none [R33]', () => {
    given(connectedCustomer('tab-1', 'tab-2'))
      .when(disconnected('tab-1', afterStart(10), alive('tab-2')), afterStart(10))
      .then({ conversation: { liveConnectionIds: ['tab-2'] }, without: ['disconnection'], effects: [] });
  });

  it('at the deadline, a customer who never connected leaves a closed conversation [R36]', () => {
    const over = expired(aConversation());
    const end = { at: START + GRACE, reason: 'customer-disconnected' };
    expect(over).toMatchObject({
      state: 'Closed',
      closedAt: START + GRACE,
      lastDisconnection: { number: 1, outcome: 'expired' },
    });
    expect(over.end).toEqual(end);
    expect(over.disconnection).toBeUndefined();
  });
});

describe('invariant 3: an expired disconnection has exactly one notice, a cancelled one has none', () => {
  it('the decision that ends a conversation carries its notice [R31]', () => {
    const decision = change(lost(), deadlineReached(2, NOBODY), deadline);
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

  it('the same deadline reported again adds no second notice [R31]', () => {
    given(expired())
      .when(deadlineReached(2, NOBODY), START + 2 * GRACE)
      .then({ changed: false, entries: [] });
  });

  it('a return writes no notice [R31]', () => {
    given(lost())
      .when(connected('tab-2', afterStart(60)), afterStart(60))
      .then({ changed: true, entries: [] });
  });

  it('a customer who leaves while disconnected gets the notice of leaving, not of the loss', () => {
    const left = given(lost()).when(customerLeft(), afterStart(60));
    expect(left.decision).toMatchObject({ entries: [{ trigger: 'customer-ended-conversation' }] });
    expect(left.decision).not.toHaveProperty('entries.0.disconnectionNumber');
    left
      .then({ entries: ['customer-ended-conversation'] })
      .when(deadlineReached(2, NOBODY), START + 2 * GRACE)
      .then(superseded);
  });
});

describe('invariant 4: the deadline is the moment of loss plus the grace period', () => {
  it('counts from the receipt when the event came at once [R24]', () => {
    const { since, deadline: due } = runningDisconnection(lost(accepted(), afterStart(10)));
    expect([since, due]).toEqual([afterStart(10), afterStart(10) + GRACE]);
  });

  it('does not make a late event an extra wait [R35]', () => {
    const late = change(accepted(), disconnected('tab-1', afterStart(10)), afterStart(70)).conversation;
    const { since, deadline: due } = runningDisconnection(late);
    expect(since).toBeGreaterThanOrEqual(afterStart(10));
    expect(since).toBeLessThanOrEqual(afterStart(11));
    expect(due).toBe(since + GRACE);
  });

  it.each([-300, -1, 1, 300])('is not moved by a clock of the service that is %d s off [R35]', (skew) => {
    const from = (at: number) => at + skew * SECOND;
    given(aConversation())
      .when(connected('tab-1', from(afterStart(1))), afterStart(1))
      .then({})
      .when(disconnected('tab-1', from(afterStart(10))), afterStart(10))
      .then({ conversation: { disconnection: { since: afterStart(10) } } });
  });

  it('never lies before the last sign of life', () => {
    given(connectedCustomer())
      .when(customerMessage('m1'), afterStart(50))
      .then({})
      .when(disconnected('tab-1', afterStart(10)), afterStart(60))
      .then({ conversation: { disconnection: { since: afterStart(50) } } });
  });

  it('never lies before the receipt of the latest `connected`', () => {
    given(lost())
      .when(connected('tab-2', afterStart(15)), afterStart(50))
      .then({})
      .when(disconnected('tab-2', afterStart(20)), afterStart(60))
      .then({ conversation: { disconnection: { since: afterStart(50) } } });
  });

  it('learns from a prompt loss how late the next one is', () => {
    const { conversation } = given(aConversation())
      .when(connected('tab-1', afterStart(1)), afterStart(31))
      .then({})
      .when(disconnected('tab-1', afterStart(40)), afterStart(40))
      .then({})
      .when(connected('tab-2', afterStart(50)), afterStart(80))
      .then({})
      .when(disconnected('tab-2', afterStart(100)), afterStart(130))
      .then({ outcome: 'disconnection-began' });
    expect(conversation.disconnection?.since).toBeLessThanOrEqual(afterStart(101));
  });

  it('does nothing before the deadline, and acts at it [R24]', () => {
    given(lost())
      .when(deadlineReached(2, NOBODY), deadline - 1)
      .then({ changed: false, details: { outcome: { type: 'not-reached', deadline } }, effects: [] })
      .when(deadlineReached(2, NOBODY), deadline)
      .then({ outcome: 'expired', changed: true });
  });
});

describe('invariant 5: lost, repeated, late and reordered events lead to the same state', () => {
  const AT = afterStart(60);

  it('a repeated `connected` changes nothing and yields the cancel again', () => {
    const first = given(lost()).when(connected('tab-2', AT), AT);
    const again = first.then({ effects: BACK }).when(connected('tab-2', AT), afterStart(63));
    again.then({ outcome: 'repeated', changed: false, effects: BACK });
    expect(effectsOf(again.decision)).toEqual(effectsOf(first.decision));
  });

  it('a repeated `connected` of a tab that ended no disconnection has no effects', () => {
    given(connectedCustomer('tab-1', 'tab-2'))
      .when(connected('tab-2', afterStart(1)), afterStart(4))
      .then({ outcome: 'repeated', changed: false, effects: [] });
  });

  it('a repeated `disconnected` yields the start of the timer again', () => {
    const event = disconnected('tab-1', afterStart(10));
    const first = given(accepted()).when(event, afterStart(10));
    const again = first.then({}).when(event, afterStart(13));
    again.then({ outcome: 'repeated', changed: false });
    expect(effectsOf(again.decision)).toEqual(effectsOf(first.decision));
  });

  it('a repeated `disconnected` of a disconnection that is over does nothing', () => {
    given(lost())
      .when(connected('tab-2', AT), AT)
      .then({})
      .when(disconnected('tab-1', afterStart(10)), afterStart(61))
      .then({ outcome: 'repeated', changed: false, effects: [] });
  });

  it('a repeated `leave` tells everyone again', () => {
    const effects = [
      'list',
      'start auto-close.1 in PT15M',
      'cancel disconnection.2 (conversationEnded)',
      'customer-ended-conversation to anna',
      'conversation-ended to agents + customer',
      'close all',
    ];
    const first = given(lost()).when(customerLeft(), AT);
    const again = first.then({ effects }).when(customerLeft(), AT);
    again.then({ outcome: 'ended', changed: false });
    expect(effectsOf(again.decision)).toEqual(effectsOf(first.decision));
  });

  it('a `leave` behind another end tells nobody anything', () => {
    given(expired())
      .when(customerLeft(), START + 2 * GRACE)
      .then({ outcome: 'ended', changed: false, effects: [] });
  });

  it('a message that overtakes its `connected` proves the socket and ends the disconnection', () => {
    const wrote = given(lost())
      .when(customerMessage('m1', 'tab-2'), AT)
      .then({
        conversation: { liveConnectionIds: ['tab-2'], lastSequence: 2 },
        without: ['disconnection'],
        effects: [...BACK, 'message to customer + anna'],
      });
    const repeated = wrote.when(customerMessage('m1', 'tab-2'), AT);
    expect(effectsOf(repeated.decision)).toEqual(effectsOf(wrote.decision));
    wrote.when(connected('tab-2', AT), afterStart(61)).then({ changed: false, effects: BACK });
  });

  it.each([
    ['nobody', NOBODY],
    ['another socket', alive('tab-2')],
  ])(
    'a message behind its own `disconnected` is stored, but revives no socket if the service lists %s',
    (_who, presence) => {
      const wrote = customerMessage('m1', 'tab-1');
      given(lost())
        .when(wrote, afterStart(12))
        .then({ outcome: 'presence-needed', details: { optional: true } });
      given(lost())
        .when({ ...wrote, presence }, afterStart(12))
        .then({
          entries: ['message'],
          conversation: { liveConnectionIds: [], disconnection: { number: 2 } },
        });
    },
  );

  it('a message of a socket that the service still lists calls off a loss that was told wrongly [R134]', () => {
    given(lost())
      .when({ ...customerMessage('m1', 'tab-1'), presence: alive('tab-1') }, AT)
      .then({
        entries: ['message'],
        conversation: { liveConnectionIds: ['tab-1'], endedConnectionIds: [] },
        without: ['disconnection'],
        effects: [...BACK, 'message to customer + anna'],
      })
      .when(customerMessage('m2', 'tab-1'), AT)
      .then({ effects: ['message to customer + anna'] });
  });

  it('a tab that was wrongly taken off the record is on it again when its customer writes there [R134]', () => {
    const other = change(
      accepted(connectedCustomer('tab-1', 'tab-2')),
      disconnected('tab-1', AT, alive('tab-2')),
      AT,
    );
    given(other.conversation)
      .when({ ...customerMessage('m1', 'tab-1'), presence: alive('tab-2', 'tab-1') }, AT)
      .then({
        conversation: { liveConnectionIds: ['tab-2', 'tab-1'], endedConnectionIds: [] },
        effects: ['message to customer + anna'],
      });
  });
});

describe('invariant 6: the timer is only a wake-up', () => {
  it.each([
    ['of a disconnection that never was', 7],
    ['of one long past', 1],
  ])('a deadline %s is superseded', (_title, number) => {
    given(lost())
      .when(deadlineReached(number, NOBODY), START + 2 * GRACE)
      .then(superseded);
  });

  it('a lost cancel changes nothing: the customer is present', () => {
    const back = change(lost(), connected('tab-2', afterStart(60)), afterStart(60));
    const fired = decideAt(back.conversation, deadlineReached(2, NOBODY), START + 2 * GRACE);
    expect(fired).toMatchObject({ kind: 'unchanged', outcome: { type: 'customer-present' } });
    expect(pushesOf(fired)).toEqual(pushesOf(back));
  });

  it('a double fire yields the same outcome and the same effects', () => {
    const first = given(lost()).when(deadlineReached(2, NOBODY), deadline);
    const second = first
      .then({ outcome: 'expired', effects: ended('PT15M') })
      .when(deadlineReached(2), deadline + 5 * SECOND);
    second.then({ outcome: 'expired', changed: false });
    expect(effectsOf(second.decision)).toEqual(effectsOf(first.decision));
  });

  it('a late fire ends the conversation at the time of acting', () => {
    const late = deadline + 2 * SECOND;
    const { conversation } = change(lost(), deadlineReached(2, NOBODY), late);
    expect(conversation.end).toEqual({ at: late, reason: 'customer-disconnected' });
  });
});

describe('invariant 7: before ending for absence, the service itself is asked', () => {
  it('asks at the deadline, and decides the same event again with the answer [R34]', () => {
    expect(decideAt(lost(), deadlineReached(2), deadline)).toEqual({ kind: 'presence-needed' });
    given(lost())
      .when(deadlineReached(2, alive('tab-2')), deadline)
      .then({ state: 'Active' });
    given(lost()).when(deadlineReached(2, NOBODY), deadline).then({ state: 'WrapUp' });
  });

  it('does not ask when nothing depends on it', () => {
    given(lost())
      .when(deadlineReached(2), deadline - 1)
      .then({ outcome: 'not-reached' });
    given(lost()).when(deadlineReached(1), deadline).then(superseded);
    given(expired()).when(deadlineReached(2), deadline).then({ outcome: 'expired', changed: false });
  });

  it('"alive" heals the record and tells the agents, once', () => {
    const healed = given(lost()).when(deadlineReached(2, alive('tab-8', 'tab-9')), deadline);
    const again = healed
      .then({
        outcome: 'customer-present',
        state: 'Active',
        conversation: {
          liveConnectionIds: ['tab-8', 'tab-9'],
          lastDisconnection: { number: 2, outcome: 'reconnected', reconnectedBy: 'tab-8' },
        },
        without: ['disconnection', 'end'],
        effects: ['list', 'customer-back to agents'],
      })
      .when(deadlineReached(2), deadline + SECOND);
    again.then({ outcome: 'customer-present', changed: false });
    expect(effectsOf(again.decision)).toEqual(effectsOf(healed.decision));
  });

  it('one extra question when a tab is lost and the record lists others, none otherwise', () => {
    const event = disconnected('tab-1', afterStart(10));
    given(connectedCustomer('tab-1', 'tab-2'))
      .when(event, afterStart(10))
      .then({ outcome: 'presence-needed' });
    given(accepted()).when(event, afterStart(10)).then({ changed: true });
  });
});
