import { describe, expect, test } from '@jest/globals';
import { decodeCustomer } from '../../../shared/access/customers-table';
import { RecordTooLargeError, StoredRowError } from '../../../shared/app/errors';
import { decodeAgent, decodeHolding } from '../../../shared/capacity/capacity-table';
import {
  decodeConversation,
  decodeEntry,
  decodeWorkListItem,
  encodeConversation,
  encodeEntry,
  entryRowKey,
  workListKeys,
} from '../../../shared/conversation/conversation-table';
import { decodeDeadLetter } from '../../../shared/dead-letters/dead-letters-table';
import { decodeOverride, decodePolicies } from '../../../shared/policies/settings-table';
import { checkFits } from '../../../shared/storage/table';
import {
  AGENT,
  AWAY_2,
  CUSTOMER,
  ENDED,
  HOLDING,
  LETTER,
  LISTED,
  NOTICE,
  OVERRIDE,
  POLICIES,
} from './older-rows';
import { conversationOf, messageOf } from './samples';

/** By row: a column, what is wrong in it, and the place within its JSON. */
const DAMAGED: readonly [(row: object) => unknown, object, [string, unknown, string?][]][] = [
  [
    decodeConversation,
    ENDED,
    [
      ['schemaVersion', 3],
      ['schemaVersion', undefined],
      ['state', 'secret'],
      ['acceptedAt', 'secret'],
      ['createdAt', '2026-02-30'],
      ['context', '{secret'],
      ['context', '["secret"]'],
      ['context', '{"plan":{"secret":1}}'],
      ['agentName', undefined],
      ['lastDisconnection', '{"number":1,"since":"secret"}', '.since'],
    ],
  ],
  [
    decodeConversation,
    AWAY_2,
    [
      // Written for minutes on the first day, and by no release.
      ['recentMessages', '[{"id":"m1","sequence":1}]', '.0.by'],
      ['disconnectionInferred', true],
      ['disconnectionSince', undefined],
      ['disconnectionExtension', '{"by":1,"at":1}', '.keys'],
      // Found by fuzzing: a moment that is no date could be read, and whoever showed it failed, with the whole list.
      ['requeue', '{"at":9e15,"reason":"agent-disconnected"}', '.at'],
      ['queuePosition', '{"position":3,"at":-9e15}', '.at'],
      ['recentMessages', '[{"id":"m","by":"c","sequence":1,"at":9e15}]', '.0.at'],
      // The same: the deadline that came out of it was no date, and every decision threw.
      ['disconnectionExtension', '{"by":1e19,"keys":["k"],"at":1}', '.by'],
    ],
  ],
  [
    decodeEntry,
    { ...NOTICE, authorRole: 'agent', authorId: 'anna', authorName: 'Anna' },
    [
      ['rowKey', 'entry.2'],
      ['rowKey', 'entry.000000000000'],
      ['kind', 'secret'],
      ['authorRole', 'secret'],
      ['authorName', undefined],
    ],
  ],
  [
    decodeWorkListItem,
    LISTED,
    [
      ['accepted', 'secret'],
      ['deadlines', '[{"kind":"auto-close","number":1,"at":9e15}]', '.0.at'],
    ],
  ],
  [decodeAgent, AGENT, [['totalUnits', 'secret']]],
  [decodeHolding, HOLDING, [['units', -1]]],
  [(row) => decodePolicies(row, (document) => document), POLICIES, [['document', '{secret']]],
  [decodeOverride, OVERRIDE, [['trigger', 'secret']]],
  [
    decodeCustomer,
    CUSTOMER,
    [
      ['conversationId', 7],
      ['earlier', '[7]', '.0'],
    ],
  ],
  [
    decodeDeadLetter,
    LETTER,
    [
      ['count', 1.5],
      ['deadlineNumber', undefined],
    ],
  ],
];
const damages = DAMAGED.flatMap(([decode, row, all]) =>
  all.map(([column, content, within = '']) => ({ decode, row, column, content, within })),
);

