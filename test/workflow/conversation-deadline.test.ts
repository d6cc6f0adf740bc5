import { describe, expect, it } from '@jest/globals';
import type { OrchestrationContext, OrchestrationHandler } from 'durable-functions';
import { conversationDeadline } from '../../shared/deadlines/conversation-deadline-orchestrator';
import { ACTIVITIES } from '../../shared/deadlines/deadline-contract';
import { drive, type Run } from '../support/durable/driver';
import { EVENT, type Action } from '../support/durable/history';
import {
  DEADLINE,
  EARLY,
  IN_TWELVE_DAYS,
  INPUT,
  iso,
  LATER,
  MINUTE,
  SCENARIOS,
  SECOND,
  SERVICE_IS_BACK,
  STORAGE_IS_BACK,
  T0,
  TELLING_WORKS,
} from './scenarios';

const { reachDeadline, tellParticipants, fileDeadLetter } = ACTIVITIES;
const REST = 5 * MINUTE;
/** 5, 10, 20, 40, 60, 60 and 60 seconds between eight attempts. */
const ALL_ATTEMPTS = [0, 5, 15, 35, 75, 135, 195, 255].map((seconds) => seconds * SECOND);

const namesOf = (run: Run) => run.calls.map(({ name }) => name);
const timesOf = (run: Run, activity: string) =>
  run.calls.filter(({ name }) => name === activity).map(({ at }) => at);

/** The timer inside the race that a generation begins with. */
function raceTimer(run: Run, generation = 0): Action & { actionType: 5 } {
  const race = run.generations[generation]?.actions[0];
  const timer = race?.actionType === 11 ? race.compoundActions[0] : undefined;
  if (timer?.actionType !== 5) throw new Error('a generation begins with a race against a timer');
  return timer;
}

describe('when nobody comes back', () => {
  it('acts at exactly the deadline: first the decision, then the news [R58]', async () => {
    const run = await SCENARIOS['expires-at-the-deadline']();
    expect(run.calls).toEqual([
      { at: DEADLINE, name: reachDeadline, input: INPUT },
      { at: DEADLINE, name: tellParticipants, input: INPUT },
    ]);
    expect(run).toMatchObject({ status: 'completed', output: { outcome: 'expired' }, endedAt: DEADLINE });
  });

  it('acts at once when the deadline has passed before the start', async () => {
    const run = await SCENARIOS['deadline-in-the-past']();
    expect(run.calls.map(({ at, name }) => [at, name])).toEqual([
      [T0, reachDeadline],
      [T0, tellParticipants],
    ]);
    expect(run).toMatchObject({ status: 'completed', output: { outcome: 'expired' }, endedAt: T0 });
  });

  it('takes no notice of events it does not know, nor of a known one in another spelling', async () => {
    const run = await SCENARIOS['unknown-events']();
    expect(run.output).toEqual({ outcome: 'expired' });
    expect(timesOf(run, reachDeadline)).toEqual([DEADLINE]);
  });
});

describe('when the wait is called off', () => {
  it.each([
    ['reconnected-in-time', 'customerReconnected', T0 + MINUTE],
    ['ended-in-time', 'conversationEnded', T0 + MINUTE],
    ['reconnected-before-the-start', 'customerReconnected', T0],
  ] as const)('%s: cancels the timer, calls nothing and completes at once', async (scenario, by, at) => {
    const run = await SCENARIOS[scenario]();
    expect(raceTimer(run)).toMatchObject({ fireAt: iso(DEADLINE), isCanceled: true });
    expect(run.calls).toEqual([]);
    expect(run).toMatchObject({ status: 'completed', output: { outcome: 'cancelled', by }, endedAt: at });
  });

  it('lets the event win when it comes first in the instant of the deadline', async () => {
    const run = await SCENARIOS['reconnected-then-deadline-in-one-episode']();
    expect(run.output).toEqual({ outcome: 'cancelled', by: 'customerReconnected' });
    expect(run.calls).toEqual([]);
  });

  it.each(['deadline-then-reconnected-in-one-episode', 'deadline-then-reconnected-in-two-episodes'] as const)(
    '%s: lets the deadline win, and the stored conversation decides',
    async (scenario) => {
      const run = await SCENARIOS[scenario]();
      expect(namesOf(run)).toEqual([reachDeadline, tellParticipants]);
      expect(raceTimer(run).isCanceled).toBe(false);
      expect(run).toMatchObject({ status: 'completed', output: { outcome: 'expired' } });
    },
  );
});

