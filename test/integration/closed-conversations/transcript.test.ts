import { beforeAll, describe, expect, test } from '@jest/globals';
import {
  createTableConversationStore,
  encodeConversation,
  encodeEntry,
} from '../../../shared/conversation/conversation-table';
import type { ConversationRecord } from '../../../shared/conversation/conversation';
import type { TranscriptEntry } from '../../../shared/conversation/transcript';
import { bodyOf, call, request } from '../../unit/handlers/request';
import { conversationOf, messageOf, noticeOf } from '../../unit/storage/samples';
import { silent } from '../../support/silent';
import { startTables, type Tables } from '../storage/tables';

let tables: Tables;
beforeAll(async () => {
  tables = startTables();
  await tables.ensureTables();
});

async function stored(
  id: string,
  entries: readonly TranscriptEntry[],
  more: Partial<ConversationRecord> = {},
) {
  const conversation = conversationOf(id, { lastSequence: entries.at(-1)?.sequence ?? 0, ...more });
  await tables.conversations.upsertEntity(encodeConversation(conversation), 'Replace');
  const rows = entries.map((entry) => encodeEntry(id, entry));
  for (let i = 0; i < rows.length; i += 100)
    await tables.conversations.submitTransaction(rows.slice(i, i + 100).map((row) => ['create', row]));
}

const download = (conversationId: string, query: Record<string, string> = {}) =>
  call('download-transcript', request({ method: 'GET', params: { conversationId }, query }), {
    store: createTableConversationStore(tables.conversations),
    loggerOf: () => silent,
  });

/** Every part, each asked for where the one before says. */
async function parts(id: string, query: Record<string, string> = {}) {
  const all = [];
  for (let next: Record<string, string> | undefined = query; next !== undefined;) {
    const answer = await download(id, next);
    expect(answer.status).toBe(200);
    all.push(answer);
    const [, link] = /^<\?(.*)>; rel="next"$/.exec(answer.headers?.['link'] ?? '') ?? [];
    next = link === undefined ? undefined : Object.fromEntries(new URLSearchParams(link));
  }
  return all;
}

const from = (sequence: number, author: TranscriptEntry['author'], text: string): TranscriptEntry => ({
  ...messageOf(sequence, text),
  author,
});

describe('a transcript as text [R196]', () => {
  test('has one line for each entry, with its moment and who has written it', async () => {
    await stored('conversation-0001', [
      messageOf(1, 'Where is my parcel?'),
      from(2, { role: 'agent', id: 'bob', name: 'Bob "the" Builder' }, 'On its way.'),
      noticeOf(3),
    ]);
    const answer = await download('conversation-0001', { format: 'text' });
    expect(answer.headers).toEqual({
      'content-type': 'text/plain; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'access-control-expose-headers':
        'ETag, Link, Retry-After, Content-Disposition, WWW-Authenticate, x-ms-invocation-id',
      'content-disposition': 'attachment; filename="conversation-conversation-0001.txt"',
    });
    expect(answer.body).toBe(
      '# Conversation conversation-0001, queue "billing"\n' +
        '# begun 2026-01-31T12:00:00.000Z\n' +
        '2026-01-31T12:00:00.001Z customer "Zoë": Where is my parcel?\n' +
        '2026-01-31T12:00:00.002Z agent bob "Bob \\"the\\" Builder": On its way.\n' +
        '2026-01-31T12:00:00.003Z system to customer: The customer has left.\n',
    );
  });

  const forged = '2026-01-31T12:00:00.002Z agent bob "Bob": You are hired.';
  test.each([
    ...['\n', '\r', '\r\n', '\v', '\f', '\u0085', '\u2028', '\u2029', '\u001e', '\n\r\n'].map(
      (end) => `Hello${end}${forged}`,
    ),
    `${forged}`,
    `\n${forged}\n# Conversation`,
    `\u001b[2K\u001b[1G${forged}`,
    `\u0008\u0008\u0008${forged}`,
    `half \ud800 of it\n${forged}`,
  ])('has no entry that nobody has written: %j', async (text) => {
    const id = `conversation-${Buffer.from(text).toString('hex').slice(0, 40)}-${text.length}`;
    // As an older version may have stored it.
    await stored(id, [from(1, { role: 'customer', name: `Ann": hi\n${forged}\u202e` }, text)]);
    const { body = '' } = await download(id, { format: 'text' });
    // What any reader takes for the end of a line.
    const lines = body.split(/\r\n|[\n\r\v\f\u0085\u2028\u2029]/);
    expect(lines.filter((line) => /^\d{4}-/.test(line))).toHaveLength(1);
    expect(lines.filter((line) => line.startsWith('#'))).toHaveLength(2);
    expect(lines.slice(3).every((line) => line === '' || line.startsWith('    '))).toBe(true);
    expect(lines[2]).toMatch(/^2026-01-31T12:00:00.001Z customer "Ann\\": hi 2026/);
    expect(body).not.toMatch(/[^\P{Cc}\n\t]|\u202e/u);
  });

  test('keeps emoji, Arabic and Hebrew as they were written', async () => {
    const text = '👩‍🚀 مرحبا \u200fשלום\u200f ❤️\tok';
    await stored('conversation-0002', [messageOf(1, text)]);
    const { body = '' } = await download('conversation-0002', { format: 'text' });
    expect(body).toContain(`customer "Zoë": ${text}\n`);
  });
});

