import { z } from 'zod';
import type { DurableCall } from '../app/call';
import { AccessDeniedError, InvalidInputError, TooManyRequestsError } from '../app/errors';
import { endOfWait, RETURN_TIME } from '../conversation/allowance-rules';
import { agentUserId, type Conversation, customerUserId, hasEnded } from '../conversation/conversation';
import type { Conversations } from '../conversation/conversation-service';
import { endedRefusal } from '../conversation/decision';
import { type Instant, instant } from '../conversation/time';
import {
  agentIdField,
  CONVERSATION_PATH,
  conversationId,
  conversationIdField,
  EXAMPLE,
  named,
  oneLine,
} from '../http/fields';
import { refuse, refuseAs } from '../http/problems';
import {
  answer,
  body,
  type Caller,
  type HttpInput,
  parseWith,
  readJson,
  route,
  routeOfRequest,
  type RouteServices,
  type Shown,
} from '../http/route';
import { isReadableByCustomer, policyOf } from '../policies/policy';
import { deviceField, PROFILE, profileToQuery } from './customer-profile-parser';
import { clientAddressOf, type RateLimiter, type Tickets } from './caller-guard';
import { conversationOfCustomer, type SignedInCustomersDependencies } from './signed-in-customers-service';

export interface NegotiateServices extends SignedInCustomersDependencies {
  readonly tickets: Tickets;
  /** A URL with which a socket of this user, in these groups, can be opened for a few minutes. */
  readonly clientUrl: (userId: string, groups?: readonly string[]) => Promise<string>;
  /** The groups that sockets from this address are counted in; `returning`: of a conversation that is on record. */
  readonly socketGroups: (address: string, returning: boolean) => readonly string[];
  /** A number for where this one comes from, unless it has been told lately. */
  readonly visitorNumber: (visitor: string) => number | undefined;
  /** By the client's address: of anonymous customers nothing else is known. */
  readonly newConversations: RateLimiter;
  readonly trustedProxies: number;
  readonly now: () => Instant;
  readonly conversations: Conversations;
}

/** The conversation that a customer comes back to: by its ticket, or by the id of a reconnect link. */
const RESUMED = z.object({
  conversationId: conversationIdField.optional(),
  reconnectId: z.string().min(1).max(1_000).optional(),
});
/** What a customer says about itself, and its widget of what it runs on, if it knows better than its User-Agent says. */
const INTRODUCTION = z.object({ ...PROFILE.shape, device: deviceField.optional() });
const CUSTOMER_REQUEST = named(
  'CustomerRequest',
  z.strictObject({ ...RESUMED.shape, ...INTRODUCTION.shape }),
);

const ACCESS = z.object({
  url: z.url().describe('Opens a socket within the next minutes: `wss://…`.'),
  ticket: z.string().describe('For `Authorization: Bearer` of this API.'),
  ticketExpiresAt: instant,
});
const CUSTOMER_ACCESS = named('CustomerAccess', z.object({ conversationId, ...ACCESS.shape }));

/** The customer whom a site's backend has signed in, and what the customer chose when it was asked. */
const KNOWN_CUSTOMER_REQUEST = named(
  'KnownCustomerRequest',
  z.strictObject({
    customerId: z.string().min(1).max(256),
    choice: z.enum(['continue', 'new']).optional(),
    ...INTRODUCTION.shape,
  }),
);
const OPTIONS = ['continue-conversation', 'new-conversation'] as const;
const RECONNECT_PROMPT = z.object({
  prompt: z
    .object({
      conversationId,
      createdAt: instant,
      agentName: z.string().optional(),
      options: z.array(z.enum(OPTIONS)),
    })
    .describe('A previous conversation goes on. Ask the customer, and repeat the request with `choice`.'),
});
const KNOWN_CUSTOMER_ACCESS = named('KnownCustomerAccess', z.union([CUSTOMER_ACCESS, RECONNECT_PROMPT]));
named('ReconnectPrompt', RECONNECT_PROMPT);