describe('what the stored conversation says', () => {
  it('waits anew, in a new generation, for the later deadline that is stored', async () => {
    const run = await SCENARIOS['not-reached-then-expires']();
    expect(timesOf(run, reachDeadline)).toEqual([DEADLINE, LATER]);
    expect(timesOf(run, tellParticipants)).toEqual([LATER]);
    expect(run.generations.map(({ input }) => input)).toEqual([INPUT, { ...INPUT, deadline: iso(LATER) }]);
    expect(run.output).toEqual({ outcome: 'expired' });
  });

  it('can be called off in the new generation as in the first', async () => {
    const run = await SCENARIOS['not-reached-then-reconnected']();
    expect(timesOf(run, reachDeadline)).toEqual([DEADLINE]);
    expect(raceTimer(run, 1)).toMatchObject({ fireAt: iso(LATER), isCanceled: true });
    expect(run.endedAt).toBe(DEADLINE + MINUTE);
  });

  it.each(['superseded', 'not-found'] as const)('%s: completes and tells nobody', async (outcome) => {
    const run = await SCENARIOS[outcome]();
    expect(namesOf(run)).toEqual([reachDeadline]);
    expect(run).toMatchObject({ status: 'completed', output: { outcome } });
  });

  it('customer-present: tells that the customer is there', async () => {
    const run = await SCENARIOS['customer-present']();
    expect(namesOf(run)).toEqual([reachDeadline, tellParticipants]);
    expect(run).toMatchObject({ status: 'completed', output: { outcome: 'customer-present' } });
  });
});

describe('when a step fails', () => {
  it('tries again after 5 and 10 seconds, and tells once', async () => {
    const run = await SCENARIOS['fails-twice-then-expires']();
    expect(timesOf(run, reachDeadline)).toEqual([0, 5, 15].map((s) => DEADLINE + s * SECOND));
    expect(timesOf(run, tellParticipants)).toEqual([DEADLINE + 15 * SECOND]);
    expect(run.generations).toHaveLength(1);
    expect(run.output).toEqual({ outcome: 'expired' });
  });

  it('rests five minutes after eight attempts and begins anew, until storage is back', async () => {
    const run = await SCENARIOS['storage-down-for-twenty-minutes']();
    const secondRound = DEADLINE + 255 * SECOND + REST;
    const thirdRound = secondRound + 255 * SECOND + REST;
    const tries = [DEADLINE, secondRound, thirdRound]
      .flatMap((begin) => ALL_ATTEMPTS.map((offset) => begin + offset))
      .filter((at) => at < STORAGE_IS_BACK);
    const reached = timesOf(run, reachDeadline);
    expect(reached.slice(0, -1)).toEqual(tries);
    expect(reached.at(-1)).toBeGreaterThanOrEqual(STORAGE_IS_BACK);
    expect(timesOf(run, tellParticipants)).toEqual(reached.slice(-1));
    expect(run.generations.map(({ input }) => input)).toEqual([
      INPUT,
      { ...INPUT, deadline: iso(secondRound), resting: true },
      { ...INPUT, deadline: iso(thirdRound), resting: true },
    ]);
    expect(run.customStatuses).toContain('resting-after-failure');
    expect(run).toMatchObject({ status: 'completed', output: { outcome: 'expired' } });
  });

  it('can be called off while it rests', async () => {
    const run = await SCENARIOS['reconnected-while-resting']();
    expect(timesOf(run, reachDeadline)).toEqual(ALL_ATTEMPTS.map((offset) => DEADLINE + offset));
    expect(run).toMatchObject({
      status: 'completed',
      output: { outcome: 'cancelled', by: 'customerReconnected' },
      endedAt: DEADLINE + 6 * MINUTE,
    });
  });

  it('never gives up, however long storage is away', async () => {
    const day = 24 * 60 * MINUTE;
    const run = await drive(conversationDeadline, {
      input: INPUT,
      startedAt: T0,
      until: T0 + day,
      activities: {
        [reachDeadline]: () => {
          throw new Error('table-storage failed at load');
        },
      },
    });
    expect(run.status).toBe('running');
    expect(run.calls.at(-1)?.at).toBeGreaterThan(T0 + day - REST - MINUTE);
  });

  it('keeps the end when the news cannot be told, and tells as soon as it can', async () => {
    const run = await SCENARIOS['telling-fails-for-minutes']();
    const begunAnew = DEADLINE + 255 * SECOND + REST;
    expect(timesOf(run, tellParticipants)).toEqual([
      ...ALL_ATTEMPTS.map((offset) => DEADLINE + offset),
      begunAnew,
    ]);
    expect(begunAnew).toBeGreaterThan(TELLING_WORKS);
    // Decided once in each generation; the second time the stored conversation says that it is done.
    expect(timesOf(run, reachDeadline)).toEqual([DEADLINE, begunAnew]);
    expect(run).toMatchObject({ status: 'completed', output: { outcome: 'expired' } });
  });

  it('fails, instead of waiting for ever, without an input', async () => {
    const run = await drive(conversationDeadline, { input: undefined, startedAt: T0 });
    expect(run).toMatchObject({ status: 'failed', error: 'conversation-deadline needs an input' });
  });
});

