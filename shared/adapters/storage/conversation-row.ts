import type { TableEntity } from '@azure/data-tables';
import { z } from 'zod';
import type { Agent, Conversation, Disconnection } from '../../domain/conversation';
import { instantColumn, jsonColumn, SCHEMA_VERSION, textsByName, writerFor, type RowWriter } from './columns';
import { pastDisconnectionColumn, writePastDisconnection } from './past-disconnection-column';
import { checkFits, readRow } from './stored-row';

/** RowKey of the record; its transcript entries follow it in the same partition. */
export const CONVERSATION_ROW_KEY = 'conversation';

const idsColumn = jsonColumn(z.array(z.string()));
const recordColumns = z.object({
  partitionKey: z.string(),
  state: z.enum(['Open', 'Active', 'WrapUp', 'Closed']),
  queue: z.string(),
  customerName: z.string(),
  locale: z.string(),
  context: jsonColumn(textsByName),
  liveConnectionIds: idsColumn,
  endedConnectionIds: idsColumn,
  lastDisconnection: pastDisconnectionColumn.exactOptional(),
  disconnectionCount: z.int(),
  lastSignOfLife: instantColumn,
  smallestEventDelay: z.number().exactOptional(),
  recentMessages: jsonColumn(
    z.array(z.object({ id: z.string(), by: z.string(), sequence: z.int(), at: z.int() })),
  ),
  lastSequence: z.int(),
  closedAt: instantColumn.exactOptional(),
  createdAt: instantColumn,
});

/** Columns that belong together: present when the first of them is. */
const agentColumns = z.object({
  agentId: z.string(),
  agentName: z.string(),
  agentAssignedAt: instantColumn,
  acceptedAt: instantColumn.exactOptional(),
});
const disconnectionColumns = z.object({
  disconnectionNumber: z.int(),
  disconnectionSince: instantColumn,
  disconnectionDeadline: instantColumn,
  disconnectionReason: z.enum(['not-yet-connected', 'connection-lost']),
  lostConnectionId: z.string().exactOptional(),
  disconnectionInferred: z.int().exactOptional(),
});
const endColumns = z.object({
  endReason: z.enum(['customer-disconnected', 'customer-ended', 'agent-ended']),
  endedAt: instantColumn,
  endedByAgentId: z.string().exactOptional(),
});

/**
 * The row of a conversation. Everything an operator asks for is a column of its own; JSON holds only lists, the
 * context and the past disconnection.
 * @throws StoredRowError when the conversation would not fit into its row.
 */
export function encodeConversation(conversation: Conversation): TableEntity {
  const { id, customer, agent, disconnection, lastDisconnection, end, smallestEventDelay } = conversation;
  const write = writerFor(`${id}/${CONVERSATION_ROW_KEY}`);
  return checkFits({
    partitionKey: id,
    rowKey: CONVERSATION_ROW_KEY,
    schemaVersion: write.int32('schemaVersion', SCHEMA_VERSION),
    state: conversation.state,
    queue: customer.queue,
    customerName: customer.name,
    locale: customer.locale,
    context: JSON.stringify(customer.context),
    ...(agent && writeAgent(agent, write)),
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
    lastSequence: write.int32('lastSequence', conversation.lastSequence),
    ...(end && {
      endReason: end.reason,
      endedAt: write.instant('endedAt', end.at),
      ...(end.agentId !== undefined && { endedByAgentId: end.agentId }),
    }),
    ...(conversation.closedAt !== undefined && {
      closedAt: write.instant('closedAt', conversation.closedAt),
    }),
    createdAt: write.instant('createdAt', conversation.createdAt),
  });
}

const writeAgent = (agent: Agent, write: RowWriter) => ({
  agentId: agent.id,
  agentName: agent.name,
  agentAssignedAt: write.instant('agentAssignedAt', agent.assignedAt),
  ...(agent.acceptedAt !== undefined && { acceptedAt: write.instant('acceptedAt', agent.acceptedAt) }),
});

const writeDisconnection = (disconnection: Disconnection, write: RowWriter) => ({
  disconnectionNumber: write.int32('disconnectionNumber', disconnection.number),
  disconnectionSince: write.instant('disconnectionSince', disconnection.since),
  disconnectionDeadline: write.instant('disconnectionDeadline', disconnection.deadline),
  disconnectionReason: disconnection.reason,
  ...(disconnection.lostConnectionId !== undefined && { lostConnectionId: disconnection.lostConnectionId }),
  ...(disconnection.inferred !== undefined && {
    disconnectionInferred: write.int32('disconnectionInferred', disconnection.inferred),
  }),
});

/** @throws StoredRowError naming the row and the column that cannot be read. */
export function decodeConversation(entity: object): Conversation {
  const { partitionKey, queue, customerName, locale, context, ...record } = readRow(recordColumns, entity);
  return {
    id: partitionKey,
    ...record,
    customer: { name: customerName, locale, queue, context },
    ...('agentId' in entity && { agent: readAgent(entity) }),
    ...('disconnectionNumber' in entity && { disconnection: readDisconnection(entity) }),
    ...('endReason' in entity && { end: readEnd(entity) }),
  };
}

function readAgent(entity: object): Agent {
  const { agentId, agentName, agentAssignedAt, acceptedAt } = readRow(agentColumns, entity);
  return {
    id: agentId,
    name: agentName,
    assignedAt: agentAssignedAt,
    ...(acceptedAt !== undefined && { acceptedAt }),
  };
}

function readDisconnection(entity: object): Disconnection {
  const row = readRow(disconnectionColumns, entity);
  return {
    number: row.disconnectionNumber,
    since: row.disconnectionSince,
    deadline: row.disconnectionDeadline,
    reason: row.disconnectionReason,
    ...(row.lostConnectionId !== undefined && { lostConnectionId: row.lostConnectionId }),
    ...(row.disconnectionInferred !== undefined && { inferred: row.disconnectionInferred }),
  };
}

function readEnd(entity: object): NonNullable<Conversation['end']> {
  const { endReason, endedAt, endedByAgentId } = readRow(endColumns, entity);
  return { at: endedAt, reason: endReason, ...(endedByAgentId !== undefined && { agentId: endedByAgentId }) };
}
