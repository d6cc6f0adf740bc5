import { describe, expect, it } from '@jest/globals';
import { type DeadlineKind, timerInstanceId } from '../../shared/conversation/conversation';
import { deadlinesOf } from '../../shared/conversation/work-list';
import { replay } from '../../shared/dead-letters/dead-letters-service';
import { conversationDeadline } from '../../shared/deadlines/conversation-deadline-orchestrator';
import { createActivities } from '../../shared/deadlines/deadline-activities';
import { ACTIVITIES, type DeadlineInput } from '../../shared/deadlines/deadline-contract';
import { policies } from '../support/domain/policies';
import { silent } from '../support/silent';
import { drive, type DriveOptions, type Run } from '../support/durable/driver';
import {
  agentEnded,
  ANN,
  GRACE,
  ID,
  inConversation,
  message,
  PROFILE,
  quiet,
  type Scene,
  withAllowance,
} from '../unit/application/scene';
import { EARLY, iso, MINUTE, SECOND } from './scenarios';

const activitiesOf = ({ service, world, clock }: Scene) =>
  createActivities({
    service,
    deadLetters: world.deadLetters,
    now: () => clock.now,
    logger: silent,
    pause: async (time) => void (clock.now += time),
  });

/**
 * The orchestrator with its own activities and the service behind them: the whole path, in virtual time, on an engine whose
 * timers fire 0.95 s before their time.
 */
async function wait(made: Scene, more: Partial<DriveOptions> = {}): Promise<Run> {
  const { disconnection } = made.world.conversation(ID);
  if (disconnection === undefined) throw new Error('nothing to wait for');
  const { number, deadline } = disconnection;
  const input: DeadlineInput = { conversationId: ID, kind: 'disconnection', number, deadline: iso(deadline) };
  return waitFor(made, input, more);
}

function waitFor(made: Scene, input: DeadlineInput, more: Partial<DriveOptions> = {}): Promise<Run> {
  const { reachDeadline, fileDeadLetter } = activitiesOf(made);
  made.clock.now += 1_000 - EARLY;
  return drive(conversationDeadline, {
    input,
    startedAt: made.clock.now,
    clock: made.clock,
    instanceId: timerInstanceId(ID, input.kind, input.number),
    version: '3.0',
    firesEarly: true,
    activities: {
      [ACTIVITIES.reachDeadline]: reachDeadline,
      [ACTIVITIES.fileDeadLetter]: fileDeadLetter,
    },
    ...more,
  });
}

async function lost(): Promise<Scene> {
  const made = await inConversation();
  await made.handle(message('m1'));
  made.clock.now += MINUTE;
  await made.leavesSilently('tab-a');
  return quiet(made);
}

const typesTold = ({ world }: Scene) =>
  world.pushes.map(({ audience, push }) => `${push.type} to ${audience.to}`);

describe('a customer who stays away', () => {
  it('is ended at the deadline with one notice, and everyone is told', async () => {
    const made = await lost();
    const lostAt = made.clock.now;
    const run = await wait(made);
    expect(run.output).toEqual({ outcome: 'expired' });
    expect(made.world.conversation(ID)).toMatchObject({
      state: 'WrapUp',
      end: { at: lostAt + GRACE, reason: 'customer-disconnected' },
    });
    expect(run.calls.map(({ name }) => name)).toEqual([ACTIVITIES.reachDeadline]);
    expect(made.world.noticesOf(ID)).toHaveLength(1);
    expect(typesTold(made)).toEqual([
      'notice to agent',
      'conversation-ended to agents',
      'conversation-ended to customer',
    ]);
  });

  it('is ended once storage is back, and not before', async () => {
    const made = await lost();
    const lostAt = made.clock.now;
    const back = lostAt + GRACE + 7 * MINUTE;
    made.world.gate = () => {
      if (made.clock.now >= back) made.world.recover();
    };
    made.world.fail('save');
    const run = await wait(made);
    expect(run.output).toEqual({ outcome: 'expired' });
    expect(made.world.conversation(ID).end?.at).toBeGreaterThanOrEqual(back);
    expect(made.world.noticesOf(ID)).toHaveLength(1);
  });

  it('is ended once the service answers whether somebody is there', async () => {
    const made = withAllowance(await lost());
    made.world.fail('presence', 3);
    const run = await wait(made);
    // Nobody could be asked over the deadline: one more minute is given and told, then it ends.
    expect(run.calls).toHaveLength(3 + 1 + 1);
    expect(made.world.conversation(ID).state).toBe('WrapUp');
    expect(typesTold(made)[0]).toBe('wait-extended to agents');
  });

  it('stays ended, once, while the news cannot be told; then the news is told', async () => {
    const made = await lost();
    made.world.fail('push', 3 * 8);
    const run = await wait(made);
    expect(run).toMatchObject({ output: { outcome: 'expired' } });
    expect(run.generations).toHaveLength(2);
    expect(made.world.noticesOf(ID)).toHaveLength(1);
    expect(typesTold(made)).toEqual([
      'notice to agent',
      'conversation-ended to agents',
      'conversation-ended to customer',
    ]);
    expect([...made.world.socketsOf(ID)]).toEqual([]);
  });
});

