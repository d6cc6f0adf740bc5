import { createHmac, timingSafeEqual } from 'node:crypto';
import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from 'jose';
import type { ParticipantLimits } from '../access/limit-guard';
import { AccessDeniedError, DependencyError, InvalidInputError } from '../app/errors';
import type { Logger } from '../app/log';
import type { ConversationService, Handled } from '../conversation/conversation-service';
import { AGENTS_GROUP, customerGroup } from '../conversation/ids';
import type { ConversationEvent } from '../conversation/inputs';
import { answering, answerRefusal } from '../http/answers';
import { type HttpInput, type HttpOutput, json, noContent, readBody } from '../http/request';
import type { AgentSockets } from './agent-sockets-service';
import {
  CONNECTION_STATE_HEADER,
  connectionIdOf,
  encodeConnectionState,
  EVENT_BODY_LIMIT,
  parseWebPubSubEvent,
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
    if (signature === null) throw new AccessDeniedError(401, 'ce-signature is missing');
    if (!isSignedWith(accessKeys, connectionIdOf(headers), signature)) {
      throw new AccessDeniedError(401, 'ce-signature is not valid');
    }
  };

export interface EntraGuardOptions {
  readonly tenantId: string;
  /** The application id URI or client id that the event handler asks its token for. */
  readonly audience: string;
  /** Object id of the service's managed identity: others of the tenant can get a token for the audience, too. */
  readonly callerObjectId: string;
  /** Base of the token authority; another one serves national clouds. */
  readonly authority: string;
}

/**
 * The guard for a service without access keys (local auth disabled): a bearer token of the service's managed
 * identity, issued by the tenant for the audience.
 */
export function entraGuard(options: EntraGuardOptions): WebhookGuard {
  const { tenantId, audience, callerObjectId, authority } = options;
  // A key that is not known is looked for again after five seconds: a 401 during a key rotation loses the event.
  const keys = createRemoteJWKSet(new URL(`${authority}/${tenantId}/discovery/v2.0/keys`), {
    cooldownDuration: 5_000,
  });
  const checks = {
    issuer: [`${authority}/${tenantId}/v2.0`, `https://sts.windows.net/${tenantId}/`],
    audience,
    algorithms: ['RS256'],
    requiredClaims: ['exp', 'oid'],
    clockTolerance: 60,
  };
  return async (headers) => {
    const token = headers.get('authorization')?.match(/^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i)?.[1];
    if (token === undefined) throw new AccessDeniedError(401, 'a bearer token is missing');
    const payload = await verified(() => jwtVerify(token, keys, checks));
    if (payload['oid'] !== callerObjectId) {
      throw new AccessDeniedError(401, 'the bearer token is not that of the configured service');
    }
  };
}

/** The token's claims. The library's errors may repeat them: they are not kept. */
async function verified(verify: () => Promise<{ payload: JWTPayload }>): Promise<JWTPayload> {
  try {
    return (await verify()).payload;
  } catch (thrown) {
    // Prevents: the keys cannot be fetched for a moment, a 401 is not repeated, and a `disconnected` is lost.
    const isAboutTheToken =
      thrown instanceof errors.JOSEError &&
      !(thrown instanceof errors.JWKSTimeout) &&
      thrown.code !== errors.JOSEError.code;
    if (isAboutTheToken) throw new AccessDeniedError(401, 'the bearer token is not valid');
    throw new DependencyError('token-authority', 'read keys');
  }
}

export interface WebPubSubEventsDependencies {
  readonly service: Pick<ConversationService, 'handle'>;
  readonly agentSockets: AgentSockets;
  readonly guard: WebhookGuard;
  readonly limits: ParticipantLimits;
  readonly hub: string;
  /** Host name of the service: the only origin whose validation request is answered. */
  readonly serviceHost: string;
  readonly logger: Logger;
}

/**
 * The webhook of Web PubSub. Its status codes steer the service: 5xx is repeated after 1, 3 and 5 seconds, 4xx is
 * not; a 4xx to `connect` becomes the answer to the client's handshake.
 */
