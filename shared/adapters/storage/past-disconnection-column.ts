import { z } from 'zod';
import type { PastDisconnection } from '../../domain/conversation';
import { instantColumn, jsonColumn, type RowWriter } from './columns';

/** The latest finished disconnection, as JSON in one column: nobody filters by it. Moments stay ISO 8601 text. */
export const pastDisconnectionColumn = jsonColumn(
  z.object({
    number: z.int(),
    since: instantColumn,
    deadline: instantColumn,
    reason: z.enum(['not-yet-connected', 'connection-lost']),
    lostConnectionId: z.string().exactOptional(),
    inferred: z.int().exactOptional(),
    outcome: z.enum(['reconnected', 'expired', 'ended']),
    endedAt: instantColumn,
    reconnectedBy: z.string().exactOptional(),
  }),
);

export const writePastDisconnection = (past: PastDisconnection, write: RowWriter): string =>
  JSON.stringify({
    ...past,
    since: write.instant('lastDisconnection.since', past.since),
    deadline: write.instant('lastDisconnection.deadline', past.deadline),
    endedAt: write.instant('lastDisconnection.endedAt', past.endedAt),
  });
