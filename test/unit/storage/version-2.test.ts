import { describe, expect, test } from '@jest/globals';
import { decodeCustomer } from '../../../shared/access/customers-table';
import { StoredRowError } from '../../../shared/app/errors';
import { decodeAgent, decodeHolding } from '../../../shared/capacity/capacity-table';
import { decodeConversation } from '../../../shared/conversation/conversation-table';
import { workListItemView } from '../../../shared/conversation/conversation-view';
import { decodeEntry } from '../../../shared/conversation/transcript-table';
import { decodeWorkListItem } from '../../../shared/conversation/work-list-table';
import { decodeDeadLetter } from '../../../shared/dead-letters/dead-letters-table';
import { parsePolicyDocument } from '../../../shared/policies/policy-document-parser';
import { decodeOverride, decodePolicies } from '../../../shared/policies/settings-table';
import { at, AWAY_2, ONE_KEY } from './older-rows';

/** Rows as version 2 has written them, column by column; they must stay readable for ever. */

describe('a conversation of version 2', () => {
  test('is read completely', () => {
    expect(decodeConversation(AWAY_2)).toStrictEqual({
      id: 'c-00000001',
      channel: 'live-chat',
      state: 'Active',
      stateSince: at('12:00:10'),
      device: 'phone',
      customer: {
        name: 'Zoë',
        locale: 'fr-CA',
        queue: 'billing',
        workstream: 'sales',
        channelInstance: 'shop',
        context: { plan: 'gold' },
      },
      agent: { id: 'anna', name: 'Anna', assignedAt: at('12:00:05'), acceptedAt: at('12:00:10') },
      previousAgent: { id: 'bob', name: 'Bob' },
      assignmentCount: 2,
      capacityHold: { agentId: 'anna', assignment: 2, units: 20 },
      releasedHold: { agentId: 'bob', assignment: 1, units: 20 },
      lastAgentDisconnection: {
        number: 1,
        agentId: 'bob',
        since: at('12:00:01'),
        deadline: at('12:00:03'),
        outcome: 'requeued',
        endedAt: at('12:00:03'),
      },
      agentDisconnectionCount: 1,
      requeue: { at: at('12:00:03'), reason: 'agent-disconnected', agentId: 'bob' },
      queuePosition: { position: 3, at: at('12:00:02') },
      liveConnectionIds: [],
      endedConnectionIds: ['connection-1'],
      disconnection: {
        number: 2,
        since: at('12:01:00'),
        deadline: at('12:09:00'),
        reason: 'connection-lost',
        lostConnectionId: 'connection-1',
        extension: { by: 300_000, keys: ['key-1', 'key-2'], at: at('12:02:00') },
      },
      disconnectionCount: 2,
      lastSignOfLife: at('12:00:59'),
      smallestEventDelay: -120.5,
      recentMessages: [{ id: 'm1', by: 'customer', sequence: 1, at: at('12:00:30') }],
      recentNotices: [
        {
          cause: 'c',
          sequence: 2,
          at: at('12:00:10'),
          trigger: 'agent-joined',
          recipient: 'customer',
          text: 'Hi',
        },
      ],
      lastSequence: 2,
      autoClosure: { number: 1, deadline: Date.parse('2026-02-01T12:00:00Z') },
      autoClosureCount: 1,
      createdAt: at('12:00:00'),
    });
  });

  test('that is a persistent chat has no disconnection, whatever else the row says', () => {
    const { channel, disconnection } = decodeConversation({ ...AWAY_2, channel: 'persistent-chat' });
    expect({ channel, disconnection }).toEqual({ channel: 'persistent-chat', disconnection: undefined });
  });

  test('whose wait was extended when one key was kept goes on with that key', () => {
    const { disconnection } = decodeConversation({ ...AWAY_2, disconnectionExtension: ONE_KEY });
    expect(disconnection?.extension).toStrictEqual({ by: 300_000, keys: ['key-1'], at: at('12:02:00') });
  });

  test('that remembers such a wait is read as well', () => {
    const past = {
      number: 1,
      since: '2026-01-31T12:01:00.000Z',
      deadline: '2026-01-31T12:09:00.000Z',
      reason: 'connection-lost',
      extension: JSON.parse(ONE_KEY) as unknown,
      outcome: 'reconnected',
      endedAt: '2026-01-31T12:03:00.000Z',
    };
    const { lastDisconnection } = decodeConversation({ ...AWAY_2, lastDisconnection: JSON.stringify(past) });
    expect(lastDisconnection?.extension?.keys).toEqual(['key-1']);
  });

  /** Written for minutes on the first day, and by no release. */
  test.each([
    ['recentMessages.0.by', { recentMessages: '[{"id":"m1","sequence":1}]' }],
    ['disconnectionInferred', { disconnectionInferred: true }],
    ['disconnectionExtension.keys', { disconnectionExtension: '{"by":1,"at":1}' }],
  ])('in a form that no release has written is refused by its column: %s', (column, change) => {
    const read = () => decodeConversation({ ...AWAY_2, ...change });
    expect(read).toThrow(StoredRowError);
    expect(read).toThrow(`c-00000001/conversation: ${column}: `);
  });
});

