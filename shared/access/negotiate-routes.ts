import { z } from 'zod';
import { AccessDeniedError, InvalidInputError, TooManyRequestsError } from '../app/errors';
import type { Logger } from '../app/log';
import { type Conversation, hasEnded } from '../conversation/conversation';
import { namedConversation } from '../conversation/conversation-routes';
import { endedRefusal, NOT_FOUND } from '../conversation/decision';
import { agentUserId, customerUserId } from '../conversation/ids';
import type { ConversationStore, CustomerIndex } from '../conversation/ports';
import { toIso } from '../conversation/time';
import { answering, answerRefusal } from '../http/answers';
import { agentIdField, conversationIdField, oneLine } from '../http/fields';
import { type HttpInput, type HttpOutput, json, parseWith, problem, readJson } from '../http/request';
import { policyOf } from '../policies/policy';
import type { SettingsSource } from '../policies/settings';
import { deviceField, parseProfile, profileToQuery } from './customer-profile-parser';
import { clientAddressOf, type RateLimiter } from './limit-guard';
import { agentOnly, type Caller, type Tickets } from './ticket-guard';

/** The conversation that a customer comes back to: by its ticket, or by the id of a reconnect link. */
export const RESUME_BODY = z.object({
  conversationId: conversationIdField.optional(),
  reconnectId: z.string().min(1).max(1_000).optional(),
});

/** What the customer's widget runs on, if it knows better than its User-Agent says. */
export const DEVICE_BODY = z.object({ device: deviceField.optional() });

/** The agent whom a desk's backend has signed in. */
export const AGENT_BODY = z.object({
  agentId: agentIdField,
  name: oneLine(100).optional(),
});

/** The customer whom a site's backend has signed in, and what the customer chose when it was asked. */
export const CUSTOMER_BODY = z.object({
  customerId: z.string().min(1).max(256),
  choice: z.enum(['continue', 'new']).optional(),
});

export interface NegotiateDependencies {
  readonly store: Pick<ConversationStore, 'load'>;
  readonly customers: CustomerIndex;
  readonly settings: SettingsSource;
  readonly tickets: Tickets;
  /** A URL with which a socket of this user can be opened for a few minutes. */
  readonly clientUrl: (userId: string) => Promise<string>;
  readonly newConversationId: () => string;
  /** By the client's address: of anonymous customers nothing else is known. */
  readonly newConversations: RateLimiter;
  readonly trustedProxies: number;
  readonly logger: Logger;
}

/** Longer URLs are at the mercy of every proxy on the way; the profile travels in it. */
const URL_LIMIT = 4 * 1024;

/**
 * A customer asks for a socket: a new conversation, or (with its ticket, or the id of a reconnect link) one of before.
 * Writes nothing, so anonymous load costs no storage; a conversation exists from its first `connect` on.
 */
export const negotiateForCustomer = (request: HttpInput, deps: NegotiateDependencies): Promise<HttpOutput> =>
  answering('negotiate', deps.logger, async () => {
    const { body, resumed } = await askedFor(request, deps);
    if (resumed === undefined) {
      // Whoever comes back is not counted: strangers at the same address must not cost a customer its return.
      countByAddress(request, deps);
      return admit(deps.newConversationId(), body, deps);
    }
    const stored = await deps.store.load(resumed);
    if (stored !== undefined && hasEnded(stored.conversation)) {
      return answerRefusal(endedRefusal(stored.conversation));
    }
    return admit(resumed, body, deps);
  });

/**
 * The site's backend asks, with a function key, for a customer it has signed in. While reconnection to a previous chat is
 * on and one goes on, the customer is asked first: continue it, or start anew ("Reconnect through a prompt").
 */
export const negotiateForKnownCustomer = (
  request: HttpInput,
  deps: NegotiateDependencies,
): Promise<HttpOutput> =>
  answering('negotiate-customer', deps.logger, async () => {
    const body = await readJson(request);
    const { customerId, choice } = parseWith(CUSTOMER_BODY, body, 'body');
    const previous = choice === 'new' ? undefined : await continuable(customerId, deps);
    if (previous !== undefined && choice === undefined) {
      const { id, agent, createdAt } = previous;
      return json(200, {
        prompt: {
          conversationId: id,
          createdAt: toIso(createdAt),
          agentName: agent?.name,
          options: ['continue-conversation', 'new-conversation'],
        },
      });
    }
    const conversationId = previous?.id ?? deps.newConversationId();
    const admitted = await admit(conversationId, body, deps);
    await deps.customers.remember(customerId, conversationId);
    return admitted;
  });

/** The backend of the agents' desk asks, with a function key, for an agent it has signed in. */
export const negotiateForAgent = (request: HttpInput, deps: NegotiateDependencies): Promise<HttpOutput> =>
  answering('negotiate-agent', deps.logger, async () => {
    const body = await readJson(request);
    const { agentId, name } = parseWith(AGENT_BODY, body, 'body');
    return json(200, {
      agentId,
      url: await deps.clientUrl(agentUserId(agentId)),
      ...(await ticketFor({ role: 'agent', agentId, agentName: name ?? agentId }, deps.tickets)),
    });
  });

