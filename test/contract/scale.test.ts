import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { generatedFiles } from '../../scripts/docs/generated';
import type { Results } from '../../bench/simulation/results';
import { DROPS, jobsOf, play, sizeOf, SIZES, STORY } from '../../bench/simulation/scenarios';
import { type Job, randomOf, simulate, type Station } from '../../bench/simulation/simulate';
import { ROOT } from './functions-app';
import { read } from './text';

/** The simulation against what is known without it, and docs/SCALE.md against the simulation. */

const at = (time: number, ...stages: Job['stages']): Job => ({ kind: 'any', at: time, stages });
const units = (station: string, count: number) => ({ station, units: count });
const stations = fc.array(
  fc.record({ servers: fc.integer({ min: 1, max: 4 }), unitMs: fc.integer({ min: 1, max: 50 }) }),
  { minLength: 1, maxLength: 4 },
);

describe('the simulation', () => {
  it('loses nothing: every job ends, after at least the time that its own work takes [R323]', () => {
    const story = stations.chain((some) =>
      fc.record({
        some: fc.constant(some.map((one, index): Station => ({ ...one, name: `${index}` }))),
        jobs: fc.array(
          fc.record({
            time: fc.integer({ min: 0, max: 500 }),
            stages: fc.array(
              fc.record({
                station: fc.nat(some.length - 1).map(String),
                units: fc.integer({ min: 0, max: 9 }),
              }),
              { maxLength: 6 },
            ),
          }),
          { maxLength: 60 },
        ),
      }),
    );
    fc.assert(
      fc.property(story, ({ some, jobs: planned }) => {
        const jobs = planned.map(({ time, stages }) => at(time, ...stages));
        const { arrived, completed, ends, stations: seen } = simulate(some, jobs);
        expect([arrived, completed]).toEqual([jobs.length, jobs.length]);
        for (const [index, { name, unitMs }] of some.entries()) {
          const work = jobs.flatMap(({ stages }) =>
            stages.filter((one) => one.station === name && one.units > 0),
          );
          expect(seen[index]).toMatchObject({
            served: work.length,
            busyMs: work.reduce((sum, one) => sum + one.units * unitMs, 0),
          });
        }
        for (const [index, { at: begun, stages }] of jobs.entries()) {
          let least = begun;
          for (const [stage, one] of stages.entries()) {
            least += one.units * some[Number(one.station)]!.unitMs;
            expect(ends[index]![stage]).toBeGreaterThanOrEqual(least);
            least = ends[index]![stage]!;
          }
        }
      }),
    );
  });

  it('is a queue before so many servers, as Kiefer and Wolfowitz have it [R323]', () => {
    const jobs = fc.array(fc.tuple(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 1, max: 40 })), {
      maxLength: 80,
    });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), jobs, (servers, planned) => {
        const ordered = planned.toSorted(([one], [other]) => one - other);
        const { ends } = simulate(
          [{ name: 'x', servers, unitMs: 1 }],
          ordered.map(([time, takes]) => at(time, units('x', takes))),
        );
        const freeFrom = Array.from({ length: servers }, () => 0);
        const expected = ordered.map(([time, takes]) => {
          freeFrom.sort((a, b) => a - b);
          return (freeFrom[0] = Math.max(time, freeFrom[0]!) + takes);
        });
        expect(ends.map(([end]) => end)).toEqual(expected);
      }),
    );
  });

  it('waits as long as M/D/1 does: load × service ÷ 2 (1 − load) [R323]', () => {
    const random = randomOf(1);
    let now = 0;
    const jobs = Array.from({ length: 200_000 }, () =>
      at((now += -Math.log(1 - random()) / 0.8), units('x', 1)),
    );
    const [seen] = simulate([{ name: 'x', servers: 1, unitMs: 1 }], jobs).stations;
    expect(seen!.waitedMs / jobs.length).toBeCloseTo(0.8 / (2 * (1 - 0.8)), 1);
  });

  it('takes a burst through two stations in the time of the slower one, and what the other needs for one job', () => {
    const burst = Array.from({ length: 1_000 }, () => at(0, units('fast', 1), units('slow', 1)));
    const line = [
      { name: 'fast', servers: 1, unitMs: 1 },
      { name: 'slow', servers: 4, unitMs: 8 },
    ];
    const { ends } = simulate(line, burst);
    expect(Math.max(...ends.map((end) => end[1]!))).toBe(1 + 249 * 8 + 3 + 8);
  });

  it('refuses a station that is not there, or that can serve nothing', () => {
    expect(() => simulate([], [at(0, units('x', 1))])).toThrow('there is no station x');
    expect(() => simulate([{ name: 'x', servers: 0, unitMs: 1 }], [])).toThrow('station x serves nothing');
    expect(() => simulate([{ name: 'x', servers: 1, unitMs: 0 }], [])).toThrow('station x serves nothing');
  });
});

describe('a mass drop', () => {
  it('loses every customer once, and each one comes back or ends, at its own deadline [R323]', () => {
    const jobs = jobsOf({ customers: 3_000, queues: 10 });
    const of = (kind: string) => jobs.filter((job) => job.kind === kind);
    expect(of('loss')).toHaveLength(3_000);
    expect(of('return').length + of('expiry').length).toBe(3_000);
    expect(of('return').length / 3_000).toBeCloseTo(STORY.returns, 1);
    for (const { at: end } of of('expiry')) {
      expect(end).toBeGreaterThanOrEqual(STORY.graceMs);
      expect(end).toBeLessThan(STORY.graceMs + STORY.dropMs);
    }
  });

  it('is as late as the slowest part is slow: work ÷ speed, less the time in which it comes [R323]', () => {
    const drop = { ...DROPS[2]!, customers: 6_000, units: 100, instances: 1_000, engine: 300 };
    const { ended, decided, waitedFor, completed } = play(drop);
    expect([waitedFor, completed]).toEqual(['durable engine', 12_000]);
    // Three work items for each end, which are due within ten seconds.
    const expected = (3 * ended) / 300 - STORY.dropMs / 1_000;
    expect(Math.abs(decided.max - expected) / expected).toBeLessThan(0.03);
  });
});

describe('docs/SCALE.md', () => {
  const shown = JSON.parse(read('bench/simulation/results.json')) as Results;
  const again = 'otherwise run: npm run simulate-scale, npm run docs';

  it(`shows what arithmetic and simulation say now; ${again} [R323]`, () => {
    const known = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;
    expect(known(SIZES.map(sizeOf))).toEqual(shown.sizes);
    expect(shown.drops.map(({ name }) => name)).toEqual(DROPS.map(({ name }) => name));
    // The others play the same code, for longer.
    expect(known(play(DROPS[1]!))).toEqual(shown.drops[1]);
  });

  it.each(['docs/SCALE.md', 'docs/images/scale-drop.svg', 'docs/images/scale-sent.svg'])(
    `is made of it; ${again} (%s) [R323]`,
    (path) => {
      expect(read(path)).toBe(generatedFiles(ROOT).get(path));
    },
  );
});
