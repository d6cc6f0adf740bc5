import { z } from 'zod';
import { deviceField } from './device-class';
import { agentIdField, conversationIdField } from './ids';
import { oneLine } from './text';

/** The conversation that a customer comes back to: by its ticket, or by the id of a reconnect link. */
export const RESUME_BODY = z.object({
  conversationId: conversationIdField.optional(),
  reconnectId: z.string().min(1).max(1_000).optional(),
});

/** What the customer's widget runs on, if it knows better than its User-Agent says. */
export const DEVICE_BODY = z.object({ device: deviceField.optional() });

/** The agent whom a desk's backend has signed in. */
export const AGENT_BODY = z.object({
  agentId: agentIdField,
  name: oneLine(100).optional(),
});

/** The customer whom a site's backend has signed in, and what the customer chose when it was asked. */
export const CUSTOMER_BODY = z.object({
  customerId: z.string().min(1).max(256),
  choice: z.enum(['continue', 'new']).optional(),
});
