import { afterEach, describe, expect, it, jest } from '@jest/globals';
import fc, { type Scheduler } from 'fast-check';
import { hasEnded, timerInstanceId } from '../../../shared/conversation/conversation';
import type { Handled } from '../../../shared/conversation/conversation-service';
import type { ConversationEvent } from '../../../shared/conversation/inputs';
import {
  accepted,
  agentEnded,
  ANN,
  BOB,
  connect,
  connected,
  deadline,
  disconnected,
  GRACE,
  ID,
  inConversation,
  inQueue,
  left,
  message,
  offered,
  pastTheDeadline,
  quiet,
  type Scene,
} from './scene';

/** Every operation of every port is a point at which another handler may go first: all orders are fair game. */
const RUNS = { numRuns: Number(process.env.FC_RUNS ?? 200) };

type Actor = (made: Scene, wait: (what: string) => Promise<void>) => Promise<Handled>;

const handles =
  (event: ConversationEvent): Actor =>
  (made) =>
    made.handle(event);

/** The socket opens at any moment, and only then is its event sent. */
const opensAndConnects =
  (connectionId: string): Actor =>
  async (made, wait) => {
    await wait(`${connectionId} opens`);
    made.world.open(ID, connectionId);
    await wait(`connected(${connectionId}) is sent`);
    return made.handle(connected(connectionId, made.clock.now));
  };

/** Runs the actors in every order that fast-check thinks of, and checks what has become of the conversation. */
function inAnyOrder(
  prepare: () => Promise<Scene>,
  actors: readonly Actor[],
  check: (made: Scene, handled: readonly Handled[]) => Promise<void> | void,
): Promise<void> {
  const property = fc.asyncProperty(fc.scheduler(), async (scheduler) => {
    const made = await prepare();
    const handled = await interleave(scheduler, made, actors);
    holdsItsInvariants(made);
    await check(made, handled);
  });
  return fc.assert(property, RUNS);
}

async function interleave(
  scheduler: Scheduler,
  made: Scene,
  actors: readonly Actor[],
): Promise<readonly Handled[]> {
  const wait = (what: string) => scheduler.schedule(Promise.resolve(), what);
  // The pause after a conflict is one more point where the others may go first.
  jest.spyOn(globalThis, 'setTimeout').mockImplementation(((wake: () => void) => {
    void wait('pause').then(wake);
  }) as unknown as typeof setTimeout);
  made.world.gate = wait;
  const handled = await scheduler.waitFor(Promise.all(actors.map((actor) => actor(made, wait))));
  made.world.gate = () => undefined;
  jest.restoreAllMocks();
  return handled;
}

function holdsItsInvariants({ world, clock }: Scene): void {
  const conversation = world.conversation(ID);
  const { disconnection, liveConnectionIds, lastSequence } = conversation;
  const sequences = world.entriesOf(ID).map(({ sequence }) => sequence);
  expect(sequences).toEqual(Array.from({ length: lastSequence }, (_, index) => index + 1));
  if (hasEnded(conversation)) {
    expect(world.noticesOf(ID)).toMatchObject([{ reason: conversation.end?.reason }]);
    expect(disconnection).toBeUndefined();
    return;
  }
  expect(world.noticesOf(ID)).toEqual([]);
  // Invariant 2: somebody is there, or a disconnection runs whose timer will fire.
  expect(liveConnectionIds.length > 0).toBe(disconnection === undefined);
  if (disconnection === undefined) return;
  const timer = world.timerList.get(timerInstanceId(ID, 'disconnection', disconnection.number));
  expect(timer).toEqual(expect.objectContaining({ deadline: disconnection.deadline }));
  expect(timer?.cancelled).toBeUndefined();
  expect(disconnection.deadline).toBeLessThanOrEqual(clock.now + GRACE);
}

/** Every timer that was ever started fires, cancelled or not: whatever is due has happened then. */
async function allTimersFire(made: Scene): Promise<void> {
  made.clock.now += GRACE;
  for (const { id } of [...made.world.timerList.values()]) await made.handle(deadline(id.number));
  holdsItsInvariants(made);
}

const outcomes = (handled: readonly Handled[]) =>
  handled.map((one) => (one.kind === 'accepted' ? one.outcome.type : one.refusal.code));

afterEach(() => void jest.restoreAllMocks());

describe('the deadline and an agent who accepts', () => {
  it('have one winner: accepted and WrapUp, or Closed and the agent is refused', () =>
    inAnyOrder(
      () => pastTheDeadline(inQueue()),
      [handles(deadline(2)), handles(accepted())],
      ({ world }, handled) => {
        const { state } = world.conversation(ID);
        expect([state, ...outcomes(handled)]).toEqual(
          state === 'WrapUp'
            ? ['WrapUp', 'expired', 'assigned']
            : ['Closed', 'expired', 'conversation-ended'],
        );
      },
    ));
});

