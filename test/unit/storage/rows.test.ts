import { describe, expect, test } from '@jest/globals';
import { decodeCustomer } from '../../../shared/access/customers-table';
import { RecordTooLargeError, StoredRowError } from '../../../shared/app/errors';
import { decodeAgent, decodeHolding } from '../../../shared/capacity/capacity-table';
import {
  decodeConversation,
  decodeEntry,
  encodeConversation,
  encodeEntry,
  entryRowKey,
} from '../../../shared/conversation/conversation-table';
import { decodeWorkListItem, workListKeys } from '../../../shared/conversation/work-list-table';
import { decodeDeadLetter } from '../../../shared/dead-letters/dead-letters-table';
import { decodeOverride, decodePolicies } from '../../../shared/policies/settings-table';
import { checkFits } from '../../../shared/storage/rows';
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

describe('a row that is damaged is refused, by the name of its column and never by what it holds:', () => {
  const policies = (row: object) => decodePolicies(row, (document) => document);
  test.each<[string, (row: object) => unknown, object, object]>([
    ['schemaVersion', decodeConversation, ENDED, { schemaVersion: 3 }],
    ['schemaVersion', decodeConversation, ENDED, { schemaVersion: undefined }],
    ['state', decodeConversation, ENDED, { state: 'secret' }],
    ['acceptedAt', decodeConversation, ENDED, { acceptedAt: 'secret' }],
    ['createdAt', decodeConversation, ENDED, { createdAt: '2026-02-30' }],
    ['context', decodeConversation, ENDED, { context: '{secret' }],
    ['context', decodeConversation, ENDED, { context: '["secret"]' }],
    ['context', decodeConversation, ENDED, { context: '{"plan":{"secret":1}}' }],
    ['agentName', decodeConversation, ENDED, { agentName: undefined }],
    [
      'lastDisconnection.since',
      decodeConversation,
      ENDED,
      { lastDisconnection: '{"number":1,"since":"secret"}' },
    ],
    ['disconnectionSince', decodeConversation, ENDED, { disconnectionNumber: 3 }],
    // Written for minutes on the first day, and by no release.
    ['recentMessages.0.by', decodeConversation, AWAY_2, { recentMessages: '[{"id":"m1","sequence":1}]' }],
    ['disconnectionInferred', decodeConversation, AWAY_2, { disconnectionInferred: true }],
    [
      'disconnectionExtension.keys',
      decodeConversation,
      AWAY_2,
      { disconnectionExtension: '{"by":1,"at":1}' },
    ],
    // Found by fuzzing: a moment that is no date could be read, and whoever showed it failed, with the whole list.
    ['requeue.at', decodeConversation, AWAY_2, { requeue: '{"at":9e15,"reason":"agent-disconnected"}' }],
    ['queuePosition.at', decodeConversation, AWAY_2, { queuePosition: '{"position":3,"at":-9e15}' }],
    [
      'recentMessages.0.at',
      decodeConversation,
      AWAY_2,
      { recentMessages: '[{"id":"m","by":"c","sequence":1,"at":9e15}]' },
    ],
    [
      'deadlines.0.at',
      decodeWorkListItem,
      LISTED,
      { deadlines: '[{"kind":"auto-close","number":1,"at":9e15}]' },
    ],
    // The same: the deadline that came out of it was no date, and every decision threw.
    [
      'disconnectionExtension.by',
      decodeConversation,
      AWAY_2,
      { disconnectionExtension: '{"by":1e19,"keys":["k"],"at":1}' },
    ],
    ['accepted', decodeWorkListItem, LISTED, { accepted: 'secret' }],
    ['rowKey', decodeEntry, NOTICE, { rowKey: 'entry.2' }],
    ['rowKey', decodeEntry, NOTICE, { rowKey: 'entry.000000000000' }],
    ['kind', decodeEntry, NOTICE, { kind: 'secret' }],
    ['authorRole', decodeEntry, NOTICE, { authorRole: 'secret' }],
    ['authorName', decodeEntry, NOTICE, { authorRole: 'customer' }],
    ['totalUnits', decodeAgent, AGENT, { totalUnits: 'secret' }],
    ['units', decodeHolding, HOLDING, { units: -1 }],
    ['document', policies, POLICIES, { document: '{secret' }],
    ['trigger', decodeOverride, OVERRIDE, { trigger: 'secret' }],
    ['count', decodeDeadLetter, LETTER, { count: 1.5 }],
    ['deadlineNumber', decodeDeadLetter, LETTER, { deadlineNumber: undefined }],
    ['conversationId', decodeCustomer, CUSTOMER, { conversationId: 7 }],
  ])('%s (%#)', (column, decode, row, damage) => {
    const damaged = { ...row, ...damage } as { partitionKey?: string; rowKey?: string };
    const read = () => decode(damaged);
    expect(() => decode(row)).not.toThrow();
    expect(read).toThrow(StoredRowError);
    expect(read).toThrow(`${damaged.partitionKey}/${damaged.rowKey}: ${column}: `);
    expect(read).not.toThrow(/secret/);
  });
});

test('columns of a later version are ignored', () => {
  expect(decodeConversation({ ...ENDED, mood: 'sunny' })).toStrictEqual(decodeConversation(ENDED));
});

describe('before it is written', () => {
  test.each([
    ['createdAt', { createdAt: Number.NaN }],
    ['closedAt', { closedAt: 1e15 }],
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
