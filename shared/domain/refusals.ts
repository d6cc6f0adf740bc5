import type { Conversation } from './conversation';
import type { Refusal, ReturnOption } from './decision';

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
  ...(end && { endReason: end.reason, ...returnOptions(end) }),
});

/** The refusal of whatever needs a customer who is away. */
export const customerIsConnected = ({ state }: Conversation): Refusal => ({
  code: 'customer-is-connected',
  detail: 'The customer is connected: nobody is waited for.',
  state,
});

/** What a customer can do who comes back after the end. */
export function returnOptions({ redirectUrl }: NonNullable<Conversation['end']>): {
  readonly options: readonly ReturnOption[];
  readonly redirectUrl?: string;
} {
  return redirectUrl === undefined
    ? { options: ['new-conversation'] }
    : { options: ['redirect', 'new-conversation'], redirectUrl };
}