describe('what cannot be handled', () => {
  it('ends the instance visibly as soon as there is a dead letter, and tells nobody', async () => {
    const run = await SCENARIOS['row-cannot-be-read']();
    expect(namesOf(run)).toEqual([reachDeadline]);
    expect(run).toMatchObject({
      status: 'completed',
      output: { outcome: 'dead-lettered' },
      endedAt: DEADLINE,
    });
  });

  it('ends it as visibly when only the news cannot be told', async () => {
    const run = await SCENARIOS['telling-is-hopeless']();
    expect(namesOf(run)).toEqual([reachDeadline, tellParticipants]);
    expect(run).toMatchObject({ status: 'completed', output: { outcome: 'dead-lettered' } });
  });

  it('is filed after eight attempts, and tried again after the rest', async () => {
    const run = await SCENARIOS['version-2-files-what-keeps-failing']();
    const given = DEADLINE + 255 * SECOND;
    expect(run.calls.map(({ at, name }) => [name, at])).toEqual([
      ...ALL_ATTEMPTS.map((offset) => [reachDeadline, DEADLINE + offset]),
      [fileDeadLetter, given],
      ...[0, 5, 15, 35, 75].map((s) => [reachDeadline, given + REST + s * SECOND]),
      [tellParticipants, given + REST + 75 * SECOND],
    ]);
    expect(given + REST + 75 * SECOND).toBeGreaterThanOrEqual(SERVICE_IS_BACK);
    expect(run.calls.find(({ name }) => name === fileDeadLetter)?.input).toEqual(INPUT);
    expect(run).toMatchObject({ status: 'completed', output: { outcome: 'expired' } });
  });

  it('rests and goes on when not even that can be filed', async () => {
    const run = await SCENARIOS['version-2-cannot-file-either']();
    expect(namesOf(run).filter((name) => name === fileDeadLetter)).toHaveLength(1);
    expect(run).toMatchObject({ status: 'completed', output: { outcome: 'expired' } });
  });

  it('can be called off while it rests', async () => {
    const run = await SCENARIOS['version-2-reconnected-while-resting']();
    expect(run).toMatchObject({
      status: 'completed',
      output: { outcome: 'cancelled', by: 'customerReconnected' },
      endedAt: DEADLINE + 6 * MINUTE,
    });
  });

  it.each([undefined, '1.0', '1.0.0'])('is not filed by an instance of version %s', async (version) => {
    const run = await drive(conversationDeadline, {
      input: INPUT,
      startedAt: T0,
      until: DEADLINE + 30 * MINUTE,
      ...(version !== undefined && { version }),
      activities: {
        [reachDeadline]: () => {
          throw new Error('web-pubsub failed at presence');
        },
      },
    });
    expect(new Set(namesOf(run))).toEqual(new Set([reachDeadline]));
    expect(run.status).toBe('running');
  });
});

