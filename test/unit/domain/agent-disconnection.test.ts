import { describe, expect, it } from '@jest/globals';
import type { Conversation } from '../../../shared/conversation/conversation';
import { MINUTE } from '../../../shared/conversation/time';
import {
  type Asked,
  accepted,
  afterStart,
  agentAccepted,
  agentEnded,
  agentMessage,
  agentOffered,
  alive,
  ANNA,
  BEN,
  change,
  connected,
  connectedCustomer,
  customerMessage,
  deadlineReached,
  decideAt,
  disconnected,
  lost,
  NOBODY,
  offered,
  persistentChat,
  pushesOf,
  runningDisconnection,
} from '../../support/domain/builders';
import { given } from '../../support/domain/given';

/** "Understand conversation states", Active to Open: the representative disconnects and does not reconnect in time. */

const gone = (agentId: string = ANNA.agentId): Asked => ({ type: 'agent-disconnected', agentId });
const back = (connectionId = 'desk-2'): Asked => ({
  type: 'agent-connected',
  agentId: ANNA.agentId,
  connectionId,
});
const reached = (number: number, agentPresent?: boolean): Asked => ({
  type: 'deadline-reached',
  kind: 'agent-disconnection',
  number,
  ...(agentPresent !== undefined && { agentPresent }),
});
const AT = afterStart(60);
const DEADLINE = AT + MINUTE;
const away = (conversation: Conversation = accepted()) => change(conversation, gone(), AT).conversation;
const nothing = { changed: false, effects: [] } as const;
const QUEUED = [
  'list',
  'free anna.1',
  'agent-disconnected to customer',
  'conversation-queued to agents + customer',
];
const unheard = (assignment: number) => [
  'list',
  `cancel offer.${assignment} (deadlineObsolete)`,
  `free anna.${assignment}`,
  'conversation-queued to agents',
];
const CANCEL = 'cancel agent-disconnection.1 (deadlineObsolete)';

describe('an agent whose last socket is lost', () => {
  it('has the grace period to come back in, and the colleagues are told until when [R108]', () => {
    given(accepted())
      .when(gone(), AT)
      .then({
        state: 'Active',
        conversation: { agentDisconnection: { number: 1, agentId: 'anna', since: AT, deadline: DEADLINE } },
        effects: ['list', 'start agent-disconnection.1 in PT1M', 'agent-connection-lost to agents'],
      });
  });

  it('has the grace period that policy says', () => {
    given(accepted(), { agentGrace: 5_000 })
      .when(gone(), AT)
      .then({ conversation: { agentDisconnection: { deadline: AT + 5_000 } } });
  });

  it('keeps the conversation until the grace period is over [R108]', () => {
    given(away())
      .when(reached(1), DEADLINE - 1)
      .then({ ...nothing, details: { outcome: { type: 'not-reached', deadline: DEADLINE } } });
  });

  it('gives the conversation back to the queue, once the service has said that nobody is there [R63 R108 R110]', () => {
    expect(decideAt(away(), reached(1), DEADLINE)).toEqual({
      kind: 'agent-presence-needed',
      agentId: 'anna',
    });
    const { decision } = given(away())
      .when(reached(1, false), DEADLINE)
      .then({
        outcome: 'requeued',
        state: 'Open',
        conversation: { requeue: { reason: 'agent-disconnected' } },
        without: ['capacityHold'],
        entries: ['agent-disconnected'],
        effects: QUEUED,
      });
    expect(decision).toMatchObject({
      entries: [{ recipient: 'customer', text: expect.stringContaining('Anna') as unknown }],
    });
  });

  it('and whose timer fires twice gives it back once, and everyone is told again', () => {
    given(away())
      .when(reached(1, false), DEADLINE)
      .then({})
      .when(reached(1), DEADLINE + MINUTE)
      .then({ outcome: 'requeued', changed: false, effects: QUEUED });
  });

  it('who had only been offered the conversation loses the offer, and the customer hears nothing, then or again [R147]', () => {
    given(away(offered()))
      .when(reached(1, false), DEADLINE)
      .then({ state: 'Open', entries: [], effects: unheard(1) })
      .when(reached(1), DEADLINE + MINUTE)
      .then({
        outcome: 'requeued',
        changed: false,
        effects: ['list', 'free anna.1', 'conversation-queued to agents'],
      });
  });

  it('who had released the conversation and was offered it again is nobody to the customer in that offer [R147]', () => {
    const released = change(accepted(), { type: 'agent-released', agentId: ANNA.agentId }, AT - 2_000);
    const again = change(released.conversation, agentOffered(ANNA), AT - 1_000);
    given(away(again.conversation))
      .when(reached(1, false), DEADLINE)
      .then({ effects: unheard(2) });
  });

  it('and whose event comes twice has one disconnection', () => {
    given(away())
      .when(gone(), AT + 1_000)
      .then({ changed: false, timers: ['start agent-disconnection.1 in PT59S'] });
  });
});

