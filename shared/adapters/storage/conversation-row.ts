import type { TableEntity } from '@azure/data-tables';
import { z } from 'zod';
import { CHANNELS, DEVICE_CLASSES } from '../../domain/channel';
import { CONVERSATION_STATES, REQUEUE_REASONS, type Conversation } from '../../domain/conversation';
import { AUTOMATED_MESSAGE_TRIGGERS } from '../../domain/messages/trigger';
import { instantColumn, instantField, jsonColumn, SCHEMA_VERSION, textsByName, writerFor } from './columns';
import {
  readAgent,
  readCapacityHold,
  readPreviousAgent,
  writeAgent,
  writeCapacityHold,
  writePreviousAgent,
} from './conversation-columns/agent-columns';
import {
  readAgentDisconnection,
  readDisconnection,
  writeAgentDisconnection,
  writeDisconnection,
} from './conversation-columns/disconnection-columns';
import {
  closeReasonColumn,
  readAutoClosure,
  readEnd,
  writeAutoClosure,
  writeEnd,
} from './conversation-columns/end-columns';
import {
  pastAgentDisconnectionColumn,
  pastDisconnectionColumn,
  writePastAgentDisconnection,
  writePastDisconnection,
} from './conversation-columns/past-disconnection-column';
import { checkFits, readRow } from './stored-row';

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
  return {
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
  };
}
