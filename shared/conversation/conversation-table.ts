import { odata, type TableClient, type TableEntity, type TransactionAction } from '@azure/data-tables';
import { z } from 'zod';
import { RecordTooLargeError, StoredRowError } from '../app/errors';
import { AUTOMATED_MESSAGE_TRIGGERS } from '../automated-messages/automated-message';
import {
  checkFits,
  instantColumn,
  instantField,
  jsonColumn,
  readRow,
  rowName,
  type RowWriter,
  SCHEMA_VERSION,
  textsByName,
  writerFor,
} from '../storage/rows';
import { firstRows, isConflict, tableCall } from '../storage/table';
import {
  type Agent,
  type AgentDisconnection,
  type CapacityHold,
  CHANNELS,
  CLOSE_REASONS,
  type Conversation,
  CONVERSATION_STATES,
  conversationOf,
  DEVICE_CLASSES,
  type Disconnection,
  END_REASONS,
  type PastAgentDisconnection,
  type PastDisconnection,
  REQUEUE_REASONS,
} from './conversation';
import type { ConversationStore } from './ports';
import type { Instant } from './time';
import { decodeEntry, encodeEntry, ENTRY_ROW_KEYS_END, entryRowKey } from './transcript-table';

/** The agent: present when its id is. */
const agentColumns = z.object({
  agentId: z.string(),
  agentName: z.string(),
  agentAssignedAt: instantColumn,
  acceptedAt: instantColumn.exactOptional(),
});

export const writeAgent = (agent: Agent, write: RowWriter) => ({
  agentId: agent.id,
  agentName: agent.name,
  agentAssignedAt: write.instant('agentAssignedAt', agent.assignedAt),
  ...(agent.acceptedAt !== undefined && { acceptedAt: write.instant('acceptedAt', agent.acceptedAt) }),
});

export function readAgent(entity: object): { agent?: Agent } {
  if (!('agentId' in entity)) return {};
  const { agentId, agentName, agentAssignedAt, acceptedAt } = readRow(agentColumns, entity);
  return {
    agent: {
      id: agentId,
      name: agentName,
      assignedAt: agentAssignedAt,
      ...(acceptedAt !== undefined && { acceptedAt }),
    },
  };
}

const previousAgentColumns = z.object({ previousAgentId: z.string(), previousAgentName: z.string() });

export const writePreviousAgent = ({ id, name }: NonNullable<Conversation['previousAgent']>) => ({
  previousAgentId: id,
  previousAgentName: name,
});

export function readPreviousAgent(entity: object): Pick<Conversation, 'previousAgent'> {
  if (!('previousAgentId' in entity)) return {};
  const { previousAgentId, previousAgentName } = readRow(previousAgentColumns, entity);
  return { previousAgent: { id: previousAgentId, name: previousAgentName } };
}

/** The hold on an agent's capacity: present when its assignment is. */
const capacityColumns = z.object({
  capacityAgentId: z.string(),
  capacityAssignment: z.int(),
  capacityUnits: z.int(),
  capacityReleaseAt: instantColumn.exactOptional(),
});

export const writeCapacityHold = (hold: CapacityHold, write: RowWriter) => ({
  capacityAgentId: hold.agentId,
  capacityAssignment: write.int32('capacityAssignment', hold.assignment),
  capacityUnits: write.int32('capacityUnits', hold.units),
  ...(hold.releaseAt !== undefined && {
    capacityReleaseAt: write.instant('capacityReleaseAt', hold.releaseAt),
  }),
});

export function readCapacityHold(entity: object): { capacityHold?: CapacityHold } {
  if (!('capacityAssignment' in entity)) return {};
  const row = readRow(capacityColumns, entity);
  return {
    capacityHold: {
      agentId: row.capacityAgentId,
      assignment: row.capacityAssignment,
      units: row.capacityUnits,
      ...(row.capacityReleaseAt !== undefined && { releaseAt: row.capacityReleaseAt }),
    },
  };
}

