import type { AgentSockets } from '../application/agent-sockets';
import type { ConversationService, Handled } from '../application/conversation-service';
import { AGENTS_GROUP, customerGroup } from '../domain/ids';
import type { ConversationEvent } from '../domain/events';
import { InvalidInputError } from '../errors';
import { EVENT_BODY_LIMIT, parseWebPubSubEvent, type WebPubSubEvent } from '../inbound/cloud-event';
import { CONNECTION_STATE_HEADER, encodeConnectionState } from '../inbound/connection-state';
import { json, noContent, readBody, type HttpInput, type HttpOutput } from '../inbound/http';
import type { Logger } from '../logging';
import type { ParticipantLimits } from '../security/participant-limits';
import type { WebhookGuard } from '../security/webhook-guard';
import { answering, answerRefusal } from './answer-failure';

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
