import { expect, test } from '@jest/globals';
import { StoredRowError } from '../../../shared/app/errors';
import { decodeConversation, encodeConversation } from '../../../shared/conversation/conversation-table';
import { at, ENDED } from './older-rows';
import { asRead, conversationOf } from './samples';

test('a row of version 1 is read completely', () => {
  expect(decodeConversation(ENDED)).toStrictEqual({
    id: 'c-00000001',
    channel: 'live-chat',
    state: 'WrapUp',
    stateSince: at('12:00:00'),
    device: 'unknown',
    assignmentCount: 0,
    agentDisconnectionCount: 0,
    recentNotices: [],
    autoClosureCount: 0,
    customer: {
      name: 'Zoë',
      locale: 'fr-CA',
      queue: 'billing',
      workstream: 'default',
      channelInstance: 'default',
      context: { plan: 'gold' },
    },
    agent: { id: 'anna', name: 'Anna', assignedAt: at('12:00:05'), acceptedAt: at('12:00:10') },
    liveConnectionIds: [],
    endedConnectionIds: ['connection-1'],
    lastDisconnection: {
      number: 2,
      since: at('12:01:00'),
      deadline: at('12:04:00'),
      reason: 'connection-lost',
      lostConnectionId: 'connection-1',
      outcome: 'expired',
      endedAt: at('12:04:00.020'),
    },
    disconnectionCount: 2,
    lastSignOfLife: at('12:00:59'),
    smallestEventDelay: -120.5,
    recentMessages: [{ id: 'm1', by: 'customer', sequence: 1, at: 1_767_225_600_000 }],
    lastSequence: 2,
    end: { at: at('12:04:00.020'), reason: 'customer-disconnected' },
    createdAt: at('12:00:00'),
  });
});

test('what version 1 wrote is written unchanged, but for the version', () => {
  const written: Record<string, unknown> = asRead(encodeConversation(decodeConversation(ENDED)));
  expect(written).toMatchObject({ ...ENDED, schemaVersion: 2 });
});

test('columns of a later version are ignored', () => {
  expect(decodeConversation({ ...ENDED, mood: 'sunny' })).toStrictEqual(decodeConversation(ENDED));
});

test.each([
  ['schemaVersion', { schemaVersion: 3 }],
  ['schemaVersion', { schemaVersion: undefined }],
  ['state', { state: 'secret' }],
  ['acceptedAt', { acceptedAt: 'secret' }],
  ['createdAt', { createdAt: '2026-02-30' }],
  ['context', { context: '{secret' }],
  ['context', { context: '["secret"]' }],
  ['context', { context: '{"plan":{"secret":1}}' }],
  ['agentName', { agentName: undefined }],
  ['lastDisconnection.since', { lastDisconnection: '{"number":1,"since":"secret"}' }],
  ['disconnectionSince', { disconnectionNumber: 3 }],
])('an unreadable %s is named together with the row, and its content is not (%j)', (column, change) => {
  const read = () => decodeConversation({ ...ENDED, ...change });
  expect(read).toThrow(StoredRowError);
  expect(read).toThrow(`c-00000001/conversation: ${column}: `);
  expect(read).not.toThrow(/secret/);
});

test('a text of 32 Ki UTF-16 units fits into its column, one more does not', () => {
  const named = (name: string) =>
    encodeConversation(conversationOf('c-00000001', { customer: { ...conversationOf('x').customer, name } }));
  expect(named('😀'.repeat(16 * 1024))).toHaveProperty('customerName');
  expect(() => named('x'.repeat(32 * 1024 + 1))).toThrow(StoredRowError);
  expect(() => named('x'.repeat(32 * 1024 + 1))).toThrow('c-00000001/conversation: customerName: ');
});

test('a moment or a count that a column cannot hold is refused before it is written', () => {
  expect(() => encodeConversation(conversationOf('c-00000001', { createdAt: Number.NaN }))).toThrow(
    'c-00000001/conversation: createdAt: ',
  );
  const closed = { state: 'Closed', end: { at: 1, reason: 'agent-ended' }, closedAt: 1e15 } as const;
  expect(() => encodeConversation(conversationOf('c-00000001', closed))).toThrow(StoredRowError);
  expect(() => encodeConversation(conversationOf('c-00000001', { lastSequence: 2 ** 31 }))).toThrow(
    'c-00000001/conversation: lastSequence: ',
  );
});