const RECONNECT_LINK = named(
  'ReconnectLink',
  z.object({
    reconnectId: z.string(),
    reconnectUrl: z.url().optional().describe('Where policy names a portal page: the link for the customer.'),
  }),
);

/** The agent whom a desk's backend has signed in. */
const AGENT_REQUEST = named(
  'AgentRequest',
  z.strictObject({ agentId: agentIdField, name: oneLine(100).optional() }),
);
const AGENT_ACCESS = named('AgentAccess', z.object({ agentId: z.string(), ...ACCESS.shape }));

const ACCESS_EXAMPLE = {
  url: 'wss://chat.webpubsub.azure.com/client/hubs/chat?access_token=eyJ…',
  ticket: 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ…',
  ticketExpiresAt: '2026-03-01T22:00:00.000Z',
};
const CUSTOMER_EXAMPLE = { conversationId: EXAMPLE.conversationId, ...ACCESS_EXAMPLE };

export const NEGOTIATE_ROUTES = [
  /**
   * A customer asks for a socket: a new conversation, or one of before. Anonymous load costs no storage: nothing is written
   * but for a customer who comes back, and a conversation exists from its first `connect` on.
   */
  routeOfRequest({
    id: 'negotiate',
    method: 'POST',
    path: '/v1/negotiate',
    tag: 'Customers',
    summary: 'A socket and a ticket for a customer',
    description:
      'Without a ticket and without `reconnectId` a new conversation; it exists once the socket is opened. With the ' +
      "customer's ticket, or with the id of a reconnect link, the conversation of before.",
    access: 'anyone, or a customer with a ticket',
    body: body(CUSTOMER_REQUEST, EXAMPLE.profile, { required: false }),
    answer: answer('Open `url`, and keep `ticket` to come back.', CUSTOMER_ACCESS, CUSTOMER_EXAMPLE),
    problems: ['conversation-ended'],
    durable: true,
    run: async (request, services: NegotiateServices & RouteServices, call) => {
      const { asked, resumed } = await askedFor(request, services);
      let isOnRecord = false;
      if (resumed === undefined) {
        // Whoever comes back is not counted: strangers at the same address must not cost a customer its return.
        countByAddress(request, services);
      } else {
        const conversation = (await services.store.load(resumed))?.conversation;
        isOnRecord = conversation !== undefined;
        if (conversation !== undefined && hasEnded(conversation)) {
          const { policies } = await services.settings.current(call);
          const isReadable = isReadableByCustomer(conversation, policies, services.now());
          const refusal = { ...endedRefusal(conversation), ...(isReadable && { conversationId: resumed }) };
          return refuseAs(refusal, 'conversation-ended');
        }
        await leaveTimeToReturn(conversation, services, call);
      }
      const {
        conversationId: _,
        reconnectId: __,
        ...introduction
      } = parseWith(CUSTOMER_REQUEST, asked, 'body');
      const address = addressOf(request, services);
      const groups = address === undefined ? undefined : services.socketGroups(address, isOnRecord);
      tellOfVisitor(address, services, call);
      return admit(resumed ?? services.newConversationId(), introduction, services, groups);
    },
  }),

  /**
   * The site's backend asks for a customer it has signed in. While reconnection to a previous chat is on and one goes on,
   * the customer is asked first: continue it, or start anew ("Reconnect through a prompt").
   */
  route({
    id: 'negotiate-customer',
    method: 'POST',
    path: '/v1/customers/negotiate',
    tag: 'Customers',
    summary: 'A socket and a ticket for a customer whom the site has signed in',
    description:
      'For the backend of the site. While reconnection to a previous chat is on and one goes on, the answer is a ' +
      '`prompt` for the customer; repeat the request with `choice`.',
    access: 'the function key',
    body: body(KNOWN_CUSTOMER_REQUEST, { customerId: 'customer-77', ...EXAMPLE.profile }),
    answer: answer(
      'A socket, or what the customer is to be asked first.',
      KNOWN_CUSTOMER_ACCESS,
      CUSTOMER_EXAMPLE,
    ),
    durable: true,
    run: async (
      { body: { customerId, choice, ...introduction } },
      services: NegotiateServices & RouteServices,
      call,
    ) => {
      const found = await conversationOfCustomer(customerId, choice, services, call);
      tellOfVisitor(customerId, services, call);
      if ('conversationId' in found) {
        await leaveTimeToReturn(found.goesOn, services, call);
        return admit(found.conversationId, introduction, services);
      }
      const { id, agent, createdAt } = found.askAbout;
      return { prompt: { conversationId: id, createdAt, agentName: agent?.name, options: OPTIONS } };
    },
  }),

  route({
    id: 'negotiate-agent',
    method: 'POST',
    path: '/v1/agents/negotiate',
    tag: 'Agents',
    summary: 'A socket and a ticket for an agent',
    description: 'For the backend of the desk, which knows who is signed in.',
    access: 'the function key',
    body: body(AGENT_REQUEST, { agentId: 'bob', name: 'Bob' }),
    answer: answer("For the agent's browser.", AGENT_ACCESS, { agentId: 'bob', ...ACCESS_EXAMPLE }),
    run: async ({ body: { agentId, name = agentId } }, { clientUrl, tickets }: NegotiateServices) => ({
      agentId,
      url: await clientUrl(agentUserId(agentId)),
      ...(await ticketFor({ role: 'agent', agentId, agentName: name }, tickets)),
    }),
  }),
];

