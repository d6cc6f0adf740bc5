import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { MINUTE } from '../../../shared/conversation/time';
import type { PurgePlace, PurgeProgress } from '../../../shared/conversation/ports';
import { createTimerPurge } from '../../../shared/deadlines/durable-timers';
import { createTablePurgePlace } from '../../../shared/deadlines/timer-purge-table';
import { memoryTables } from '../../support/memory-tables';
import { SECRET, startDurableRpc, type DurableRpc } from './durable-rpc';
import type * as FunctionsCore from '../../support/functions-core';

jest.mock(
  '@azure/functions-core',
  () => jest.requireActual<typeof FunctionsCore>('../../support/functions-core').functionsCore,
  { virtual: true },
);

const DAY = 24 * 60 * MINUTE;
const NOW = Date.parse('2026-03-01T03:00:00.000Z');

interface Finished {
  readonly instanceId: string;
  readonly bornAt: number;
  readonly endedAt: number;
}

const memoryPlace = (progress: PurgeProgress = {}): PurgePlace => {
  return {
    load: async () => progress,
    save: async (next) => {
      progress = next;
    },
  };
};

/** Ten days before everything has been looked at, which is 400 days and as many questions. */
const LATE = NOW - 390 * DAY;
const lateIn = (): PurgePlace => memoryPlace({ to: LATE });

/** The task hub: what has finished, as the host's API lists and removes it. */
let hub: Finished[];
let rpc: DurableRpc;
/** How many instances each question found. */
let found: number[];
const asked = { from: [] as number[], to: [] as number[] };

beforeEach(async () => {
  hub = [];
  found = [];
  asked.from = [];
  asked.to = [];
  rpc = await startDurableRpc((call, query) => {
    const removed = /^DELETE \/durabletask\/instances\/(.+)$/.exec(call)?.[1];
    if (removed !== undefined) {
      const before = hub.length;
      hub = hub.filter(({ instanceId }) => instanceId !== removed);
      return before === hub.length ? [404] : [200, { instancesDeleted: 1 }];
    }
    const [from, to] = ['createdTimeFrom', 'createdTimeTo'].map((name) => Date.parse(query.get(name) ?? ''));
    asked.from.push(from!);
    asked.to.push(to!);
    const list = hub.filter(({ bornAt }) => bornAt >= from! && bornAt <= to!);
    found.push(list.length);
    const iso = (at: number) => new Date(at).toISOString();
    return [
      200,
      list.map(({ instanceId, bornAt, endedAt }) => ({
        instanceId,
        createdTime: iso(bornAt),
        lastUpdatedTime: iso(endedAt),
        runtimeStatus: 'Completed',
      })),
    ];
  });
});
afterEach(() => rpc.stop());

const put = (instanceId: string, bornAt: number, endedAt: number) =>
  hub.push({ instanceId, bornAt, endedAt });
const left = () => hub.map(({ instanceId }) => instanceId);

