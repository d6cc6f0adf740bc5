import { z } from 'zod';
import { END_REASONS } from '../../domain/conversation';
import { AUTOMATED_MESSAGE_TRIGGERS } from '../../domain/messages/trigger';
import { CONVERSATION } from './conversation';
import { instant, sequenceNumber } from './fields';

const AUTHOR = z.discriminatedUnion('role', [
  z.object({ role: z.literal('customer'), name: z.string() }),
  z.object({ role: z.literal('agent'), id: z.string(), name: z.string() }),
  z.object({ role: z.literal('system') }),
]);

const ENTRY = z.object({
  sequence: sequenceNumber.describe(
    'Counts within the conversation. What a customer may not see leaves gaps.',
  ),
  at: instant,
  author: AUTHOR,
  text: z.string(),
});

export const TRANSCRIPT_ENTRY = z.discriminatedUnion('kind', [
  ENTRY.extend({ kind: z.literal('message') }),
  ENTRY.extend({
    kind: z.literal('notice'),
    trigger: z.enum(AUTOMATED_MESSAGE_TRIGGERS),
    recipient: z.enum(['agent', 'customer']),
    reason: z.enum(END_REASONS).optional().describe('Where it tells of the end: why.'),
    disconnectionNumber: sequenceNumber.optional(),
  }),
]);

export const CONVERSATION_WITH_TRANSCRIPT = z.object({
  conversation: CONVERSATION,
  transcript: z.array(TRANSCRIPT_ENTRY),
  nextAfter: sequenceNumber.optional().describe('Where there is more: `after` of the next request.'),
});