/** Each of the kinds, and when its deadline is. */
const KINDS: readonly (readonly [DeadlineKind, () => Promise<Scene>, string])[] = [
  ['disconnection', lost, 'expired'],
  ['agent-disconnection', agentLost, 'requeued'],
  ['capacity-release', wrappedUp, 'capacity-released'],
  ['auto-close', wrappedUp, 'auto-closed'],
];

async function agentLost(): Promise<Scene> {
  const made = await inConversation();
  made.world.absentAgents.add(ANN.agentId);
  await made.handle({ type: 'agent-disconnected', agentId: ANN.agentId });
  return quiet(made);
}

async function wrappedUp(): Promise<Scene> {
  const made = await inConversation();
  made.world.operatorSettings = { policies: policies({ wrapUpCapacity: 5 * MINUTE }), messages: [] };
  await made.handle(agentEnded);
  return quiet(made);
}

function timerOf({ world }: Scene, kind: DeadlineKind): DeadlineInput {
  const due = deadlinesOf(world.conversation(ID)).find((one) => one.kind === kind);
  if (due === undefined) throw new Error(`no ${kind} is waited for`);
  return { conversationId: ID, kind, number: due.number, deadline: iso(due.at) };
}

describe('an engine whose timers fire early', () => {
  it.each(KINDS)(
    'costs one fire and one step for %s, and is never before the deadline',
    async (kind, prepare, outcome) => {
      const made = await prepare();
      const input = timerOf(made, kind);
      const run = await waitFor(made, input);
      expect(run).toMatchObject({ status: 'completed', output: { outcome } });
      expect(run.generations).toHaveLength(1);
      expect(run.calls).toEqual([{ at: Date.parse(input.deadline), name: ACTIVITIES.reachDeadline, input }]);
    },
  );

  it('costs one more for a wait that was moved', async () => {
    const made = await lost();
    const input = timerOf(made, 'disconnection');
    const by = 5 * MINUTE;
    await made.handle({ type: 'wait-extended', agentId: ANN.agentId, by, key: 'once' });
    const run = await waitFor(made, input);
    const deadline = Date.parse(input.deadline);
    expect(run.calls.map(({ at }) => at)).toEqual([deadline, deadline + by]);
    expect(made.world.conversation(ID).end?.at).toBe(deadline + by);
  });

  it('costs one more for a rest', async () => {
    const made = await wrappedUp();
    made.world.fail('save', 8);
    const input = timerOf(made, 'capacity-release');
    const run = await waitFor(made, input);
    expect(run.generations).toHaveLength(2);
    expect(run.calls.map(({ name }) => name)).toEqual([
      ...Array.from({ length: 8 }, () => ACTIVITIES.reachDeadline),
      ACTIVITIES.fileDeadLetter,
      ACTIVITIES.reachDeadline,
    ]);
  });

  it.each([
    [400, 1],
    [SECOND, 2],
    [10 * SECOND, 7],
  ])('is asked seldom by a host whose clock is %i ms behind', async (behind, most) => {
    const made = await lost();
    const input = timerOf(made, 'disconnection');
    const { clock } = made;
    const engine = {
      get now() {
        return clock.now + behind;
      },
      set now(at) {
        clock.now = at - behind;
      },
    };
    const run = await waitFor(made, input, { startedAt: engine.now + 50, clock: engine });
    expect(run.output).toEqual({ outcome: 'expired' });
    expect(run.calls.length).toBeLessThanOrEqual(most);
    expect(made.world.conversation(ID).end?.at).toBeGreaterThanOrEqual(Date.parse(input.deadline));
  });
});