export const handleWebPubSubEvent = (
  request: HttpInput,
  deps: WebPubSubEventsDependencies,
): Promise<HttpOutput> =>
  answering('web-pubsub-events', deps.logger, async () => {
    if (request.method === 'OPTIONS') return validate(request, deps.serviceHost);
    await deps.guard(request.headers);
    const event = parseWebPubSubEvent(request.headers, await readBody(request, EVENT_BODY_LIMIT), deps.hub);
    // Handshakes only: whether a socket is open or lost must always be heard.
    if (event.name === 'connect') deps.limits.take(event.participant);
    return event.participant.role === 'agent'
      ? handleAgentEvent(event, event.participant.agentId, deps)
      : handleCustomerEvent(event, event.participant.conversationId, deps);
  });

type Answering = Pick<WebPubSubEventsDependencies, 'service' | 'agentSockets'>;

/** An agent's coming and going concerns all conversations of the agent, a message the one that it names. */
async function handleAgentEvent(
  event: WebPubSubEvent,
  agentId: string,
  { service, agentSockets }: Answering,
): Promise<HttpOutput> {
  switch (event.name) {
    case 'connect':
      return json(200, { groups: [AGENTS_GROUP] });
    case 'connected':
      await agentSockets.connected(agentId, event.connectionId);
      return noContent;
    case 'disconnected':
      await agentSockets.disconnected(agentId);
      return noContent;
    case 'leave':
      throw new InvalidInputError('ce-eventName', 'only a customer can leave');
    case 'message': {
      const { conversationId, messageId, text } = event;
      const said = { type: 'agent-message', agentId, messageId, text } as const;
      return answer(event, conversationId, await service.handle(conversationId, said));
    }
  }
}

const handleCustomerEvent = async (
  event: WebPubSubEvent,
  conversationId: string,
  { service }: Answering,
): Promise<HttpOutput> =>
  answer(event, conversationId, await service.handle(conversationId, ofCustomer(event, conversationId)));

/** Abuse protection: the service asks whether it may send events here. */
function validate(request: HttpInput, serviceHost: string): HttpOutput {
  const origins = request.headers.get('webhook-request-origin')?.toLowerCase().split(/[,\s]/);
  if (serviceHost === '' || !origins?.includes(serviceHost.toLowerCase())) {
    throw new InvalidInputError('WebHook-Request-Origin', 'is not the configured service');
  }
  return { status: 200, headers: { 'webhook-allowed-origin': serviceHost } };
}

/** The event of the domain. */
function ofCustomer(event: WebPubSubEvent, conversationId: string): ConversationEvent {
  const { connectionId, occurredAt, device } = event;
  switch (event.name) {
    case 'connect':
      if (event.profile === undefined) throw new InvalidInputError('query', 'is missing');
      return { type: 'connect', conversationId, profile: event.profile, device };
    case 'connected':
    case 'disconnected':
      return { type: event.name, connectionId, occurredAt, device };
    case 'leave':
      return { type: 'customer-left' };
    case 'message': {
      const { text, messageId } = event;
      return { type: 'customer-message', connectionId, messageId, text };
    }
  }
}

function answer(event: WebPubSubEvent, conversationId: string, handled: Handled): HttpOutput {
  if (handled.kind === 'accepted') {
    if (event.name !== 'connect') return noContent;
    const state = encodeConnectionState({ device: event.device });
    return json(200, { groups: [customerGroup(conversationId)] }, { [CONNECTION_STATE_HEADER]: state });
  }
  const isUserEvent = event.name === 'message' || event.name === 'leave';
  // A non-2xx answer to a user event may cost the sender its connection, and an agent's connection serves many
  // conversations: a refusal by the rules is told to the sender as a message instead.
  return isUserEvent
    ? json(200, { type: 'refused', conversationId, ...handled.refusal })
    : answerRefusal(handled.refusal);
}
