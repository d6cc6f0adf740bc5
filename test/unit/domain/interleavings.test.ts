import { describe, expect, it } from '@jest/globals';
import type { Conversation } from '../../../shared/conversation/conversation';
import type { Presence } from '../../../shared/conversation/inputs';
import {
  accepted,
  aConversation,
  afterStart,
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
  expired,
  GRACE,
  lost,
  NOBODY,
  pushesOf,
  runningDisconnection,
  START,
} from '../../support/domain/builders';
import { given } from '../../support/domain/given';

const nothing = { changed: false, effects: [] } as const;

describe('`connect` is repeated, or the handshake fails after it', () => {
  it('a widget whose handshakes fail for hours does not keep the conversation open', () => {
    let conversation = aConversation();
    for (let handshake = 1; handshake <= 200; handshake += 1) {
      const at = afterStart(handshake * 100);
      ({ conversation } = given(conversation)
        .when(disconnected(`failed-${handshake}`, at), at)
        .then({}));
    }
    expect(conversation.disconnection?.deadline).toBeLessThanOrEqual(START + 21 * GRACE);
  });

  it('a returning customer is admitted, and the disconnection runs until its `connected`', () => {
    given(lost())
      .when(connect(), afterStart(60))
      .then({ outcome: 'admitted', ...nothing });
  });
});

describe('`connected` of the new socket arrives before `disconnected` of the old one', () => {
  it('two connections, then one: no disconnection begins', () => {
    given(accepted())
      .when(connected('tab-2', afterStart(10)), afterStart(10))
      .then({ conversation: { liveConnectionIds: ['tab-1', 'tab-2'] }, effects: [] })
      .when(disconnected('tab-1', afterStart(9), alive('tab-2')), afterStart(11))
      .then({ outcome: 'connection-removed', conversation: { liveConnectionIds: ['tab-2'] }, effects: [] });
  });
});

describe('`connected` arrives after its own `disconnected`', () => {
  it('is ignored', () => {
    given(aConversation())
      .when(disconnected('tab-1', afterStart(2)), afterStart(2))
      .then({ conversation: { endedConnectionIds: ['tab-1'], liveConnectionIds: [], disconnection: {} } })
      .when(connected('tab-1', afterStart(1)), afterStart(3))
      .then({ outcome: 'stale-connection', ...nothing });
  });
});

describe('`connected` never arrives, the customer is there', () => {
  it('at the deadline the record is healed, with a connection once that is listed twice, and nothing ends', () => {
    given(aConversation())
      .when(deadlineReached(1, alive('tab-1', 'tab-1')), START + GRACE)
      .then({
        state: 'Open',
        conversation: { liveConnectionIds: ['tab-1'] },
        effects: ['list', 'customer-connected to agents'],
      });
  });
});

describe('`disconnected` of tab A was lost, then tab B closes: the record still lists A', () => {
  const AT = afterStart(20);
  const told = (presence: Presence) =>
    given(connectedCustomer('tab-a', 'tab-b')).when(disconnected('tab-b', AT, presence), AT);

  it('asks the service, and none alive means that this was the last one', () => {
    given(connectedCustomer('tab-a', 'tab-b'))
      .when(disconnected('tab-b', AT), AT)
      .then({ outcome: 'presence-needed' });
    told(NOBODY).then({
      outcome: 'disconnection-began',
      conversation: {
        liveConnectionIds: [],
        endedConnectionIds: ['tab-a', 'tab-b'],
        disconnection: { number: 2, lostConnectionId: 'tab-b' },
      },
    });
  });

  it('an answer that still lists the lost tab itself counts as none', () => {
    told(alive('tab-b')).then({ outcome: 'disconnection-began' });
  });

  it('an answer that lists a tab nobody had reported heals the record', () => {
    told(alive('tab-c', 'tab-c')).then({
      conversation: { liveConnectionIds: ['tab-c'], endedConnectionIds: ['tab-a', 'tab-b'] },
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
    expect(twice()).toMatchObject({
      lastDisconnection: { number: 2, outcome: 'reconnected' },
      disconnection: { number: 3, lostConnectionId: 'tab-2' },
    });
  });

  it.each([2, 1])('the timer of number %d, which is over, cannot touch the third', (number) => {
    given(twice())
      .when(deadlineReached(number, NOBODY), START + 2 * GRACE)
      .then({ outcome: 'superseded', ...nothing });
    expect(expired(twice()).end?.reason).toBe('customer-disconnected');
  });
});

describe('a timer fires that nobody waits for any more', () => {
  const connectedAgain = () =>
    change(lost(), connected('tab-2', afterStart(20)), afterStart(20)).conversation;
  it.each<[string, Conversation, number]>([
    ['of an earlier disconnection than the last, while the customer is there', connectedAgain(), 1],
    ['of a disconnection that never was, before anybody has come', aConversation(), 7],
  ])('%s: it changes nothing and tells nobody', (_title, conversation, number) => {
    given(conversation)
      .when(deadlineReached(number, NOBODY), START + 9 * GRACE)
      .then({ outcome: 'superseded', ...nothing });
  });
});

describe('the start of the timer fails after the save', () => {
  it('the event whose loss was found with the help of the service yields the start again', () => {
    const AT = afterStart(10);
    const first = given(connectedCustomer('tab-1', 'tab-2')).when(disconnected('tab-1', AT, NOBODY), AT);
    const again = decideAt(first.conversation, disconnected('tab-1', AT), afterStart(13));
    expect(effectsOf(again)).toEqual(effectsOf(first.decision));
  });
});

describe("the customer comes back while the timer's transaction runs", () => {
  const { deadline } = runningDisconnection(lost());

  it('the timer wins: the new socket is told so and shown out [R113]', () => {
    const { decision } = given(expired())
      .when(connected('tab-2', deadline), deadline)
      .then({
        outcome: 'ended',
        changed: false,
        effects: [
          'start auto-close.1 in PT15M',
          'customer-disconnected to anna',
          'conversation-ended to customer',
          'close tab-2',
        ],
      });
    expect(pushesOf(decision).at(-1)).toMatchObject({
      reason: 'customer-disconnected',
      options: ['new-conversation'],
    });
  });

  it('the timer wins: the next `connect` is refused with the reason [R30]', () => {
    given(expired())
      .when(connect(), deadline)
      .then({
        outcome: 'conversation-ended',
        details: { state: 'WrapUp', endReason: 'customer-disconnected' },
      });
  });
});

describe('the conversation ends while customer sockets are open', () => {
  it('the sockets that close begin no disconnection', () => {
    given(accepted(connectedCustomer('tab-1', 'tab-2')))
      .when(agentEnded(), afterStart(30))
      .then({ state: 'WrapUp' })
      .when(disconnected('tab-1', afterStart(31)), afterStart(31))
      .then({ outcome: 'ended', ...nothing });
  });
});
