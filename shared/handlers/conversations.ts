import { z } from 'zod';
import type { ConversationService } from '../application/conversation-service';
import { conversationView, transcriptView, workListItemView } from '../application/conversation-view';
import type { ConversationStore } from '../application/ports/conversation-store';
import type { WorkList } from '../application/ports/work-list';
import type { ConversationEvent } from '../domain/events';
import { isAgentId, isConversationId } from '../domain/ids';
import { NOT_FOUND } from '../domain/refusals';
import { AccessDeniedError } from '../errors';
import { json, readJson, type HttpInput, type HttpOutput } from '../inbound/http';
import { agentIdField } from '../inbound/ids';
import { parseWith } from '../inbound/schema';
import { oneLine } from '../inbound/text';
import type { Logger } from '../logging';
import type { Caller, Tickets } from '../security/tickets';
import { answering, answerRefusal } from './answer-failure';

export interface ConversationsDependencies {
  readonly store: ConversationStore;
  readonly workList: WorkList;
  readonly tickets: Tickets;
  readonly logger: Logger;
}

export type AgentAction = 'offer' | 'accept' | 'end' | 'close';
type AgentCaller = Extract<Caller, { role: 'agent' }>;

const wholeNumber = (max: number) =>
  z.coerce.number('must be a whole number').int('must be a whole number').min(0).max(max);
const LIST_QUERY = z.object({
  state: z.enum(['Open', 'Active', 'WrapUp']).optional(),
  agentId: z.string().refine(isAgentId, 'is not an agent id').optional(),
  limit: wholeNumber(500).min(1).default(100),
  continuationToken: z.string().min(1).max(4_000).optional(),
});
const READ_QUERY = z.object({
  after: wholeNumber(Number.MAX_SAFE_INTEGER).default(0),
  limit: wholeNumber(1_000).min(1).default(1_000),
});
const OFFER = z.object({
  agentId: agentIdField,
  agentName: oneLine(100).optional(),
});

/** The agents' work list: conversations that are not closed. */
export const listConversations = (request: HttpInput, deps: ConversationsDependencies): Promise<HttpOutput> =>
  answering('list-conversations', deps.logger, async () => {
    agentOnly(await deps.tickets.callerOf(request.headers));
    const query = queryOf(request, ['state', 'agentId', 'limit', 'continuationToken']);
    const page = await deps.workList.list(withoutAbsent(parseWith(LIST_QUERY, query, 'query')));
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
    const entries = await deps.store.transcript(conversationId, { after, limit });
    const last = entries.at(-1)?.sequence ?? after;
    return json(200, {
      conversation: conversationView(stored.conversation, caller.role),
      transcript: transcriptView(entries, caller.role),
      ...(last < stored.conversation.lastSequence && { nextAfter: last }),
    });
  });

/** An agent offers, accepts, ends or closes a conversation. */
export const actOnConversation = (
  action: AgentAction,
  request: HttpInput,
  deps: ConversationsDependencies & { readonly service: ConversationService },
): Promise<HttpOutput> =>
  answering(`${action}-conversation`, deps.logger, async () => {
    const agent = agentOnly(await deps.tickets.callerOf(request.headers));
    const conversationId = request.params['conversationId'] ?? '';
    if (!isConversationId(conversationId)) return notFound();
    const event = await eventOf(action, agent, request);
    const handled = await deps.service.handle(conversationId, event);
    return handled.kind === 'refused'
      ? answerRefusal(handled.refusal)
      : json(200, { conversation: conversationView(handled.conversation, 'agent') });
  });

async function eventOf(
  action: AgentAction,
  { agentId, agentName }: AgentCaller,
  request: HttpInput,
): Promise<ConversationEvent> {
  switch (action) {
    case 'offer': {
      const offer = parseWith(OFFER, await readJson(request), 'body');
      return {
        type: 'agent-offered',
        agentId: offer.agentId,
        agentName: offer.agentName ?? offer.agentId,
      };
    }
    case 'accept':
      return { type: 'agent-accepted', agentId, agentName };
    case 'end':
      return { type: 'agent-ended', agentId };
    case 'close':
      return { type: 'agent-closed', agentId };
  }
}

function agentOnly(caller: Caller): AgentCaller {
  if (caller.role !== 'agent') throw new AccessDeniedError(403, 'only agents may do this');
  return caller;
}

const notFound = () => answerRefusal(NOT_FOUND);

const queryOf = (request: HttpInput, names: readonly string[]): Record<string, string | undefined> =>
  Object.fromEntries(names.map((name) => [name, request.query.get(name) ?? undefined]));

/** The same without properties that are undefined. */
function withoutAbsent<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined)) as never;
}