describe('version 3, on an engine whose timers fire early', () => {
  it('has one step for an expired deadline', async () => {
    const run = await SCENARIOS['version-3-expires']();
    expect(run.calls).toEqual([{ at: DEADLINE - EARLY, name: reachDeadline, input: INPUT }]);
    expect(run).toMatchObject({ status: 'completed', output: { outcome: 'expired' } });
  });

  it('is called off without any', async () => {
    const run = await SCENARIOS['version-3-reconnected-in-time']();
    expect(run.calls).toEqual([]);
    expect(run.output).toEqual({ outcome: 'cancelled', by: 'customerReconnected' });
  });

  it('has one more for a wait that was moved', async () => {
    const run = await SCENARIOS['version-3-not-reached-then-expires']();
    expect(run.calls.map(({ at, name }) => [at, name])).toEqual([
      [DEADLINE - EARLY, reachDeadline],
      [LATER - EARLY, reachDeadline],
    ]);
  });

  it('has none for the stages of a long wait', async () => {
    const run = await SCENARIOS['version-3-in-stages']();
    const deadline = iso(IN_TWELVE_DAYS);
    expect(run.generations.map(({ input }) => input)).toEqual(Array(3).fill({ ...INPUT, deadline }));
    expect(run.calls.map(({ at, name }) => [at, name])).toEqual([[IN_TWELVE_DAYS - EARLY, reachDeadline]]);
  });

  it('rests no longer when the clock is set back before [R138]', async () => {
    const clock = { now: T0 };
    let tries = 0;
    const run = await drive(conversationDeadline, {
      input: INPUT,
      startedAt: T0,
      version: '3.0',
      clock,
      activities: {
        [reachDeadline]: () => {
          tries += 1;
          if (tries > ALL_ATTEMPTS.length) return { outcome: 'expired' };
          throw new Error('table-storage failed at load');
        },
        [fileDeadLetter]: () => void (clock.now -= 60 * MINUTE),
      },
    });
    const filedAt = timesOf(run, fileDeadLetter)[0]!;
    expect(run).toMatchObject({ output: { outcome: 'expired' }, endedAt: filedAt + REST });
  });

  it('is called off in a later stage as in the first', async () => {
    const run = await drive(conversationDeadline, {
      input: { ...INPUT, deadline: iso(IN_TWELVE_DAYS) },
      startedAt: T0,
      version: '3.0',
      events: [{ at: T0 + 7 * 24 * 60 * MINUTE, name: 'conversationEnded' }],
    });
    expect(run).toMatchObject({ output: { outcome: 'cancelled' }, endedAt: T0 + 7 * 24 * 60 * MINUTE });
  });

  it('has one more for a rest, in which it can be called off', async () => {
    const ended = await SCENARIOS['version-3-files-what-keeps-failing']();
    expect(ended.output).toEqual({ outcome: 'expired' });
    expect(namesOf(ended).filter((name) => name !== reachDeadline)).toEqual([fileDeadLetter]);
    const calledOff = await SCENARIOS['version-3-reconnected-while-resting']();
    expect(calledOff.output).toEqual({ outcome: 'cancelled', by: 'customerReconnected' });
  });
});

describe('versions', () => {
  it('reads the version from its history, and behaves the same with and without one', async () => {
    const seen: (string | undefined)[] = [];
    const spied: OrchestrationHandler = function* (context: OrchestrationContext) {
      seen.push(context.df.version);
      return yield* conversationDeadline(context);
    };
    const options = {
      input: INPUT,
      startedAt: T0,
      activities: {
        [reachDeadline]: () => ({ outcome: 'expired' }),
        [tellParticipants]: () => ({ outcome: 'expired' }),
      },
    };
    const versioned = await drive(spied, { ...options, version: '1.0.0' });
    expect(new Set(seen)).toEqual(new Set(['1.0.0']));
    const unversioned = await drive(conversationDeadline, options);
    expect(versioned.output).toEqual(unversioned.output);
    expect(versioned.generations[0]?.actions).toEqual(unversioned.generations[0]?.actions);
  });
});

describe('what the task hub gets to see', () => {
  const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
  const WORDS = [
    INPUT.conversationId,
    INPUT.kind,
    'expired',
    'customer-present',
    'superseded',
    'not-found',
    'not-reached',
    'dead-lettered',
  ];

  it.each(Object.keys(SCENARIOS) as (keyof typeof SCENARIOS)[])(
    '%s: inputs and results hold ids, times and outcomes only',
    async (scenario) => {
      const run = await SCENARIOS[scenario]();
      const events = run.generations.flatMap(({ history }) => history);
      // An unknown event's input is the test's own.
      const own = events.filter(({ EventType }) => EventType !== EVENT.eventRaised);
      const texts = own.flatMap(({ Input, Result }) => [Input, Result]).filter((text) => text !== undefined);
      const strings = texts.flatMap((text) => stringsIn(JSON.parse(text)));
      expect(texts.length).toBeGreaterThan(0);
      expect(strings.filter((text) => !ISO.test(text) && !WORDS.includes(text))).toEqual([]);
    },
  );
});

function stringsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(stringsIn) : [];
}
