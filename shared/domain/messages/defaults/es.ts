import type { DefaultTexts } from './default-texts';

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