describe('the deadline and a customer who comes back', () => {
  it('never end a conversation whose socket is open', () =>
    inAnyOrder(
      async () => {
        const made = await pastTheDeadline();
        made.world.open(ID, 'tab-b');
        return made;
      },
      [handles(deadline(2)), handles(connected('tab-b')), handles(deadline(2))],
      async (made, handled) => {
        expect(made.world.conversation(ID)).toMatchObject({ state: 'Active', liveConnectionIds: ['tab-b'] });
        expect(outcomes(handled)).not.toContain('expired');
        await allTimersFire(made);
        expect(made.world.conversation(ID).state).toBe('Active');
      },
    ));

  it('have one winner when the socket opens in the same moment: back in time, or told and shown out', () =>
    inAnyOrder(pastTheDeadline, [handles(deadline(2)), opensAndConnects('tab-b')], (made) => {
      const { world } = made;
      if (!hasEnded(world.conversation(ID))) {
        expect(world.conversation(ID).liveConnectionIds).toEqual(['tab-b']);
        return;
      }
      expect([...world.socketsOf(ID)]).toEqual([]);
      const toCustomer = world.pushes.filter(({ audience }) => audience.to === 'customer');
      expect(toCustomer.map(({ push }) => push.type)).toContain('conversation-ended');
    }));

  it('leave one notice when the timer fires twice', () =>
    inAnyOrder(
      pastTheDeadline,
      [handles(deadline(2)), handles(deadline(2)), handles(deadline(2))],
      ({ world }, handled) => {
        expect(outcomes(handled)).toEqual(['expired', 'expired', 'expired']);
        expect(world.noticesOf(ID)).toHaveLength(1);
      },
    ));
});

describe('two tabs of one customer', () => {
  it('one closes while the other opens: the customer is there, and stays', () =>
    inAnyOrder(
      inConversation,
      [
        async (made, wait) => {
          made.world.open(ID, 'tab-b');
          await wait('tab-a closes');
          made.world.lose(ID, 'tab-a');
          return made.handle(disconnected('tab-a'));
        },
        handles(connected('tab-b')),
        handles(connected('tab-b')),
      ],
      async (made) => {
        expect(made.world.conversation(ID)).toMatchObject({ liveConnectionIds: ['tab-b'] });
        await allTimersFire(made);
        expect(made.world.conversation(ID).state).toBe('Active');
      },
    ));

  it('both close: one disconnection, one timer, one notice [R33]', () =>
    inAnyOrder(
      async () => {
        const made = await inConversation();
        await made.arrives('tab-b');
        made.world.socketsOf(ID).clear();
        return quiet(made);
      },
      [handles(disconnected('tab-a')), handles(disconnected('tab-b')), handles(disconnected('tab-a'))],
      async (made) => {
        expect(made.world.conversation(ID)).toMatchObject({ disconnectionCount: 2, liveConnectionIds: [] });
        await allTimersFire(made);
        expect(made.world.conversation(ID).state).toBe('WrapUp');
        expect(made.world.noticesOf(ID)).toHaveLength(1);
      },
    ));

  it('a socket that is lost while its message is handled does not come back to life', () =>
    inAnyOrder(
      inConversation,
      [
        handles(message('m1')),
        async (made, wait) => {
          await wait('tab-a closes');
          made.world.lose(ID, 'tab-a');
          return made.handle(disconnected('tab-a'));
        },
      ],
      async (made) => {
        expect(made.world.conversation(ID)).toMatchObject({ liveConnectionIds: [], disconnection: {} });
        await allTimersFire(made);
        expect(made.world.conversation(ID).state).toBe('WrapUp');
        const stored = made.world.entriesOf(ID).filter(({ kind }) => kind === 'message');
        expect(stored).toHaveLength(1);
      },
    ));

  it('a socket that is lost before its connected is handled does not come back to life', () =>
    inAnyOrder(
      pastTheDeadline,
      [handles(connected('tab-b')), handles(disconnected('tab-b'))],
      async (made) => {
        expect(made.world.conversation(ID).liveConnectionIds).toEqual([]);
        await allTimersFire(made);
        expect(made.world.conversation(ID).state).toBe('WrapUp');
      },
    ));
});

describe('agents', () => {
  it('who accept at once: one has the conversation, the other is told that it is taken', () =>
    inAnyOrder(inQueue, [handles(accepted(ANN)), handles(accepted(BOB))], ({ world }, handled) => {
      const winner = world.conversation(ID).agent?.id;
      expect(outcomes(handled)).toEqual(
        winner === ANN.agentId
          ? ['assigned', 'assigned-to-other-agent']
          : ['assigned-to-other-agent', 'assigned'],
      );
      const named = world.pushes.flatMap(({ push, audience }) =>
        push.type === 'conversation-assigned' && audience.to === 'agents' ? [push.agentId] : [],
      );
      expect(new Set(named)).toEqual(new Set([winner]));
    }));

  it('who end, while the customer leaves and the deadline comes: one end with one notice', () =>
    inAnyOrder(pastTheDeadline, [handles(agentEnded), handles(left), handles(deadline(2))], ({ world }) => {
      expect(world.conversation(ID).state).toBe('WrapUp');
      expect(world.noticesOf(ID)).toHaveLength(1);
    }));
});

describe('anything at once', () => {
  const POOL: readonly ConversationEvent[] = [
    connect,
    connected('tab-a'),
    connected('tab-b'),
    disconnected('tab-b'),
    message('m1', 'tab-a'),
    message('m2', 'tab-a'),
    offered(BOB),
    accepted(ANN),
    accepted(BOB),
    agentEnded,
    left,
    deadline(1),
    deadline(2),
  ];
  const events = fc.shuffledSubarray([...POOL, ...POOL], { minLength: 2, maxLength: 4 });

  it('keeps every invariant, and never ends for absence while a socket is open', () =>
    fc.assert(
      fc.asyncProperty(fc.scheduler(), events, async (scheduler, chosen) => {
        const made = await pastTheDeadline(inQueue());
        made.world.open(ID, 'tab-a');
        await interleave(scheduler, made, chosen.map(handles));
        holdsItsInvariants(made);
        expect(made.world.conversation(ID).end?.reason).not.toBe('customer-disconnected');
      }),
      RUNS,
    ));
});
