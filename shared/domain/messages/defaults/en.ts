import type { DefaultTexts } from './default-texts';

/** English. */
export const en: DefaultTexts = {
  'customer-disconnected': 'The customer was disconnected from the conversation.',
  'customer-ended-conversation': 'The customer has ended the conversation.',
  'agent-assigned': 'An agent has been assigned and will be with you in a moment.',
  'agent-joined': '{AgentName} has joined the conversation.',
  'agent-left': '{AgentName} has left the conversation.',
  'agent-disconnected':
    '{AgentName} was disconnected. You are back in the queue, and another agent will take over.',
  'agent-ended-conversation': 'The agent has ended the conversation.',
  'session-ended': 'This chat has ended. Thank you for contacting us.',
  'customer-next-in-line': 'You are next in line.',
  'customer-position-in-queue': 'You are number {QueuePosition} in the queue.',
};
