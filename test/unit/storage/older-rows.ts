/**
 * Rows as earlier versions have written them, column by column: what is in a table today may have been there for long, and
 * must stay readable for ever. What they mean is said by the tests beside; fuzzing bends them.
 */

/** The day of these rows, UTC. */
export const at = (time: string) => Date.parse(`2026-01-31T${time}Z`);

// --- version 1 ---

export const QUEUED = {
  partitionKey: 'c-00000001',
  rowKey: 'conversation',
  schemaVersion: 1,
  state: 'Open',
  queue: 'billing',
  customerName: 'Zoë',
  locale: 'fr-CA',
  context: '{"plan":"gold"}',
  liveConnectionIds: '["connection-1"]',
  endedConnectionIds: '[]',
  disconnectionCount: 1,
  lastSignOfLife: '2026-01-31T12:00:01.000Z',
  recentMessages: '[]',
  lastSequence: 0,
  createdAt: '2026-01-31T12:00:00.000Z',
};
export const ACTIVE = {
  ...QUEUED,
  state: 'Active',
  agentId: 'anna',
  agentName: 'Anna',
  agentAssignedAt: '2026-01-31T12:00:05.000Z',
  acceptedAt: '2026-01-31T12:00:10.000Z',
};
export const AWAY = {
  ...ACTIVE,
  liveConnectionIds: '[]',
  endedConnectionIds: '["connection-1"]',
  disconnectionNumber: 2,
  disconnectionSince: '2026-01-31T12:01:00.000Z',
  disconnectionDeadline: '2026-01-31T12:04:00.000Z',
  disconnectionReason: 'connection-lost',
  lostConnectionId: 'connection-1',
  disconnectionInferred: 1,
  disconnectionCount: 2,
};
export const CLOSED = {
  ...ACTIVE,
  state: 'Closed',
  endReason: 'agent-ended',
  endedAt: '2026-01-31T12:05:00.000Z',
  endedByAgentId: 'anna',
  closedAt: '2026-01-31T12:06:00.000Z',
};

/** Ended for absence, with everything that version 1 remembers. */
export const ENDED = {
  ...ACTIVE,
  state: 'WrapUp',
  liveConnectionIds: '[]',
  endedConnectionIds: '["connection-1"]',
  lastDisconnection:
    '{"number":2,"since":"2026-01-31T12:01:00.000Z","deadline":"2026-01-31T12:04:00.000Z","reason":"connection-lost","lostConnectionId":"connection-1","outcome":"expired","endedAt":"2026-01-31T12:04:00.020Z"}',
  disconnectionCount: 2,
  lastSignOfLife: '2026-01-31T12:00:59.000Z',
  smallestEventDelay: -120.5,
  recentMessages: '[{"id":"m1","by":"customer","sequence":1,"at":1767225600000}]',
  lastSequence: 2,
  endReason: 'customer-disconnected',
  endedAt: '2026-01-31T12:04:00.020Z',
};

const entry = { partitionKey: 'c-00000001', schemaVersion: 1, at: '2026-01-31T12:04:00.020Z' };
export const NOTICE = {
  ...entry,
  rowKey: 'entry.000000000002',
  kind: 'notice',
  authorRole: 'system',
  text: 'It is over.',
  trigger: 'agent-ended-conversation',
  recipient: 'everyone',
  reason: 'agent-ended',
};
/** Without its author. */
export const MESSAGE = {
  ...entry,
  rowKey: 'entry.000000000001',
  kind: 'message',
  text: 'Hello',
  messageId: 'm1',
};

export const LISTED = {
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
};

// --- version 2 ---

export const AWAY_2 = {
  partitionKey: 'c-00000001',
  rowKey: 'conversation',
  schemaVersion: 2,
  channel: 'live-chat',
  state: 'Active',
  stateSince: '2026-01-31T12:00:10.000Z',
  queue: 'billing',
  customerName: 'Zoë',
  locale: 'fr-CA',
  workstream: 'sales',
  channelInstance: 'shop',
  context: '{"plan":"gold"}',
  device: 'phone',
  agentId: 'anna',
  agentName: 'Anna',
  agentAssignedAt: '2026-01-31T12:00:05.000Z',
  acceptedAt: '2026-01-31T12:00:10.000Z',
  previousAgentId: 'bob',
  previousAgentName: 'Bob',
  assignmentCount: 2,
  capacityAgentId: 'anna',
  capacityAssignment: 2,
  capacityUnits: 20,
  releasedHold: '{"agentId":"bob","assignment":1,"units":20}',
  lastAgentDisconnection:
    '{"number":1,"agentId":"bob","since":"2026-01-31T12:00:01.000Z","deadline":"2026-01-31T12:00:03.000Z","outcome":"requeued","endedAt":"2026-01-31T12:00:03.000Z"}',
  agentDisconnectionCount: 1,
  requeue: `{"at":${at('12:00:03')},"reason":"agent-disconnected","agentId":"bob"}`,
  queuePosition: `{"position":3,"at":${at('12:00:02')}}`,
  liveConnectionIds: '[]',
  endedConnectionIds: '["connection-1"]',
  disconnectionNumber: 2,
  disconnectionSince: '2026-01-31T12:01:00.000Z',
  disconnectionDeadline: '2026-01-31T12:09:00.000Z',
  disconnectionReason: 'connection-lost',
  lostConnectionId: 'connection-1',
  disconnectionExtension: `{"by":300000,"keys":["key-1","key-2"],"at":${at('12:02:00')}}`,
  disconnectionCount: 2,
  lastSignOfLife: '2026-01-31T12:00:59.000Z',
  smallestEventDelay: -120.5,
  recentMessages: `[{"id":"m1","by":"customer","sequence":1,"at":${at('12:00:30')}}]`,
  recentNotices: `[{"cause":"c","sequence":2,"at":${at('12:00:10')},"trigger":"agent-joined","recipient":"customer","text":"Hi"}]`,
  lastSequence: 2,
  autoClosureNumber: 1,
  autoCloseAt: '2026-02-01T12:00:00.000Z',
  autoClosureCount: 1,
  createdAt: '2026-01-31T12:00:00.000Z',
};

/** Until 26 November 2026 an extension kept the latest key alone. */
export const ONE_KEY = `{"by":300000,"latestKey":"key-1","at":${at('12:02:00')}}`;

const written = { schemaVersion: 2, etag: 'W/"1"' };
export const AGENT = { ...written, partitionKey: 'anna', rowKey: 'agent', totalUnits: 100 };
export const HOLDING = {
  ...written,
  partitionKey: 'anna',
  rowKey: 'holding.c-00000001.0000000002',
  conversationId: 'c-00000001',
  assignment: 2,
  units: 20,
  reservedAt: '2026-01-31T12:00:05.000Z',
};
export const POLICIES = {
  ...written,
  partitionKey: 'policies',
  rowKey: 'document',
  document: '{"channels":{},"rules":[{"id":"phones","when":{},"set":{"grace":"PT10M"}}]}',
};
export const OVERRIDE = {
  ...written,
  partitionKey: 'automated-messages',
  rowKey: 'agent-joined|*|*|de-at',
  trigger: 'agent-joined',
  locale: 'de-AT',
  text: 'Servus',
  active: true,
};
export const LETTER = {
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
export const CUSTOMER = {
  ...written,
  partitionKey: 'f'.repeat(64),
  rowKey: 'latest',
  conversationId: 'c-00000001',
};
