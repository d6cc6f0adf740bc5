import { createHmac, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { SOCKET_EVENTS } from '../access/authorisation';
import { networksIn, type ParticipantLimits, type SocketBound, type Tickets } from '../access/caller-guard';
import { tokenReader, type TokenIssuer } from '../access/sign-in-guard';
import {
  AccessDeniedError,
  InvalidInputError,
  LengthRequiredError,
  ownError,
  UserEventError,
} from '../app/errors';
import type { Call, DurableCall } from '../app/call';
import type { LoggerOf } from '../app/log';
import {
  AGENTS_GROUP,
  AGENTS_OF_QUEUES_GROUP,
  CONVERSATION_STATES,
  customerGroup,
  END_REASONS,
  queueGroup,
} from '../conversation/conversation';
import {
  type Conversations,
  type ConversationService,
  type ConversationServiceDependencies,
  type Handled,
  loadIfAny,
} from '../conversation/conversation-service';
import { NOT_FOUND } from '../conversation/decision';
import type { ConversationEvent } from '../conversation/inputs';
import { typingOf } from '../conversation/messages-rules';
import type { ConversationStore, Participants } from '../conversation/ports';
import { type Instant, type Milliseconds, SECOND } from '../conversation/time';
import { sentIdOf } from '../conversation/transcript';
import { conversationId, EXAMPLE, named } from '../http/fields';
import { PROBLEMS, type ProblemCode, refuseAs, RETURN_OPTIONS } from '../http/problems';
import {
  answer,
  body,
  type HttpInput,
  readBody,
  routeOfRequest,
  type Shown,
  withHeaders,
  withoutContent,
} from '../http/route';
import { agentConnected, agentDisconnected, type AgentSocketsDependencies } from './agent-sockets-service';
import {
  CONNECT_BODY,
  CONNECTION_STATE_HEADER,
  connectionIdOf,
  encodeConnectionState,
  eventBodyLimit,
  MESSAGE_BODY,
  newcomerOf,
  parseWebPubSubEvent,
  TYPING_BODY,
  type WebPubSubEvent,
} from './cloud-event-parser';

/**
 * Whether `ce-signature` was made with one of the access keys: `sha256=<hex>` per key of the service, separated by
 * commas, each the HMAC-SHA256 of the connection id under the key's text ("CloudEvents extension for Azure Web
 * PubSub", section ce-signature). Every candidate is compared with every key in constant time.
 *
 * It covers the connection id only: it proves that the caller knows a key, not that the body is the service's.
 */
export function isSignedWith(
  keys: readonly string[],
  connectionId: string,
  signatureHeader: string,
): boolean {
  const candidates = signatureHeader
    .split(',')
    .slice(0, 8)
    .map((part) => part.trim().toLowerCase());
  let valid = false;
  for (const key of keys) {
    const expected = Buffer.from(`sha256=${createHmac('sha256', key).update(connectionId).digest('hex')}`);
    for (const candidate of candidates) {
      const given = Buffer.from(candidate);
      if (given.length === expected.length && timingSafeEqual(given, expected)) valid = true;
    }
  }
  return valid;
}

/** Lets the service's events pass and nobody else's. @throws AccessDeniedError, InvalidInputError, DependencyError */
export type WebhookGuard = (headers: HttpInput['headers']) => Promise<void>;

/** The guard for a service with access keys: `ce-signature`. Every configured key is valid, for rotation. */
export const signatureGuard =
  (accessKeys: readonly string[]): WebhookGuard =>
  async (headers) => {
    const signature = headers.get('ce-signature');
    if (signature === null) throw new AccessDeniedError(401, 'ce-signature is missing.');
    if (!isSignedWith(accessKeys, connectionIdOf(headers), signature)) {
      throw new AccessDeniedError(401, 'ce-signature is not valid.');
    }
  };

export interface EntraGuardOptions extends TokenIssuer {
  /** Object id of the service's managed identity: others of the tenant can get a token for the audience, too. */
  readonly callerObjectId: string;
}

/**
 * The guard for a service without access keys (local auth disabled): a bearer token of the service's managed
 * identity, issued by the tenant for the audience.
 */
export function entraGuard({ callerObjectId, ...issuer }: EntraGuardOptions): WebhookGuard {
  const claimsOf = tokenReader(issuer);
  return async (headers) => {
    if ((await claimsOf(headers)).oid !== callerObjectId) {
      throw new AccessDeniedError(401, 'The bearer token is not that of the configured service.');
    }
  };
}

export interface WebhookServices extends Omit<AgentSocketsDependencies, 'service' | 'participants'> {
  readonly participants: Pick<Participants, 'isAgentPresent' | 'push'>;
  readonly store: Pick<ConversationStore, 'load'>;
  readonly now: () => Instant;
  /** Whether typing at this connection, in this conversation, is told once more, see `TYPING_EVERY`. */
  readonly isTypingNews: (connectionAndConversation: string) => boolean;
  readonly conversations: Conversations;
  readonly guard: WebhookGuard;
  readonly limits: ParticipantLimits;
  readonly tickets: Pick<Tickets, 'signedInFor'>;
  readonly sockets: SocketBound;
  readonly hub: string;
  readonly loggerOf: LoggerOf;
  /** Whether one more line of this kind is written now. */
  readonly heard: (kind: string) => boolean;
  /** Sees how long those who ask for a socket wait for their answers. */
  readonly answering?: ConversationServiceDependencies['answering'];
}

/** At one connection typing in one conversation is told no more often; what comes in between is answered, and left out. */
export const TYPING_EVERY: Milliseconds = 2 * SECOND;

/**
 * What the service sends: with `connect` about the handshake, with `message` what the sender wrote, with `typing` where an
 * agent does.
 */
const WEB_PUBSUB_EVENT = named('WebPubSubEvent', z.union([MESSAGE_BODY, TYPING_BODY, CONNECT_BODY]));

const REFUSED_MESSAGE = z.object({
  type: z.literal('refused'),
  conversationId: conversationId.optional().describe('Unless an agent has named none.'),
  messageId: z.string().optional().describe("The sender's own, where it has given one."),
  event: z.literal('typing').optional().describe('It was no message.'),
  code: z.enum(Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]]),
  detail: z.string(),
  field: z.string().optional().describe('`invalid-input`: the offending part of the data.'),
  state: z.enum(CONVERSATION_STATES).optional(),
  action: z.string().optional(),
  endReason: z.enum(END_REASONS).optional(),
  options: z.array(z.enum(RETURN_OPTIONS)).optional(),
  redirectUrl: z.string().optional(),
  retryAfterSeconds: z.int().min(1).optional(),
});
type RefusedMessage = Shown<typeof REFUSED_MESSAGE>;

