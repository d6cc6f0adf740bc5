import type { Conversation } from './conversation';
import type { Refusal } from './decision';

/** The refusal of whatever asks for a conversation that does not exist. */
export const NOT_FOUND: Refusal = {
  code: 'conversation-not-found',
  detail: 'There is no such conversation.',
};

/** The refusal of whatever needs a conversation that goes on. */
export const endedRefusal = ({ state, end }: Conversation): Refusal => ({
  code: 'conversation-ended',
  detail: 'The conversation has ended.',
  state,
  ...(end && { endReason: end.reason }),
});
