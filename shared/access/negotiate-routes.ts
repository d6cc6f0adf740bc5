import { z } from 'zod';
import type { Call, DurableCall } from '../app/call';
import { AccessDeniedError, ErasedError, InvalidInputError, ownError } from '../app/errors';
import { MISSING } from '../app/wording';
import type { AgentCapacity } from '../capacity/capacity';
import { endOfWait, RETURN_TIME } from '../conversation/allowance-rules';
import {
  agentUserId,
  type Conversation,
  customerUserId,
  hasEnded,
  publicName,
} from '../conversation/conversation';
import type { ConversationServiceDependencies, Conversations } from '../conversation/conversation-service';
import { endedRefusal, SIGN_IN_REQUIRED } from '../conversation/decision';
import { type Instant, instant, type Milliseconds, SECOND } from '../conversation/time';
import {
  agentIdField,
  CONVERSATION_PATH,
  conversationId,
  conversationIdField,
  EXAMPLE,
  named,
  oneLine,
  plainName,
  queueNames,
} from '../http/fields';
import { refuse, refuseAs } from '../http/problems';
import {
  answer,
  body,
  type Caller,
  given,
  type HttpInput,
  parseWith,
  readJson,
  route,
  routeOfRequest,
  type RouteServices,
  type Shown,
  type SignedIn,
} from '../http/route';
import { isForEverybody, isReadableByCustomer, policyOf, type PolicyTable } from '../policies/policy';
import { deviceField, PROFILE, profileToQuery, SIGN_IN_KEY } from './customer-profile-parser';
import { clientAddressOf, type Proved, type RateLimiter, type Tickets } from './caller-guard';
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
  readonly capacity: Pick<AgentCapacity, 'noteAgent'>;
  readonly now: () => Instant;
  readonly conversations: Conversations;
  /** Sees how long customers who come back wait for their answers. */
  readonly answering?: ConversationServiceDependencies['answering'];
}

/** The conversation that a customer comes back to: by its ticket, or by the id of a reconnect link. */
const RESUMED = z.object({
  conversationId: conversationIdField.optional(),
  reconnectId: z.string().min(1).max(1_000).optional(),
});
/** What a customer says about itself, and its widget of what it runs on, if it knows better than its User-Agent says. */
const INTRODUCTION = z.object({ ...PROFILE.shape, device: deviceField.optional() });
const REPETITION = z.object({
  'Idempotency-Key': plainName
    .optional()
    .describe(
      'With `reconnectId`: drawn by the browser, the same for every repetition. The link is used once, but whoever got no ' +
        'answer can ask again.',
    ),
});
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
      agentName: z.string().optional().describe('Who has accepted it.'),
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
  z.strictObject({
    agentId: agentIdField
      .optional()
      .describe('Required with the function key. A token names the agent itself.'),
    name: oneLine(100).optional().describe('The id, if it is left out.'),
    queues: queueNames
      .optional()
      .describe('The agent hears of these, and of what it has itself. Left out: of everything.'),
  }),
);

/** @throws InvalidInputError */
function namedByDesk({ agentId, name }: z.output<typeof AGENT_REQUEST>): SignedIn {
  if (agentId === undefined) throw new InvalidInputError('body.agentId', MISSING);
  return { agentId, agentName: name ?? agentId, roles: ['agent'] };
}
const AGENT_ACCESS = named(
  'AgentAccess',
  z.object({
    agentId: z.string(),
    name: z.string().describe('The id, where nobody has given a name.'),
    roles: z.array(z.enum(['agent', 'operator'])).describe('By a key `agent` alone: a token names them.'),
    ...ACCESS.shape,
  }),
);

const ACCESS_EXAMPLE = {
  url: 'wss://chat.webpubsub.azure.com/client/hubs/chat?access_token=eyJ…',
  ticket: 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ…',
  ticketExpiresAt: '2026-03-01T22:00:00.000Z',
};
const CUSTOMER_EXAMPLE = { conversationId: EXAMPLE.conversationId, ...ACCESS_EXAMPLE };

