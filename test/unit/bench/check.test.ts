import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { check } from '../../../bench/check';
import { parseBenchOptions } from '../../../bench/options';
import type { Results } from '../../../bench/report';

const FILE = join(__dirname, '..', '..', '..', 'bench', 'results', 'events.json');
const written = (): Results => JSON.parse(readFileSync(FILE, 'utf8')) as Results;

describe('the check of a run of the benchmark', () => {
  it('finds nothing worse in what is written down, nor on a machine that is slower in all', () => {
    expect(check(written(), written())).toEqual([]);
    const slow = JSON.parse(
      JSON.stringify(written(), (key, value: unknown) =>
        /^(median|least|most|sdkMs|rawMs)$/.test(key) ? Number(value) * 3 : value,
      ),
    ) as Results;
    // Its ratios are those of one run: they are as they were.
    const baselines = written().baselines;
    expect(check({ ...slow, baselines }, written())).toEqual([]);
  });

  it('names the event that needs one request more', () => {
    const these = written();
    const [first] = these.events;
    const events = [
      { ...first!, requests: { ...first!.requests, tables: first!.requests.tables + 1 } },
      ...these.events.slice(1),
    ];
    expect(check({ ...these, events }, written())).toEqual([
      `connect, requests to tables: ${first!.requests.tables + 1}, ${first!.requests.tables} is written down`,
    ]);
  });

  it('compares what has the same name, in whichever order it was measured', () => {
    const these = written();
    const turned = {
      ...these,
      events: these.events.toReversed(),
      floor: these.floor.toReversed(),
      baselines: these.baselines.map((one) => ({ ...one, events: one.events.toReversed() })).toReversed(),
      decide: these.decide.toReversed(),
      rest: these.rest.toReversed(),
    };
    expect(check(turned, written())).toEqual([]);
  });

  it('names what was not measured, is new, or is no number', () => {
    const these = written();
    const renamed = these.events.map((row) => (row.kind === 'message' ? { ...row, kind: 'said' } : row));
    const decide = these.decide.filter(({ what }) => what !== 'a loss');
    const floor = these.floor.map((row) => (row.kind === 'connect' ? { ...row, toSdk: Infinity } : row));
    expect(check({ ...these, events: renamed, decide, floor }, written())).toEqual([
      ...['tables', 'webPubSub', 'durable'].map((to) => `said, requests to ${to}: nothing is written down`),
      ...['tables', 'webPubSub', 'durable'].map((to) => `message, requests to ${to}: was not measured`),
      'connect, CPU by that of its requests alone: was not measured',
      'decide, one of 200 tabs by a loss: was not measured',
    ]);
  });

  it('names what needs clearly more CPU than what it is measured by', () => {
    const these = written();
    const floor = these.floor.map((row) =>
      row.kind === 'message' ? { ...row, toSdk: row.toSdk * 1.5 } : { ...row, toSdk: row.toSdk * 1.2 },
    );
    const found = check({ ...these, floor }, written());
    expect(found).toEqual([expect.stringMatching(/^message, CPU by that of its requests alone: /)]);
  });

  it.each(['--conversations', '--rounds'])('measures as was measured then: not with %s', (option) => {
    expect(parseBenchOptions(['--check'])).toMatchObject({ check: true });
    expect(() => parseBenchOptions(['--check', option, '20'])).toThrow(/leave out/);
  });
});
