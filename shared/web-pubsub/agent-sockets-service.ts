import { StoredRowError } from '../app/errors';
import type { AgentCapacity } from '../capacity/capacity';
import type { ConversationService } from '../conversation/conversation-service';
import type { ConversationEvent } from '../conversation/inputs';
import type { Participants } from '../conversation/ports';

/**
 * The sockets of agents. An agent has one presence but many conversations: each of them hears of it and decides for
 * itself. Which there are is known from the agent's capacity, for every assigned conversation holds some of it.
 *
 * Everything is idempotent: when one conversation fails, the webhook answers 503 and the service repeats the event.
 * Throws what the service of conversations throws.
 */
export interface AgentSocketsDependencies {
  readonly service: Pick<ConversationService, 'receive'>;
  readonly capacity: Pick<AgentCapacity, 'loadOf'>;
  readonly participants: Pick<Participants, 'isAgentPresent'>;
}

export const agentConnected = (agentId: string, connectionId: string, deps: AgentSocketsDependencies) =>
  tellAll({ type: 'agent-connected', agentId, connectionId }, deps);

export async function agentDisconnected(agentId: string, deps: AgentSocketsDependencies): Promise<void> {
  // Prevents: the event of an old socket arrives behind the new one's, or one window of two is closed.
  if (await deps.participants.isAgentPresent(agentId)) return;
  await tellAll({ type: 'agent-disconnected', agentId }, deps);
}

async function tellAll(
  event: Extract<ConversationEvent, { type: 'agent-connected' | 'agent-disconnected' }>,
  { service, capacity }: AgentSocketsDependencies,
): Promise<void> {
  const { holdings } = await capacity.loadOf(event.agentId);
  const ids = [...new Set(holdings.map(({ conversationId }) => conversationId))];
  const results = await Promise.allSettled(ids.map((id) => service.receive(id, event)));
  for (const result of results) {
    // A conversation that cannot be read has its dead letter; a repetition would only trouble the others.
    if (result.status === 'rejected' && !(result.reason instanceof StoredRowError)) throw result.reason;
  }
}
