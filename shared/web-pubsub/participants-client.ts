import { createSecretKey } from 'node:crypto';
import type { TokenCredential } from '@azure/identity';
import {
  type AzureKeyCredential,
  odata,
  WebPubSubServiceClient,
  type WebPubSubServiceClientOptions,
} from '@azure/web-pubsub';
import { DependencyError, isDownAt } from '../app/errors';
import {
  AGENTS_GROUP,
  AGENTS_OF_QUEUES_GROUP,
  agentUserId,
  customerGroup,
  customerUserId,
  LIMITS,
  participantOf,
  queueGroup,
} from '../conversation/conversation';
import type { Audience, Push } from '../conversation/notifications';
import type { Participants } from '../conversation/ports';

/** How long the service may take for one call before it counts as "no answer". */
const CALL_TIMEOUT_MS = 5_000;

/**
 * Runs one call of the service with a time limit. The SDK's errors carry the request, token included: only name and
 * status are kept.
 * @throws DependencyError
 */
export async function call<T>(operation: string, run: (abortSignal: AbortSignal) => Promise<T>): Promise<T> {
  const limit = new AbortController();
  // Cleared when the call is over: one of `AbortSignal.timeout` lives on for its whole time, with all that hears of it.
  const timer = setTimeout(() => limit.abort(), CALL_TIMEOUT_MS).unref();
  try {
    return await run(limit.signal);
  } catch (thrown) {
    if (thrown instanceof DependencyError) throw thrown;
    const { name, statusCode } = thrown as { name?: string; statusCode?: number };
    const cause = new Error(`${name ?? 'Error'} ${statusCode ?? ''}`.trim());
    throw new DependencyError('web-pubsub', operation, { cause, isDown: isDownAt(statusCode) });
  } finally {
    clearTimeout(timer);
  }
}

/** How to reach the service: with an access key (local development), or as an identity (Azure). */
export type ServiceConnection = { readonly endpoint: string } & (
  { readonly accessKey: string } | { readonly credential: TokenCredential }
);

/** The client of a hub. Nothing is sent before the first call. */
export function createServiceClient(
  connection: ServiceConnection,
  hub: string,
  additionalPolicies: NonNullable<WebPubSubServiceClientOptions['additionalPolicies']> = [],
): WebPubSubServiceClient {
  const { endpoint } = connection;
  return new WebPubSubServiceClient(
    endpoint,
    'accessKey' in connection ? keyOf(connection.accessKey) : connection.credential,
    hub,
    {
      retryOptions: { maxRetries: 2, retryDelayInMs: 200, maxRetryDelayInMs: 1_000 },
      additionalPolicies,
      // Over plain HTTP the SDK refuses to send a token, and rightly.
      allowInsecureConnection: 'accessKey' in connection && endpoint.startsWith('http:'),
    },
  );
}

/**
 * The key as the SDK hands it on to the library that signs. As a text, that library takes it for a private key first, in vain,
 * for each token: 25 times the work. Besides, what prints such an object does not print the key.
 */
const keyOf = (accessKey: string) =>
  ({ key: createSecretKey(Buffer.from(accessKey)) }) as unknown as AzureKeyCredential;

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
        if (alive) {
          throw new DependencyError('web-pubsub', 'presence: connected, but not listed', { isDown: false });
        }
        return { alive: false };
      }),

    isAgentPresent: (agentId) =>
      call('agent-presence', (abortSignal) => service.userExists(agentUserId(agentId), { abortSignal })),

    presentAgents: () =>
      call('agents', async (abortSignal) => {
        const ids = new Set<string>();
        for await (const { userId = '' } of await service
          .group(AGENTS_GROUP)
          .listConnections({ abortSignal })) {
          const agent = participantOf(userId);
          if (agent?.role === 'agent') ids.add(agent.agentId);
        }
        return ids;
      }),
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
      return service.group(AGENTS_GROUP).sendToAll(push, { abortSignal, filter: filterFor(audience) });
    case 'agent':
      return service.sendToUser(agentUserId(audience.agentId), push, { abortSignal });
  }
}

/** One call for the whole audience, and nobody gets the push twice ("OData filter syntax in Azure Web PubSub"). */
const filterFor = ({ queues, agentIds }: Extract<Audience, { to: 'agents' }>): string =>
  [
    odata`not(${AGENTS_OF_QUEUES_GROUP} in groups)`,
    ...queues.map((queue) => odata`${queueGroup(queue)} in groups`),
    ...agentIds.map((agentId) => odata`userId eq ${agentUserId(agentId)}`),
  ].join(' or ');

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

/** A socket URL is used at once; a client that reconnects negotiates anew. */
const VALID_MINUTES = 10;

/**
 * Makes the URL with which a socket of a user can be opened for a few minutes: locally with an access key, by a call
 * of the service with an identity.
 * @throws DependencyError
 */
export const createClientUrl =
  (service: WebPubSubServiceClient) =>
  (userId: string, groups: readonly string[] = []): Promise<string> =>
    call('client-url', async (abortSignal) => {
      const expirationTimeInMinutes = VALID_MINUTES;
      const options = { userId, expirationTimeInMinutes, abortSignal };
      const inGroups = groups.length === 0 ? options : { ...options, groups: [...groups] };
      return (await service.getClientAccessToken(inGroups)).url;
    });

/** The ids of the sockets in a group, at most so many. @throws DependencyError */
export const createGroupListing =
  (service: WebPubSubServiceClient) =>
  (group: string, most: number): Promise<readonly string[]> =>
    call('group', async (abortSignal) => {
      const ids: string[] = [];
      for await (const { connectionId } of await service.group(group).listConnections({ abortSignal })) {
        ids.push(connectionId);
        if (ids.length === most) break;
      }
      return ids;
    });
