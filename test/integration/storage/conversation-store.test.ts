import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { StoredRowError } from '../../../shared/app/errors';
import type { Conversation } from '../../../shared/conversation/conversation';
import { createTableConversationStore, encodeEntry } from '../../../shared/conversation/conversation-table';
import type {
  ConversationStore,
  StoredConversation,
  TranscriptPage,
} from '../../../shared/conversation/ports';
import type { TranscriptEntry } from '../../../shared/conversation/transcript';
import * as arbitrary from '../../properties/storage/arbitraries';
import { conversationOf, messageOf, noticeOf } from '../../unit/storage/samples';
import { startTables, type Tables } from './tables';

let tables: Tables;
let store: ConversationStore;
let id: string;
let number = 0;

beforeAll(async () => {
  tables = startTables();
  store = createTableConversationStore(tables.conversations);
  await tables.ensureTables();
});
beforeEach(() => {
  number += 1;
  id = `conversation-${number}`;
  tables.takeRequests();
});

const create = (entries: readonly TranscriptEntry[] = [], after = conversationOf(id)) =>
  store.save({ before: undefined, after, entries });

async function loaded(): Promise<StoredConversation> {
  const stored = await store.load(id);
  if (stored === undefined) throw new Error('the conversation is not there');
  return stored;
}

const changed = (
  stored: StoredConversation,
  more: Partial<Pick<Conversation, 'lastSequence' | 'device' | 'customer'>>,
): Conversation => ({ ...stored.conversation, ...more });

const page = (after = 0, limit = 100) => store.transcript(id, { after, limit });
const transcript = async (after = 0, limit = 100) => (await page(after, limit)).entries;
const sequences = async (after: number, limit: number) =>
  (await transcript(after, limit)).map(({ sequence }) => sequence);

describe('what is saved', () => {
  test('is loaded as it was, and nothing is loaded before', async () => {
    expect(await store.load(id)).toBeUndefined();
    expect(await create()).toEqual({ etag: expect.any(String) });
    expect((await loaded()).conversation).toStrictEqual(conversationOf(id));
  });

  test('is stamped by the storage with the time of the save', async () => {
    const from = Date.now();
    await create();
    const first = await loaded();
    expect(first.savedAt).toBeGreaterThanOrEqual(from - 1);
    expect(first.savedAt).toBeLessThanOrEqual(Date.now());
    const again = Date.now();
    await store.save({ before: first, after: changed(first, { lastSequence: 1 }), entries: [] });
    expect((await loaded()).savedAt).toBeGreaterThanOrEqual(again - 1);
  });

  test('replaces the former state completely', async () => {
    await create(
      [],
      conversationOf(id, { state: 'Closed', closedAt: 1, end: { at: 1, reason: 'agent-ended' } }),
    );
    const before = await loaded();
    expect(await store.save({ before, after: conversationOf(id), entries: [] })).toEqual({
      etag: expect.any(String),
    });
    expect((await loaded()).conversation).toStrictEqual(conversationOf(id));
  });

  test('survives whatever the texts contain', async () => {
    const text =
      '😀 👩‍👩‍👧 \u0000\u0001 \u2028\u2029 "quoted" --batch_ \r\n--changesetresponse_\r\nHTTP/1.1 500 {"odata.error":{}}';
    const message = { ...messageOf(1, text), author: { role: 'customer', name: text } } as const;
    const { customer } = conversationOf(id);
    const whole = conversationOf(id, {
      lastSequence: 2,
      customer: { ...customer, context: { [text]: text } },
    });
    await create([message, noticeOf(2)], whole);
    expect(await transcript()).toStrictEqual([message, noticeOf(2)]);
    expect((await loaded()).conversation).toStrictEqual(whole);
  });

  test('survives any conversation and any entry', async () => {
    await fc.assert(
      fc.asyncProperty(arbitrary.conversation, arbitrary.entry, async (any, entry) => {
        number += 1;
        id = `conversation-${number}`;
        await create([entry], { ...any, id });
        expect((await loaded()).conversation).toStrictEqual({ ...any, id });
        expect(await transcript()).toStrictEqual([entry]);
      }),
      { numRuns: 30 },
    );
  });

  test('costs one request to load and one to save, with and without entries', async () => {
    const requests: Record<string, readonly string[]> = {};
    const counting = async <T>(name: string, operation: Promise<T>): Promise<T> => {
      const result = await operation;
      requests[name] = tables.takeRequests();
      return result;
    };
    await counting('create', create());
    const first = await counting('load', loaded());
    await counting(
      'save',
      store.save({ before: first, after: changed(first, { device: 'phone' }), entries: [] }),
    );
    const second = await loaded();
    tables.takeRequests();
    await counting(
      'message',
      store.save({ before: second, after: second.conversation, entries: [messageOf(1)] }),
    );
    await counting('transcript', transcript());
    expect(requests).toEqual({
      create: ['POST Conversations'],
      load: [`GET Conversations(PartitionKey='${id}',RowKey='conversation')`],
      save: [`PUT Conversations(PartitionKey='${id}',RowKey='conversation')`],
      message: ['POST $batch'],
      transcript: ['GET Conversations()'],
    });
  });
});