/** What agents have added to the wait, within JSON. Rows of version 2 that are older have one key instead of a list. */
export const extensionFields = z
  .object({
    // More than any policy allows; a deadline that is put off without bounds is no date any more.
    by: z
      .int()
      .min(0)
      .max(2 ** 31 - 1),
    keys: z.array(z.string()).exactOptional(),
    latestKey: z.string().exactOptional(),
    at: instantField,
  })
  .transform(({ by, keys, latestKey, at }, context) => {
    const all = keys ?? (latestKey === undefined ? undefined : [latestKey]);
    if (all !== undefined) return { by, keys: all, at };
    context.addIssue({ code: 'custom', path: ['keys'], message: 'missing' });
    return z.NEVER;
  });

/** The running disconnection: present when its number is. */
const disconnectionColumns = z.object({
  disconnectionNumber: z.int(),
  disconnectionSince: instantColumn,
  disconnectionDeadline: instantColumn,
  disconnectionReason: z.enum(['not-yet-connected', 'connection-lost']),
  lostConnectionId: z.string().exactOptional(),
  disconnectionInferred: z.int().exactOptional(),
  disconnectionExtension: jsonColumn(extensionFields).exactOptional(),
});

export const writeDisconnection = (disconnection: Disconnection, write: RowWriter) => ({
  disconnectionNumber: write.int32('disconnectionNumber', disconnection.number),
  disconnectionSince: write.instant('disconnectionSince', disconnection.since),
  disconnectionDeadline: write.instant('disconnectionDeadline', disconnection.deadline),
  disconnectionReason: disconnection.reason,
  ...(disconnection.lostConnectionId !== undefined && { lostConnectionId: disconnection.lostConnectionId }),
  ...(disconnection.inferred !== undefined && {
    disconnectionInferred: write.int32('disconnectionInferred', disconnection.inferred),
  }),
  ...(disconnection.extension && { disconnectionExtension: JSON.stringify(disconnection.extension) }),
});

export function readDisconnection(entity: object): { disconnection?: Disconnection } {
  if (!('disconnectionNumber' in entity)) return {};
  const row = readRow(disconnectionColumns, entity);
  return {
    disconnection: {
      number: row.disconnectionNumber,
      since: row.disconnectionSince,
      deadline: row.disconnectionDeadline,
      reason: row.disconnectionReason,
      ...(row.lostConnectionId !== undefined && { lostConnectionId: row.lostConnectionId }),
      ...(row.disconnectionInferred !== undefined && { inferred: row.disconnectionInferred }),
      ...(row.disconnectionExtension && { extension: row.disconnectionExtension }),
    },
  };
}

/** The running disconnection of the agent. */
const agentDisconnectionColumns = z.object({
  agentDisconnectionNumber: z.int(),
  agentDisconnectionAgentId: z.string(),
  agentDisconnectionSince: instantColumn,
  agentDisconnectionDeadline: instantColumn,
});

export const writeAgentDisconnection = (running: AgentDisconnection, write: RowWriter) => ({
  agentDisconnectionNumber: write.int32('agentDisconnectionNumber', running.number),
  agentDisconnectionAgentId: running.agentId,
  agentDisconnectionSince: write.instant('agentDisconnectionSince', running.since),
  agentDisconnectionDeadline: write.instant('agentDisconnectionDeadline', running.deadline),
});

export function readAgentDisconnection(entity: object): { agentDisconnection?: AgentDisconnection } {
  if (!('agentDisconnectionNumber' in entity)) return {};
  const row = readRow(agentDisconnectionColumns, entity);
  return {
    agentDisconnection: {
      number: row.agentDisconnectionNumber,
      agentId: row.agentDisconnectionAgentId,
      since: row.agentDisconnectionSince,
      deadline: row.agentDisconnectionDeadline,
    },
  };
}

/** The end: present when its reason is. */
const endColumns = z.object({
  endReason: z.enum(END_REASONS),
  endedAt: instantColumn,
  endedByAgentId: z.string().exactOptional(),
  endRedirectUrl: z.string().exactOptional(),
});

export const closeReasonColumn = z.enum(CLOSE_REASONS);

export const writeEnd = (end: NonNullable<Conversation['end']>, write: RowWriter) => ({
  endReason: end.reason,
  endedAt: write.instant('endedAt', end.at),
  ...(end.agentId !== undefined && { endedByAgentId: end.agentId }),
  ...(end.redirectUrl !== undefined && { endRedirectUrl: end.redirectUrl }),
});

