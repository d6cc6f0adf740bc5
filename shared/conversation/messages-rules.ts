import { effectsOfAgentReturn, withAgentBack } from './agent-presence-rules';
import { type Conversation, hasEnded, LIMITS } from './conversation';
import {
  changed,
  type Decision,
  type DecisionContext,
  type Effect,
  type Refusal,
  refused,
  refusedAsEnded,
  unchanged,
} from './decision';
import { effectsOfMessage, effectsOfReturn } from './notifications';
import { withLiveConnections } from './presence-rules';
import { effectsOfRequeue, revived } from './queue-rules';
import { type Instant, SECOND } from './time';
import type { Author, MessageEntry } from './transcript';

type Writer = Exclude<Author['role'], 'system'>;

/**
 * Why no further message of the customer, or of the agents, is stored now; undefined where there is room. Counted in the
 * stored record, so it holds however many instances of the app there are.
 */
export function messageLimit(conversation: Conversation, writer: Writer, now: Instant): Refusal | undefined {
  const { lastSequence, recentMessages, state } = conversation;
  if (lastSequence >= LIMITS.transcriptEntries) {
    return {
      code: 'conversation-full',
      detail: `A conversation has at most ${LIMITS.transcriptEntries} entries; start a new one.`,
      state,
    };
  }
  const most = LIMITS.messagesInWindow[writer];
  const window = LIMITS.messageWindow;
  const counted = recentMessages
    .filter(({ by }) => (by === 'customer') === (writer === 'customer'))
    // Prevents: a message stored by an instance whose clock is far ahead keeps everybody waiting until then.
    .filter(({ at }) => Math.abs(now - at) < window);
  const leaving = counted[counted.length - most];
  if (leaving === undefined) return undefined;
  const wait = Math.min(leaving.at + window - now, window);
  return {
    code: 'too-many-messages',
    detail: `At most ${most} messages are taken in ${window / SECOND} seconds.`,
    state,
    retryAfterSeconds: Math.ceil(wait / SECOND),
  };
}

/** The customer wrote. A message may overtake its socket's `connected`, and proves the socket as well as that does. */
export function decideCustomerMessage(
  conversation: Conversation,
  event: { readonly connectionId: string; readonly messageId: string; readonly text: string },
  context: DecisionContext,
): Decision {
  const { now } = context;
  const { connectionId } = event;
  const author: Author = { role: 'customer', name: conversation.customer.name };
  const repeated = repetitionOf(conversation, event, author);
  if (repeated) {
    // Only the message that brought the customer back has the return among its effects, as long as nothing newer began.
    const { disconnection, lastDisconnection: past } = conversation;
    const isNews = disconnection === undefined && past?.reconnectedBy === connectionId;
    const returned = isNews && past.endedAt === repeated.at;
    const { requeue } = conversation;
    const hasRevived = requeue?.reason === 'customer-returned' && requeue.at === repeated.at;
    return unchanged(repeated.outcome, [
      ...(returned ? effectsOfReturn(conversation) : []),
      ...(hasRevived ? effectsOfRequeue(conversation) : []),
      ...repeated.effects,
    ]);
  }
  if (hasEnded(conversation)) {
    // Prevents: admitted before the end, opened after it, and its `connected` was lost: a socket that nothing else closes.
    return refusedAsEnded(conversation, [{ type: 'close-connection', connectionId }]);
  }
  const stale = conversation.endedConnectionIds.includes(connectionId);
  const live = conversation.liveConnectionIds.includes(connectionId);
  // A message that proves a socket is never too much: refused, it would let the wait for its sender run on.
  const limit = stale || live ? messageLimit(conversation, 'customer', now) : undefined;
  if (limit) return refused(limit);
  const arrived =
    stale || live ? { conversation, effects: [] } : withLiveConnections(conversation, [connectionId], now);
  const heard = { ...arrived.conversation, lastSignOfLife: Math.max(conversation.lastSignOfLife, now) };
  const open = heard.state === 'Waiting' ? revived(heard, context) : { conversation: heard, effects: [] };
  return store(open.conversation, event, author, now, [...arrived.effects, ...open.effects]);
}

/** An agent wrote: only the agent who accepted the conversation may. */
export function decideAgentMessage(
  conversation: Conversation,
  event: { readonly agentId: string; readonly messageId: string; readonly text: string },
  { now }: DecisionContext,
): Decision {
  const { agent, previousAgent } = conversation;
  const known = [agent, previousAgent].find((one) => one?.id === event.agentId);
  const author: Author = { role: 'agent', id: event.agentId, name: known?.name ?? event.agentId };
  const repeated = repetitionOf(conversation, event, author);
  if (repeated) {
    const { agentDisconnection, lastAgentDisconnection: past } = conversation;
    const isNews = agentDisconnection === undefined && past?.agentId === event.agentId;
    const returned = isNews && past.endedAt === repeated.at;
    return unchanged(repeated.outcome, [
      ...(returned ? effectsOfAgentReturn(conversation) : []),
      // Under a name that is not known any more, the push would not be the one of before.
      ...(known ? repeated.effects : []),
    ]);
  }
  if (hasEnded(conversation)) return refusedAsEnded(conversation);
  if (agent?.id !== event.agentId || agent.acceptedAt === undefined) {
    return refused({
      code: 'not-assigned-to-you',
      detail: 'Only the agent who has accepted the conversation can write in it.',
      state: conversation.state,
    });
  }
  // Only a connected agent can write: the event of the return was lost, or is still under way.
  const back = withAgentBack(conversation, now);
  const limit = back === conversation ? messageLimit(conversation, 'agent', now) : undefined;
  if (limit) return refused(limit);
  return store(back, event, author, now, back === conversation ? [] : effectsOfAgentReturn(back));
}

type Written = { readonly messageId: string; readonly text: string };

function store(
  conversation: Conversation,
  { messageId, text }: Written,
  author: Author,
  now: Instant,
  before: readonly Effect[],
): Decision {
  const sequence = conversation.lastSequence + 1;
  const entry: MessageEntry = { kind: 'message', sequence, at: now, author, text, messageId };
  const recent = [...conversation.recentMessages, { id: messageId, by: keyOf(author), sequence, at: now }];
  const next: Conversation = {
    ...conversation,
    recentMessages: recent.slice(-LIMITS.recentMessages),
    lastSequence: sequence,
  };
  const effects = [...before, ...effectsOfMessage(next, entry)];
  return changed(next, { type: 'message-stored', sequence }, effects, [entry]);
}

/** A message that is stored already: nothing is appended, but its pushes may not have been sent. */
function repetitionOf(conversation: Conversation, { messageId, text }: Written, author: Author) {
  const stored = conversation.recentMessages.find(
    (message) => message.id === messageId && message.by === keyOf(author),
  );
  if (stored === undefined) return undefined;
  const { sequence, at } = stored;
  const entry: MessageEntry = { kind: 'message', sequence, at, author, text, messageId };
  return {
    at,
    outcome: { type: 'message-stored', sequence } as const,
    effects: effectsOfMessage(conversation, entry),
  };
}

const keyOf = (author: Author): string => (author.role === 'agent' ? `agent.${author.id}` : author.role);
