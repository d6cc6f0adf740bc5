import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { DependencyError, StoredRowError } from '../../../shared/app/errors';
import { closedConversation } from '../../../shared/closed-conversations/closed-conversation';
import { eraseExpired, listOlder } from '../../../shared/closed-conversations/closed-conversations-service';
import { encodeClosedConversation } from '../../../shared/closed-conversations/closed-conversations-table';
import { encodeConversation, encodeEntry } from '../../../shared/conversation/conversation-table';
import type { PolicyRule, PolicyValues } from '../../../shared/policies/policy';
import { policies } from '../../support/domain/policies';
import { stepOf } from '../../support/part-of';
import { CALL } from '../../support/service';
import { silent } from '../../support/silent';
import { conversationOf, messageOf } from '../../unit/storage/samples';
import { scene } from '../personal-data/scene';
import { emptied } from '../storage/tables';

const DAY = 86_400_000;
const here = scene();
const { tables, closedConversations: list, world, eraser } = here;
const NOW = here.now();
beforeAll(() => tables.ensureTables());

let lines: string[] = [];
const loggerOf = () => ({
  ...silent,
  refusal: () => undefined,
  warn: (text: string) => void lines.push(text),
});
let slow = 0;
let clock = NOW;
const now = () => (clock += slow);
const storedPolicies = async () => world.operatorSettings.policies;
const dependencies = { closedConversations: list, storedPolicies, eraser, now, loggerOf };
const LONG = 3_600_000;
const run = (time = LONG) => eraseExpired(dependencies, CALL, clock + time);

const retention = (value: PolicyValues['retention'], rules: readonly PolicyRule[] = []) => {
  world.operatorSettings = { policies: { ...policies({ retention: value }), rules }, messages: [] };
};
const keepArchive: PolicyRule = {
  id: 'kept',
  when: { workstream: ['archive'] },
  set: { retention: 'never' },
};

/** As an app has closed and listed it, or as one has that knows no list. */
async function stored(id: string, age: number, workstream = 'default', isListed = true): Promise<string> {
  const closedAt = NOW - age;
  const conversation = conversationOf(id, {
    state: 'Closed',
    stateSince: closedAt,
    closedAt,
    end: { at: closedAt - 1, reason: 'agent-ended', agentId: 'bob' },
    agent: { id: 'bob', name: 'Bob', assignedAt: closedAt - 10, acceptedAt: closedAt - 9 },
    liveConnectionIds: [],
    lastSequence: 1,
    customer: {
      ...{ name: 'Zoë', locale: 'fr', queue: 'billing', channelInstance: 'default', context: {} },
      workstream,
    },
  });
  await tables.conversations.submitTransaction([
    ['upsert', encodeConversation(conversation), 'Replace'],
    ['upsert', encodeEntry(id, messageOf(1)), 'Replace'],
  ]);
  if (isListed) await list.put(closedConversation(conversation)!);
  return id;
}
/** What is left of it but the tombstone, which says nothing. */
const left = async (id: string) =>
  (await here.rowsOf(id)).filter((name) => !/^(conversations .*\/conversation|erasures )/.test(name));
const isErased = async (id: string) =>
  (await left(id)).length === 0 &&
  'erasedAt' in ((await tables.conversations.getEntity(id, 'conversation')) as object);

beforeEach(async () => {
  await emptied(...[tables.conversations, tables.closedConversations, tables.erasures]);
  await list.saveOlderProgress({ listed: 0, unreadable: 0, done: true });
  lines = [];
  slow = 0;
  clock = NOW;
});

