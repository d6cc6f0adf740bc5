import type { AutomatedMessageTrigger } from './automated-message';

/** The wording of every automated message in one language. */
export type DefaultTexts = Readonly<Record<AutomatedMessageTrigger, string>>;

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

/** German. */
export const de: DefaultTexts = {
  'customer-disconnected': 'Die Verbindung zum Kunden ist abgebrochen.',
  'customer-ended-conversation': 'Der Kunde hat die Unterhaltung beendet.',
  'agent-assigned': 'Ihnen wurde ein Mitarbeiter zugewiesen, der gleich für Sie da ist.',
  'agent-joined': '{AgentName} ist der Unterhaltung beigetreten.',
  'agent-left': '{AgentName} hat die Unterhaltung verlassen.',
  'agent-disconnected':
    'Die Verbindung zu {AgentName} ist abgebrochen. Sie sind wieder in der Warteschlange, und jemand anderes übernimmt.',
  'agent-ended-conversation': 'Der Mitarbeiter hat die Unterhaltung beendet.',
  'session-ended': 'Dieser Chat ist beendet. Vielen Dank für Ihre Anfrage.',
  'customer-next-in-line': 'Sie sind als Nächstes an der Reihe.',
  'customer-position-in-queue': 'Sie sind Nummer {QueuePosition} in der Warteschlange.',
};

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

/** Spanish. */
export const es: DefaultTexts = {
  'customer-disconnected': 'El cliente se ha desconectado de la conversación.',
  'customer-ended-conversation': 'El cliente ha finalizado la conversación.',
  'agent-assigned': 'Se le ha asignado un agente, que le atenderá en un momento.',
  'agent-joined': '{AgentName} se ha unido a la conversación.',
  'agent-left': '{AgentName} ha abandonado la conversación.',
  'agent-disconnected':
    '{AgentName} se ha desconectado. Usted vuelve a estar en la cola y alguien le atenderá.',
  'agent-ended-conversation': 'El agente ha finalizado la conversación.',
  'session-ended': 'Este chat ha finalizado. Gracias por ponerse en contacto con nosotros.',
  'customer-next-in-line': 'Ya no queda nadie delante de usted en la cola.',
  'customer-position-in-queue': 'Usted ocupa la posición {QueuePosition} en la cola.',
};

/** Japanese. */
export const ja: DefaultTexts = {
  'customer-disconnected': 'お客様との接続が切断されました。',
  'customer-ended-conversation': 'お客様が会話を終了しました。',
  'agent-assigned': '担当者が割り当てられました。まもなく応対いたします。',
  'agent-joined': '{AgentName}が会話に参加しました。',
  'agent-left': '担当者の{AgentName}が会話から退出しました。',
  'agent-disconnected':
    '担当者の{AgentName}との接続が切断されました。お客様は再び順番待ちの列に入りました。別の担当者が引き継ぎます。',
  'agent-ended-conversation': '担当者が会話を終了しました。',
  'session-ended': 'このチャットは終了しました。お問い合わせいただきありがとうございました。',
  'customer-next-in-line': '次にご案内いたします。',
  'customer-position-in-queue': '現在、順番待ちの{QueuePosition}番目です。',
};

/** The languages that ship, by their tag. English is what every other locale falls back to. */
export const DEFAULT_TEXTS: Readonly<Record<string, DefaultTexts>> & { readonly en: DefaultTexts } = {
  en,
  de,
  fr,
  es,
  ja,
};