export function readEnd(entity: object): Pick<Conversation, 'end'> {
  if (!('endReason' in entity)) return {};
  const { endReason, endedAt, endedByAgentId, endRedirectUrl } = readRow(endColumns, entity);
  return {
    end: {
      at: endedAt,
      reason: endReason,
      ...(endedByAgentId !== undefined && { agentId: endedByAgentId }),
      ...(endRedirectUrl !== undefined && { redirectUrl: endRedirectUrl }),
    },
  };
}

/** The running automatic closure: present when its number is. */
const autoClosureColumns = z.object({ autoClosureNumber: z.int(), autoCloseAt: instantColumn });

export const writeAutoClosure = (
  { number, deadline }: NonNullable<Conversation['autoClosure']>,
  write: RowWriter,
) => ({
  autoClosureNumber: write.int32('autoClosureNumber', number),
  autoCloseAt: write.instant('autoCloseAt', deadline),
});

export function readAutoClosure(entity: object): Pick<Conversation, 'autoClosure'> {
  if (!('autoClosureNumber' in entity)) return {};
  const { autoClosureNumber, autoCloseAt } = readRow(autoClosureColumns, entity);
  return { autoClosure: { number: autoClosureNumber, deadline: autoCloseAt } };
}

/** The latest finished disconnection, as JSON in one column: nobody filters by it. Moments stay ISO 8601 text. */
export const pastDisconnectionColumn = jsonColumn(
  z.object({
    number: z.int(),
    since: instantColumn,
    deadline: instantColumn,
    reason: z.enum(['not-yet-connected', 'connection-lost']),
    lostConnectionId: z.string().exactOptional(),
    inferred: z.int().exactOptional(),
    extension: extensionFields.exactOptional(),
    outcome: z.enum(['reconnected', 'expired', 'ended']),
    endedAt: instantColumn,
    reconnectedBy: z.string().exactOptional(),
  }),
);

export const writePastDisconnection = (past: PastDisconnection, write: RowWriter): string =>
  JSON.stringify({ ...past, ...momentsOf('lastDisconnection', past, write) });

/** The agent's latest finished disconnection. */
export const pastAgentDisconnectionColumn = jsonColumn(
  z.object({
    number: z.int(),
    agentId: z.string(),
    since: instantColumn,
    deadline: instantColumn,
    outcome: z.enum(['returned', 'requeued']),
    endedAt: instantColumn,
    reconnectedBy: z.string().exactOptional(),
  }),
);

export const writePastAgentDisconnection = (past: PastAgentDisconnection, write: RowWriter): string =>
  JSON.stringify({ ...past, ...momentsOf('lastAgentDisconnection', past, write) });

const momentsOf = (
  column: string,
  past: Pick<PastDisconnection, 'since' | 'deadline' | 'endedAt'>,
  write: RowWriter,
) => ({
  since: write.instant(`${column}.since`, past.since),
  deadline: write.instant(`${column}.deadline`, past.deadline),
  endedAt: write.instant(`${column}.endedAt`, past.endedAt),
});

/** RowKey of the record; its transcript entries follow it in the same partition. */
export const CONVERSATION_ROW_KEY = 'conversation';

