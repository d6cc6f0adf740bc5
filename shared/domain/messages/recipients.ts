import type { AutomatedMessageTrigger, Recipient } from './trigger';

const FOR_AGENTS: readonly AutomatedMessageTrigger[] = [
  'customer-disconnected',
  'customer-ended-conversation',
];

/** Whom the message of a trigger is for ("Preconfigured automated message triggers", Dynamics 365). */
export const recipientOf = (trigger: AutomatedMessageTrigger): Recipient =>
  FOR_AGENTS.includes(trigger) ? 'agent' : 'customer';
