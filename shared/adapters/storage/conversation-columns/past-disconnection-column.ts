import { z } from 'zod';
import type { PastAgentDisconnection, PastDisconnection } from '../../../domain/conversation';
import { instantColumn, jsonColumn, type RowWriter } from '../columns';
import { extensionFields } from './disconnection-columns';

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
