import { describe, expect, it } from '@jest/globals';
import { timerInstanceId } from '../../shared/conversation/conversation';
import { replay } from '../../shared/dead-letters/dead-letters-service';
import { conversationDeadline } from '../../shared/deadlines/conversation-deadline-orchestrator';
import { createActivities } from '../../shared/deadlines/deadline-activities';
import { ACTIVITIES, type DeadlineInput } from '../../shared/deadlines/deadline-contract';
import { silent } from '../support/silent';
import { drive, type DriveOptions, type Run } from '../support/durable/driver';
import {
  ANN,
  GRACE,
  ID,
  inConversation,
  message,
  PROFILE,
  quiet,
  type Scene,
} from '../unit/application/scene';
import { iso, MINUTE } from './scenarios';

const activitiesOf = ({ service, world, clock }: Scene) =>
  createActivities({ service, deadLetters: world.deadLetters, now: () => clock.now, logger: silent });

/** The orchestrator with its own activities and the service behind them: the whole path, in virtual time. */
async function wait(made: Scene, more: Partial<DriveOptions> = {}): Promise<Run> {
  const { disconnection } = made.world.conversation(ID);
  if (disconnection === undefined) throw new Error('nothing to wait for');
  const { number, deadline } = disconnection;
  const input: DeadlineInput = { conversationId: ID, kind: 'disconnection', number, deadline: iso(deadline) };
  const { reachDeadline, tellParticipants, fileDeadLetter } = activitiesOf(made);
  return drive(conversationDeadline, {
    input,
    startedAt: made.clock.now,
    clock: made.clock,
    instanceId: timerInstanceId(ID, 'disconnection', number),
    activities: {
      [ACTIVITIES.reachDeadline]: reachDeadline,
      [ACTIVITIES.tellParticipants]: tellParticipants,
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
    const made = await lost();
    made.world.fail('presence', 3);
    const run = await wait(made);
    expect(run.calls).toHaveLength(3 + 1 + 1);
    expect(made.world.conversation(ID).state).toBe('WrapUp');
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
    const run = await wait(made, { version: '2.0' });
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
    const input = { conversationId: ID, kind: 'disconnection', number: 2, deadline: iso(waiting + GRACE) };
    const { reachDeadline, tellParticipants } = activitiesOf(made);
    const run = await drive(conversationDeadline, {
      input,
      startedAt: waiting,
      clock: made.clock,
      activities: {
        [ACTIVITIES.reachDeadline]: reachDeadline,
        [ACTIVITIES.tellParticipants]: tellParticipants,
      },
    });
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