describe('retention [R194]', () => {
  test('erases what was closed so long ago, entries and rows of the list included, and nothing younger', async () => {
    retention(90 * DAY);
    const old = await stored('conversation-old', 90 * DAY);
    const young = await stored('conversation-young', 90 * DAY - 1);
    expect(await run()).toEqual({ removed: 1, left: 0, done: true });
    expect(await isErased(old)).toBe(true);
    expect(await left(young)).toHaveLength(3);
    expect((await list.list({ limit: 9, agentId: 'bob' })).items.map((one) => one.conversationId)).toEqual([
      young,
    ]);
    clock += 1;
    expect(await run()).toEqual({ removed: 1, left: 0, done: true });
    expect(await isErased(young)).toBe(true);
    expect(await run()).toEqual({ removed: 0, left: 0, done: true });
  });

  test('of a policy that became shorter takes what is older along at the next run; of one that became longer, nothing', async () => {
    retention(90 * DAY);
    const id = await stored('conversation-0001', 40 * DAY);
    expect(await run()).toMatchObject({ removed: 0, done: true });
    retention(365 * DAY);
    expect(await run()).toMatchObject({ removed: 0, done: true });
    retention(30 * DAY);
    expect(await run()).toMatchObject({ removed: 1, done: true });
    expect(await isErased(id)).toBe(true);
  });

  test('"never" keeps: of a workstream beside others, and of everything', async () => {
    retention(30 * DAY, [keepArchive]);
    const kept = await stored('conversation-kept', 1_000 * DAY, 'archive');
    const other = await stored('conversation-other', 1_000 * DAY);
    expect(await run()).toMatchObject({ removed: 1, done: true });
    expect([await isErased(kept), await isErased(other)]).toEqual([false, true]);
    retention('never');
    await stored('conversation-later', 1_000 * DAY);
    here.crashAt(0);
    expect(await run()).toMatchObject({ removed: 0, done: true });
    expect(here.operations()).toBe(0);
    retention('never', [{ id: 'short', when: { workstream: ['archive'] }, set: { retention: DAY } }]);
    expect(await run()).toMatchObject({ removed: 1, done: true });
    expect([await isErased(kept), await isErased('conversation-later')]).toEqual([true, false]);
  });

  test('does not read again what it keeps, until it is due or the policies have changed', async () => {
    retention(60 * DAY, [{ ...keepArchive, set: { retention: 90 * DAY } }]);
    for (const day of [60, 61, 62, 63, 64, 65, 66, 67, 68, 69])
      for (const n of [1, 2, 3]) await stored(`conversation-${day}-${n}`, day * DAY, 'archive');
    const cost = async () => {
      here.crashAt(0);
      const result = await run();
      return [here.operations(), result.removed];
    };
    const [first] = await cost();
    expect(first).toBeGreaterThan(20);
    // The days that have been gone through, how far the list of older ones has come, and the day to begin and to end with.
    expect(await cost()).toEqual([4, 0]);
    clock += 20 * DAY;
    expect((await cost())[1]).toBe(0);
    clock = NOW + 25 * DAY;
    expect((await cost())[1]).toBe(5 * 3);
    expect((await list.list({ limit: 99 })).items).toHaveLength(5 * 3);
    retention(60 * DAY);
    expect((await cost())[1]).toBe(5 * 3);
  });

  test('is bounded for each run, and goes on where it ended, also within a day of which much is kept', async () => {
    retention(60 * DAY, [keepArchive]);
    const day = Math.floor((NOW - 70 * DAY) / DAY) * DAY;
    const ofDay = (n: number, workstream: string) => stored(`conversation-${n}`, NOW - day - n, workstream);
    // The latest of a day come first: more than a page of them stay.
    const kept = Array.from({ length: 1_200 }, (_, n) => n + 1_000);
    const [row] = await Promise.all([ofDay(999, 'archive')]);
    const { items } = await list.list({ limit: 1 });
    expect(items[0]?.conversationId).toBe(row);
    const rows = kept.map((n) =>
      encodeClosedConversation({ ...items[0]!, conversationId: `conversation-${n}`, closedAt: day + n }),
    );
    for (let i = 0; i < rows.length; i += 100)
      await tables.closedConversations.submitTransaction(
        rows.slice(i, i + 100).map((one) => ['create', one]),
      );
    for (let n = 100; n < 120; n += 1) await ofDay(n, 'default');
    slow = 10;
    const removed: number[] = [];
    while (removed.length < 20 && removed.reduce((one, other) => one + other, 0) < 20) {
      removed.push((await run(50)).removed);
    }
    expect(removed.slice(0, 2)).toEqual([0, 0]);
    expect(Math.max(...removed)).toBeLessThanOrEqual(16);
    expect(removed.reduce((one, other) => one + other, 0)).toBe(20);
    slow = 0;
    expect(await run()).toEqual({ removed: 0, left: 0, done: true });
    expect((await left('conversation-1500')).length).toBe(1);
  });

  test('erases nothing while the stored policies cannot be read: they may keep it', async () => {
    const id = await stored('conversation-0001', 1_000 * DAY);
    const unreadable = new StoredRowError('policies/document', 'schemaVersion: newer than 2');
    const failing = { ...dependencies, storedPolicies: () => Promise.reject(unreadable) };
    await expect(eraseExpired(failing, CALL, clock + LONG)).rejects.toThrow(unreadable);
    expect(await isErased(id)).toBe(false);
  });

  test('of one that fails keeps no other from its turn; what is left is told, and erased by the next run', async () => {
    retention(60 * DAY);
    for (const n of [1, 2, 3]) await stored(`conversation-000${n}`, (70 + n) * DAY);
    const failing = {
      ...dependencies,
      eraser: {
        eraseConversation: async (id: string, because: 'retention' | 'request') => {
          if (id === 'conversation-0002') throw new DependencyError('table-storage', 'erase');
          return eraser.eraseConversation(id, because);
        },
      },
    };
    expect(await eraseExpired(failing, CALL, clock + LONG)).toEqual({ removed: 2, left: 1, done: true });
    expect(await run()).toEqual({ removed: 1, left: 0, done: true });
  });

  test('leaves a conversation alone whose record does not say that it is closed', async () => {
    retention(60 * DAY);
    const id = await stored('conversation-open', 70 * DAY);
    await tables.conversations.upsertEntity(encodeConversation(conversationOf(id)), 'Replace');
    expect(await run()).toEqual({ removed: 0, left: 1, done: true });
    expect(lines).toEqual(['retention: the record does not say that it is closed']);
    expect((await here.store.load(id))?.conversation.state).toBe('Open');
  });

  test('leaves nothing half erased, whichever request it dies at', async () => {
    retention(60 * DAY);
    for (const [how, first] of [
      ['before', 1],
      ['after', 2],
    ] as const) {
      for (let at = first; ; at += stepOf(3)) {
        const id = await stored(`conversation-${how}-${at}`, 70 * DAY);
        here.crashAt(at, how);
        const result = await run().catch(() => undefined);
        const isPast = here.operations() < at;
        here.crashAt(0);
        if (!isPast || result?.removed !== 1) await run();
        await eraser.finishErasures();
        expect([how, at, await isErased(id)]).toEqual([how, at, true]);
        if (isPast) break;
      }
    }
  });
});