const idsColumn = jsonColumn(z.array(z.string()));
const noticesColumn = jsonColumn(
  z.array(
    z.object({
      cause: z.string(),
      sequence: z.int(),
      at: instantField,
      trigger: z.enum(AUTOMATED_MESSAGE_TRIGGERS),
      recipient: z.enum(['agent', 'customer']),
      text: z.string(),
    }),
  ),
);
/** Defaults are what a row of version 1 means, which knew neither channels nor capacity nor automatic closure. */
const recordColumns = z
  .object({
    partitionKey: z.string(),
    channel: z.enum(CHANNELS).default('live-chat'),
    state: z.enum(CONVERSATION_STATES),
    stateSince: instantColumn.exactOptional(),
    queue: z.string(),
    customerName: z.string(),
    locale: z.string(),
    workstream: z.string().default('default'),
    channelInstance: z.string().default('default'),
    context: jsonColumn(textsByName),
    device: z.enum(DEVICE_CLASSES).default('unknown'),
    assignmentCount: z.int().default(0),
    releasedHold: jsonColumn(
      z.object({ agentId: z.string(), assignment: z.int(), units: z.int() }),
    ).exactOptional(),
    lastAgentDisconnection: pastAgentDisconnectionColumn.exactOptional(),
    agentDisconnectionCount: z.int().default(0),
    requeue: jsonColumn(
      z.object({ at: instantField, reason: z.enum(REQUEUE_REASONS), agentId: z.string().exactOptional() }),
    ).exactOptional(),
    queuePosition: jsonColumn(z.object({ position: z.int(), at: instantField })).exactOptional(),
    liveConnectionIds: idsColumn,
    endedConnectionIds: idsColumn,
    lastDisconnection: pastDisconnectionColumn.exactOptional(),
    disconnectionCount: z.int(),
    lastSignOfLife: instantColumn,
    smallestEventDelay: z.number().exactOptional(),
    recentMessages: jsonColumn(
      z.array(z.object({ id: z.string(), by: z.string(), sequence: z.int(), at: instantField })),
    ),
    recentNotices: noticesColumn.default([]),
    lastSequence: z.int(),
    closedAt: instantColumn.exactOptional(),
    closeReason: closeReasonColumn.exactOptional(),
    autoClosureCount: z.int().default(0),
    createdAt: instantColumn,
  })
  .transform(({ stateSince, ...row }) => ({
    ...row,
    stateSince: stateSince ?? row.closedAt ?? row.createdAt,
  }));

/**
 * The row of a conversation. Everything an operator asks for is a column of its own; JSON holds only lists, the
 * context and what is past.
 * @throws StoredRowError when the conversation would not fit into its row.
 */
export function encodeConversation(conversation: Conversation): TableEntity {
  const { id, customer, disconnection, agentDisconnection, end, autoClosure, capacityHold } = conversation;
  const { lastDisconnection, lastAgentDisconnection, smallestEventDelay, agent, previousAgent } =
    conversation;
  const write = writerFor(`${id}/${CONVERSATION_ROW_KEY}`);
  const json = <K extends 'requeue' | 'queuePosition' | 'releasedHold'>(name: K) =>
    conversation[name] && { [name]: JSON.stringify(conversation[name]) };
  return checkFits({
    partitionKey: id,
    rowKey: CONVERSATION_ROW_KEY,
    schemaVersion: write.int32('schemaVersion', SCHEMA_VERSION),
    channel: conversation.channel,
    state: conversation.state,
    stateSince: write.instant('stateSince', conversation.stateSince),
    queue: customer.queue,
    customerName: customer.name,
    locale: customer.locale,
    workstream: customer.workstream,
    channelInstance: customer.channelInstance,
    context: JSON.stringify(customer.context),
    device: conversation.device,
    ...(agent && writeAgent(agent, write)),
    ...(previousAgent && writePreviousAgent(previousAgent)),
    assignmentCount: write.int32('assignmentCount', conversation.assignmentCount),
    ...(capacityHold && writeCapacityHold(capacityHold, write)),
    ...json('releasedHold'),
    ...(agentDisconnection && writeAgentDisconnection(agentDisconnection, write)),
    ...(lastAgentDisconnection && {
      lastAgentDisconnection: writePastAgentDisconnection(lastAgentDisconnection, write),
    }),
    agentDisconnectionCount: write.int32('agentDisconnectionCount', conversation.agentDisconnectionCount),
    ...json('requeue'),
    ...json('queuePosition'),
    liveConnectionIds: JSON.stringify(conversation.liveConnectionIds),
    endedConnectionIds: JSON.stringify(conversation.endedConnectionIds),
    ...(disconnection && writeDisconnection(disconnection, write)),
    ...(lastDisconnection && { lastDisconnection: writePastDisconnection(lastDisconnection, write) }),
    disconnectionCount: write.int32('disconnectionCount', conversation.disconnectionCount),
    lastSignOfLife: write.instant('lastSignOfLife', conversation.lastSignOfLife),
    ...(smallestEventDelay !== undefined && {
      smallestEventDelay: write.double('smallestEventDelay', smallestEventDelay),
    }),
    recentMessages: JSON.stringify(conversation.recentMessages),
    recentNotices: JSON.stringify(conversation.recentNotices),
    lastSequence: write.int32('lastSequence', conversation.lastSequence),
    ...(end && writeEnd(end, write)),
    ...(conversation.closedAt !== undefined && {
      closedAt: write.instant('closedAt', conversation.closedAt),
    }),
    ...(conversation.closeReason !== undefined && { closeReason: conversation.closeReason }),
    ...(autoClosure && writeAutoClosure(autoClosure, write)),
    autoClosureCount: write.int32('autoClosureCount', conversation.autoClosureCount),
    createdAt: write.instant('createdAt', conversation.createdAt),
  });
}

