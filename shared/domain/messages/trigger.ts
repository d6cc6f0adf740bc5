/** Triggers of automated messages that apply to chat ("Configure automated messages", Dynamics 365 Omnichannel). */
export const AUTOMATED_MESSAGE_TRIGGERS = [
  /** The customer's connection was lost for longer than the grace period. */
  'customer-disconnected',
  /** The customer left explicitly. */
  'customer-ended-conversation',
  /** An agent was assigned, and has not accepted yet. */
  'agent-assigned',
  /** The agent accepted. */
  'agent-joined',
  /**
   * The agent who had accepted gave the conversation back to a queue, or closed the window of a persistent chat. Its text
   * must be true of both, so the defaults speak of no queue; a place in it is told by messages of its own.
   */
  'agent-left',
  /** The agent's connection was lost for longer than the agent's grace period. */
  'agent-disconnected',
  'agent-ended-conversation',
  /** The agent ended the conversation and closed it; or it was closed automatically while the customer waited. */
  'session-ended',
  /** First in the queue. */
  'customer-next-in-line',
  /** Second or later in the queue. */
  'customer-position-in-queue',
] as const;

export type AutomatedMessageTrigger = (typeof AUTOMATED_MESSAGE_TRIGGERS)[number];

/** Whom a message is for. The agents' view of a transcript shows every message, the customer's only its own. */
export type Recipient = 'agent' | 'customer';
