import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { MINUTE, toIso } from '../../shared/conversation/time';
import { createActivities } from '../../shared/deadlines/deadline-activities';
import type { HttpOutput } from '../../shared/http/route';
import { reconcile } from '../../shared/reconciliation/reconcile-service';
import { MemoryWorld } from '../support/memory-ports';
import { PACE } from '../support/pace';
import { bodyOf, call, request } from '../unit/handlers/request';
import { GRACE, PROFILE } from '../unit/application/scene';
import { overTables } from './storage/over-tables';
import { emptied, startTables, type Tables } from './storage/tables';

/**
 * Rows that somebody has spoiled in the real storage. Web PubSub and the task hub are ports over memory: nobody is
 * connected, and no timer ever fires.
 */
let tables: Tables;
let world: MemoryWorld;
let now = Date.parse('2026-03-01T10:00:00Z');
const lines: string[] = [];
const log = (message: string, fields?: object) => {
  lines.push(`${message} ${JSON.stringify(fields ?? {})}`);
};

const inLog = <L>(logger: L) => ({ logger, loggerOf: () => logger });
const parts = () => ({
  ...overTables(tables, world, () => now),
  conversations: () => made.service,
  ...inLog({ info: log, warn: log, error: log, refusal: log }),
  pace: PACE,
});
type Parts = ReturnType<typeof parts>;
let made: Parts;

beforeAll(async () => {
  tables = startTables();
  await tables.ensureTables();
});
beforeEach(async () => {
  world = new MemoryWorld();
  made = parts();
  lines.length = 0;
  await emptied(tables.conversations, tables.workList, tables.deadLetters);
});

/** A conversation that an agent has accepted, and whose customer is away for longer than allowed. */
async function overdue(conversationId: string): Promise<string> {
  const { service } = made;
  await service.handle(conversationId, { type: 'connect', conversationId, profile: PROFILE });
  await service.handle(conversationId, { type: 'connected', connectionId: 'tab-1', occurredAt: now });
  await service.handle(conversationId, {
    type: 'agent-accepted',
    agentId: `of-${conversationId}`,
    agentName: 'Ann',
  });
  await service.handle(conversationId, { type: 'disconnected', connectionId: 'tab-1', occurredAt: now });
  return conversationId;
}

const DISCONNECTION = { kind: 'disconnection', number: 2 } as const;
const spoil = (conversationId: string, columns: object) =>
  tables.conversations.updateEntity(
    { partitionKey: conversationId, rowKey: 'conversation', ...columns },
    'Merge',
  );

/** How a row is spoiled, what it is mended with, and what the letter says. */
const POISONS = [
  {
    id: 'spoiled-column',
    columns: { lastSignOfLife: 'the other day' },
    mended: { lastSignOfLife: toIso(now) },
    letter: { kind: 'unreadable-row', code: 'stored-row-unusable' },
  },
  {
    id: 'spoiled-version',
    columns: { schemaVersion: 99 },
    mended: { schemaVersion: 2 },
    letter: { kind: 'unreadable-row', code: 'stored-row-unusable' },
  },
  {
    // It can be read; what is past is kept as JSON, which then has no room for it.
    id: 'spoiled-size',
    columns: { lostConnectionId: 'x'.repeat(32_760) },
    mended: { lostConnectionId: 'tab-1' },
    letter: { kind: 'record-too-large', code: 'record-too-large' },
  },
] as const;

const answerOf = (answer: HttpOutput) => ({ status: answer.status, json: bodyOf(answer) });
const stateOf = async (id: string) => (await made.store.load(id))?.conversation.state;
const noticesOf = async (id: string) =>
  (await made.store.transcript(id, { after: 0, limit: 100 })).entries.filter(
    (entry) => entry.kind === 'notice' && entry.trigger === 'customer-disconnected',
  );
const letters = async (state: 'open' | 'resolved' = 'open') =>
  (await made.deadLetters.list({ state, limit: 100 })).letters.map(({ letter }) => letter);
const replayed = async (deadLetterId: string) =>
  answerOf(await call('replay-dead-letter', request({ params: { deadLetterId } }), made));

