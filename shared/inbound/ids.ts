import { z } from 'zod';
import { isAgentId, isConversationId } from '../domain/ids';

/** Ids in bodies from outside, as fields of a schema. */
export const conversationIdField = z.string().refine(isConversationId, 'is not a conversation id');
export const agentIdField = z.string().refine(isAgentId, 'must be 1 to 64 letters, digits, "_" or "-"');