describe('conversations that an older version has closed [R195]', () => {
  beforeEach(() => emptied(tables.closedConversations));
  const walk = (time = LONG) => listOlder(dependencies, CALL, clock + time);
  const listed = async () => (await list.list({ limit: 500 })).items.map((one) => one.conversationId);

  test('come onto the list, page by page and once, whatever else is stored', async () => {
    const ids = Array.from({ length: 230 }, (_, n) => `conversation-${n + 1_000}`);
    for (const [n, id] of ids.entries()) await stored(id, n * DAY, 'default', false);
    await tables.conversations.upsertEntity(encodeConversation(conversationOf('conversation-goes-on')));
    await tables.conversations.upsertEntity({
      ...{ partitionKey: 'conversation-damaged', rowKey: 'conversation', schemaVersion: 2, state: 'Closed' },
    });
    slow = 1;
    let runs = 0;
    while (!(await walk(2)).done) runs += 1;
    expect(runs).toBeGreaterThan(0);
    expect(await listed()).toEqual(ids);
    expect(await list.olderProgress()).toEqual({ listed: 230, unreadable: 1, done: true });
    here.crashAt(0);
    expect(await walk()).toEqual({ removed: 0, left: 0, done: true });
    expect(here.operations()).toBe(1);
  });

  test('are erased like others when they are on it', async () => {
    retention(60 * DAY);
    const id = await stored('conversation-0001', 70 * DAY, 'default', false);
    expect(await run()).toMatchObject({ removed: 0 });
    await walk();
    expect(await run()).toMatchObject({ removed: 1 });
    expect(await isErased(id)).toBe(true);
  });
});

describe('a conversation that is closed [R193]', () => {
  const profile = {
    ...{ name: 'Ann', locale: 'en', queue: 'sales', workstream: 'default' },
    ...{ channelInstance: 'default', context: {} },
  };
  const begin = (id: string) => here.service.handle(id, { type: 'connect', conversationId: id, profile });

  test('is on the list, with its reason and without its texts and names', async () => {
    const id = 'conversation-closing';
    await begin(id);
    expect((await list.list({ limit: 9 })).items).toEqual([]);
    await here.service.handle(id, { type: 'customer-left' });
    const { items } = await list.list({ limit: 9 });
    expect(items).toMatchObject([{ conversationId: id, reason: 'customer-ended', queue: 'sales' }]);
    expect(JSON.stringify(items)).not.toContain('Ann');
  });

  test('is listed before it leaves the work list, whichever request its process dies at', async () => {
    for (let at = 1; ; at += 1) {
      const id = `conversation-dies-${at}`;
      here.crashAt(0);
      await begin(id);
      here.crashAt(at);
      await here.service.handle(id, { type: 'customer-left' }).catch(() => undefined);
      const isPast = here.operations() < at;
      here.crashAt(0);
      const isClosed = (await here.store.load(id))?.conversation.state === 'Closed';
      const inWorkList = (await here.workList.list({ limit: 99 })).items.some(
        (one) => one.conversationId === id,
      );
      const isListed = (await list.list({ limit: 99 })).items.some((one) => one.conversationId === id);
      expect([at, !isClosed || inWorkList || isListed]).toEqual([at, true]);
      await here.service.handle(id, { type: 'presence-checked', endUntold: true });
      if (isClosed)
        expect((await list.list({ limit: 99 })).items.map((one) => one.conversationId)).toContain(id);
      if (isPast) break;
    }
  });
});
