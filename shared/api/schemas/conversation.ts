import { z } from 'zod';
import { CHANNELS, DEVICE_CLASSES } from '../../domain/channel';
import { CLOSE_REASONS, CONVERSATION_STATES, END_REASONS, REQUEUE_REASONS } from '../../domain/conversation';
import { conversationId, count, deadline, duration, instant, sequenceNumber } from './fields';
import { RETURN_OPTIONS } from './problem';

const disconnectionReason = z.enum(['not-yet-connected', 'connection-lost']);

export const CUSTOMER_PROFILE = z.object({
  name: z.string(),
  locale: z.string().describe('BCP 47 language tag.'),
  queue: z.string(),
  workstream: z.string(),
  channelInstance: z.string().describe('The chat widget.'),
  context: z.record(z.string(), z.string()).describe('Context variables.'),
});

/** What the customer does not see of a conversation. */
const FOR_AGENTS = z.object({
  device: z.enum(DEVICE_CLASSES).optional().describe('Agents only, as is everything below.'),
  previousAgent: z.object({ id: z.string(), name: z.string() }).optional(),
  requeue: z
    .object({ at: instant, reason: z.enum(REQUEUE_REASONS), agentId: z.string().optional() })
    .optional()
    .describe('How it came back into the queue last.'),
  capacity: z
    .object({ units: count, releaseAt: instant.optional() })
    .optional()
    .describe("What it takes of its agent's capacity."),
  agentDisconnection: deadline.optional().describe('The agent is away.'),
  autoClosure: z.object({ deadline: instant }).optional().describe('When it is closed without activity.'),
  connected: z.boolean().optional().describe('Whether the customer is.'),
  disconnections: count
    .optional()
    .describe('How many disconnections there have been, the running one included.'),
  disconnection: deadline
    .extend({
      reason: disconnectionReason,
      extendedBy: duration.optional().describe('What agents have added to the wait.'),
    })
    .optional()
    .describe('The customer is away.'),
  lastDisconnection: deadline
    .extend({
      reason: disconnectionReason,
      outcome: z.enum(['reconnected', 'expired', 'ended']),
      endedAt: instant,
    })
    .optional()
    .describe('The latest one that is over.'),
});

export const CONVERSATION = z.object({
  id: conversationId,
  channel: z.enum(CHANNELS),
  state: z.enum(CONVERSATION_STATES),
  stateSince: instant,
  createdAt: instant,
  customer: CUSTOMER_PROFILE,
  agent: z
    .object({
      id: z.string(),
      name: z.string(),
      accepted: z.boolean().describe('False while it is only offered.'),
      assignedAt: instant,
      acceptedAt: instant.optional(),
    })
    .optional(),
  end: z
    .object({
      at: instant,
      reason: z.enum(END_REASONS),
      options: z.array(z.enum(RETURN_OPTIONS)).describe('What the customer can do next, the best first.'),
      redirectUrl: z.string().optional(),
    })
    .optional(),
  closedAt: instant.optional(),
  closeReason: z.enum(CLOSE_REASONS).optional(),
  queuePosition: sequenceNumber
    .optional()
    .describe('The place in the queue that the customer was told last.'),
  ...FOR_AGENTS.shape,
});
export const CONVERSATION_ANSWER = z.object({ conversation: CONVERSATION });