describe('the removal of finished timers', () => {
  it('[R171] goes by the end of a timer: one that lived for weeks stays readable for a week', async () => {
    put('short-old', NOW - 8 * DAY, NOW - 8 * DAY + MINUTE);
    put('short-young', NOW - 6 * DAY, NOW - 6 * DAY + MINUTE);
    put('long-young', NOW - 40 * DAY, NOW - 6 * DAY);
    put('long-old', NOW - 40 * DAY, NOW - 8 * DAY);
    const purge = createTimerPurge(() => NOW, memoryPlace());
    await expect(purge(rpc.client, NOW + 1_000)).resolves.toEqual({ removed: 2, left: 0, done: true });
    expect(left()).toEqual(['short-young', 'long-young']);
  });

  it('[R171] looks at everything once a night, in slices of time that leave no gap, none of them wider than a day', async () => {
    let now = NOW;
    const purge = createTimerPurge(() => now, memoryPlace());
    await purge(rpc.client, now + 1_000);
    expect(asked.to[0]).toBe(NOW - 7 * DAY);
    expect(asked.to.slice(1)).toEqual(asked.from.slice(0, -1));
    expect(Math.max(...asked.to.map((to, index) => to - asked.from[index]!))).toBe(DAY);
    expect(asked.from.at(-1)).toBeLessThanOrEqual(NOW - 400 * DAY);

    const questions = asked.to.length;
    now += 10 * MINUTE;
    await expect(purge(rpc.client, now + 1_000)).resolves.toEqual({ removed: 0, left: 0, done: true });
    expect(asked.to).toHaveLength(questions);
    now += DAY;
    await purge(rpc.client, now + 1_000);
    expect(asked.to).toHaveLength(2 * questions);
  });

  it('[R171] narrows the slices where there is much: a busy day is not asked for at once a second time', async () => {
    for (let n = 0; n < 12_000; n++) put(`timer-${n}`, LATE - 5 * DAY - n * 24_000, NOW - DAY);
    await createTimerPurge(() => NOW, lateIn())(rpc.client, NOW + 1_000);
    const busy = found.filter((count) => count > 0);
    expect(busy.reduce((sum, count) => sum + count)).toBeGreaterThanOrEqual(12_000);
    expect(Math.max(...busy)).toBeLessThanOrEqual(3_601);
    expect(Math.max(...busy.slice(3))).toBeLessThanOrEqual(2_000);
  });

  it('[R170] stops at the end of its share, says what is left, and goes on there the next time', async () => {
    for (let n = 0; n < 128; n++) put(`timer-${n}`, LATE - DAY, NOW - 8 * DAY);
    let now = NOW;
    const first = rpc.answer;
    rpc.answer = (call, query) => {
      if (call.startsWith('DELETE')) now += 50;
      return first(call, query);
    };
    const purge = createTimerPurge(() => now, lateIn());
    const result = await purge(rpc.client, NOW + 1_000);
    expect(result).toEqual({ removed: 32, left: 96, done: false });
    const slices = asked.to.length;
    await expect(purge(rpc.client, now + 60_000)).resolves.toEqual({ removed: 96, left: 0, done: true });
    expect(asked.to[slices]).toBe(asked.to[slices - 1]);
    expect(hub).toEqual([]);
  });

  it('[R227] goes on where it has ended in a process that has just started, and begins anew a night later', async () => {
    for (let n = 0; n < 128; n++) put(`timer-${n}`, LATE - DAY - n * MINUTE, NOW - 8 * DAY);
    let now = NOW;
    const first = rpc.answer;
    rpc.answer = (call, query) => {
      now += call.startsWith('DELETE') ? 50 : 10;
      return first(call, query);
    };
    const tables = memoryTables(() => now);
    const place = createTablePurgePlace(tables.clients.workList);
    await place.save({ to: LATE });
    const started = () => createTimerPurge(() => now, createTablePurgePlace(tables.clients.workList));
    expect(await started()(rpc.client, now + 1_000)).toMatchObject({ done: false });
    const last = asked.to.at(-1)!;
    const slices = asked.to.length;
    expect(await started()(rpc.client, now + 60_000)).toMatchObject({ left: 0, done: true });
    expect(asked.to[slices]).toBe(last);
    expect(hub).toEqual([]);
    expect(await started()(rpc.client, now + 60_000)).toEqual({ removed: 0, left: 0, done: true });
    now += DAY;
    const questions = asked.to.length;
    await started()(rpc.client, now + 20);
    expect(asked.to[questions]).toBeGreaterThan(NOW - 7 * DAY);
  });

  it('[R227] does not stand still for a place that a clock ahead, or somebody by hand, has written', async () => {
    put('old', NOW - 8 * DAY, NOW - 8 * DAY);
    const place = memoryPlace();
    await place.save({ to: NOW + 400 * DAY, width: -5, doneAt: NOW + 300 * DAY });
    const purge = createTimerPurge(() => NOW, place);
    await expect(purge(rpc.client, NOW + 1_000)).resolves.toEqual({ removed: 1, left: 0, done: true });
  });

  it('[R227] asks for more at once where the question takes longer than the removal', async () => {
    // More than a question that is answered at once ever asks for; most of them have ended lately and stay.
    for (let n = 0; n < 4_500; n++)
      put(`timer-${n}`, NOW - 8 * DAY - n * 4_000, NOW - (n % 20 === 0 ? 8 : 1) * DAY);
    let now = NOW;
    const first = rpc.answer;
    rpc.answer = (call, query) => {
      if (!call.startsWith('DELETE')) now += 25_000;
      return first(call, query);
    };
    const purge = createTimerPurge(() => now, memoryPlace());
    for (let run = 1; run <= 3; run += 1) await purge(rpc.client, now + 240_000);
    expect(Math.max(...found)).toBeGreaterThan(2_000);
    expect(hub.filter(({ endedAt }) => endedAt < NOW - 7 * DAY)).toEqual([]);
    expect(hub).toHaveLength(4_500 - 4_500 / 20);
  });

  it('passes over a timer that was started again since it was listed, and takes the others', async () => {
    put('running-again', LATE - DAY, NOW - 8 * DAY);
    put('finished', LATE - DAY, NOW - 8 * DAY);
    const first = rpc.answer;
    rpc.answer = (call, query) =>
      call === 'DELETE /durabletask/instances/running-again'
        ? [412, 'Only orchestrations in a terminal state can be purged']
        : first(call, query);
    const result = await createTimerPurge(() => NOW, lateIn())(rpc.client, NOW + 1_000);
    expect(result).toEqual({ removed: 1, left: 0, done: true });
    expect(left()).toEqual(['running-again']);
  });

  it('asks for less after a question that was not answered in time', async () => {
    const first = rpc.answer;
    rpc.answer = (call, query) => {
      first(call, query);
      return 'hang';
    };
    const purge = createTimerPurge(() => NOW, memoryPlace());
    await expect(purge(rpc.client, NOW + 50)).resolves.toEqual({ removed: 0, left: 0, done: false });
    rpc.answer = first;
    await purge(rpc.client, NOW + 50);
    const width = (index: number) => asked.to[index]! - asked.from[index]!;
    expect(width(1)).toBe(width(0) / 4);
    expect(asked.to[1]).toBe(asked.to[0]);
  });

  it('fails as a service that is down, without the keys of the request', async () => {
    rpc.answer = () => [500, { Message: SECRET }];
    const thrown: unknown = await createTimerPurge(() => NOW, memoryPlace())(rpc.client, NOW + 1_000).catch(
      (error: unknown) => error,
    );
    expect(thrown).toMatchObject({ code: 'dependency-failed', dependency: 'durable-functions' });
    expect(`${String(thrown)} ${String((thrown as Error).cause)}`).not.toContain(SECRET);
  });
});
