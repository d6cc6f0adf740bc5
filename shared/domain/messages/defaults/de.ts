import type { DefaultTexts } from './default-texts';

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