describe('a moment in JSON that is no date', () => {
  // Found by fuzzing: the row could be read, and whoever showed it as a date failed, together with the whole list.
  const ITEM = {
    partitionKey: 'shard-0',
    rowKey: 'c-00000001',
    schemaVersion: 2,
    channel: 'live-chat',
    state: 'WrapUp',
    queue: 'billing',
    customerName: 'Zoë',
    accepted: false,
    createdAt: '2026-01-31T12:00:00.000Z',
    stateSince: '2026-01-31T12:00:00.000Z',
    deadlines: `[{"kind":"auto-close","number":1,"at":${at('12:15:00')}}]`,
  };

  test('makes a row of the work list unreadable', () => {
    expect(workListItemView(decodeWorkListItem(ITEM)).deadlines).toEqual([
      { kind: 'auto-close', at: '2026-01-31T12:15:00.000Z' },
    ]);
    const deadlines = '[{"kind":"auto-close","number":1,"at":9000000000000000}]';
    const read = () => decodeWorkListItem({ ...ITEM, deadlines });
    expect(read).toThrow(StoredRowError);
    expect(read).toThrow('shard-0/c-00000001: deadlines.0.at: ');
  });

  test.each([
    ['requeue.at', { requeue: '{"at":9000000000000000,"reason":"agent-disconnected"}' }],
    ['queuePosition.at', { queuePosition: '{"position":3,"at":-9000000000000000}' }],
    ['recentMessages.0.at', { recentMessages: '[{"id":"m","by":"customer","sequence":1,"at":9e15}]' }],
  ])('makes a conversation unreadable: %s', (column, change) => {
    expect(() => decodeConversation({ ...AWAY_2, ...change })).toThrow(`conversation: ${column}: `);
  });

  // Found by fuzzing, too: the deadline that came out of it was no date, and every decision threw.
  test('cannot come of a wait that is extended without bounds', () => {
    const disconnectionExtension = `{"by":1e19,"keys":["key-1"],"at":${at('12:02:00')}}`;
    const read = () => decodeConversation({ ...AWAY_2, disconnectionExtension });
    expect(read).toThrow(StoredRowError);
    expect(read).toThrow('conversation: disconnectionExtension.by: ');
  });
});

describe('the other rows of version 2', () => {
  const written = { schemaVersion: 2, etag: 'W/"1"' };

  test('an entry of the transcript', () => {
    const row = { ...written, partitionKey: 'c-00000001', rowKey: 'entry.000000000002', kind: 'notice' };
    const columns = {
      at: '2026-01-31T12:04:00.020Z',
      authorRole: 'system',
      text: 'Hi',
      trigger: 'agent-joined',
    };
    expect(decodeEntry({ ...row, ...columns, recipient: 'customer' })).toStrictEqual({
      kind: 'notice',
      sequence: 2,
      at: at('12:04:00.020'),
      author: { role: 'system' },
      text: 'Hi',
      trigger: 'agent-joined',
      recipient: 'customer',
    });
  });

  test("an agent's capacity and what is held of it", () => {
    const agent = { ...written, partitionKey: 'anna', rowKey: 'agent', totalUnits: 100 };
    expect(decodeAgent(agent)).toStrictEqual({ totalUnits: 100 });
    const holding = {
      ...written,
      partitionKey: 'anna',
      rowKey: 'holding.c-00000001.0000000002',
      conversationId: 'c-00000001',
      assignment: 2,
      units: 20,
      reservedAt: '2026-01-31T12:00:05.000Z',
    };
    expect(decodeHolding(holding)).toStrictEqual({
      conversationId: 'c-00000001',
      assignment: 2,
      units: 20,
      reservedAt: at('12:00:05'),
    });
  });

  test('the policy document and an override of a message', () => {
    const document = '{"channels":{},"rules":[{"id":"phones","when":{},"set":{"grace":"PT10M"}}]}';
    const row = { ...written, partitionKey: 'policies', rowKey: 'document', document };
    expect(decodePolicies(row, (value) => parsePolicyDocument(value, 'document')).rules).toStrictEqual([
      { id: 'phones', when: {}, set: { grace: 600_000 } },
    ]);
    const override = { trigger: 'agent-joined', locale: 'de-AT', text: 'Servus', active: true };
    const keys = { partitionKey: 'automated-messages', rowKey: 'agent-joined|*|*|de-at' };
    expect(decodeOverride({ ...written, ...keys, ...override })).toStrictEqual(override);
  });

  test('a dead letter', () => {
    const row = {
      ...written,
      partitionKey: 'dead-letters',
      rowKey: 'c-00000001.deadline-failed.disconnection.2',
      conversationId: 'c-00000001',
      kind: 'deadline-failed',
      deadlineKind: 'disconnection',
      deadlineNumber: 2,
      code: 'retries-exhausted',
      state: 'resolved',
      firstSeen: '2026-01-31T12:04:00.000Z',
      lastSeen: '2026-01-31T12:10:00.000Z',
      count: 2,
      resolvedAt: '2026-01-31T12:11:00.000Z',
    };
    expect(decodeDeadLetter(row)).toStrictEqual({
      id: 'c-00000001.deadline-failed.disconnection.2',
      conversationId: 'c-00000001',
      kind: 'deadline-failed',
      deadline: { kind: 'disconnection', number: 2 },
      code: 'retries-exhausted',
      state: 'resolved',
      firstSeen: at('12:04:00'),
      lastSeen: at('12:10:00'),
      count: 2,
      resolvedAt: at('12:11:00'),
    });
  });

  test("a customer's latest conversation", () => {
    const keys = { partitionKey: 'f'.repeat(64), rowKey: 'latest' };
    expect(decodeCustomer({ ...written, ...keys, conversationId: 'c-00000001' })).toBe('c-00000001');
  });
});
