import type { AutomatedMessageTrigger } from './transcript';

/**
 * Default wording and recipient of the automated messages, after "Configure automated messages" (Dynamics 365
 * Omnichannel): the notice of a disconnected customer is for the agent.
 */
const MESSAGES: Readonly<
  Record<AutomatedMessageTrigger, { readonly recipient: 'agent' | 'everyone'; readonly text: string }>
> = {
  'customer-disconnected': {
    recipient: 'agent',
    text: 'The customer was disconnected from the conversation.',
  },
  'customer-ended-conversation': { recipient: 'agent', text: 'The customer has ended the conversation.' },
  'agent-ended-conversation': { recipient: 'everyone', text: 'The agent has ended the conversation.' },
};

export const automatedMessage = (trigger: AutomatedMessageTrigger) => MESSAGES[trigger];
