import { conversationDeadline } from '../../shared/deadlines/conversation-deadline-orchestrator';
import {
  ACTIVITIES,
  CANCELLING_EVENTS,
  type DeadlineInput,
  type DeadlineOutcome,
} from '../../shared/deadlines/deadline-contract';
import { drive, type DriveOptions, type Run, type VirtualClock } from '../support/durable/driver';

/** The stories of `conversation-deadline`: told by the tests, and recorded as golden histories, each of its own version. */

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const T0 = Date.parse('2026-03-01T10:00:00.000Z');
export const DEADLINE = T0 + 3 * MINUTE;
export const iso = (at: number): string => new Date(at).toISOString();

export const INPUT: DeadlineInput = {
  conversationId: 'conversation-0001',
  kind: 'disconnection',
  number: 2,
  deadline: iso(DEADLINE),
};

const { customerReconnected, conversationEnded } = CANCELLING_EVENTS;
const ENDED: DeadlineOutcome = { outcome: 'expired' };
const down = (): never => {
  throw new Error('table-storage failed at load');
};

/** Answers in turn; the last one stays. */
function inTurn(...answers: (() => DeadlineOutcome)[]): () => DeadlineOutcome {
  let calls = 0;
  return () => {
    const answer = answers[Math.min(calls, answers.length - 1)] ?? down;
    calls += 1;
    return answer();
  };
}

function run(
  options: Partial<DriveOptions> & {
    reach?: () => DeadlineOutcome;
    tell?: () => DeadlineOutcome;
    file?: () => void;
  },
): Promise<Run> {
  const { reach = () => ENDED, tell = () => ENDED, file = () => undefined, ...rest } = options;
  return drive(conversationDeadline, {
    input: INPUT,
    startedAt: T0,
    instanceId: 'conversation-0001.disconnection.2',
    activities: {
      [ACTIVITIES.reachDeadline]: reach,
      [ACTIVITIES.tellParticipants]: tell,
      [ACTIVITIES.fileDeadLetter]: file,
    },
    ...rest,
  });
}

/** Works again from this moment on. */
function downUntil(moment: number, clock: VirtualClock): () => DeadlineOutcome {
  return () => (clock.now < moment ? down() : ENDED);
}

/** Of what is deployed now, on an engine whose timers fire 0.95 s before their time. */
const V3 = { version: '3.0', startedAt: T0 + 50, firesEarly: true, tell: down } as const;
export const EARLY = 950;
export const IN_TWELVE_DAYS = T0 + 12 * 24 * 60 * MINUTE;
const PAST = { ...INPUT, deadline: iso(T0 - 10 * MINUTE) };
export const LATER = DEADLINE + 2 * MINUTE;
export const STORAGE_IS_BACK = DEADLINE + 20 * MINUTE;
export const SERVICE_IS_BACK = DEADLINE + 10 * MINUTE;
export const TELLING_WORKS = DEADLINE + 6 * MINUTE;

export const SCENARIOS = {
  'expires-at-the-deadline': () => run({}),
  'reconnected-in-time': () => run({ events: [{ at: T0 + MINUTE, name: customerReconnected }] }),
  'ended-in-time': () => run({ events: [{ at: T0 + MINUTE, name: conversationEnded }] }),
  'reconnected-before-the-start': () => run({ events: [{ at: T0, name: customerReconnected }] }),
  'reconnected-then-deadline-in-one-episode': () =>
    run({ events: [{ at: DEADLINE, name: customerReconnected, beforeTimers: true }] }),
  'deadline-then-reconnected-in-one-episode': () =>
    run({ events: [{ at: DEADLINE, name: customerReconnected }], activityTakes: SECOND }),
  'deadline-then-reconnected-in-two-episodes': () =>
    run({
      events: [{ at: DEADLINE, name: customerReconnected }],
      activityTakes: SECOND,
      sameInstant: 'own-episodes',
    }),
  'deadline-in-the-past': () => run({ input: PAST }),
  'not-reached-then-expires': () =>
    run({
      reach: inTurn(
        () => ({ outcome: 'not-reached', deadline: iso(LATER) }),
        () => ENDED,
      ),
    }),
  'not-reached-then-reconnected': () =>
    run({
      reach: inTurn(() => ({ outcome: 'not-reached', deadline: iso(LATER) }), down),
      events: [{ at: DEADLINE + MINUTE, name: customerReconnected }],
    }),
  'fails-twice-then-expires': () => run({ reach: inTurn(down, down, () => ENDED) }),
  'storage-down-for-twenty-minutes': () => {
    const clock = { now: T0 };
    return run({ clock, reach: downUntil(STORAGE_IS_BACK, clock) });
  },
  'reconnected-while-resting': () =>
    run({ reach: down, events: [{ at: DEADLINE + 6 * MINUTE, name: customerReconnected }] }),
  'telling-fails-for-minutes': () => {
    const clock = { now: T0 };
    return run({ clock, tell: downUntil(TELLING_WORKS, clock) });
  },
  superseded: () => run({ reach: () => ({ outcome: 'superseded' }) }),
  'not-found': () => run({ reach: () => ({ outcome: 'not-found' }) }),
  'customer-present': () => run({ reach: () => ({ outcome: 'customer-present' }) }),
  'unknown-events': () =>
    run({
      events: [
        { at: T0 + MINUTE, name: 'agentExtended', input: { by: 1 } },
        { at: T0 + 2 * MINUTE, name: 'customerreconnected' },
      ],
    }),
  'expires-with-version': () => run({ version: '1.0.0' }),
  'row-cannot-be-read': () => run({ reach: () => ({ outcome: 'dead-lettered' }) }),
  'telling-is-hopeless': () => run({ version: '2.0', tell: () => ({ outcome: 'dead-lettered' }) }),
  'version-2-files-what-keeps-failing': () => {
    const clock = { now: T0 };
    return run({ version: '2.0', clock, reach: downUntil(SERVICE_IS_BACK, clock) });
  },
  'version-2-cannot-file-either': () => {
    const clock = { now: T0 };
    return run({ version: '2.0', clock, reach: downUntil(SERVICE_IS_BACK, clock), file: down });
  },
  'version-2-reconnected-while-resting': () =>
    run({
      version: '2.0',
      reach: down,
      events: [{ at: DEADLINE + 6 * MINUTE, name: customerReconnected }],
    }),
  'version-3-expires': () => run(V3),
  'version-3-reconnected-in-time': () =>
    run({ ...V3, events: [{ at: T0 + MINUTE, name: customerReconnected }] }),
  'version-3-not-reached-then-expires': () =>
    run({
      ...V3,
      reach: inTurn(
        () => ({ outcome: 'not-reached', deadline: iso(LATER) }),
        () => ENDED,
      ),
    }),
  'version-3-in-stages': () => run({ ...V3, input: { ...INPUT, deadline: iso(IN_TWELVE_DAYS) } }),
  'version-3-files-what-keeps-failing': () => {
    const clock = { now: T0 };
    return run({ ...V3, clock, reach: downUntil(SERVICE_IS_BACK, clock) });
  },
  'version-3-reconnected-while-resting': () =>
    run({ ...V3, reach: down, events: [{ at: DEADLINE + 6 * MINUTE, name: customerReconnected }] }),
} satisfies Record<string, () => Promise<Run>>;

export type ScenarioName = keyof typeof SCENARIOS;
