import { z } from 'zod';
import type { AgentDisconnection, Disconnection } from '../../../domain/conversation';
import { instantColumn, instantField, jsonColumn, type RowWriter } from '../columns';
import { readRow } from '../stored-row';

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