/** The query key under which the portal's page finds the id ("Slug for reconnection link", Dynamics 365). */
const RECONNECT_KEY = 'oc.reconnectid';

/**
 * The link that an agent shares with a customer who may be cut off. It leads to the portal's page, whose widget hands the
 * id to `negotiate`. Void once the conversation has ended, for whatever reason.
 */
export const RECONNECT_LINK_ROUTE = route({
  id: 'reconnect-link',
  method: 'GET',
  path: '/v1/conversations/{conversationId}/reconnect-link',
  tag: 'Conversations',
  summary: 'A link with which the customer finds back',
  description:
    'What a desk puts in place of `{ReconnectUrl}` in a quick reply. The page behind it hands the query parameter ' +
    '`oc.reconnectid` to `negotiate`. Void once the conversation has ended. Agents only.',
  access: 'an agent with a ticket',
  params: CONVERSATION_PATH,
  unknown: 'conversation-not-found',
  answer: answer('The id, and the link where policy names a page.', RECONNECT_LINK, {
    reconnectId: 'eyJhbGciOiJIUzI1NiJ9.eyJhdWQiOiJ…',
    reconnectUrl: 'https://shop.example/help?oc.reconnectid=eyJhbGciOiJIUzI1NiJ9.eyJhdWQiOiJ…',
  }),
  problems: ['conversation-ended', 'reconnect-disabled'],
  run: async ({ params }, { store, settings, tickets }: NegotiateServices, call) => {
    const stored = await store.load(params.conversationId);
    if (stored === undefined) return refuse('conversation-not-found');
    const { conversation } = stored;
    if (hasEnded(conversation)) return refuseAs(endedRefusal(conversation), 'conversation-ended');
    const { policies } = await settings.current(call);
    if (!policyOf(conversation, 'reconnect', policies)) return refuse('reconnect-disabled');
    const reconnectId = await tickets.issueReconnectId(conversation.id);
    const portalUrl = policyOf(conversation, 'reconnectPortalUrl', policies);
    return { reconnectId, reconnectUrl: portalUrl && reconnectUrl(portalUrl, reconnectId) };
  },
});

function reconnectUrl(portalUrl: string, reconnectId: string): string {
  const url = new URL(portalUrl);
  url.searchParams.set(RECONNECT_KEY, reconnectId);
  return url.href;
}

