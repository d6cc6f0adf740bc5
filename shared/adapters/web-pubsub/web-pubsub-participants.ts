import type { WebPubSubServiceClient } from '@azure/web-pubsub';
import type { Participants } from '../../application/ports/participants';
import { LIMITS } from '../../domain/conversation';
import { AGENTS_GROUP, agentUserId, customerGroup, customerUserId } from '../../domain/ids';
import type { Audience, Push } from '../../domain/pushes';
import { DependencyError } from '../../errors';
import { call } from './service-call';

/** Participants reached through Azure Web PubSub. */
export function createWebPubSubParticipants(service: WebPubSubServiceClient): Participants {
  return {
    push: (conversationId, audience, push) =>
      call('push', (abortSignal) => send(service, conversationId, audience, push, abortSignal)),

    closeCustomerConnections: (conversationId) =>
      call('close-group', (abortSignal) =>
        service
          .group(customerGroup(conversationId))
          .closeAllConnections({ reason: 'conversation-ended', abortSignal }),
      ),

    closeConnection: (connectionId) =>
      call('close-connection', (abortSignal) =>
        service.closeConnection(connectionId, { reason: 'conversation-ended', abortSignal }),
      ),

    presenceOf: (conversationId) =>
      call('presence', async (abortSignal) => {
        const ids = await connectionsOf(service, conversationId, abortSignal);
        const [first, ...others] = ids;
        if (first !== undefined) return { alive: true, connectionIds: [first, ...others] };
        // The group is the app's own bookkeeping; the user id is the token's. They must agree on "nobody".
        const alive = await service.userExists(customerUserId(conversationId), { abortSignal });
        if (alive) throw new DependencyError('web-pubsub', 'presence: connected, but not listed');
        return { alive: false };
      }),

    isAgentPresent: (agentId) =>
      call('agent-presence', (abortSignal) => service.userExists(agentUserId(agentId), { abortSignal })),
  };
}

async function send(
  service: WebPubSubServiceClient,
  conversationId: string,
  audience: Audience,
  push: Push,
  abortSignal: AbortSignal,
): Promise<void> {
  switch (audience.to) {
    case 'customer':
      return service.group(customerGroup(conversationId)).sendToAll(push, { abortSignal });
    case 'agents':
      return service.group(AGENTS_GROUP).sendToAll(push, { abortSignal });
    case 'agent':
      return service.sendToUser(agentUserId(audience.agentId), push, { abortSignal });
  }
}

async function connectionsOf(
  service: WebPubSubServiceClient,
  conversationId: string,
  abortSignal: AbortSignal,
): Promise<string[]> {
  const ids: string[] = [];
  const group = service.group(customerGroup(conversationId));
  for await (const member of await group.listConnections({ abortSignal })) {
    if (member.userId === customerUserId(conversationId)) ids.push(member.connectionId);
    if (ids.length === LIMITS.liveConnections) break;
  }
  return ids;
}