/** Why a link is refused that is genuine. */
const OF_LINKS = [
  'reconnect-disabled',
  'reconnect-link-used',
  'customer-is-connected',
  'conversation-not-found',
  'conversation-too-large',
] as const;

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
      "customer's ticket, or with the id of a reconnect link, the conversation of before. A link opens it once, and not " +
      'while its customer is connected. A workstream that has policies of its own, such as a persistent chat, is only for ' +
      'customers whom the site has signed in.',
    access: 'anyone, or a customer with a ticket',
    headers: REPETITION,
    body: body(CUSTOMER_REQUEST, EXAMPLE.profile, { required: false }),
    answer: answer('Open `url`, and keep `ticket` to come back.', CUSTOMER_ACCESS, CUSTOMER_EXAMPLE),
    problems: ['sign-in-required', 'conversation-ended', ...OF_LINKS],
    durable: true,
    run: async (request, services: NegotiateServices & RouteServices, call) => {
      const asked = await askedFor(request, services);
      const admission = () => admitted(request, asked, services, call);
      return asked.resumed ? coming(services, admission) : admission();
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
    access: "the site's backend",
    body: body(KNOWN_CUSTOMER_REQUEST, { customerId: 'customer-77', ...EXAMPLE.profile }),
    answer: answer(
      'A socket, or what the customer is to be asked first.',
      KNOWN_CUSTOMER_ACCESS,
      CUSTOMER_EXAMPLE,
    ),
    durable: true,
    run: (
      { body: { customerId, choice, ...introduction } },
      services: NegotiateServices & RouteServices,
      call,
    ) =>
      coming(services, async () => {
        const found = await conversationOfCustomer(customerId, choice, services, call);
        tellOfVisitor(customerId, services, call);
        if ('conversationId' in found) {
          await leaveTimeToReturn(found.goesOn, services, call);
          return admit(found.conversationId, introduction, services, { workstream: introduction.workstream });
        }
        const { id, agent, createdAt } = found.askAbout;
        const agentName = agent?.acceptedAt === undefined ? undefined : publicName(agent);
        return { prompt: { conversationId: id, createdAt, agentName, options: OPTIONS } };
      }),
  }),

  route({
    id: 'negotiate-agent',
    method: 'POST',
    path: '/v1/agents/negotiate',
    tag: 'Agents',
    summary: 'A socket and a ticket for an agent',
    description:
      'For the backend of the desk, which knows who is signed in and names the agent; or for the agent itself, whose token of ' +
      'Entra ID names it: by its object id, whatever the body says.',
    access: "the desk's backend, or a signed-in agent",
    body: body(AGENT_REQUEST, { agentId: 'bob', name: 'Bob' }, { required: false }),
    answer: answer("For the agent's browser.", AGENT_ACCESS, {
      agentId: 'bob',
      name: 'Bob',
      roles: ['agent'],
      ...ACCESS_EXAMPLE,
    }),
    run: async ({ caller, body }, services: NegotiateServices & RouteServices, call) => {
      const { clientUrl, tickets, capacity } = services;
      const { agentId, agentName, roles } = caller ?? namedByDesk(body);
      const [url] = await Promise.all([
        clientUrl(agentUserId(agentId)),
        // An agent can work without being on the list by name. An id is no name, and takes the place of none.
        ...(agentName === agentId
          ? []
          : [
              noted(
                capacity.noteAgent(agentId, agentName),
                tellOf('negotiate-agent: the agent was not noted', services, call),
              ),
            ]),
      ]);
      return {
        agentId,
        name: agentName,
        roles: [...roles],
        url: withQueues(url, body.queues),
        ...(await ticketFor({ role: 'agent', agentId, agentName }, tickets)),
      };
    },
  }),
];

/**
 * The answer to a customer who may be waited for. Prevents: finding out what it comes back to takes seconds, and meanwhile it is
 * ended as if it had not come.
 */
const coming = <T>({ answering }: Pick<NegotiateServices, 'answering'>, admission: () => Promise<T>) =>
  answering === undefined ? admission() : answering(admission);

/** Lets a customer in, into a new conversation or one of before, or says why not. */
async function admitted(
  request: HttpInput,
  { asked, resumed }: Awaited<ReturnType<typeof askedFor>>,
  services: NegotiateServices & RouteServices,
  call: DurableCall,
) {
  const { conversationId: _, reconnectId: __, ...introduction } = parseWith(CUSTOMER_REQUEST, asked, 'body');
  const { policies } = await services.settings.current(call);
  const {
    conversationId,
    proved = {},
    link,
  } = resumed ?? {
    conversationId: services.newConversationId(),
  };
  const conversation = resumed && (await previous(conversationId, services));
  if (conversation === 'erased') return refuseAs(ERASED, 'conversation-ended');
  if (conversation === undefined) {
    if (link !== undefined) throw badLink();
    const { workstream } = introduction;
    const isAllowed = proved.workstream === workstream || isForEverybody(policies, workstream);
    if (!isAllowed) return refuseAs(SIGN_IN_REQUIRED, 'sign-in-required');
  } else if (hasEnded(conversation)) {
    const isReadable = isReadableByCustomer(conversation, policies, services.now());
    // Once for an end: how much too late its customer has come is remembered. The copy of what is closed may still lack it.
    const isNews = conversation.knockedAt === undefined || conversation.state === 'Closed';
    if (conversation.end?.reason === 'customer-disconnected' && isNews)
      await noted(
        services.conversations(call).receive(conversationId, { type: 'customer-returning' }),
        tellOf('negotiate: the late return was not noted', services, call),
      );
    const refusal = { ...endedRefusal(conversation), ...(isReadable && { conversationId }) };
    return refuseAs(refusal, 'conversation-ended');
  } else if (link === undefined) {
    await leaveTimeToReturn(conversation, services, call);
  } else {
    const used = await services.conversations(call).receive(conversationId, { type: 'link-used', ...link });
    if (used.kind === 'refused') return refuseAs(used.refusal, 'conversation-ended', ...OF_LINKS);
  }
  const address = addressOf(request, services);
  const groups =
    address === undefined ? undefined : services.socketGroups(address, conversation !== undefined);
  tellOfVisitor(address, services, call);
  return admit(conversationId, introduction, services, proved, groups);
}

