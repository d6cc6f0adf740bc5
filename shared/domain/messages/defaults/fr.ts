import type { DefaultTexts } from './default-texts';

/** French. */
export const fr: DefaultTexts = {
  'customer-disconnected': 'Le client a été déconnecté de la conversation.',
  'customer-ended-conversation': 'Le client a mis fin à la conversation.',
  'agent-assigned': 'Un conseiller vous a été attribué et vous répondra dans un instant.',
  'agent-joined': '{AgentName} a rejoint la conversation.',
  'agent-left': '{AgentName} a quitté la conversation. Vous êtes de nouveau dans la file d’attente.',
  'agent-disconnected':
    '{AgentName} a été déconnecté. Vous êtes de nouveau dans la file d’attente et un autre conseiller va prendre le relais.',
  'agent-ended-conversation': 'Le conseiller a mis fin à la conversation.',
  'session-ended': 'Cette conversation est terminée. Merci de nous avoir contactés.',
  'customer-next-in-line': 'Vous êtes le prochain dans la file d’attente.',
  'customer-position-in-queue': 'Vous êtes en position {QueuePosition} dans la file d’attente.',
};