describe('when several write at once', () => {
  test('one of two creators wins, and the other is told', async () => {
    const results = await Promise.all([create(), create(), create([messageOf(1)])]);
    expect(results.filter((one) => one === 'conflict')).toHaveLength(2);
    expect(results).toContainEqual({ etag: (await loaded()).etag });
  });

  test('one of two writers wins, and its state is what is stored', async () => {
    await create();
    const before = await loaded();
    const names = ['left', 'right'];
    const results = await Promise.all(
      names.map((queue) => {
        const customer = { ...before.conversation.customer, queue };
        return store.save({ before, after: changed(before, { customer }), entries: [] });
      }),
    );
    const after = await loaded();
    expect(results).toContain('conflict');
    expect(results).toContainEqual({ etag: after.etag });
    expect(after.conversation.customer.queue).toBe(names[1 - results.indexOf('conflict')]);
  });

  test('the loser leaves neither its state nor its notice', async () => {
    await create();
    const before = await loaded();
    await store.save({ before, after: changed(before, { device: 'phone' }), entries: [] });
    const late = { before, after: changed(before, { device: 'tablet' }), entries: [noticeOf(1)] };
    expect(await store.save(late)).toBe('conflict');
    expect((await loaded()).conversation.device).toBe('phone');
    expect(await transcript()).toEqual([]);
  });

  test('a sequence number that is taken leaves the state as it was', async () => {
    await create([messageOf(1)]);
    const before = await loaded();
    const twice = {
      before,
      after: changed(before, { device: 'tablet' }),
      entries: [noticeOf(2), messageOf(1, 'x')],
    };
    expect(await store.save(twice)).toBe('conflict');
    expect((await loaded()).conversation.device).toBe('desktop');
    expect(await transcript()).toStrictEqual([messageOf(1)]);
  });

  test('a conversation deleted in between is a conflict, with and without entries', async () => {
    await create();
    const before = await loaded();
    await tables.conversations.deleteEntity(id, 'conversation');
    expect(await store.save({ before, after: before.conversation, entries: [] })).toBe('conflict');
    expect(await store.save({ before, after: before.conversation, entries: [messageOf(1)] })).toBe(
      'conflict',
    );
    expect(await transcript()).toEqual([]);
  });

  test('a save whose answer was lost ends as a conflict, and has taken place once', async () => {
    await create();
    const before = await loaded();
    tables.takeRequests();
    tables.loseNextResponse();
    const after = changed(before, { device: 'phone' });
    expect(await store.save({ before, after, entries: [messageOf(1)] })).toBe('conflict');
    expect(tables.takeRequests()).toEqual(['POST $batch', 'POST $batch']);
    expect((await loaded()).conversation.device).toBe('phone');
    expect(await transcript()).toStrictEqual([messageOf(1)]);
  });
});

describe('the transcript', () => {
  test('comes in order, page by page, beyond ten and a hundred entries', async () => {
    const entries = Array.from({ length: 120 }, (_, i) => messageOf(i + 1));
    await create(entries.slice(0, 99));
    const before = await loaded();
    await store.save({ before, after: before.conversation, entries: entries.slice(99) });
    expect(await sequences(0, 3)).toEqual([1, 2, 3]);
    expect(await sequences(8, 4)).toEqual([9, 10, 11, 12]);
    expect(await sequences(98, 100)).toEqual(Array.from({ length: 22 }, (_, i) => 99 + i));
    expect(await sequences(120, 10)).toEqual([]);
  });

  test('holds the entries of its own conversation only', async () => {
    await create([messageOf(1)]);
    await store.save({
      before: undefined,
      after: conversationOf(`${id}-x`),
      entries: [messageOf(1, 'foreign')],
    });
    expect(await transcript()).toStrictEqual([messageOf(1)]);
  });
});