/** @throws StoredRowError naming the row and the column that cannot be read. */
export function decodeConversation(entity: object): Conversation {
  const { partitionKey, queue, customerName, locale, workstream, channelInstance, context, ...record } =
    readRow(recordColumns, entity);
  const conversation = conversationOf({
    id: partitionKey,
    ...record,
    customer: { name: customerName, locale, queue, workstream, channelInstance, context },
    ...readAgent(entity),
    ...readPreviousAgent(entity),
    ...readCapacityHold(entity),
    ...readDisconnection(entity),
    ...readAgentDisconnection(entity),
    ...readEnd(entity),
    ...readAutoClosure(entity),
  });
  if ('breaks' in conversation) throw new StoredRowError(rowName(entity), `state: ${conversation.breaks}`);
  return conversation;
}

type Change = Parameters<ConversationStore['save']>[0];

/** The service's limit for one entity-group transaction. */
const TRANSACTION_ROWS = 100;

/**
 * Conversations in Table Storage: one partition per conversation, with the record and its transcript entries.
 * `load` is one request, `save` is one request.
 */
export function createTableConversationStore(table: TableClient): ConversationStore {
  return {
    load: (conversationId) =>
      tableCall(
        table,
        'load conversation',
        async () => {
          const entity = await table.getEntity(conversationId, CONVERSATION_ROW_KEY);
          return { conversation: decodeConversation(entity), etag: entity.etag, savedAt: savedAtOf(entity) };
        },
        (code) => (code === 'ResourceNotFound' ? { answer: undefined } : undefined),
      ),

    save: async (change) => {
      const actions = actionsOf(change);
      return tableCall<'saved' | 'conflict'>(
        table,
        'save conversation',
        async () => {
          await perform(table, actions);
          return 'saved';
        },
        (code) => (isConflict(code) ? { answer: 'conflict' } : undefined),
      );
    },

    transcript: (conversationId, { after, limit }) =>
      tableCall(table, 'read transcript', async () => {
        const filter = odata`PartitionKey eq ${conversationId} and RowKey gt ${entryRowKey(after)} and RowKey lt ${ENTRY_ROW_KEYS_END}`;
        const { rows } = await firstRows(table, { filter, limit });
        return rows.map(decodeEntry);
      }),
  };
}

/** The record first, under the ETag it was loaded with; then its new entries, which must not exist yet. */
function actionsOf({ before, after, entries }: Change): [TransactionAction, ...TransactionAction[]] {
  const record = encodeConversation(after);
  if (entries.length >= TRANSACTION_ROWS) {
    throw new RecordTooLargeError(
      rowName(record),
      `${entries.length} entries do not fit into one transaction`,
    );
  }
  return [
    before === undefined ? ['create', record] : ['update', record, 'Replace', { etag: before.etag }],
    ...entries.map((entry): TransactionAction => ['create', encodeEntry(after.id, entry)]),
  ];
}

/** One request on the wire: the plain operation when there is only one, otherwise a transaction. */
async function perform(
  table: TableClient,
  actions: [TransactionAction, ...TransactionAction[]],
): Promise<void> {
  const [[kind, record, mode, options], ...rest] = actions;
  if (rest.length > 0) await table.submitTransaction(actions);
  else if (kind === 'create') await table.createEntity(record);
  else await table.updateEntity(record, mode, options);
}

/** Table Storage stamps every row it writes. */
const savedAtOf = ({ timestamp }: { timestamp?: string }): Instant => Date.parse(timestamp ?? '');
