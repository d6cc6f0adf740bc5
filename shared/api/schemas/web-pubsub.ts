import { z } from 'zod';
import { CONVERSATION_STATES, END_REASONS } from '../../domain/conversation';
import { CONNECT_BODY, MESSAGE_BODY } from '../../inbound/cloud-event';
import { RETURN_OPTIONS } from './problem';
import { conversationId } from './fields';
import { PROBLEMS } from '../problems';

/** What the service sends: with `connect` about the handshake, with `message` what the sender wrote. */
export const WEB_PUBSUB_EVENT = z.union([MESSAGE_BODY, CONNECT_BODY]);

const CONNECT_ANSWER = z.object({ groups: z.array(z.string()) });
const REFUSED_MESSAGE = z.object({
  type: z.literal('refused'),
  conversationId,
  code: z.enum(Object.keys(PROBLEMS) as [keyof typeof PROBLEMS]),
  detail: z.string(),
  state: z.enum(CONVERSATION_STATES).optional(),
  action: z.string().optional(),
  endReason: z.enum(END_REASONS).optional(),
  options: z.array(z.enum(RETURN_OPTIONS)).optional(),
  redirectUrl: z.string().optional(),
  retryAfterSeconds: z.int().min(1).optional(),
});

/** To `connect` the groups of the socket; to a user event that the rules refuse the message for its sender. */
export const WEB_PUBSUB_ANSWER = z.union([CONNECT_ANSWER, REFUSED_MESSAGE]);