/** To `connect` the groups of the socket; to a user event that is refused the message for its sender. */
const WEB_PUBSUB_ANSWER = named(
  'WebPubSubAnswer',
  z.union([z.object({ groups: z.array(z.string()) }), REFUSED_MESSAGE]),
);

const PATH = { functionName: 'web-pubsub-events', path: '/web-pubsub/events', tag: 'Service' } as const;
/** Refusals that are statuses; those of user events are messages for their senders. */
const REFUSALS = [
  'conversation-not-found',
  'conversation-ended',
  'sign-in-required',
  'too-many-connections',
  'conversation-too-large',
] as const;

export const WEBHOOK_ROUTES = [
  /** Abuse protection: the service asks whether it may send events here. */
  routeOfRequest({
    id: 'validate-web-pubsub-events',
    ...PATH,
    method: 'OPTIONS',
    summary: 'May Web PubSub send events here',
    description:
      'Abuse protection of CloudEvents webhooks. For the configured service only, by any of its hosts.',
    access: 'the function key',
    durable: true,
    headers: z.object({
      'WebHook-Request-Origin': z.string().describe('The host by which a client has reached the service.'),
    }),
    answer: withoutContent('It may.', { status: 200, headers: ['WebHook-Allowed-Origin'] }),
    invalid: [400],
    /** `serviceHosts`: the only origins that are answered. */
    run: async ({ headers }, { serviceHosts }: { readonly serviceHosts: readonly string[] }) => {
      const origins = headers.get('webhook-request-origin')?.toLowerCase().split(/[,\s]/);
      const host = serviceHosts.find((known) => known !== '' && origins?.includes(known.toLowerCase()));
      if (host === undefined) {
        throw new InvalidInputError('WebHook-Request-Origin', 'is not the configured service');
      }
      return withHeaders(undefined, { 'webhook-allowed-origin': host });
    },
  }),

  /**
   * Its status codes steer the service: 5xx is repeated after 1, 3 and 5 seconds, 4xx is not; a 4xx to `connect` becomes
   * the answer to the client's handshake.
   */
  routeOfRequest({
    id: 'web-pubsub-events',
    ...PATH,
    method: 'POST',
    summary: 'The webhook of Web PubSub',
    description:
      'CloudEvents in HTTP binary mode: `connect`, `connected`, `disconnected`, `message`, `leave`, `typing`. Not for clients: ' +
      'besides the function key the signature or the token of the service is needed (`WEBHOOK_GUARD`). 5xx is ' +
      'repeated by the service, 4xx is not; a 4xx to `connect` becomes the answer to the handshake of the client. A ' +
      'user event that cannot be understood, or that the rules refuse, is answered 200 with a message for its sender.',
    access: 'the function key and a proof of the service',
    durable: true,
    headers: z.object({
      'ce-type': z.string().describe('`azure.webpubsub.sys.connect` and so on.'),
      'ce-eventName': z.string().describe('`connect` and so on.'),
      'ce-id': z.string().describe('Of the event, within the connection.'),
      'ce-time': z.string().describe("The service's clock."),
      'ce-hub': z.string().describe('The hub.'),
      'ce-userId': z.string().describe('The participant, as `negotiate` named it.'),
      'ce-connectionId': z.string().describe('The connection.'),
      'ce-connectionState': z.string().optional().describe('What the answer to `connect` has set.'),
      'ce-signature': z.string().optional().describe('HMAC of the connection id under an access key.'),
      Authorization: z.string().optional().describe('The token of the identity of the service.'),
    }),
    body: body(
      WEB_PUBSUB_EVENT,
      { text: 'Where is my parcel?', messageId: 'm-1' },
      { required: false, plainText: true },
    ),
    answer: answer(
      'To `connect`; or to a user event that is refused.',
      WEB_PUBSUB_ANSWER,
      { groups: [customerGroup(EXAMPLE.conversationId)] },
      { headers: ['ce-connectionState'] },
    ),
    nothing: 'To every other event.',
    invalid: [400, 404, 413],
    problems: ['too-many-requests', ...REFUSALS],
    run: (request, services: WebhookServices, call) => {
      const decision = () => answered(request, services, call);
      const isComing = request.headers.get('ce-eventname') === 'connect';
      // Prevents: counting the sockets of an address takes seconds, and meanwhile who asks for one is ended as if it had not come.
      return isComing && services.answering ? services.answering(decision) : decision();
    },
  }),
];

