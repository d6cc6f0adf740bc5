import { describe, expect, it, jest } from '@jest/globals';
import { DependencyError, StoredRowError, UnexpectedError } from '../../../shared/app/errors';
import type { ConversationService, Handled } from '../../../shared/conversation/conversation-service';
import type { Outcome } from '../../../shared/conversation/decision';
import { createActivities } from '../../../shared/deadlines/deadline-activities';
import type { DeadlineInput } from '../../../shared/deadlines/deadline-contract';
import { MemoryWorld } from '../../support/memory-ports';
import { silent } from '../../support/silent';
import { deadline, ID, inQueue, pastTheDeadline, scene, type Scene } from '../application/scene';

const activitiesOf = ({ service, world, clock }: Scene) =>
  createActivities({ service, deadLetters: world.deadLetters, now: () => clock.now, logger: silent });

const INPUT: DeadlineInput = {
  conversationId: ID,
  kind: 'disconnection',
  number: 2,
  deadline: '2026-03-01T10:03:00.000Z',
};

/** A service that has this to say to every event. */
function saying(handled: Handled | Error) {
  const answer = async () => {
    if (handled instanceof Error) throw handled;
    return handled;
  };
  const service = {
    handle: jest.fn<ConversationService['handle']>(answer),
  };
  const { deadLetters } = new MemoryWorld();
  const activities = createActivities({ service, deadLetters, now: () => 0, logger: silent });
  return { service, deadLetters, activities };
}

const ended = (outcome: Outcome): Handled => ({
  kind: 'accepted',
  outcome,
  conversation: {} as (Handled & { kind: 'accepted' })['conversation'],
  etag: '1',
});

describe('the answers of both activities', () => {
  it.each(['expired', 'customer-present', 'superseded'] as const)('%s is passed on', async (type) => {
    const { activities } = saying(ended({ type }));
    await expect(activities.reachDeadline(INPUT)).resolves.toEqual({ outcome: type });
    await expect(activities.tellParticipants(INPUT)).resolves.toEqual({ outcome: type });
  });

  it('a deadline that is not reached comes back as ISO text', async () => {
    const { activities } = saying(ended({ type: 'not-reached', deadline: Date.UTC(2026, 2, 1, 10, 5) }));
    await expect(activities.reachDeadline(INPUT)).resolves.toEqual({
      outcome: 'not-reached',
      deadline: '2026-03-01T10:05:00.000Z',
    });
  });

  it('a conversation that is gone is an outcome, not an error', async () => {
    const { activities } = saying({
      kind: 'refused',
      refusal: { code: 'conversation-not-found', detail: 'There is no such conversation.' },
    });
    await expect(activities.reachDeadline(INPUT)).resolves.toEqual({ outcome: 'not-found' });
  });

  it('an outcome that no deadline can have is an error', async () => {
    const { activities } = saying(ended({ type: 'created' }));
    await expect(activities.reachDeadline(INPUT)).rejects.toThrow(UnexpectedError);
  });

  it('a failing service is an error, so that the retry policy tries again', async () => {
    const failure = new DependencyError('table-storage', 'load');
    const { activities } = saying(failure);
    await expect(activities.reachDeadline(INPUT)).rejects.toBe(failure);
    await expect(activities.tellParticipants(INPUT)).rejects.toBe(failure);
  });
});

describe('what cannot be handled', () => {
  const damaged = new StoredRowError(`${ID}/conversation`, 'state: unreadable');
  const letter = { conversationId: ID, kind: 'unreadable-row', row: `${ID}/conversation`, state: 'open' };

  it('is an outcome as soon as the dead letter is stored', async () => {
    const { activities, deadLetters } = saying(damaged);
    await expect(activities.reachDeadline(INPUT)).resolves.toEqual({ outcome: 'dead-lettered' });
    await expect(activities.tellParticipants(INPUT)).resolves.toEqual({ outcome: 'dead-lettered' });
    expect(deadLetters.all()).toMatchObject([{ ...letter, count: 2 }]);
  });

  it('is an error to be repeated while the dead letter cannot be stored', async () => {
    const made = await pastTheDeadline();
    made.world.spoiled.set(ID, 'unreadable');
    made.world.fail('file-dead-letter', 1);
    const activities = activitiesOf(made);
    await expect(activities.reachDeadline(INPUT)).rejects.toThrow(DependencyError);
    await expect(activities.reachDeadline(INPUT)).resolves.toEqual({ outcome: 'dead-lettered' });
  });

  it('is no reason to give up where the failure is one that nobody has thought of', async () => {
    const { activities, deadLetters } = saying(new TypeError('undefined is not a function'));
    await expect(activities.reachDeadline(INPUT)).rejects.toThrow(UnexpectedError);
    expect(deadLetters.all()).toEqual([]);
  });

  it('has one letter for each deadline that kept failing', async () => {
    const { activities, deadLetters } = saying(damaged);
    await activities.fileDeadLetter(INPUT);
    await activities.fileDeadLetter(INPUT);
    await activities.fileDeadLetter({ ...INPUT, number: 3 });
    expect(deadLetters.all()).toMatchObject([
      { id: `${ID}.deadline-failed.disconnection.2`, code: 'retries-exhausted', count: 2 },
      { id: `${ID}.deadline-failed.disconnection.3`, code: 'retries-exhausted', count: 1 },
    ]);
  });
});