describe('a transcript with rows that are gone or damaged', () => {
  const entry = (n: number) => ({ partitionKey: id, rowKey: `entry.${String(n).padStart(12, '0')}` });

  test('shows the others, names those that cannot be read, and tells of them', async () => {
    const told: string[] = [];
    const hearing = createTableConversationStore(tables.conversations, async ({ message }) => {
      told.push(message);
    });
    await create([1, 2, 3].map((n) => messageOf(n)));
    await tables.conversations.updateEntity({ ...entry(2), at: 'garbage' }, 'Merge');
    expect(await hearing.transcript(id, { after: 0, limit: 100 })).toStrictEqual({
      entries: [messageOf(1), messageOf(3)],
      unreadable: [2],
    });
    expect(told).toEqual([expect.stringContaining(`${id}/entry.000000000002: at: `)]);
    // A page of nothing but that one leads on.
    expect(await page(1, 1)).toMatchObject({ entries: [], unreadable: [2], nextAfter: 2 });
  });

  test('comes to its end, whichever entries are gone [R185]', async () => {
    await create(Array.from({ length: 9 }, (_, i) => messageOf(i + 1)));
    for (const n of [1, 2, 5, 8, 9]) {
      await tables.conversations.deleteEntity(id, entry(n).rowKey);
    }
    for (const limit of [1, 2, 3, 4, 100]) {
      const seen: number[] = [];
      for (let after: number | undefined = 0, pages = 0; after !== undefined; pages += 1) {
        if (pages > 9) throw new Error('it does not come to its end');
        const { entries, nextAfter }: TranscriptPage = await page(after, limit);
        seen.push(...entries.map(({ sequence }) => sequence));
        after = nextAfter;
      }
      expect(seen).toEqual([3, 4, 6, 7]);
    }
  });

  test('knows a message by its id and its author, however long ago', async () => {
    await create([...Array.from({ length: 90 }, (_, i) => messageOf(i + 1))]);
    expect(await store.findMessage(id, { by: 'customer', messageId: 'id-3' })).toBe(3);
    expect(await store.findMessage(id, { by: 'agent.anna', messageId: 'id-3' })).toBeUndefined();
    expect(await store.findMessage(id, { by: 'customer', messageId: "x' or true" })).toBeUndefined();
  });
});

describe('entries that their record does not know of', () => {
  test('are passed over by the second attempt, and stay', async () => {
    await create([messageOf(1)]);
    await store.save({ before: undefined, after: conversationOf(`${id}-x`), entries: [] });
    const before = await loaded();
    for (const n of [2, 3, 7]) await tables.conversations.createEntity(encodeEntry(id, messageOf(n)));
    const next = { before, after: changed(before, { lastSequence: 2 }), entries: [noticeOf(2)] };
    expect(await store.save(next)).toBe('conflict');
    const again = await loaded();
    expect(again.conversation).toStrictEqual({ ...before.conversation, lastSequence: 7 });
    const after = changed(again, { lastSequence: 8 });
    expect(await store.save({ before: again, after, entries: [noticeOf(8)] })).toEqual({
      etag: expect.any(String),
    });
    expect(await sequences(0, 100)).toEqual([1, 2, 3, 7, 8]);
  });
});

describe('what cannot be stored or read', () => {
  test('is refused before it is sent: a text beyond 64 KiB, a hundred entries at once', async () => {
    await expect(create([messageOf(1, 'x'.repeat(32 * 1024 + 1))])).rejects.toThrow(StoredRowError);
    const hundred = Array.from({ length: 100 }, (_, i) => messageOf(i + 1));
    await expect(create(hundred)).rejects.toThrow(StoredRowError);
    expect(tables.takeRequests()).toEqual([]);
  });

  test('is accepted up to the limits: 64 KiB of text, 99 entries at once', async () => {
    const entries = Array.from({ length: 99 }, (_, i) => messageOf(i + 1));
    expect(await create([messageOf(100, '😀'.repeat(16 * 1024)), ...entries.slice(1)])).toEqual({
      etag: expect.any(String),
    });
  });

  test('is reported with its row and column', async () => {
    await create([messageOf(1)]);
    const keys = { partitionKey: id, rowKey: 'conversation' };
    await tables.conversations.updateEntity({ ...keys, state: 'Sleeping' }, 'Merge');
    await expect(store.load(id)).rejects.toThrow(StoredRowError);
    await expect(store.load(id)).rejects.toThrow(`${id}/conversation: state: `);
    await tables.conversations.updateEntity({ ...keys, schemaVersion: 3 }, 'Merge');
    await expect(store.load(id)).rejects.toThrow(`${id}/conversation: schemaVersion: `);
    await tables.conversations.updateEntity({ ...keys, rowKey: 'entry.000000000001', kind: 'poem' }, 'Merge');
  });
});