describe('an agent who is away', () => {
  it('leaves the time of a customer who is away, too, as it is [R111]', () => {
    const both = away(lost(offered()));
    const queued = change(both, reached(1, false), DEADLINE).conversation;
    expect(queued).toMatchObject({ state: 'Open', disconnection: both.disconnection });
    const { number, deadline } = runningDisconnection(queued);
    given(queued)
      .when(deadlineReached(number, NOBODY), deadline)
      .then({ state: 'Closed', conversation: { end: { reason: 'customer-disconnected' } } });
  });

  it('and whose offer is taken by a colleague has no absence any more', () => {
    given(away(offered()))
      .when(agentOffered(BEN), AT + 1_000)
      .then({
        without: ['agentDisconnection'],
        timers: ['start offer.2 in PT30S', CANCEL, 'cancel offer.1 (deadlineObsolete)'],
      })
      .when(reached(1), DEADLINE)
      .then({ outcome: 'superseded', changed: false });
  });
});

describe('an agent whose customer is away, too', () => {
  const LOST = afterStart(10);
  const customersDeadline = LOST + 3 * MINUTE;
  /** The agent's deadline has passed while nobody was there. */
  const kept = () => given(away(lost())).when(reached(1, false), DEADLINE).then({ changed: true });

  it("keeps the conversation that nobody is in; its deadline waits for the customer's [R130]", () => {
    const { decision } = kept()
      .when(reached(1, false), DEADLINE + 1)
      .then({ outcome: 'not-reached', changed: false });
    expect(decision).toMatchObject({ outcome: { deadline: customersDeadline + MINUTE } });
    const told = given(away(lost()))
      .when(reached(1, false), DEADLINE)
      .then({
        outcome: 'not-reached',
        state: 'Active',
        conversation: { agent: { id: 'anna' }, agentDisconnection: { deadline: customersDeadline + MINUTE } },
        entries: [],
        // Once more, for it may have failed; where it runs it waits on by itself.
        effects: ['list', 'start agent-disconnection.1 in PT2M10S', 'agent-connection-lost to agents'],
      });
    expect(pushesOf(told.decision)).toMatchObject([{ because: 'customer-away' }]);
  });

  it('has its wrap-up at the deadline of the customer, who is told of nothing else [R130]', () => {
    kept()
      .when(deadlineReached(2, NOBODY), customersDeadline)
      .then({
        state: 'WrapUp',
        conversation: { agent: { id: 'anna' }, end: { reason: 'customer-disconnected' } },
        entries: ['customer-disconnected'],
        without: ['agentDisconnection', 'requeue'],
      })
      .when(reached(1), customersDeadline + MINUTE)
      .then({ outcome: 'superseded', ...nothing });
  });

  it.each([
    ['a socket', () => connected('tab-2', DEADLINE + 20_000)],
    ['a message', () => customerMessage('m1', 'tab-2')],
    ['what the service says', () => deadlineReached(2, alive('tab-2'))],
  ])(
    'has ten seconds of its own once the customer is back by %s, and is then replaced [R135]',
    (_how, back) => {
      const at = customersDeadline + 20_000;
      const returned = kept()
        .when(back(), at)
        .then({
          conversation: {
            agentDisconnection: { number: 2, since: AT, deadline: at + 10_000 },
            agentDisconnectionCount: 2,
          },
        });
      expect(pushesOf(returned.decision)).toMatchObject([
        { type: 'customer-back' },
        { type: 'agent-connection-lost', number: 2 },
        ...(_how === 'a message' ? [{ type: 'message' }, { type: 'message' }] : []),
      ]);
      returned.when(back(), at + 1).then({
        changed: false,
        notifications: expect.arrayContaining(['agent-connection-lost to agents']) as never,
      });
      returned.when(reached(1, false), at + 1).then({ outcome: 'superseded', ...nothing });
      returned
        .when(reached(2, false), at + 10_000)
        .then({ outcome: 'requeued', state: 'Open', entries: ['agent-disconnected'] });
    },
  );

  it('has no longer wait of its own than the policy gives [R135]', () => {
    const short = { agentGrace: 4_000 };
    const lostOne = given(lost(), short).when(gone(), AT).then({});
    lostOne
      .when(reached(1, false), AT + 4_000)
      .then({ outcome: 'not-reached' })
      .when(connected('tab-2', AT + 20_000), AT + 20_000)
      .then({ conversation: { agentDisconnection: { deadline: AT + 24_000 } } });
  });

  it('is back in time when it comes before the customer, or in the wait after it', () => {
    const early = kept()
      .when(back(), DEADLINE + 10_000)
      .then({ without: ['agentDisconnection'], state: 'Active' });
    early
      .when(connected('tab-2', DEADLINE + 20_000), DEADLINE + 20_000)
      .then({ without: ['agentDisconnection'] });
    kept()
      .when(connected('tab-2', DEADLINE + 20_000), DEADLINE + 20_000)
      .then({})
      .when(back(), DEADLINE + 21_000)
      .then({ without: ['agentDisconnection'], conversation: { agent: { id: 'anna' } } });
  });

  it('keeps its first deadline when the customer is back before it', () => {
    given(away(lost()))
      .when(connected('tab-2', AT + 20_000), AT + 20_000)
      .then({ conversation: { agentDisconnection: { number: 1, deadline: DEADLINE } } })
      .when(reached(1, false), DEADLINE)
      .then({ outcome: 'requeued' });
  });

  it('is asked for again at a later deadline of the customer, and never at once when that one cannot be decided', () => {
    const late = customersDeadline + 10 * MINUTE;
    kept()
      .when(reached(1, false), late)
      .then({ outcome: 'not-reached', conversation: { agentDisconnection: { deadline: late + MINUTE } } });
  });

  it('loses what it was only offered, and a chat without a deadline of its customer', () => {
    given(away(lost(offered())))
      .when(reached(1, false), DEADLINE)
      .then({ outcome: 'requeued', state: 'Open' });
    const persistent = change(
      accepted(persistentChat()),
      disconnected('tab-1', afterStart(10)),
      afterStart(10),
    );
    given(away(persistent.conversation))
      .when(reached(1, false), DEADLINE)
      .then({ outcome: 'requeued', state: 'Open' });
  });
});

