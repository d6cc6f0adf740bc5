/**
 * Rows as earlier versions have written them, column by column: what is in a table today may have been there for long.
 * `test/unit/storage` says what they mean; here they are bent.
 */

const common = { partitionKey: 'c-00000001', rowKey: 'conversation', schemaVersion: 1 };
const QUEUED = {
  ...common,
  state: 'Open',
  queue: 'billing',
  customerName: 'Zoë',
  locale: 'fr-CA',
  context: '{"plan":"gold"}',
  liveConnectionIds: '["connection-1"]',
  endedConnectionIds: '[]',
  disconnectionCount: 1,
  lastSignOfLife: '2026-01-31T12:00:01.000Z',
  recentMessages: '[{"id":"m1","by":"customer","sequence":1,"at":1767225600000}]',
  lastSequence: 1,
  createdAt: '2026-01-31T12:00:00.000Z',
};
const AWAY = {
  ...QUEUED,
  state: 'Active',
  agentId: 'anna',
  agentName: 'Anna',
  agentAssignedAt: '2026-01-31T12:00:05.000Z',
  acceptedAt: '2026-01-31T12:00:10.000Z',
  disconnectionNumber: 2,
  disconnectionSince: '2026-01-31T12:01:00.000Z',
  disconnectionDeadline: '2026-01-31T12:04:00.000Z',
  disconnectionReason: 'connection-lost',
  lostConnectionId: 'connection-1',
  disconnectionInferred: 1,
  smallestEventDelay: -120.5,
};
const ENDED = {
  ...QUEUED,
  state: 'Closed',
  lastDisconnection:
    '{"number":2,"since":"2026-01-31T12:01:00.000Z","deadline":"2026-01-31T12:04:00.000Z","reason":"connection-lost","outcome":"expired","endedAt":"2026-01-31T12:04:00.020Z"}',
  endReason: 'customer-disconnected',
  endedAt: '2026-01-31T12:04:00.020Z',
  closedAt: '2026-01-31T12:06:00.000Z',
};
/** Version 2, before an extended wait kept more than one key. */
const EXTENDED = {
  ...AWAY,
  schemaVersion: 2,
  disconnectionExtension: '{"by":300000,"latestKey":"key-1","at":1769860860000}',
};

export const OLDER_CONVERSATIONS: readonly Record<string, unknown>[] = [QUEUED, AWAY, ENDED, EXTENDED];

const entry = { partitionKey: 'c-00000001', schemaVersion: 1, at: '2026-01-31T12:04:00.020Z', text: 'Hello' };
export const OLDER_ENTRIES: readonly Record<string, unknown>[] = [
  {
    ...entry,
    rowKey: 'entry.000000000001',
    kind: 'message',
    messageId: 'm1',
    authorRole: 'customer',
    authorName: 'Zoë',
  },
  {
    ...entry,
    rowKey: 'entry.000000000002',
    kind: 'notice',
    authorRole: 'system',
    trigger: 'agent-ended-conversation',
    recipient: 'everyone',
    reason: 'agent-ended',
  },
];

export const OLDER_ITEMS: readonly Record<string, unknown>[] = [
  {
    partitionKey: 'shard-0',
    rowKey: 'c-00000001',
    schemaVersion: 1,
    state: 'Active',
    queue: 'billing',
    customerName: 'Zoë',
    agentId: 'anna',
    accepted: true,
    createdAt: '2026-01-31T12:00:00.000Z',
    disconnectionNumber: 2,
    disconnectionSince: '2026-01-31T12:01:00.000Z',
    disconnectionDeadline: '2026-01-31T12:04:00.000Z',
  },
];
