import { z } from 'zod';
import { CONVERSATION_STATES, END_REASONS } from '../../domain/conversation';

/** What a customer can do whose conversation has ended. */
export const RETURN_OPTIONS = ['new-conversation', 'redirect'] as const;

const MEMBERS = z.object({
  detail: z.string().describe('For people who read logs; may change.'),
  field: z.string().optional().describe('`invalid-input`: the offending part of the request.'),
  state: z.enum(CONVERSATION_STATES).optional().describe('The state of the conversation.'),
  action: z.string().optional().describe('What an agent asked for, and the state does not allow.'),
  reason: z.enum(END_REASONS).optional().describe('`conversation-ended`: why.'),
  options: z
    .array(z.enum(RETURN_OPTIONS))
    .optional()
    .describe('`conversation-ended`: what a customer can do next, the best first.'),
  redirectUrl: z.string().optional().describe('Where `redirect` leads.'),
  retryAfterSeconds: z.int().min(1).optional().describe('Like `Retry-After`: the same may succeed then.'),
});

/** The members of a problem document that are its own, not its code's. */
export type ProblemMembers = z.output<typeof MEMBERS>;

/** A problem document (RFC 9457). */
export const problemSchema = <C extends string>(codes: readonly [C, ...C[]]) =>
  z.object({
    type: z.string().regex(/^urn:chat-disconnect:problem:[a-z-]+$/),
    title: z.string(),
    status: z.int().min(400).max(599),
    code: z.enum(codes).describe('Stable: programs branch on it.'),
    ...MEMBERS.shape,
  });
