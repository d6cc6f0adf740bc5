import type { ConversationService } from '../application/conversation-service';
import { conversationView, transcriptView, workListItemView } from '../application/conversation-view';
import type { ConversationStore } from '../application/ports/conversation-store';
import type { WorkList } from '../application/ports/work-list';
import { hasEnded } from '../domain/conversation';
import { isConversationId } from '../domain/ids';
import { customerIsConnected, endedRefusal, NOT_FOUND } from '../domain/refusals';
import { AccessDeniedError } from '../errors';
import { LIST_QUERY, READ_QUERY } from '../inbound/conversation-queries';
import { ifMatchOf, json, queryOf, type HttpInput, type HttpOutput } from '../inbound/http';
import { parseWith } from '../inbound/schema';
import type { Logger } from '../logging';
import type { Tickets } from '../security/tickets';
import type { AgentAction } from '../domain/agent-action';
import { eventOfAction } from './agent-events';
import { agentOnly } from './agent-only';
import { answering, answerRefusal } from './answer-failure';

export interface ConversationsDependencies {
  readonly store: ConversationStore;
  readonly workList: WorkList;
  readonly tickets: Tickets;
  readonly logger: Logger;
}

/** The agents' work list: conversations that are not closed. */
export const listConversations = (request: HttpInput, deps: ConversationsDependencies): Promise<HttpOutput> =>
  answering('list-conversations', deps.logger, async () => {
    agentOnly(await deps.tickets.callerOf(request.headers));
    const query = queryOf(request, ['state', 'agentId', 'limit', 'continuationToken']);
    const page = await deps.workList.list(parseWith(LIST_QUERY, query, 'query'));
    return json(200, {
      items: page.items.map(workListItemView),
      continuationToken: page.continuationToken,
    });
  });

/** One conversation with its transcript, for an agent or for the customer whose conversation it is. */
export const readConversation = (request: HttpInput, deps: ConversationsDependencies): Promise<HttpOutput> =>
  answering('read-conversation', deps.logger, async () => {
    const caller = await deps.tickets.callerOf(request.headers);
    const conversationId = request.params['conversationId'] ?? '';
    if (caller.role === 'customer' && caller.conversationId !== conversationId) {
      throw new AccessDeniedError(403, 'the ticket is for another conversation');
    }
    if (!isConversationId(conversationId)) return notFound();
    const { after, limit } = parseWith(READ_QUERY, queryOf(request, ['after', 'limit']), 'query');
    const stored = await deps.store.load(conversationId);
    if (stored === undefined) return notFound();
    // The end revokes the customer's ticket: whoever finds it later must not read what was said.
    if (caller.role === 'customer' && hasEnded(stored.conversation)) {
      return answerRefusal(endedRefusal(stored.conversation));
    }
    const entries = await deps.store.transcript(conversationId, { after, limit });
    const last = entries.at(-1)?.sequence ?? after;
    return json(
      200,
      {
        conversation: conversationView(stored.conversation, caller.role),
        transcript: transcriptView(entries, caller.role),
        ...(last < stored.conversation.lastSequence && { nextAfter: last }),
      },
      { etag: stored.etag },
    );
  });

/** An agent acts on a conversation; with `If-Match`, only on the version that the agent has seen. */
export const actOnConversation = (
  action: AgentAction,
  request: HttpInput,
  deps: ConversationsDependencies & {
    readonly service: Pick<ConversationService, 'handle'>;
    readonly newKey: () => string;
  },
): Promise<HttpOutput> =>
  answering(`${action}-conversation`, deps.logger, async () => {
    const agent = agentOnly(await deps.tickets.callerOf(request.headers));
    const conversationId = request.params['conversationId'] ?? '';
    if (!isConversationId(conversationId)) return notFound();
    const event = await eventOfAction(action, agent, request, deps.newKey);
    const handled = await deps.service.handle(conversationId, event, ifMatchOf(request.headers));
    if (handled.kind === 'refused') return answerRefusal(handled.refusal);
    // The service says that the customer is there after all: the record is healed, the wait is over anyhow.
    if (action === 'end-wait' && handled.outcome.type === 'customer-present') {
      return answerRefusal(customerIsConnected(handled.conversation));
    }
    return json(200, { conversation: conversationView(handled.conversation, 'agent') });
  });

const notFound = () => answerRefusal(NOT_FOUND);
