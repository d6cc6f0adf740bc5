import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { setAlarm } from '../durable/alarm';
import { compareVersions, versionVerdict } from '../durable/version-match';
import { timerVisibleAt, Visibility } from '../durable/visibility';
import type { InstanceRecord } from '../durable/instance';
import { parseDuration } from '../cli/duration';
import { encodeKey, rowText, toRow, toRows } from '../durable/table-rows';
import { Router } from '../http/router';
import { parseSchedule } from '../timers/schedule';
import { TimerRunner } from '../timers/timer-runner';
import type { TimerStatusTable } from '../timers/timer-status';
import type { RegisteredFunction } from '../worker/core-api';
import { createWorker } from '../worker/worker';
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

describe("a timer's message", () => {
  it.each([
    [5_000, 5_000],
    [4_999, 4_000],
    [1_000, 1_000],
    [999, 0],
    [0, 0],
    [-3_000, 0],
  ])('that is due in %d ms is seen after %d ms', (due, seen) => {
    expect(timerVisibleAt(10_500, 10_500 + due)).toBe(10_500 + seen);
  });
});

describe('an alarm', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it.each([-60_000, 0, 60_000])(
    'rings when its time has passed, the clock set by %d ms meanwhile',
    (step) => {
      const ring = jest.fn();
      setAlarm(Date.now() + 3_000, ring);
      jest.setSystemTime(Date.now() + step);
      jest.advanceTimersByTime(2_999);
      expect(ring).not.toHaveBeenCalled();
      jest.advanceTimersByTime(2);
      expect(ring).toHaveBeenCalledTimes(1);
    },
  );
});

describe('what a killed host had in hand', () => {
  const at = (seconds: number): string => new Date(seconds * 1_000).toISOString();
  const pending = (createdAt: string) => ({ createdAt, episodes: 0 }) as InstanceRecord;
  const afterKill = new Visibility(60_000, 5_000);

  it('is seen again when its time is over, and what is sent since, at once', () => {
    expect(afterKill.inHandAt(59_000, 60_000)).toBe(64_000);
    expect(afterKill.inHandAt(60_000, 60_000)).toBeLessThan(60_100);
    expect(new Visibility(undefined, 5_000).inHandAt(59_000, 59_000)).toBeLessThan(59_100);
  });

  it('is in hand when it was sent before the clock of the machine was put back', () => {
    expect(afterKill.inHandAt(120_000, 60_000)).toBe(60_000);
    expect(afterKill.startsAt(pending(at(120)), 60_000)).toBe(60_000);
  });

  it('hides that an instance was started, until then', () => {
    expect(afterKill.isStartHidden(pending(at(59)), 63_999)).toBe(true);
    expect(afterKill.isStartHidden(pending(at(59)), 64_000)).toBe(false);
    expect(afterKill.isStartHidden(pending(at(60)), 60_001)).toBe(false);
    expect(afterKill.isStartHidden({ ...pending(at(59)), episodes: 1 }, 60_001)).toBe(false);
  });
});

describe('versions', () => {
  it.each([
    ['2.0', '2.0', 0],
    ['2.0', '10.0', -1],
    ['2.0.1', '2.0', 1],
    ['3', '20', 1],
    [undefined, '2.0', -1],
    ['2.0', '', 1],
    ['beta', 'Alpha', 1],
  ])('%s against %s', (one, other, sign) => {
    expect(Math.sign(compareVersions(one, other))).toBe(sign);
    expect(Math.sign(compareVersions(other, one)) + sign).toBe(0);
  });

  it('are run, left alone or failed by the strategies of host.json', () => {
    const rules = { defaultVersion: '2.0', match: 'CurrentOrOlder', failure: 'Reject' } as const;
    expect(versionVerdict('1.9', rules)).toBe('run');
    expect(versionVerdict('3.0', rules)).toBe('reject');
    expect(versionVerdict('3.0', { ...rules, failure: 'Fail' })).toBe('fail');
    expect(versionVerdict('1.9', { ...rules, match: 'Strict' })).toBe('reject');
    expect(versionVerdict('3.0', { ...rules, match: 'None' })).toBe('run');
  });
});

describe('the worker', () => {
  it('fails what is under way when it dies, refuses until it is back, and works then', async () => {
    let finish: () => void = () => undefined;
    const worker = createWorker(() => new Promise((resolve) => (finish = () => resolve({ raw: 'done' }))));
    const fn = {} as RegisteredFunction;
    const underWay = worker.invoke(fn, { input: {} });
    const back = worker.restart(20);
    await expect(underWay).rejects.toThrow('node exited with code 137');
    await expect(worker.invoke(fn, { input: {} })).rejects.toThrow('any initialized language workers');
    await back;
    const next = worker.invoke(fn, { input: {} });
    finish();
    expect(await next).toEqual({ raw: 'done' });
  });
});

describe('durations of the command line', () => {
  it.each([
    ['PT300S', 300_000],
    ['PT1M30S', 90_000],
    ['PT2H', 7_200_000],
    ['PT0.5S', 500],
    ['PT', undefined],
    ['5', undefined],
    ['P1D', undefined],
  ])('%s', (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds);
  });
});
