/** Every name that durable functions know, once. Renaming one breaks running orchestrations: version it instead. */
export const ORCHESTRATORS = { conversationDeadline: 'conversation-deadline' } as const;

export const ACTIVITIES = {
  reachDeadline: 'reach-deadline',
  tellParticipants: 'tell-participants',
  fileDeadLetter: 'file-dead-letter',
} as const;

/** External events that cancel a pending deadline. */
export const CANCELLING_EVENTS = {
  customerReconnected: 'customerReconnected',
  conversationEnded: 'conversationEnded',
} as const;
