import type { DefaultTexts } from './default-texts';

/** French. */
export const fr: DefaultTexts = {
  'customer-disconnected': 'La connexion avec le client a été perdue.',
  'customer-ended-conversation': 'Le client a mis fin à la conversation.',
  'agent-assigned': 'Un conseiller vous a été attribué et vous répondra dans un instant.',
  'agent-joined': '{AgentName} a rejoint la conversation.',
  'agent-left': '{AgentName} a quitté la conversation.',
  'agent-disconnected':
    'La connexion avec {AgentName} a été perdue. Vous êtes de nouveau dans la file d’attente et quelqu’un d’autre va prendre le relais.',
  'agent-ended-conversation': 'Le conseiller a mis fin à la conversation.',
  'session-ended': 'Cette conversation est terminée. Merci de nous avoir contactés.',
  'customer-next-in-line': 'Votre tour arrive : il n’y a plus personne avant vous.',
  'customer-position-in-queue': 'Vous êtes en position {QueuePosition} dans la file d’attente.',
};