/** The body, and the conversation that the caller has proved to be its own; undefined: a new one is wanted. */
async function askedFor(
  request: HttpInput,
  services: NegotiateServices,
): Promise<{ readonly asked: unknown; readonly resumed: string | undefined }> {
  try {
    const asked = await readJson(request);
    const { conversationId: wanted, reconnectId } = parseWith(RESUMED, asked, 'body');
    const resumed =
      reconnectId === undefined
        ? await resumedConversation(request, wanted, services.tickets)
        : await reconnectedConversation(reconnectId, services.tickets);
    return { asked, resumed };
  } catch (thrown) {
    // A proof that is none, or a body that is none, is as anonymous as no proof. Whoever has asked too often has proved
    // something, and takes nothing from its neighbours.
    if (!(thrown instanceof TooManyRequestsError)) countByAddress(request, services);
    throw thrown;
  }
}

/** @throws TooManyRequestsError */
function countByAddress(request: HttpInput, services: NegotiateServices): void {
  const address = addressOf(request, services);
  if (address !== undefined) services.newConversations.take(address);
}

/** What the client is counted as. Prevents: what cannot be read as an address is not counted at all. */
const addressOf = ({ headers }: HttpInput, { trustedProxies }: NegotiateServices): string | undefined =>
  clientAddressOf(headers, trustedProxies) ?? (headers.get('x-forwarded-for') ? 'unreadable' : undefined);

/** Somebody is about to open a socket: the alert "webhook-silent" compares this with what the webhook hears. */
function tellOfVisitor(
  visitor: string | undefined,
  { visitorNumber, loggerOf }: NegotiateServices & RouteServices,
  call: DurableCall,
): void {
  const network = visitor === undefined ? undefined : visitorNumber(visitor);
  if (network !== undefined) loggerOf(call).info('negotiate: admitted', { network });
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
    throw new AccessDeniedError(403, 'The ticket is for another conversation.');
  }
  return caller.conversationId;
}

/** The conversation of a reconnect link. Whether it still goes on is decided by its record. */
async function reconnectedConversation(reconnectId: string, tickets: Tickets): Promise<string> {
  const conversationId = await tickets.conversationOf(reconnectId);
  if (conversationId === undefined) {
    throw new InvalidInputError('body.reconnectId', 'is not valid or has expired; start a new conversation');
  }
  return conversationId;
}

/** A wait that is about to end must not end while its customer opens the socket. */
async function leaveTimeToReturn(
  conversation: Conversation | undefined,
  { conversations, now }: NegotiateServices,
  call: DurableCall,
): Promise<void> {
  const end = conversation && endOfWait(conversation);
  if (conversation === undefined || end === undefined || end - now() >= RETURN_TIME) return;
  await conversations(call).receive(conversation.id, { type: 'customer-returning' });
}

/** Longer URLs are at the mercy of every proxy on the way; the profile travels in it. */
const URL_LIMIT = 4 * 1024;

/** The socket URL and the ticket of a customer in a conversation. */
async function admit(
  conversationId: string,
  { device, ...profile }: z.output<typeof INTRODUCTION>,
  { clientUrl, tickets }: NegotiateServices,
  groups?: readonly string[],
): Promise<Shown<typeof CUSTOMER_ACCESS>> {
  const userId = customerUserId(conversationId);
  const url = new URL(await (groups === undefined ? clientUrl(userId) : clientUrl(userId, groups)));
  for (const [key, value] of profileToQuery(profile)) url.searchParams.append(key, value);
  if (device !== undefined) url.searchParams.append('device', device);
  if (url.href.length > URL_LIMIT) {
    throw new InvalidInputError(
      'body',
      'must be shorter: name and context do not fit together into a socket URL',
    );
  }
  return {
    conversationId,
    url: url.href,
    ...(await ticketFor({ role: 'customer', conversationId }, tickets)),
  };
}

async function ticketFor(caller: Caller, tickets: Tickets) {
  const { ticket, expiresAt } = await tickets.issue(caller);
  return { ticket, ticketExpiresAt: expiresAt };
}
