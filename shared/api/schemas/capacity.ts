import { z } from 'zod';
import { conversationId, count } from './fields';

export const AGENT_LOAD = z.object({
  agentId: z.string(),
  totalUnits: count,
  unitsInUse: count,
  unitsFree: count.describe('Never below 0, even where the total was lowered below what is in use.'),
  conversations: z.array(z.object({ conversationId, units: count })),
});
