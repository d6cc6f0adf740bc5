import { z } from 'zod';
import { type AgentCaller, agentOnly, type Tickets } from '../access/ticket-guard';
import { AccessDeniedError } from '../app/errors';
import type { Logger } from '../app/log';
import { answering, answerRefusal } from '../http/answers';
import { agentIdField, durationField, oneLine, plainName } from '../http/fields';
import {
  type HttpInput,
  type HttpOutput,
  ifMatchOf,
  json,
  parseWith,
  queryOf,
  readJson,
} from '../http/request';
import { type Conversation, hasEnded } from './conversation';
import type { ConversationService } from './conversation-service';
import { conversationView, transcriptView, workListItemView } from './conversation-view';
import { customerIsConnected, endedRefusal, NOT_FOUND } from './decision';
import { isConversationId } from './ids';
import type { AgentAction, ConversationEvent } from './inputs';
import type { ConversationStore } from './ports';
import { MINUTE, SECOND } from './time';
import type { WorkList } from './work-list';
export { AGENT_ACTIONS } from './inputs';

export const wholeNumber = (max: number) =>
  z.coerce.number('must be a whole number').int('must be a whole number').min(0).max(max);

/** Which part of the work list is wanted. */
export const LIST_QUERY = z.object({
  state: z.enum(['Open', 'Active', 'Waiting', 'WrapUp']).exactOptional(),
  agentId: agentIdField.exactOptional(),
  limit: wholeNumber(500).min(1).default(100),
  continuationToken: z.string().min(1).max(4_000).exactOptional(),
});

/** Which part of a transcript is wanted: what comes after a sequence number. */
export const READ_QUERY = z.object({
  after: wholeNumber(Number.MAX_SAFE_INTEGER).default(0),
  limit: wholeNumber(1_000).min(1).default(1_000),
});

/** What an agent sends along with an action, where the action needs something. */
export const OFFER_BODY = z.object({ agentId: agentIdField, agentName: oneLine(100).optional() });
export const TRANSFER_BODY = z.object({ queue: plainName });
export const EXTEND_WAIT_BODY = z.object({ by: durationField(SECOND, 24 * 60 * MINUTE) });

/** A desk that repeats a request names it, so that the wait is extended once. */
export const IDEMPOTENCY_KEY = plainName;

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

/** The conversation that the route names; undefined when there is none, or when it names no id at all. */
export async function namedConversation(
  { params }: HttpInput,
  store: Pick<ConversationStore, 'load'>,
): Promise<Conversation | undefined> {
  const conversationId = params['conversationId'] ?? '';
  if (!isConversationId(conversationId)) return undefined;
  return (await store.load(conversationId))?.conversation;
}