test.each(damages)(
  'a row with an unreadable $column is refused by its name, never by what it holds: $content',
  ({ decode, row, column, content, within }) => {
    const damaged = { ...row, [column]: content } as { partitionKey?: string; rowKey?: string };
    const read = () => decode(damaged);
    expect(() => decode(row)).not.toThrow();
    expect(read).toThrow(StoredRowError);
    expect(read).toThrow(`${damaged.partitionKey}/${damaged.rowKey}: ${column}${within}: `);
    expect(read).not.toThrow(/secret/);
  },
);

test('columns of a later version are ignored', () => {
  expect(decodeConversation({ ...ENDED, mood: 'sunny' })).toStrictEqual(decodeConversation(ENDED));
});

test.each(['of a later version', 'not even JSON'])(
  'figures of absences that cannot be read are as none: %s',
  (what) => {
    const absences = what === 'not even JSON' ? '[{' : '[{"number":2,"outcome":"escalated"}]';
    expect(decodeConversation({ ...ENDED, absences })).toEqual(decodeConversation(ENDED));
  },
);

describe('before it is written', () => {
  test.each([
    ['createdAt', { createdAt: Number.NaN }],
    ['closedAt', { state: 'Closed', end: { at: 1, reason: 'agent-ended' }, closedAt: 1e15 } as const],
    ['lastSequence', { lastSequence: 2 ** 31 }],
    [
      'lastDisconnection.endedAt',
      { lastDisconnection: { ...decodeConversation(ENDED).lastDisconnection!, endedAt: 1e15 } },
    ],
  ])('a value that its column cannot hold is refused: %s', (column, change) => {
    const write = () => encodeConversation(conversationOf('c-00000001', change));
    expect(write).toThrow(StoredRowError);
    expect(write).toThrow(`c-00000001/conversation: ${column}: `);
  });

  test.each([0, -1, 1.5, 1e12])('a sequence of %d is refused: its key would be out of order', (sequence) => {
    expect(() => encodeEntry('c-00000001', messageOf(sequence))).toThrow(StoredRowError);
  });

  test('a text of 32 Ki UTF-16 units fits into its column, one more does not', () => {
    const named = (name: string) =>
      encodeConversation(
        conversationOf('c-00000001', { customer: { ...conversationOf('x').customer, name } }),
      );
    expect(named('😀'.repeat(16 * 1024))).toHaveProperty('customerName');
    expect(() => named('x'.repeat(32 * 1024 + 1))).toThrow(RecordTooLargeError);
    expect(() => named('x'.repeat(32 * 1024 + 1))).toThrow('c-00000001/conversation: customerName: ');
  });

  test('a row of 14 full columns fits, one of 15 is refused before the service refuses it', () => {
    const rowOf = (columns: number) => ({
      partitionKey: 'p',
      rowKey: 'r',
      ...Object.fromEntries(Array.from({ length: columns }, (_, i) => [`column${i}`, 'x'.repeat(32 * 1024)])),
    });
    expect(checkFits(rowOf(14))).toHaveProperty('column13');
    expect(() => checkFits(rowOf(15))).toThrow(RecordTooLargeError);
    expect(() => checkFits(rowOf(15))).toThrow(/^p\/r: /);
  });
});

test('the order of entry keys is the order of sequence numbers', () => {
  const keys = [1, 2, 9, 10, 99, 100, 123_456, 999_999_999_999].map(entryRowKey);
  expect([...keys].sort()).toEqual(keys);
  expect(keys[0]).toBe('entry.000000000001');
});

test('the work list spreads conversations over 16 partitions, always the same one for a conversation', () => {
  const ids = Array.from({ length: 1_000 }, (_, i) => `conversation-${i}`);
  const shards = new Set(ids.map((id) => workListKeys(id).partitionKey));
  expect([...shards].sort()).toEqual([...'0123456789abcdef'].map((digit) => `shard-${digit}`));
  // Rows written by one version must be found by the next.
  expect(workListKeys('c-00000001')).toEqual({ partitionKey: 'shard-1', rowKey: 'c-00000001' });
});
