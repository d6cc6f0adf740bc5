import { describe, expect, it } from '@jest/globals';
import { encodeKey, rowText, toRow, toRows } from '../durable/table-rows';
import { Router } from '../http/router';
import { parseSchedule } from '../timers/schedule';
import { TimerRunner } from '../timers/timer-runner';
import type { TimerStatusTable } from '../timers/timer-status';
import type { RegisteredFunction } from '../worker/core-api';
import type { Invocation } from '../worker/invoke';

describe('routes', () => {
  const router = new Router<string>();
  for (const template of [
    ...[
      '{*rest}',
      'a/{x}',
      'a/{x:int}',
      'a/b',
      'a/{x:guid}/y',
      'c/{x:length(2,3)}',
      'd/{x:regex(^\\d{{2}}$)?}',
    ],
  ]) {
    router.add(['get'], template, template);
  }

  it.each([
    ['/a/b', 'a/b'],
    ['/a/7', 'a/{x:int}'],
    ['/a/c', 'a/{x}'],
    ['/a/2f1e8a34-0c5b-4f3a-9a51-0d2a1b3c4d5e/y', 'a/{x:guid}/y'],
    ['/a/not-a-guid/y', '{*rest}'],
    ['/c/abc', 'c/{x:length(2,3)}'],
    ['/c/abcd', '{*rest}'],
    ['/d/12', 'd/{x:regex(^\\d{{2}}$)?}'],
    ['/d', 'd/{x:regex(^\\d{{2}}$)?}'],
    ['/d/1', '{*rest}'],
    ['/', '{*rest}'],
  ])('send %s to %s', (path, template) => {
    expect(router.find('GET', path)?.target).toBe(template);
  });

  it('have no match under another method', () => {
    expect(router.find('POST', '/a/b')).toBeUndefined();
  });
});

describe('schedules', () => {
  const next = (expression: string, after: string) =>
    parseSchedule(expression, 'f').next(new Date(after))?.toISOString();

  it('need both the day of the month and the day of the week, in UTC', () => {
    expect(next('0 0 0 13 * 5', '2026-01-01T00:00:00Z')).toBe('2026-02-13T00:00:00.000Z');
    expect(next('*/15 30 9 * * mon-fri', '2026-01-02T09:30:45Z')).toBe('2026-01-05T09:30:00.000Z');
  });

  it.each(['0 0 * * *', '0 0 0 L * *', '0 0 0 ? * *', '0 0 0 * * 5#2', '61 0 0 * * *', '00:00:30'])(
    'such as %s are refused',
    (expression) => {
      expect(() => parseSchedule(expression, 'nightly')).toThrow(/of nightly is not valid/);
    },
  );
});

describe('a timer function', () => {
  const runnerFor = (next: string | undefined) => {
    const inputs: { IsPastDue: boolean }[] = [];
    const fn = { name: 'yearly', trigger: { schedule: '0 0 0 1 1 *' } } as unknown as RegisteredFunction;
    const status = next && { last: next, next, lastUpdated: next };
    const written: string[] = [];
    const table = {
      read: async () => status,
      write: async (_name: string, { next: expected }: { next: string }) => void written.push(expected),
    } as unknown as TimerStatusTable;
    const invoke = async (_fn: RegisteredFunction, { input }: Invocation) => {
      inputs.push(JSON.parse(input.json ?? '') as { IsPastDue: boolean });
      return { raw: undefined };
    };
    return { runner: new TimerRunner(fn, table, invoke, {}, () => undefined), inputs, written };
  };

  it('runs at once, as past due, when it missed a run', async () => {
    const { runner, inputs, written } = runnerFor('2020-01-01T00:00:00.000Z');
    await runner.start();
    await runner.stop();
    expect(inputs).toMatchObject([{ IsPastDue: true, ScheduleStatus: { Next: '2020-01-01T00:00:00.000Z' } }]);
    expect(Date.parse(written[0] ?? '')).toBeGreaterThan(Date.now());
  });

  it('waits when nothing was missed, and writes down what it expects at its first start', async () => {
    const later = runnerFor('2999-01-01T00:00:00.000Z');
    await later.runner.start();
    await later.runner.stop();
    expect(later.inputs).toEqual([]);

    const first = runnerFor(undefined);
    await first.runner.start();
    await first.runner.stop();
    expect([first.inputs.length, first.written.length]).toEqual([0, 1]);
  });
});

describe('table rows', () => {
  it('hold text longer than one property and longer than one row', () => {
    const text = 'ä"\\'.repeat(300_000);
    expect(JSON.parse(rowText(toRow('p', 'r', text.slice(0, 90_000))))).toBe(text.slice(0, 90_000));
    const rows = toRows('p', 'r', text);
    expect(rows.length).toBeGreaterThan(1);
    expect(JSON.parse(rows.map(rowText).join(''))).toBe(text);
  });

  it('have keys without forbidden characters, different for different ids', () => {
    const ids = ['a/b', 'a\\b', 'a#b', 'a?b', 'a~2fb', "o'neil", 'ä', '$host', 'a%2Fb', 'a:b'];
    const encoded = ids.map(encodeKey);
    expect(new Set(encoded).size).toBe(ids.length);
    for (const key of encoded) expect(key).toMatch(/^[A-Za-z0-9_.:@~ -]+$/);
  });
});
