import { z } from 'zod';
import { CHANNELS } from '../../domain/channel';
import { CONVERSATION_STATES } from '../../domain/conversation';
import { DEADLINE_KINDS } from '../../domain/ids';
import { conversationId, deadline, instant, sequenceNumber } from './fields';

export const WORK_LIST_ITEM = z.object({
  conversationId,
  channel: z.enum(CHANNELS),
  state: z.enum(CONVERSATION_STATES),
  queue: z.string(),
  customerName: z.string(),
  agentId: z.string().optional(),
  accepted: z.boolean(),
  createdAt: instant,
  stateSince: instant.describe('When it came into its state, or into its queue.'),
  previousAgentId: z.string().optional().describe('Who had it before, while nobody has it.'),
  queuePosition: sequenceNumber.optional().describe('The place in the queue that the customer was told.'),
  disconnection: deadline.optional().describe('The customer is away.'),
  deadlines: z
    .array(z.object({ kind: z.enum(DEADLINE_KINDS), at: instant }))
    .describe('The other deadlines. An automatic closure may have been put off since.'),
});

export const WORK_LIST_PAGE = z.object({
  items: z.array(WORK_LIST_ITEM),
  continuationToken: z.string().optional().describe('Where there is more: asks for the next page.'),
});
