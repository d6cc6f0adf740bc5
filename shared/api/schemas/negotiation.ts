import { z } from 'zod';
import { PROFILE } from '../../inbound/customer-profile';
import { CUSTOMER_BODY, DEVICE_BODY, RESUME_BODY } from '../../inbound/negotiate-bodies';
import { conversationId, instant } from './fields';

const ACCESS = z.object({
  url: z.url().describe('Opens a socket within the next minutes: `wss://…`.'),
  ticket: z.string().describe('For `Authorization: Bearer` of this API.'),
  ticketExpiresAt: instant,
});

export const CUSTOMER_REQUEST = z.object({
  ...RESUME_BODY.shape,
  ...PROFILE.shape,
  ...DEVICE_BODY.shape,
});
export const CUSTOMER_ACCESS = z.object({ conversationId, ...ACCESS.shape });

export const AGENT_ACCESS = z.object({ agentId: z.string(), ...ACCESS.shape });

export const KNOWN_CUSTOMER_REQUEST = z.object({
  ...CUSTOMER_BODY.shape,
  ...PROFILE.shape,
  ...DEVICE_BODY.shape,
});
export const RECONNECT_PROMPT = z.object({
  prompt: z
    .object({
      conversationId,
      createdAt: instant,
      agentName: z.string().optional(),
      options: z.array(z.enum(['continue-conversation', 'new-conversation'])),
    })
    .describe('A previous conversation goes on. Ask the customer, and repeat the request with `choice`.'),
});
export const KNOWN_CUSTOMER_ACCESS = z.union([CUSTOMER_ACCESS, RECONNECT_PROMPT]);

export const RECONNECT_LINK = z.object({
  reconnectId: z.string(),
  reconnectUrl: z.url().optional().describe('Where policy names a portal page: the link for the customer.'),
});
