import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { check } from '../../../bench/check';
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
      `connect: ${first!.requests.tables + 1} requests to tables, ${first!.requests.tables} are written down`,
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
});