describe('an agent who comes back', () => {
  it('in time keeps the conversation; a timer whose cancel was lost does nothing [R109]', () => {
    given(away())
      .when(back(), AT + 20_000)
      .then({
        state: 'Active',
        conversation: { agent: { id: 'anna' } },
        effects: ['list', CANCEL, 'agent-back to agents'],
      })
      .when(reached(1), DEADLINE)
      .then({ outcome: 'agent-present', changed: false });
  });

  it('is told of once, however often the event comes; another socket is no news', () => {
    const returned = given(away()).when(back(), AT + 20_000);
    const told = pushesOf(returned.decision);
    expect(told).toMatchObject([{ type: 'agent-back', number: 1, absentFor: 'PT20S' }]);
    const after = returned.then({});
    expect(pushesOf(after.when(back(), AT + 21_000).decision)).toEqual(told);
    after.when(back('desk-3'), AT + 22_000).then(nothing);
  });

  it('and goes again has the whole time again; the first timer does nothing, and says nothing', () => {
    given(change(away(), back(), AT + 20_000).conversation)
      .when(gone(), AT + 30_000)
      .then({ conversation: { agentDisconnection: { number: 2, deadline: AT + 30_000 + MINUTE } } })
      .when(reached(1), DEADLINE)
      .then({ outcome: 'superseded', ...nothing });
  });

  it('before the loss of the old socket is heard of keeps it: the service is asked at the deadline', () => {
    given(accepted()).when(back(), AT).then(nothing);
    given(away()).when(reached(1), DEADLINE).then({ outcome: 'agent-presence-needed' });
    given(away())
      .when(reached(1, true), DEADLINE)
      .then({
        state: 'Active',
        conversation: { agent: { id: 'anna' } },
        without: ['agentDisconnection'],
        entries: [],
        notifications: ['agent-back to agents'],
      });
  });

  it('by accepting the offer is there', () => {
    given(away(offered()))
      .when(agentAccepted(), AT + 1_000)
      .then({
        state: 'Active',
        conversation: { lastAgentDisconnection: { outcome: 'returned' } },
        without: ['agentDisconnection'],
      });
  });

  it('by accepting is told of as having accepted, and not once more when it gives the conversation away', () => {
    given(away(offered()))
      .when(agentAccepted(), AT + 1_000)
      .then({
        notifications: ['agent-joined to customer + anna', 'conversation-assigned to agents + customer'],
      })
      .when({ type: 'agent-released', ...ANNA }, AT + 2_000)
      .then({ notifications: ['agent-left to customer', 'conversation-queued to agents + customer'] });
  });

  it('by writing in the moment in which it has accepted is told of at once, and not when it gives the conversation away', () => {
    given(offered())
      .when({ ...agentAccepted(), agentPresent: false }, AT)
      .then({ conversation: { agentDisconnection: { since: AT } } })
      .when(agentMessage('m1'), AT)
      .then({ notifications: ['agent-back to agents', 'message to customer + anna'] })
      .when({ type: 'agent-released', ...ANNA }, AT)
      .then({ notifications: ['agent-left to customer', 'conversation-queued to agents + customer'] });
  });

  it('and writes is there, if the service says so [R134]', () => {
    given(away())
      .when(agentMessage('m1'), AT + 1_000)
      .then({ changed: true, without: ['agentDisconnection'] });
    given(away())
      .when({ ...agentMessage('m1'), agentPresent: false }, AT + 1_000)
      .then({ entries: ['message'], conversation: { agentDisconnection: { number: 1 } }, timers: [] });
  });

  it('finds the conversation with the colleague who has taken it meanwhile', () => {
    const queued = change(away(), reached(1, false), DEADLINE).conversation;
    const taken = change(queued, agentAccepted(BEN), DEADLINE + 1_000).conversation;
    given(taken)
      .when(back(), DEADLINE + 2_000)
      .then({ outcome: 'not-concerned', changed: false });
    given(taken)
      .when(reached(1), DEADLINE + 2_000)
      .then({ outcome: 'superseded', changed: false });
  });
});