async function answered(request: HttpInput, services: WebhookServices, call: DurableCall) {
  try {
    const event = await eventOf(request, services);
    if (services.heard(ACCEPTED)) services.loggerOf(call).info(ACCEPTED, { event: event.name });
    if (event.name === 'connect') {
      const { networks, returning } = networksIn(event.groups ?? []);
      try {
        if (networks.length > 0) await services.sockets.admit(networks, event.connectionId, returning);
      } catch (thrown) {
        // Everybody has the same address behind a proxy that the settings do not know: somebody has to see it.
        services.loggerOf(call).refusal('web-pubsub-events: the address is full', {});
        throw thrown;
      }
    }
    if (SOCKET_EVENTS[event.name][event.participant.role] !== 'yes') {
      throw new UserEventError('event', `only a customer can ${event.name}`, {});
    }
    if (event.name === 'typing') return await tellTyping(event, services, call);
    const service = services.conversations(call);
    return event.participant.role === 'agent'
      ? await handleAgentEvent(event, event.participant.agentId, { ...services, service })
      : await handleCustomerEvent(event, event.participant.conversationId, service, services.tickets);
  } catch (thrown) {
    if (thrown instanceof LengthRequiredError) {
      // Nobody but the service, or what stands before the app, has done this.
      const fields = { code: thrown.code, status: 411, field: 'Content-Length', fault: 'settings' };
      services
        .loggerOf(call)
        .refusal('web-pubsub-events: refused a request that cannot be understood', fields);
    }
    if (!(thrown instanceof UserEventError)) throw thrown;
    const { ids, field, code, message: detail } = thrown;
    services.loggerOf(call).refusal('web-pubsub-events: refused a message', { code, field });
    return { type: 'refused', ...ids, code: 'invalid-input', detail, field } satisfies RefusedMessage;
  }
}

/** At most once in five minutes and instance: events arrive, and fit the settings. */
const ACCEPTED = 'web-pubsub-events: accepted';

/** The event, if the service has sent it. @throws AccessDeniedError, TooManyRequestsError, InvalidInputError, UserEventError */
async function eventOf(request: HttpInput, { guard, limits, hub }: WebhookServices): Promise<WebPubSubEvent> {
  await guard(request.headers);
  // Handshakes only: whether a socket is open or lost must always be heard.
  const newcomer = newcomerOf(request.headers);
  if (newcomer !== undefined) limits.take(newcomer);
  const bytes = await readBody(request, eventBodyLimit(request.headers));
  return parseWebPubSubEvent(request.headers, bytes, hub);
}

