import { z } from 'zod';
import type { ConversationStore } from '../application/ports/conversation-store';
import { hasEnded } from '../domain/conversation';
import { agentUserId, customerUserId } from '../domain/ids';
import { endedRefusal } from '../domain/refusals';
import { toIso } from '../domain/time';
import { AccessDeniedError, InvalidInputError } from '../errors';
import { parseProfile, profileToQuery } from '../inbound/customer-profile';
import { json, readJson, type HttpInput, type HttpOutput } from '../inbound/http';
import { agentIdField, conversationIdField } from '../inbound/ids';
import { parseWith } from '../inbound/schema';
import { oneLine } from '../inbound/text';
import type { Logger } from '../logging';
import type { Caller, Tickets } from '../security/tickets';
import { answering, answerRefusal } from './answer-failure';

export interface NegotiateDependencies {
  readonly store: Pick<ConversationStore, 'load'>;
  readonly tickets: Tickets;
  /** A URL with which a socket of this user can be opened for a few minutes. */
  readonly clientUrl: (userId: string) => Promise<string>;
  readonly newConversationId: () => string;
  readonly logger: Logger;
}

/** Longer URLs are at the mercy of every proxy on the way; the profile travels in it. */
const URL_LIMIT = 4 * 1024;
const RESUME = z.object({
  conversationId: conversationIdField.optional(),
});
const AGENT = z.object({
  agentId: agentIdField,
  name: oneLine(100).optional(),
});

/**
 * A customer asks for a socket: a new conversation, or (with its ticket) one of before. Writes nothing, so
 * anonymous load costs no storage; a conversation exists from its first `connect` on.
 */
export const negotiateForCustomer = (request: HttpInput, deps: NegotiateDependencies): Promise<HttpOutput> =>
  answering('negotiate', deps.logger, async () => {
    const body = await readJson(request);
    const profile = parseProfile(body);
    const { conversationId: wanted } = parseWith(RESUME, body, 'body');
    const resumed = await resumedConversation(request, wanted, deps.tickets);
    if (resumed !== undefined) {
      const stored = await deps.store.load(resumed);
      if (stored !== undefined && hasEnded(stored.conversation)) {
        return answerRefusal(endedRefusal(stored.conversation));
      }
    }
    const conversationId = resumed ?? deps.newConversationId();
    const url = new URL(await deps.clientUrl(customerUserId(conversationId)));
    for (const [key, value] of profileToQuery(profile)) url.searchParams.append(key, value);
    if (url.href.length > URL_LIMIT) {
      throw new InvalidInputError('body', 'name and context are too long together for a socket URL');
    }
    return json(200, {
      conversationId,
      url: url.href,
      ...(await ticketFor({ role: 'customer', conversationId }, deps.tickets)),
    });
  });

/** The backend of the agents' desk asks, with a function key, for an agent it has signed in. */
export const negotiateForAgent = (request: HttpInput, deps: NegotiateDependencies): Promise<HttpOutput> =>
  answering('negotiate-agent', deps.logger, async () => {
    const body = await readJson(request);
    const { agentId, name } = parseWith(AGENT, body, 'body');
    return json(200, {
      agentId,
      url: await deps.clientUrl(agentUserId(agentId)),
      ...(await ticketFor({ role: 'agent', agentId, agentName: name ?? agentId }, deps.tickets)),
    });
  });

async function resumedConversation(
  request: HttpInput,
  wanted: string | undefined,
  tickets: Tickets,
): Promise<string | undefined> {
  const hasTicket = request.headers.get('authorization') !== null;
  if (!hasTicket && wanted === undefined) return undefined;
  const caller = await tickets.callerOf(request.headers);
  if (caller.role !== 'customer') throw new InvalidInputError('authorization', "must be a customer's ticket");
  if (wanted !== undefined && wanted !== caller.conversationId) {
    throw new AccessDeniedError(403, 'the ticket is for another conversation');
  }
  return caller.conversationId;
}

async function ticketFor(caller: Caller, tickets: Tickets) {
  const { ticket, expiresAt } = await tickets.issue(caller);
  return { ticket, ticketExpiresAt: toIso(expiresAt) };
}