describe('the last moment before the deadline', () => {
  const DEADLINE = Date.parse(INPUT.deadline);

  /** The step begins at this moment; each pause is this much shorter than asked for. */
  async function reachedFrom(begin: number, cut = 0) {
    const clock = { now: begin };
    const pauses: number[] = [];
    const decidedAt: number[] = [];
    const handle: ConversationService['handle'] = async () => {
      decidedAt.push(clock.now);
      return ended({ type: 'expired' });
    };
    const pause = async (time: number) => {
      pauses.push(time);
      clock.now += Math.max(1, time - cut);
    };
    const { deadLetters } = new MemoryWorld();
    const now = () => clock.now;
    await createActivities({ service: { handle }, deadLetters, now, logger: silent, pause }).reachDeadline(
      INPUT,
    );
    return { pauses, decidedAt };
  }

  it.each([1, 950, 999, 1_500])('is waited out where %i ms are left', async (left) => {
    expect(await reachedFrom(DEADLINE - left)).toEqual({ pauses: [left], decidedAt: [DEADLINE] });
  });

  it.each([0, -1, -60_000, 1_501, 60_000])('is not where %i ms are left', async (left) => {
    expect(await reachedFrom(DEADLINE - left)).toEqual({ pauses: [], decidedAt: [DEADLINE - left] });
  });

  it('is over when the clock says so, and not when a pause is', async () => {
    expect(await reachedFrom(DEADLINE - 950, 3)).toEqual({ pauses: [950, 3, 2, 1], decidedAt: [DEADLINE] });
  });

  it('holds nobody up whose clock is set back meanwhile', async () => {
    const { decidedAt } = await reachedFrom(DEADLINE - 950, 4_000_000);
    expect(decidedAt).toHaveLength(1);
  });

  it('is waited out by the clock of the host, too', async () => {
    const { service, deadLetters } = { ...saying(ended({ type: 'expired' })) };
    const due = Date.now() + 120;
    const activities = createActivities({ service, deadLetters, now: Date.now, logger: silent });
    await activities.reachDeadline({ ...INPUT, deadline: new Date(due).toISOString() });
    expect(Date.now()).toBeGreaterThanOrEqual(due);
  });
});

describe('the step', () => {
  it('of every version is the same: it decides, saves and tells', async () => {
    const { service, activities } = saying(ended({ type: 'expired' }));
    await activities.reachDeadline(INPUT);
    await activities.tellParticipants(INPUT);
    expect(service.handle.mock.calls).toEqual([
      [ID, deadline(2)],
      [ID, deadline(2)],
    ]);
  });

  it('tell what was decided, even though each of them runs twice', async () => {
    const made = await pastTheDeadline();
    const { world } = made;
    const activities = activitiesOf(made);
    for (const step of [
      activities.reachDeadline,
      activities.reachDeadline,
      activities.tellParticipants,
      activities.tellParticipants,
    ]) {
      await expect(step(INPUT)).resolves.toEqual({ outcome: 'expired' });
    }
    expect(world.noticesOf(ID)).toHaveLength(1);
    expect(new Set(world.pushes.map(({ push }) => push.id))).toEqual(
      new Set([`${ID}.ended`, `${ID}.entry.2`]),
    );
  });

  it('know nothing of a conversation that never was', async () => {
    const activities = activitiesOf(scene());
    await expect(activities.reachDeadline(INPUT)).resolves.toEqual({ outcome: 'not-found' });
  });

  it('leave a conversation alone whose customer came back', async () => {
    const made = await pastTheDeadline(inQueue());
    await made.arrives('tab-b');
    await made.leavesSilently('tab-b');
    const before = made.world.conversation(ID);
    const activities = activitiesOf(made);
    await expect(activities.reachDeadline(INPUT)).resolves.toEqual({ outcome: 'superseded' });
    expect(made.world.conversation(ID)).toEqual(before);
  });
});