describe('a clock that is set back while somebody is waited for', () => {
  const kinds = KINDS.filter(([kind]) => kind === 'disconnection' || kind === 'agent-disconnection');
  const steps = [2 * SECOND, MINUTE, 10 * MINUTE, 25 * 60 * MINUTE];

  it.each(kinds.flatMap(([kind, ...how]) => steps.map((by) => [kind, by, ...how] as const)))(
    '%s, by %i ms: makes no wait longer than its own length [R138]',
    async (kind, by, prepare, outcome) => {
      const made = await prepare();
      const input = timerOf(made, kind);
      const length = Date.parse(input.deadline) - made.clock.now;
      const { reachDeadline } = activitiesOf(made);
      let setTo: number | undefined;
      const run = await waitFor(made, input, {
        activities: {
          [ACTIVITIES.reachDeadline]: (reached: DeadlineInput) => {
            if (setTo === undefined) made.clock.now = setTo = made.clock.now - by;
            return reachDeadline(reached);
          },
        },
      });
      expect(run.output).toEqual({ outcome });
      expect(run.calls).toHaveLength(2);
      expect(run.endedAt - setTo!).toBeLessThanOrEqual(Math.min(by, length) + SECOND);
    },
  );
});

describe('a conversation whose row cannot be read', () => {
  it('ends the timer with a dead letter, and by a replay itself once the row is mended', async () => {
    const made = await lost();
    const waiting = made.world.conversation(ID);
    made.world.spoiled.set(ID, 'unreadable');
    const run = await wait(made);
    expect(run).toMatchObject({ status: 'completed', output: { outcome: 'dead-lettered' } });
    expect(made.world.conversation(ID)).toEqual(waiting);
    const [letter] = made.world.deadLetters.all();
    expect(letter).toMatchObject({ kind: 'unreadable-row', state: 'open', count: 1 });

    made.world.spoiled.clear();
    await replay(letter!, { ...made.world, service: made.service, now: () => made.clock.now });
    expect(made.world.conversation(ID).state).toBe('WrapUp');
    expect(made.world.noticesOf(ID)).toHaveLength(1);
  });
});

describe('a service that is down for minutes', () => {
  it('leaves one dead letter however long it lasts, ends nothing meanwhile, and ends once when it is back', async () => {
    const made = await lost();
    const back = made.clock.now + GRACE + 40 * MINUTE;
    made.world.gate = () => {
      if (made.clock.now < back) return;
      made.world.recover();
    };
    made.world.fail('presence');
    const run = await wait(made);
    expect(made.world.deadLetters.all()).toMatchObject([
      {
        kind: 'deadline-failed',
        deadline: { kind: 'disconnection', number: 2 },
        code: 'retries-exhausted',
        state: 'open',
        count: 4,
      },
    ]);
    expect(run.output).toEqual({ outcome: 'expired' });
    expect(made.world.conversation(ID).end?.at).toBeGreaterThanOrEqual(back);
    expect(made.world.noticesOf(ID)).toHaveLength(1);
  });
});

describe('a customer who is there', () => {
  it('is not ended when the cancel was lost', async () => {
    const made = await lost();
    const waiting = made.clock.now;
    await made.arrives('tab-b');
    const before = made.world.conversation(ID);
    const deadline = iso(waiting + GRACE);
    const input = { conversationId: ID, kind: 'disconnection', number: 2, deadline } as const;
    const run = await waitFor(made, input);
    expect(run.output).toEqual({ outcome: 'customer-present' });
    expect(made.world.conversation(ID)).toEqual(before);
  });

  it('is found at the deadline when its connected was lost', async () => {
    const made = await lost();
    made.world.open(ID, 'tab-b');
    const run = await wait(made);
    expect(run.output).toEqual({ outcome: 'customer-present' });
    expect(made.world.conversation(ID)).toMatchObject({ state: 'Active', liveConnectionIds: ['tab-b'] });
    expect(typesTold(made)).toEqual(['customer-back to agents']);
  });
});

describe('what the task hub gets to see', () => {
  it('has neither names nor texts, even when steps fail', async () => {
    const made = await lost();
    made.world.fail('presence', 2);
    made.world.fail('push', 2);
    const { generations } = await wait(made);
    const seen = JSON.stringify(generations);
    expect(seen).toContain('failed');
    for (const secret of [PROFILE.name, PROFILE.queue, ANN.agentName, 'parcel', 'disconnected from']) {
      expect(seen).not.toContain(secret);
    }
  });
});