describe('the runbook of a row that cannot be read', () => {
  const operations = readFileSync(join(__dirname, '..', '..', 'docs', 'OPERATIONS.md'), 'utf8');

  it('says to mend or delete the row that the letter names, and to delete nothing else', () => {
    expect(operations).toContain('mend the row that `row` names, or delete it');
  });

  it('followed word for word, with "delete", leads to a conversation that goes on and can end [R182]', async () => {
    const ids = Array.from({ length: 30 }, (_, n) => `deleted-${String(n).padStart(4, '0')}`);
    for (const id of ids) {
      await overdue(id);
      await spoil(id, { liveConnectionIds: '{' });
    }
    await overdue('healthy-0001');
    now += GRACE + MINUTE;
    expect(await reconcile(made)).toMatchObject({ expired: 1, failed: 0, deadLettersOpened: 30 });

    for (const { row = '' } of await letters()) {
      const [partitionKey = '', rowKey = ''] = row.split('/');
      await tables.conversations.deleteEntity(partitionKey, rowKey);
    }
    expect(await replayed(`${ids[0]}.unreadable-row`)).toMatchObject({ status: 200 });
    expect(await reconcile(made)).toMatchObject({ deadLettersResolved: 29, failed: 0 });
    expect(await letters()).toEqual([]);

    // Their customers come back with their tickets, write, and go for good.
    for (const id of ids) {
      await made.service.handle(id, { type: 'connect', conversationId: id, profile: PROFILE });
      await made.service.handle(id, { type: 'connected', connectionId: 'tab-2', occurredAt: now });
      const written = { connectionId: 'tab-2', messageId: 'm-1', text: 'hello again' };
      expect(await made.service.handle(id, { type: 'customer-message', ...written })).toMatchObject({
        kind: 'accepted',
      });
      await made.service.handle(id, { type: 'disconnected', connectionId: 'tab-2', occurredAt: now });
    }
    await overdue('healthy-0002');
    now += GRACE + MINUTE;
    expect(await reconcile(made)).toMatchObject({ expired: 31, failed: 0, unusable: 0 });
    for (const id of [...ids, 'healthy-0002']) {
      expect([id, (await noticesOf(id)).length]).toEqual([id, 1]);
    }
    // What was said before is still there.
    const { entries } = await made.store.transcript(ids[0]!, { after: 0, limit: 100 });
    expect(entries.map(({ sequence }) => sequence)).toEqual(entries.map((_, index) => index + 1));
  });
});

describe('spoiled conversations among twenty others that are overdue', () => {
  const others = Array.from({ length: 20 }, (_, n) => `healthy-${String(n).padStart(4, '0')}`);

  it('keep nobody from the end, have one dead letter each, and end once when they are mended', async () => {
    for (const id of [...others, ...POISONS.map(({ id }) => id)]) await overdue(id);
    for (const { id, columns } of POISONS) await spoil(id, columns);
    now += GRACE + MINUTE;

    const first = await reconcile(made);
    expect(first).toMatchObject({ expired: 20, failed: 0, unusable: 3, deadLettersOpened: 3 });
    for (const id of others) {
      expect([id, await stateOf(id), (await noticesOf(id)).length]).toEqual([id, 'WrapUp', 1]);
    }

    // However often, by whomever, and at the same time.
    const activities = createActivities(made);
    await Promise.all([reconcile(made), reconcile(made)]);
    for (const { id } of POISONS) {
      await expect(
        activities.reachDeadline({ conversationId: id, ...DISCONNECTION, deadline: toIso(now) }),
      ).resolves.toEqual({ outcome: 'dead-lettered' });
      await made.service.receive(id, { type: 'deadline-reached', ...DISCONNECTION }).catch(() => undefined);
    }
    const open = await letters();
    expect(open).toEqual(
      [...POISONS]
        .sort((a, b) => (a.id < b.id ? -1 : 1))
        .map(({ id, letter }) => ({
          id: `${id}.${letter.kind}`,
          conversationId: id,
          ...letter,
          row: `${id}/conversation`,
          state: 'open',
          firstSeen: now,
          lastSeen: now,
          count: 5,
        })),
    );
    for (const { id } of POISONS) expect(await noticesOf(id)).toEqual([]);
    expect(lines.filter((line) => line.startsWith('dead-letter: opened'))).toHaveLength(3);

    const [column, ...rest] = POISONS;
    const letterOfColumn = 'spoiled-column.unreadable-row';
    expect(await replayed(letterOfColumn)).toMatchObject({ status: 409, json: { code: 'still-failing' } });
    for (const { id, mended } of POISONS) await spoil(id, mended);

    expect(await replayed(letterOfColumn)).toMatchObject({
      status: 200,
      json: { state: 'resolved', count: 6 },
    });
    expect(await stateOf(column.id)).toBe('WrapUp');
    expect(await noticesOf(column.id)).toHaveLength(1);
    expect(await replayed(letterOfColumn)).toMatchObject({
      status: 200,
      json: { state: 'resolved', count: 6 },
    });
    expect(await noticesOf(column.id)).toHaveLength(1);

    const mended = { expired: 2, deadLettersOpen: 2, deadLettersResolved: 2, unusable: 0 };
    expect(await reconcile(made)).toMatchObject(mended);
    expect(await reconcile(made)).toMatchObject({ expired: 0, deadLettersOpen: 0, unusable: 0 });
    for (const { id } of rest) {
      expect([id, await stateOf(id), (await noticesOf(id)).length]).toEqual([id, 'WrapUp', 1]);
    }
    expect([await letters(), (await letters('resolved')).length]).toEqual([[], 3]);
    // The agents and the customer, however often the same push was sent.
    const told = (id: string) => [...world.told].filter((push) => push.includes(`"${id}.ended"`));
    for (const { id } of POISONS) expect(told(id)).toHaveLength(2);
  });

  it('stay as they are: nothing is written to a row that cannot be read', async () => {
    await overdue('spoiled-column');
    await spoil('spoiled-column', { lastSignOfLife: 'the other day' });
    const before = await tables.conversations.getEntity('spoiled-column', 'conversation');
    now += GRACE + MINUTE;
    await reconcile(made);
    expect(await tables.conversations.getEntity('spoiled-column', 'conversation')).toEqual(before);
  });

  it('are told of in the log and in the table without texts or names', async () => {
    const context = { canary: 'CANARY-context' };
    const conversationId = 'spoiled-column';
    const profile = { ...PROFILE, name: 'CANARY-name', context };
    await made.service.handle(conversationId, { type: 'connect', conversationId, profile });
    await spoil(conversationId, { context: 'CANARY-context', lastSignOfLife: 'CANARY-column' });
    now += GRACE + MINUTE;
    await reconcile(made);
    const rows: unknown[] = [];
    for await (const row of tables.deadLetters.listEntities()) rows.push(row);
    expect(rows).toHaveLength(1);
    expect(JSON.stringify([rows, lines])).toContain('stored-row-unusable');
    expect(JSON.stringify([rows, lines])).not.toContain('CANARY');
  });
});

