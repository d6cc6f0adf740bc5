import { describe, expect, it } from '@jest/globals';
import type { Conversation } from '../../../shared/conversation/conversation';
import {
  accepted,
  aConversation,
  afterStart,
  agentAccepted,
  agentEnded,
  alive,
  change,
  connect,
  connected,
  connectedCustomer,
  deadlineReached,
  decideAt,
  disconnected,
  effectsOf,
  effectTypes,
  expired,
  GRACE,
  lost,
  NOBODY,
  pushesOf,
  runningDisconnection,
  START,
} from '../../support/domain/builders';

describe('`connect` is repeated, or the handshake fails after it', () => {
  it('a widget whose handshakes fail for hours does not keep the conversation open', () => {
    let conversation = aConversation();
    for (let handshake = 1; handshake <= 200; handshake += 1) {
      const at = afterStart(handshake * 100);
      const decision = decideAt(conversation, disconnected(`failed-${handshake}`, at), at);
      if (decision.kind === 'changed') conversation = decision.conversation;
    }
    expect(conversation.disconnection?.deadline).toBeLessThanOrEqual(START + 21 * GRACE);
  });

  it('a returning customer is admitted, and the disconnection runs until its `connected`', () => {
    expect(decideAt(lost(), connect(), afterStart(60))).toEqual({
      kind: 'unchanged',
      outcome: { type: 'admitted' },
      effects: [],
    });
  });
});

describe('`connected` of the new socket arrives before `disconnected` of the old one', () => {
  it('two connections, then one: no disconnection begins', () => {
    const two = change(accepted(), connected('tab-2', afterStart(10)), afterStart(10));
    expect(two.conversation.liveConnectionIds).toEqual(['tab-1', 'tab-2']);
    expect(two.effects).toEqual([]);
    const one = change(
      two.conversation,
      disconnected('tab-1', afterStart(9), alive('tab-2')),
      afterStart(11),
    );
    expect(one.outcome).toEqual({ type: 'connection-removed' });
    expect(one.conversation.liveConnectionIds).toEqual(['tab-2']);
    expect(one.conversation.disconnection).toBeUndefined();
  });
});

describe('`connected` arrives after its own `disconnected`', () => {
  it('is ignored', () => {
    const conversation = change(
      aConversation(),
      disconnected('tab-1', afterStart(2)),
      afterStart(2),
    ).conversation;
    expect(conversation.endedConnectionIds).toEqual(['tab-1']);
    expect(conversation.liveConnectionIds).toEqual([]);
    expect(conversation.disconnection).toBeDefined();
    expect(decideAt(conversation, connected('tab-1', afterStart(1)), afterStart(3))).toEqual({
      kind: 'unchanged',
      outcome: { type: 'ignored', because: 'stale-connection' },
      effects: [],
    });
  });
});

describe('`connected` never arrives, the customer is there', () => {
  it('at the deadline the record is healed, with a connection once that is listed twice, and nothing ends', () => {
    const healed = change(aConversation(), deadlineReached(1, alive('tab-1', 'tab-1')), START + GRACE);
    expect(healed.conversation).toMatchObject({ state: 'Open', liveConnectionIds: ['tab-1'] });
    expect(effectTypes(healed)).toEqual(['update-work-list', 'push customer-connected']);
  });
});

describe('`disconnected` of tab A was lost, then tab B closes: the record still lists A', () => {
  const stale = () => connectedCustomer('tab-a', 'tab-b');

  it('asks the service, and none alive means that this was the last one', () => {
    expect(decideAt(stale(), disconnected('tab-b', afterStart(20)), afterStart(20)).kind).toBe(
      'presence-needed',
    );
    const { conversation, outcome } = change(
      stale(),
      disconnected('tab-b', afterStart(20), NOBODY),
      afterStart(20),
    );
    expect(outcome).toEqual({ type: 'disconnection-began' });
    expect(conversation).toMatchObject({
      liveConnectionIds: [],
      endedConnectionIds: ['tab-a', 'tab-b'],
      disconnection: { number: 2, lostConnectionId: 'tab-b' },
    });
  });

  it('an answer that still lists the lost tab itself counts as none', () => {
    expect(
      change(stale(), disconnected('tab-b', afterStart(20), alive('tab-b')), afterStart(20)).outcome,
    ).toEqual({ type: 'disconnection-began' });
  });

  it('an answer that lists a tab nobody had reported heals the record', () => {
    const { conversation } = change(
      stale(),
      disconnected('tab-b', afterStart(20), alive('tab-c', 'tab-c')),
      afterStart(20),
    );
    expect(conversation).toMatchObject({
      liveConnectionIds: ['tab-c'],
      endedConnectionIds: ['tab-a', 'tab-b'],
    });
  });
});