describe('reconciliation', () => {
  const checked = (agentPresent?: boolean): Asked => ({
    type: 'presence-checked',
    presence: alive('tab-1'),
    ...(agentPresent !== undefined && { agentPresent }),
  });

  it('asks for the agent when all is well with the customer', () => {
    expect(decideAt(accepted(), checked(), AT)).toEqual({ kind: 'agent-presence-needed', agentId: 'anna' });
  });

  it('makes up for a loss and for a return that nobody has heard of, and else changes nothing', () => {
    given(accepted())
      .when(checked(false), AT)
      .then({ conversation: { agentDisconnection: { since: AT, deadline: DEADLINE } } });
    given(away())
      .when(checked(true), AT + 1_000)
      .then({ changed: true, without: ['agentDisconnection'] });
    given(accepted()).when(checked(true), AT).then({ outcome: 'agrees', changed: false });
    given(away()).when(checked(false), AT).then({ outcome: 'agrees', changed: false });
  });
});

describe("a colleague's loss, and one behind the end", () => {
  it('concern nobody', () => {
    given(accepted()).when(gone('ben'), AT).then(nothing);
    given(connectedCustomer()).when(gone(), AT).then(nothing);
    given(away())
      .when(agentEnded(), AT + 1_000)
      .then({ without: ['agentDisconnection'] })
      .when(gone(), AT + 2_000)
      .then(nothing);
  });
});
