import { z } from 'zod';
import { DEAD_LETTER_KINDS, DEAD_LETTER_STATES } from '../../domain/dead-letter';
import { DEADLINE_KINDS } from '../../domain/ids';
import { instant, sequenceNumber } from './fields';

export const DEAD_LETTER = z.object({
  id: z.string(),
  conversationId: z.string(),
  kind: z.enum(DEAD_LETTER_KINDS),
  deadline: z
    .object({ kind: z.enum(DEADLINE_KINDS), number: sequenceNumber })
    .optional()
    .describe('`deadline-failed`: which one.'),
  row: z.string().optional().describe('Partition key and row key of the row to mend.'),
  code: z.string().describe('Of the error; the log has its details.'),
  state: z.enum(DEAD_LETTER_STATES),
  firstSeen: instant,
  lastSeen: instant,
  count: sequenceNumber.describe('How often it was seen to fail.'),
  resolvedAt: instant.optional(),
});

export const DEAD_LETTER_PAGE = z.object({
  items: z.array(DEAD_LETTER),
  unreadable: z.array(z.string()).describe('Ids of dead letters whose own row cannot be read.'),
  continuationToken: z.string().optional().describe('Where there is more: asks for the next page.'),
});