describe('an event for a conversation without room', () => {
  it('is refused, which no service repeats, stores nothing, and leaves a letter', async () => {
    const id = await overdue('spoiled-size');
    await spoil(id, { lostConnectionId: 'x'.repeat(32_760) });
    const back = { type: 'connected', connectionId: 'tab-2', occurredAt: now } as const;
    await expect(made.service.receive(id, back)).resolves.toMatchObject({
      kind: 'refused',
      refusal: { code: 'conversation-too-large' },
    });
    expect((await made.store.load(id))?.conversation.liveConnectionIds).toEqual([]);
    expect(await letters()).toMatchObject([{ kind: 'record-too-large', row: `${id}/conversation` }]);
  });
});

describe('the table of dead letters', () => {
  const failing = { conversationId: 'conversation-1', kind: 'check-failed', code: 'unexpected' } as const;

  it('opens a letter once and counts every failure, however many come at once', async () => {
    const filed = await Promise.all(Array.from({ length: 4 }, () => made.deadLetters.file(failing, now)));
    expect(filed.filter((one) => one === 'opened')).toHaveLength(1);
    expect(await letters()).toMatchObject([{ count: 4 }]);
  });

  it('opens a resolved letter again, and keeps when it was first seen', async () => {
    const firstSeen = now;
    await made.deadLetters.file(failing, now);
    await made.deadLetters.resolve((await made.deadLetters.load('conversation-1.check-failed'))!, now);
    now += MINUTE;
    expect(await made.deadLetters.file(failing, now)).toBe('opened');
    const [letter] = await letters();
    expect(letter).toMatchObject({ state: 'open', firstSeen, lastSeen: now, count: 2 });
    expect(letter).not.toHaveProperty('resolvedAt');
  });

  it('does not resolve a letter that has failed since it was read', async () => {
    await made.deadLetters.file(failing, now);
    const read = (await made.deadLetters.load('conversation-1.check-failed'))!;
    await made.deadLetters.file(failing, now);
    expect(await made.deadLetters.resolve(read, now)).toBe('changed');
    await made.deadLetters.remove(read);
    expect(await letters()).toMatchObject([{ state: 'open', count: 2 }]);
  });

  it('names a letter that cannot be read itself, and writes it anew when it fails again', async () => {
    await made.deadLetters.file(failing, now);
    const keys = { partitionKey: 'dead-letters', rowKey: 'conversation-1.check-failed' };
    await tables.deadLetters.updateEntity({ ...keys, count: 'many' }, 'Merge');
    const page = answerOf(await call('list-dead-letters', request({}), made));
    expect(page.json).toEqual({ items: [], unreadable: ['conversation-1.check-failed'] });
    await made.deadLetters.file(failing, now);
    expect(await letters()).toMatchObject([{ count: 1 }]);
  });

  it('is read in pages', async () => {
    for (let n = 1; n <= 5; n += 1) {
      await made.deadLetters.file({ ...failing, conversationId: `conversation-${n}` }, now);
    }
    const seen: string[] = [];
    let continuationToken: string | undefined;
    do {
      const query = { limit: '2', ...(continuationToken && { continuationToken }) };
      const { json } = answerOf(await call('list-dead-letters', request({ query }), made));
      const { items, continuationToken: next } = json as {
        items: { id: string }[];
        continuationToken?: string;
      };
      expect(items.length).toBeLessThanOrEqual(2);
      seen.push(...items.map(({ id }) => id));
      continuationToken = next;
    } while (continuationToken !== undefined);
    expect(seen).toEqual([1, 2, 3, 4, 5].map((n) => `conversation-${n}.check-failed`));
  });
});