/** The query key under which the portal's page finds the id ("Slug for reconnection link", Dynamics 365). */
const RECONNECT_KEY = 'oc.reconnectid';

/**
 * The link that the site's backend sends to a customer who has been cut off, by mail for one. It leads to the portal's page,
 * whose widget hands the id to `negotiate`. Void once it is used, and once the conversation has ended, for whatever reason.
 */
export const RECONNECT_LINK_ROUTE = route({
  id: 'reconnect-link',
  method: 'GET',
  path: '/v1/conversations/{conversationId}/reconnect-link',
  tag: 'Conversations',
  summary: 'A link with which the customer finds back',
  description:
    "For the site's backend, which sends it to the customer and to nobody else: whoever has it is the customer. An agent " +
    "writes `{ReconnectUrl}` instead, and only the customer's own sockets get the link. The page behind it hands the query " +
    'parameter `oc.reconnectid` to `negotiate`. Void once it is used, and once the conversation has ended; until then it is ' +
    'the same.',
  access: "the site's backend",
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
    const reconnectId = await tickets.issueReconnectId(conversation);
    if (reconnectId === undefined) return refuse('reconnect-disabled');
    return { reconnectId, reconnectUrl: pageWith(reconnectId, conversation, policies) };
  },
});

/** The link of a conversation: undefined where reconnection is off, or no policy names a page. */
export const reconnectUrlBy =
  (tickets: Pick<Tickets, 'issueReconnectId'>) =>
  async (conversation: Conversation, policies: PolicyTable): Promise<string | undefined> =>
    policyOf(conversation, 'reconnect', policies)
      ? pageWith(await tickets.issueReconnectId(conversation), conversation, policies)
      : undefined;

function pageWith(
  reconnectId: string | undefined,
  conversation: Conversation,
  policies: PolicyTable,
): string | undefined {
  const portalUrl = policyOf(conversation, 'reconnectPortalUrl', policies);
  if (portalUrl === undefined || reconnectId === undefined) return undefined;
  const url = new URL(portalUrl);
  url.searchParams.set(RECONNECT_KEY, reconnectId);
  return url.href;
}

/** The conversation that the caller has proved to be its own, and how. */
interface Resumed {
  readonly conversationId: string;
  readonly proved: Proved;
  readonly link?: { readonly uses: number; readonly key?: string };
}

/**
 * What is asked for, and the conversation that it comes back to. Whoever comes back with a ticket is not counted by its
 * address: strangers there must not cost a customer its return. Everybody else is, before anything of the body is read; a
 * link is in the body.
 * @throws InvalidInputError, AccessDeniedError, TooManyRequestsError
 */
async function askedFor(
  request: HttpInput,
  services: NegotiateServices,
): Promise<{ readonly asked: unknown; readonly resumed: Resumed | undefined }> {
  const { tickets } = services;
  const hasTicket = request.headers.get('authorization') !== null;
  const holder = hasTicket ? await tickets.holderOf(request.headers).catch(unlessTooMany) : undefined;
  // A proof that is none is as anonymous as no proof. Whoever has asked too often has proved something.
  if (holder === undefined || holder instanceof AccessDeniedError) countByAddress(request, services);
  const asked = await readJson(request);
  const { conversationId: wanted, reconnectId } = parseWith(RESUMED, asked, 'body');
  if (reconnectId !== undefined) {
    return { asked, resumed: await reconnectedConversation(request, reconnectId, tickets) };
  }
  if (holder instanceof AccessDeniedError) throw holder;
  if (holder !== undefined) return { asked, resumed: resumedConversation(holder, wanted) };
  if (wanted === undefined) return { asked, resumed: undefined };
  throw new AccessDeniedError(401, 'Authorization: Bearer <ticket> is missing.');
}

/** A ticket that is none, which a link can make good. @throws whatever else it is */
function unlessTooMany(thrown: unknown): AccessDeniedError {
  if (thrown instanceof AccessDeniedError) return thrown;
  throw thrown;
}

/** @throws TooManyRequestsError */
function countByAddress(request: HttpInput, services: NegotiateServices): void {
  const address = addressOf(request, services);
  if (address !== undefined) services.newConversations.take(address);
}