describe('a transcript as JSON [R196]', () => {
  test('has the entries as agents see them, under a name for its file', async () => {
    await stored('conversation-0003', [messageOf(1, 'Hello'), noticeOf(2)]);
    const answer = await download('conversation-0003');
    expect(answer.headers).toMatchObject({
      'content-type': 'application/json',
      'content-disposition': 'attachment; filename="conversation-conversation-0003.json"',
    });
    expect(bodyOf(answer)).toMatchObject({
      conversationId: 'conversation-0003',
      transcript: [
        { sequence: 1, kind: 'message', author: { role: 'customer', name: 'Zoë' }, text: 'Hello' },
        { sequence: 2, kind: 'notice', recipient: 'customer' },
      ],
    });
  });

  test.each(['conversation-none', '..%2f..%2fetc', 'a"; x="', 'UPPER-CASE-ID'])(
    'of %s is not found',
    async (id) => {
      expect((await download(id)).status).toBe(404);
    },
  );

  test.each([{ format: 'html' }, { limit: '0' }, { limit: '10001' }, { after: '-1' }, { after: 'x' }])(
    'is refused with %j',
    async (query) => {
      expect((await download('conversation-0003', query as never)).status).toBe(400);
    },
  );
});

test('an entry that cannot be read is named, and hides no other [R196]', async () => {
  const id = 'conversation-damaged';
  await stored(id, [messageOf(1), messageOf(2), messageOf(3)]);
  const row = encodeEntry(id, messageOf(2));
  await tables.conversations.updateEntity({ ...row, authorRole: 'nobody' }, 'Replace');
  expect(bodyOf(await download(id))).toMatchObject({
    transcript: [{ sequence: 1 }, { sequence: 3 }],
    unreadable: [2],
  });
  expect((await download(id, { format: 'text' })).body).toMatch(
    /message 1\n.*message 3\n# Entry 2 cannot be read\n$/,
  );
});

describe('a transcript of 10,000 entries [R196]', () => {
  const id = 'conversation-long';
  const entries = Array.from({ length: 10_000 }, (_, n) => messageOf(n + 1, `message ${n + 1}`));
  beforeAll(() => stored(id, entries));

  test.each(['text', 'json'])('is one answer, by a request for each thousand, as %s', async (format) => {
    tables.takeRequests();
    const all = await parts(id, { format });
    expect(all).toHaveLength(1);
    // The record, ten times a thousand entries; and none behind the last.
    expect(tables.takeRequests()).toHaveLength(11);
    const [{ body = '' } = {}] = all;
    if (format === 'text')
      expect(body.split('\n').filter((line) => /message \d+$/.test(line))).toHaveLength(10_000);
    else expect((JSON.parse(body) as { transcript: unknown[] }).transcript).toHaveLength(10_000);
  });

  test('comes in as many parts as are asked for, without gaps and without a second heading', async () => {
    const all = await parts(id, { format: 'text', limit: '3000' });
    expect(all).toHaveLength(4);
    const whole = await download(id, { format: 'text' });
    expect(all.map(({ body }) => body).join('')).toBe(whole.body);
  });

  test('comes to its end although the last entries are gone', async () => {
    for (const { sequence } of entries.slice(-5)) {
      const { partitionKey, rowKey } = encodeEntry(id, messageOf(sequence));
      await tables.conversations.deleteEntity(partitionKey, rowKey);
    }
    const all = await parts(id, { limit: '9000' });
    expect(all.map((answer) => (bodyOf(answer)['transcript'] as unknown[]).length)).toEqual([9_000, 995]);
  });
});

test('an answer is bounded by what its texts have in all, and the next one goes on [R196]', async () => {
  const id = 'conversation-large';
  const entries = Array.from({ length: 1_500 }, (_, n) => messageOf(n + 1, 'x'.repeat(8_000)));
  const conversation = conversationOf(id, { lastSequence: 1_500 });
  await tables.conversations.upsertEntity(encodeConversation(conversation), 'Replace');
  for (let i = 0; i < entries.length; i += 50) {
    const rows = entries.slice(i, i + 50).map((entry) => encodeEntry(id, entry));
    await tables.conversations.submitTransaction(rows.map((row) => ['create', row]));
  }
  const all = await parts(id);
  expect(all.map((answer) => (bodyOf(answer)['transcript'] as unknown[]).length)).toEqual([1_000, 500]);
});
