import type { Random } from '../random';
import type { Step } from './step';

type Story = (random: Random, graceMs: number) => readonly Step[];

const cutOrClose = (random: Random) => random.pick(['cut', 'close'] as const);
const wait = (ms: number): Step => ({ do: 'wait', ms: Math.round(ms) });
const open = (tabs = 1) => ({ do: 'open', tabs }) as const;
const loseAll = (random: Random): Step => ({ do: 'lose', tabs: 'all', how: cutOrClose(random) });
/** Gone for good, or there until the end. */
const goesOrStays = (random: Random): readonly Step[] =>
  random.chance(0.5) ? [wait(random.between(50, 1_500)), loseAll(random)] : [];

/** The queue, an offer nobody has accepted, or a conversation with an agent. */
function opening(random: Random, first: Step = open()): readonly Step[] {
  const agent = random.pick<readonly Step[]>([
    [],
    [{ do: 'offer' }],
    [{ do: 'accept' }],
    [{ do: 'offer' }, { do: 'accept' }],
  ]);
  return [wait(random.between(0, 1_500)), first, ...agent, wait(random.between(0, 800))];
}

/** What customers do. Each is drawn anew for every conversation of a run. */
export const STORIES = {
  'is gone': (random) => [...opening(random), loseAll(random)],

  'comes back in time': (random, grace) => [
    ...opening(random),
    loseAll(random),
    wait((grace * random.between(10, 70)) / 100),
    open(),
    ...goesOrStays(random),
  ],

  'comes and goes within moments': (random) => [
    ...opening(random),
    ...Array.from({ length: random.between(2, 5) }, () => [
      loseAll(random),
      wait(random.between(0, 80)),
      open(),
    ]).flat(),
    ...goesOrStays(random),
  ],

  'comes back at the deadline': (random) => [
    ...opening(random),
    loseAll(random),
    { do: 'wait-for-deadline', plusMs: random.between(-200, 60) },
    open(),
    ...goesOrStays(random),
  ],

  'comes back too late': (random, grace) => [
    ...opening(random),
    loseAll(random),
    { do: 'wait-for-deadline', plusMs: random.between(grace / 2, grace * 2) },
    open(),
  ],

  'has ten tabs': (random) => [
    ...opening(random),
    open(10),
    wait(random.between(0, 600)),
    { do: 'lose', tabs: random.pick<number | 'all'>([9, 10, 'all']), how: cutOrClose(random) },
    ...goesOrStays(random),
  ],

  'goes from page to page': (random) => [
    ...opening(random),
    ...Array.from({ length: random.between(1, 3) }, (): Step[] => [
      open(),
      wait(random.between(0, 30)),
      { do: 'lose', tabs: 1, how: cutOrClose(random) },
      wait(random.between(0, 300)),
    ]).flat(),
    ...goesOrStays(random),
  ],

  'has a bad line': (random) => [
    wait(random.between(0, 1_000)),
    { do: 'open', tabs: 1, protocol: 'reliable' },
    ...Array.from({ length: random.between(1, 3) }, (): Step[] => [
      wait(random.between(100, 700)),
      { do: 'blip' },
      { do: 'say' },
    ]).flat(),
    // A reliable client comes back by itself when it is only cut.
    ...(random.chance(0.5) ? [wait(500), { do: 'lose', tabs: 'all', how: 'close' } as const] : []),
  ],

  writes: (random, grace) => [
    ...opening(random, { ...open(), keepAlive: true }),
    ...Array.from({ length: random.between(2, 4) }, (): Step[] => [
      { do: 'say' },
      wait(random.between(0, 300)),
    ]).flat(),
    loseAll(random),
    wait((grace * random.between(10, 60)) / 100),
    { ...open(), keepAlive: true },
    { do: 'say' },
    ...goesOrStays(random),
  ],

  'is gone, and the agent closes': (random) => [
    wait(random.between(0, 1_500)),
    open(),
    { do: 'accept' },
    ...(random.chance(0.5) ? [{ do: 'say' } as const] : []),
    loseAll(random),
    { do: 'close-after-end', ms: random.between(0, 600) },
  ],

  leaves: (random) => [...opening(random), { do: 'say' }, { do: 'leave' }, wait(300), loseAll(random)],
} as const satisfies Record<string, Story>;

export const STORY_NAMES = Object.keys(STORIES) as (keyof typeof STORIES)[];
