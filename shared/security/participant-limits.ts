import { agentUserId, customerUserId, type Participant } from '../domain/ids';
import type { Instant } from '../domain/time';
import { createRateLimiter } from './rate-limiter';
import type { Tickets } from './tickets';

/** Counts what a known participant asks for. */
export interface ParticipantLimits {
  /** @throws TooManyRequestsError */
  take(participant: Participant): void;
}

/** A desk looks after many conversations at once. */
const AGENTS_FACTOR = 10;

/**
 * Requests per minute with one ticket, and handshakes with one socket URL: of a customer, and ten times as many of an
 * agent. In the memory of this instance, see `createRateLimiter`.
 */
export function createParticipantLimits(options: {
  readonly perMinute: number;
  readonly now: () => Instant;
}): ParticipantLimits {
  const customers = createRateLimiter(options);
  const agents = createRateLimiter({ ...options, perMinute: options.perMinute * AGENTS_FACTOR });
  return {
    take(participant) {
      if (participant.role === 'customer') customers.take(customerUserId(participant.conversationId));
      else agents.take(agentUserId(participant.agentId));
    },
  };
}

/** The tickets, each of which is good for so many requests in a minute only. Proof comes first, so nobody can use up another's. */
export const limitedTickets = (tickets: Tickets, limits: ParticipantLimits): Tickets => ({
  ...tickets,
  async callerOf(headers) {
    const caller = await tickets.callerOf(headers);
    limits.take(caller);
    return caller;
  },
  async conversationOf(reconnectId) {
    const conversationId = await tickets.conversationOf(reconnectId);
    if (conversationId !== undefined) limits.take({ role: 'customer', conversationId });
    return conversationId;
  },
});