/** The body, and the conversation that the caller has proved to be its own; undefined: a new one is wanted. */
async function askedFor(
  request: HttpInput,
  deps: NegotiateDependencies,
): Promise<{ readonly body: unknown; readonly resumed: string | undefined }> {
  try {
    const body = await readJson(request);
    const { conversationId: wanted, reconnectId } = parseWith(RESUME_BODY, body, 'body');
    const resumed =
      reconnectId === undefined
        ? await resumedConversation(request, wanted, deps.tickets)
        : await reconnectedConversation(reconnectId, deps);
    return { body, resumed };
  } catch (thrown) {
    // A proof that is none, or a body that is none, is as anonymous as no proof. Whoever has asked too often has proved
    // something, and takes nothing from its neighbours.
    if (!(thrown instanceof TooManyRequestsError)) countByAddress(request, deps);
    throw thrown;
  }
}

/** @throws TooManyRequestsError */
function countByAddress(
  request: HttpInput,
  { newConversations, trustedProxies }: NegotiateDependencies,
): void {
  const address = clientAddressOf(request.headers, trustedProxies);
  if (address !== undefined) newConversations.take(address);
}

/** The socket URL and the ticket of a customer in a conversation. */
async function admit(
  conversationId: string,
  body: unknown,
  deps: NegotiateDependencies,
): Promise<HttpOutput> {
  const profile = parseProfile(body);
  const { device } = parseWith(DEVICE_BODY, body, 'body');
  const url = new URL(await deps.clientUrl(customerUserId(conversationId)));
  for (const [key, value] of profileToQuery(profile)) url.searchParams.append(key, value);
  if (device !== undefined) url.searchParams.append('device', device);
  if (url.href.length > URL_LIMIT) {
    throw new InvalidInputError('body', 'name and context are too long together for a socket URL');
  }
  return json(200, {
    conversationId,
    url: url.href,
    ...(await ticketFor({ role: 'customer', conversationId }, deps.tickets)),
  });
}

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

/** The conversation of a reconnect link. Whether it still goes on is decided by its record. */
async function reconnectedConversation(
  reconnectId: string,
  { tickets }: NegotiateDependencies,
): Promise<string> {
  const conversationId = await tickets.conversationOf(reconnectId);
  if (conversationId === undefined) {
    throw new InvalidInputError('body.reconnectId', 'is not valid or has expired; start a new conversation');
  }
  return conversationId;
}

/** The customer's latest conversation, if reconnection is on for it and it goes on. */
async function continuable(
  customerId: string,
  { customers, store, settings }: NegotiateDependencies,
): Promise<Conversation | undefined> {
  const latest = await customers.latestConversationOf(customerId);
  const stored = latest === undefined ? undefined : await store.load(latest);
  if (stored === undefined || hasEnded(stored.conversation)) return undefined;
  const { policies } = await settings.current();
  const { conversation } = stored;
  return policyOf(conversation, 'reconnect', policies) ? conversation : undefined;
}

async function ticketFor(caller: Caller, tickets: Tickets) {
  const { ticket, expiresAt } = await tickets.issue(caller);
  return { ticket, ticketExpiresAt: toIso(expiresAt) };
}

export interface ReconnectLinkDependencies {
  readonly store: Pick<ConversationStore, 'load'>;
  readonly settings: SettingsSource;
  readonly tickets: Tickets;
  readonly logger: Logger;
}

/** The query key under which the portal's page finds the id ("Slug for reconnection link", Dynamics 365). */
const RECONNECT_KEY = 'oc.reconnectid';

/**
 * The link that an agent shares with a customer who may be cut off: what a desk puts in place of `{ReconnectUrl}` in a
 * quick reply. It leads to the portal's page, whose widget hands the id to `negotiate`. Void once the conversation has
 * ended, for whatever reason.
 */
export const reconnectLink = (request: HttpInput, deps: ReconnectLinkDependencies): Promise<HttpOutput> =>
  answering('reconnect-link', deps.logger, async () => {
    agentOnly(await deps.tickets.callerOf(request.headers));
    const conversation = await namedConversation(request, deps.store);
    if (conversation === undefined) return answerRefusal(NOT_FOUND);
    if (hasEnded(conversation)) return answerRefusal(endedRefusal(conversation));
    const { policies } = await deps.settings.current();
    if (!policyOf(conversation, 'reconnect', policies)) {
      return problem(
        409,
        'reconnect-disabled',
        'Reconnection to a previous chat is off for this conversation.',
      );
    }
    const timeLimit = policyOf(conversation, 'reconnectTimeLimit', policies);
    const reconnectId = await deps.tickets.issueReconnectId(conversation.id, timeLimit);
    return json(200, {
      reconnectId,
      reconnectUrl: urlOf(policyOf(conversation, 'reconnectPortalUrl', policies), reconnectId),
    });
  });

function urlOf(portalUrl: string | undefined, reconnectId: string): string | undefined {
  if (portalUrl === undefined) return undefined;
  const url = new URL(portalUrl);
  url.searchParams.set(RECONNECT_KEY, reconnectId);
  return url.href;
}
