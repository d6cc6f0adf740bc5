import type { AgentAction } from '../domain/agent-action';
import type { ConversationEvent } from '../domain/events';
import { EXTEND_WAIT_BODY, IDEMPOTENCY_KEY, OFFER_BODY, TRANSFER_BODY } from '../inbound/action-bodies';
import { readJson, type HttpInput } from '../inbound/http';
import { parseWith } from '../inbound/schema';
import type { AgentCaller } from './agent-only';

export { AGENT_ACTIONS } from '../domain/agent-action';

/** @throws InvalidInputError naming the part of the body, or the header */
export async function eventOfAction(
  action: AgentAction,
  { agentId, agentName }: AgentCaller,
  request: HttpInput,
  newKey: () => string,
): Promise<ConversationEvent> {
  switch (action) {
    case 'offer': {
      const offer = parseWith(OFFER_BODY, await readJson(request), 'body');
      return {
        type: 'agent-offered',
        agentId: offer.agentId,
        agentName: offer.agentName ?? offer.agentId,
      };
    }
    case 'accept':
      return { type: 'agent-accepted', agentId, agentName };
    case 'decline':
      return { type: 'agent-declined', agentId };
    case 'release':
      return { type: 'agent-released', agentId };
    case 'transfer': {
      const { queue } = parseWith(TRANSFER_BODY, await readJson(request), 'body');
      return { type: 'agent-transferred', agentId, queue };
    }
    case 'end':
      return { type: 'agent-ended', agentId };
    case 'close':
      return { type: 'agent-closed', agentId };
    case 'extend-wait': {
      const { by } = parseWith(EXTEND_WAIT_BODY, await readJson(request), 'body');
      const given = request.headers.get('idempotency-key');
      const key = given === null ? newKey() : parseWith(IDEMPOTENCY_KEY, given, 'Idempotency-Key');
      return { type: 'wait-extended', agentId, by, key };
    }
    case 'end-wait':
      return { type: 'wait-ended', agentId };
  }
}
