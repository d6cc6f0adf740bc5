import { z } from 'zod';
import { AGENT_ID, CONVERSATION_ID } from '../domain/ids';

/** Ids in bodies from outside, as fields of a schema. */
export const conversationIdField = z.string().regex(CONVERSATION_ID, 'is not a conversation id');
export const agentIdField = z.string().regex(AGENT_ID, 'must be 1 to 64 letters, digits, "_" or "-"');