/** An agent's coming and going concerns all conversations of the agent, a message the one that it names. */
async function handleAgentEvent(event: WebPubSubEvent, agentId: string, deps: AgentSocketsDependencies) {
  switch (event.name) {
    case 'connect': {
      const { queues = [] } = event;
      const ofQueues = queues.length === 0 ? [] : [AGENTS_OF_QUEUES_GROUP, ...queues.map(queueGroup)];
      return { groups: [AGENTS_GROUP, ...ofQueues] };
    }
    case 'connected':
      await agentConnected(agentId, event.connectionId, deps);
      return undefined;
    case 'disconnected':
      await agentDisconnected(agentId, deps);
      return undefined;
    case 'message': {
      const { conversationId, messageId, text, unnamed } = event;
      const said = { type: 'agent-message', agentId, messageId, text, ...(unnamed && { unnamed }) } as const;
      return refusedMessage(event, conversationId, await deps.service.receive(conversationId, said));
    }
    default:
      return undefined;
  }
}

/**
 * One read of the record, which says who the other side is, and one push. Nothing is saved: typing proves nobody's presence.
 */
async function tellTyping(
  { participant, connectionId, conversationId }: Extract<WebPubSubEvent, { name: 'typing' }>,
  { store, participants, now, isTypingNews, loggerOf }: WebhookServices,
  call: Call,
): Promise<RefusedMessage | undefined> {
  // One connection of an agent serves many conversations.
  if (!isTypingNews(`${connectionId} ${conversationId}`)) return undefined;
  try {
    const stored = await loadIfAny(store, conversationId);
    const typing = stored ? typingOf(stored.conversation, participant, now()) : { refusal: NOT_FOUND };
    if ('refusal' in typing) return { type: 'refused', conversationId, event: 'typing', ...typing.refusal };
    for (const { audience, push } of typing.told) await participants.push(conversationId, audience, push);
  } catch (thrown) {
    // Prevents: what is worth nothing a moment later is repeated, or costs its sender the connection.
    loggerOf(call).refusal('web-pubsub-events: typing was not told', { code: ownError(thrown).code });
  }
  return undefined;
}

async function handleCustomerEvent(
  event: Exclude<WebPubSubEvent, { name: 'typing' }>,
  conversationId: string,
  service: Pick<ConversationService, 'receive'>,
  tickets: WebhookServices['tickets'],
) {
  const signedInFor =
    event.name === 'connect' && event.signIn !== undefined
      ? await tickets.signedInFor(event.signIn, conversationId)
      : undefined;
  const handled = await service.receive(conversationId, ofCustomer(event, conversationId, signedInFor));
  if (event.name === 'message' || event.name === 'leave') {
    return refusedMessage(event, conversationId, handled);
  }
  if (handled.kind === 'refused') return refuseAs(handled.refusal, ...REFUSALS);
  if (event.name !== 'connect') return undefined;
  const state = encodeConnectionState({ device: event.device });
  // The groups of the answer take the place of the token's.
  const groups = [customerGroup(conversationId), ...networksIn(event.groups ?? []).networks];
  return withHeaders({ groups }, { [CONNECTION_STATE_HEADER]: state });
}

/**
 * A non-2xx answer to a user event may cost the sender its connection, and an agent's connection serves many
 * conversations: a refusal is told to the sender as a message instead.
 */
function refusedMessage(
  event: WebPubSubEvent,
  conversationId: string,
  handled: Handled,
): RefusedMessage | undefined {
  if (handled.kind !== 'refused') return undefined;
  const messageId = event.name === 'message' ? sentIdOf(event.messageId) : undefined;
  return { type: 'refused', conversationId, messageId, ...handled.refusal };
}

/** The event of the domain. */
function ofCustomer(
  event: Exclude<WebPubSubEvent, { name: 'typing' }>,
  conversationId: string,
  signedInFor: string | undefined,
): ConversationEvent {
  const { connectionId, occurredAt, device } = event;
  switch (event.name) {
    case 'connect':
      if (event.profile === undefined) throw new InvalidInputError('query', 'is missing');
      return {
        type: 'connect',
        conversationId,
        profile: event.profile,
        device,
        ...(signedInFor !== undefined && { signedInFor }),
      };
    case 'connected':
    case 'disconnected':
      return { type: event.name, connectionId, occurredAt, device };
    case 'leave':
      return { type: 'customer-left' };
    case 'message': {
      const { text, messageId, unnamed } = event;
      return { type: 'customer-message', connectionId, messageId, text, ...(unnamed && { unnamed }) };
    }
  }
}