/** What the client is counted as. Prevents: what cannot be read as an address is not counted at all. */
const addressOf = ({ headers }: HttpInput, { trustedProxies }: NegotiateServices): string | undefined =>
  clientAddressOf(headers, trustedProxies) ?? (headers.get('x-forwarded-for') ? 'unreadable' : undefined);

/** For what is only noted: that it failed is told, and the answer is given all the same. */
const tellOf =
  (what: string, { loggerOf }: RouteServices, call: Call) =>
  (thrown: unknown): void =>
    loggerOf(call).warn(what, { detail: ownError(thrown).message });

/** Nobody waits longer for what is only noted. It goes on, and is told of when it fails later. */
const NOTING_TIME: Milliseconds = SECOND;

async function noted(noting: Promise<unknown>, failed: (thrown: unknown) => void): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, NOTING_TIME)));
  await Promise.race([noting.then(() => undefined, failed), late]);
  clearTimeout(timer);
}

/** Somebody is about to open a socket: the alert "webhook-silent" compares this with what the webhook hears. */
function tellOfVisitor(
  visitor: string | undefined,
  { visitorNumber, loggerOf }: NegotiateServices & RouteServices,
  call: DurableCall,
): void {
  const network = visitor === undefined ? undefined : visitorNumber(visitor);
  if (network !== undefined) loggerOf(call).info('negotiate: admitted', { network });
}

function resumedConversation(
  { caller, proved }: Awaited<ReturnType<Tickets['holderOf']>>,
  wanted: string | undefined,
): Resumed {
  if (caller.role !== 'customer') throw new InvalidInputError('authorization', "must be a customer's ticket");
  if (wanted !== undefined && wanted !== caller.conversationId) {
    throw new AccessDeniedError(403, 'The ticket is for another conversation.');
  }
  return { conversationId: caller.conversationId, proved };
}

/** The conversation of a reconnect link. Whether the link still opens it is decided by its record. */
async function reconnectedConversation(
  request: HttpInput,
  reconnectId: string,
  tickets: Tickets,
): Promise<Resumed> {
  const { 'Idempotency-Key': key } = parseWith(
    REPETITION,
    given(Object.keys(REPETITION.shape), request.headers),
  );
  const link = await tickets.linkOf(reconnectId);
  if (link === undefined) throw badLink();
  const { conversationId, uses, until } = link;
  return { conversationId, proved: { until }, link: { uses, ...(key !== undefined && { key }) } };
}

const badLink = () =>
  new InvalidInputError('body.reconnectId', 'is not valid or has expired; start a new conversation');

/** Its customer still has a ticket. Undefined: the conversation begins with its first socket. */
async function previous(
  conversationId: string,
  { store }: Pick<NegotiateServices, 'store'>,
): Promise<Conversation | 'erased' | undefined> {
  try {
    return (await store.load(conversationId))?.conversation;
  } catch (thrown) {
    if (thrown instanceof ErasedError) return 'erased';
    throw thrown;
  }
}

const ERASED = {
  code: 'conversation-ended',
  detail: 'The conversation has ended.',
  options: ['new-conversation'],
} as const;

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

/** The socket URL and the ticket of a customer in a conversation. Both carry what was proved, for others can edit a URL. */
async function admit(
  conversationId: string,
  { device, ...profile }: z.output<typeof INTRODUCTION>,
  { clientUrl, tickets }: NegotiateServices,
  proved: Proved,
  groups?: readonly string[],
): Promise<Shown<typeof CUSTOMER_ACCESS>> {
  const userId = customerUserId(conversationId);
  const url = new URL(await (groups === undefined ? clientUrl(userId) : clientUrl(userId, groups)));
  for (const [key, value] of profileToQuery(profile)) url.searchParams.append(key, value);
  if (device !== undefined) url.searchParams.append('device', device);
  if (proved.workstream !== undefined) {
    url.searchParams.append(SIGN_IN_KEY, await tickets.issueSignIn(conversationId, proved.workstream));
  }
  if (url.href.length > URL_LIMIT) {
    throw new InvalidInputError(
      'body',
      'must be shorter: name and context do not fit together into a socket URL',
    );
  }
  return {
    conversationId,
    url: url.href,
    ...(await ticketFor({ role: 'customer', conversationId }, tickets, proved)),
  };
}

/** The socket URL of an agent, with the queues that it serves. */
function withQueues(socketUrl: string, queues: readonly string[] = []): string {
  const url = new URL(socketUrl);
  for (const queue of new Set(queues)) url.searchParams.append('queue', queue);
  return url.href;
}

async function ticketFor(caller: Caller, tickets: Tickets, proved?: Proved) {
  const { ticket, expiresAt } = await tickets.issue(caller, proved);
  return { ticket, ticketExpiresAt: expiresAt };
}