describe('lost, back, lost again within a second', () => {
  const at = (milliseconds: number) => afterStart(10) + milliseconds;
  const twice = () => {
    const back = change(lost(), connected('tab-2', at(300)), at(300)).conversation;
    return change(back, disconnected('tab-2', at(600)), at(600)).conversation;
  };

  it('is two disconnections with different numbers and deadlines', () => {
    const conversation = twice();
    expect(conversation.lastDisconnection).toMatchObject({ number: 2, outcome: 'reconnected' });
    expect(conversation.disconnection).toMatchObject({ number: 3, lostConnectionId: 'tab-2' });
  });

  it.each([2, 1])('the timer of number %d, which is over, cannot touch the third', (number) => {
    const conversation = twice();
    expect(decideAt(conversation, deadlineReached(number, NOBODY), START + 2 * GRACE)).toMatchObject({
      kind: 'unchanged',
      outcome: { type: 'superseded' },
      effects: [],
    });
    expect(expired(conversation).end?.reason).toBe('customer-disconnected');
  });
});

describe('a timer fires that nobody waits for any more', () => {
  it.each([
    ['of an earlier disconnection than the last, while the customer is there', connectedAgain(), 1],
    ['of a disconnection that never was, before anybody has come', aConversation(), 7],
  ])('%s: it changes nothing and tells nobody', (_title, conversation, number) => {
    expect(decideAt(conversation, deadlineReached(number, NOBODY), START + 9 * GRACE)).toEqual({
      kind: 'unchanged',
      outcome: { type: 'superseded' },
      effects: [],
    });
  });

  function connectedAgain(): Conversation {
    return change(lost(), connected('tab-2', afterStart(20)), afterStart(20)).conversation;
  }
});

describe('the start of the timer fails after the save', () => {
  it('so does the event whose loss was found with the help of the service', () => {
    const first = change(
      connectedCustomer('tab-1', 'tab-2'),
      disconnected('tab-1', afterStart(10), NOBODY),
      afterStart(10),
    );
    const again = decideAt(first.conversation, disconnected('tab-1', afterStart(10)), afterStart(13));
    expect(effectsOf(again)).toEqual(first.effects);
  });
});

describe("the customer comes back while the timer's transaction runs", () => {
  const { deadline } = runningDisconnection(lost());

  it('the timer wins: the new socket is told so and shown out', () => {
    const decision = decideAt(expired(), connected('tab-2', deadline), deadline);
    expect(decision).toMatchObject({ kind: 'unchanged', outcome: { type: 'ignored', because: 'ended' } });
    expect(effectsOf(decision)).toContainEqual({ type: 'close-connection', connectionId: 'tab-2' });
    expect(pushesOf(decision)).toContainEqual(
      expect.objectContaining({
        type: 'conversation-ended',
        reason: 'customer-disconnected',
        options: ['new-conversation'],
      }),
    );
    const told = effectsOf(decision).flatMap((effect) =>
      effect.type === 'push' && effect.push.type === 'conversation-ended' ? [effect.audience] : [],
    );
    expect(told).toEqual([{ to: 'customer' }]);
  });

  it('the timer wins: the next `connect` is refused with the reason', () => {
    expect(decideAt(expired(), connect(), deadline)).toMatchObject({
      kind: 'refused',
      refusal: { code: 'conversation-ended', state: 'WrapUp', endReason: 'customer-disconnected' },
    });
  });
});

describe('the conversation ends while customer sockets are open', () => {
  const ended = (): Conversation =>
    change(
      change(connectedCustomer('tab-1', 'tab-2'), agentAccepted(), afterStart(3)).conversation,
      agentEnded(),
      afterStart(30),
    ).conversation;

  it('the sockets that close begin no disconnection', () => {
    expect(decideAt(ended(), disconnected('tab-1', afterStart(31)), afterStart(31))).toEqual({
      kind: 'unchanged',
      outcome: { type: 'ignored', because: 'ended' },
      effects: [],
    });
  });
});
