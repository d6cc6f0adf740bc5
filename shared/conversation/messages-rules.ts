import { policyOf } from '../policies/policy';
import { withAgentBack } from './agent-presence-rules';
import { type Agent, type Conversation, LIMITS, type Participant } from './conversation';
import {
  type DecisionContext,
  type Effect,
  endedRefusal,
  RECONNECT_DISABLED,
  type Refusal,
  refusedAsEnded,
  type Ruling,
} from './decision';
import type { Answers, ConversationEvent, Written } from './inputs';
import { typingTold } from './notifications';
import { withLiveConnections } from './presence-rules';
import { reopened } from './queue-rules';
import { type Instant, type Milliseconds, SECOND } from './time';
import { type Author, entryTime, type MessageEntry, namesLink, sentIdOf } from './transcript';

type Writer = Exclude<Author['role'], 'system'>;

/**
 * Why no further message of the customer, or of the agents, is stored now; undefined where there is room. Counted in the
 * stored record, so it holds however many instances of the app there are.
 */
function messageLimit(conversation: Conversation, writer: Writer, now: Instant): Refusal | undefined {
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

/**
 * The customer wrote. A message may overtake its socket's `connected`, and proves the socket as well as that does. One of a
 * socket that is thought lost proves it if the service lists the socket: the loss was told wrongly.
 */
export function decideCustomerMessage(
  conversation: Conversation,
  input: Written & { readonly connectionId: string },
  context: DecisionContext,
  { presence, stored }: Answers,
): Ruling {
  const { now } = context;
  const { connectionId } = input;
  const repeated = repetition(conversation, input, 'customer', stored);
  if (repeated) return repeated;
  if (conversation.end !== undefined) return refusedAsEnded(conversation);
  const { endedConnectionIds } = conversation;
  const liveConnectionIds: readonly string[] = conversation.liveConnectionIds;
  const isThoughtLost = endedConnectionIds.includes(connectionId);
  // Prevents: a message that was delayed behind its socket's `disconnected` reviving a dead socket.
  if (isThoughtLost && presence === undefined) return { kind: 'presence-needed', optional: true };
  const isListed = presence?.alive === true && presence.connectionIds.includes(connectionId);
  const isNew = isThoughtLost ? isListed : !liveConnectionIds.includes(connectionId);
  // A message that proves a socket is never too much: refused, it would let the wait for its sender run on.
  const limit = isNew ? undefined : messageLimit(conversation, 'customer', now);
  if (limit) return { kind: 'refused', refusal: limit };
  const arrived = isNew ? withLiveConnections(conversation, [connectionId], now) : conversation;
  const heard = { ...arrived, lastSignOfLife: Math.max(conversation.lastSignOfLife, now) };
  const author: Author = { role: 'customer', name: conversation.customer.name };
  return store(reopened(heard, now), input, author, now);
}

/** An agent wrote: only the agent who accepted the conversation may. */
export function decideAgentMessage(
  conversation: Conversation,
  input: Written & { readonly agentId: string },
  { now, policies }: DecisionContext,
  { agentPresent, stored }: Answers,
): Ruling {
  const repeated = repetition(conversation, input, keyOfAgent(input.agentId), stored);
  if (repeated) return repeated;
  if (conversation.end !== undefined) return refusedAsEnded(conversation);
  const agent = writerOf(conversation);
  if (conversation.state !== 'Active' || agent?.id !== input.agentId) {
    return { kind: 'refused', refusal: notAssigned(conversation) };
  }
  if (namesLink(input.text)) {
    // Prevents: the customer is told to follow a link, and reads a placeholder.
    if (!policyOf(conversation, 'reconnect', policies))
      return { kind: 'refused', refusal: RECONNECT_DISABLED };
    if (policyOf(conversation, 'reconnectPortalUrl', policies) === undefined) {
      return { kind: 'refused', refusal: NO_PAGE };
    }
  }
  const isThoughtLost = conversation.agentDisconnection !== undefined;
  // Prevents: a message that was delayed behind the loss of the agent's last socket calling off the wait for the agent.
  if (isThoughtLost && agentPresent === undefined) {
    return { kind: 'agent-presence-needed', agentId: agent.id, optional: true };
  }
  // The event of the return was lost, or is still under way.
  const back = agentPresent ? withAgentBack(conversation, now) : conversation;
  const limit = back === conversation ? messageLimit(conversation, 'agent', now) : undefined;
  if (limit) return { kind: 'refused', refusal: limit };
  return store(back, input, { role: 'agent', id: agent.id, name: agent.name }, now);
}

/** The agent who can write in it: who has accepted it. */
const writerOf = ({ state, agent }: Conversation): Agent | undefined =>
  state === 'Active' && agent.acceptedAt !== undefined ? agent : undefined;

const notAssigned = ({ state }: Conversation): Refusal => ({
  code: 'not-assigned-to-you',
  detail: 'Only the agent who has accepted the conversation can write in it.',
  state,
});

/**
 * Somebody types, who may write: the other side is told, if there is one. The state does not move, and nobody is there for
 * it: a sign of typing may be old when it comes, and nothing of it is repeated.
 */
export function typingOf(
  conversation: Conversation,
  by: Participant,
  now: Instant,
): { readonly refusal: Refusal } | { readonly told: readonly Extract<Effect, { type: 'push' }>[] } {
  if (conversation.end !== undefined) return { refusal: endedRefusal(conversation) };
  const agent = writerOf(conversation);
  if (by.role === 'customer') {
    const author = { role: 'customer', name: conversation.customer.name } as const;
    return { told: agent ? [typingTold(conversation, { to: 'agent', agentId: agent.id }, author, now)] : [] };
  }
  if (agent?.id !== by.agentId) return { refusal: notAssigned(conversation) };
  const author = { role: 'agent', id: agent.id, name: agent.name } as const;
  return { told: [typingTold(conversation, { to: 'customer' }, author, now)] };
}

const NO_PAGE: Refusal = {
  code: 'reconnect-disabled',
  detail: 'No policy names the page to which a reconnect link leads.',
};

type StoredMessage = Conversation['recentMessages'][number];

function store(
  conversation: Conversation,
  { messageId, text, unnamed }: Written,
  author: Exclude<Author, { role: 'system' }>,
  now: Instant,
): Ruling {
  const sequence = conversation.lastSequence + 1;
  const at = entryTime(conversation, now);
  const by = author.role === 'agent' ? keyOfAgent(author.id) : author.role;
  const recent = [
    ...conversation.recentMessages,
    {
      ...{ id: messageId, by, sequence, at },
      ...(unnamed && { unnamed }),
      ...(at !== now && { receivedAt: now }),
    },
  ];
  return {
    kind: 'changed',
    outcome: { type: 'message-stored', sequence },
    conversation: {
      ...conversation,
      recentMessages: recent.slice(-LIMITS.recentMessages),
      ...withOlder(conversation.olderMessages, recent.slice(0, -LIMITS.recentMessages)),
      lastSequence: sequence,
    },
    entries: [{ kind: 'message', sequence, at, author, text, messageId }],
  };
}

/** What becomes of a message that is stored already; a question where only the transcript can tell. */
function repetition(
  conversation: Conversation,
  input: Written,
  by: string,
  stored: number | undefined,
): Ruling | undefined {
  const known = storedMessage(conversation, input, by);
  if (known) return alreadyStored(known);
  const { messageId } = input;
  if (!isPerhapsOlder(conversation, by, messageId)) return undefined;
  if (stored === undefined) return { kind: 'message-needed', by, messageId };
  return stored > 0 ? alreadyStored({ sequence: stored }) : undefined;
}

/** Six bits each. Of a thousand messages, one new one in fifty is looked for in vain; of three thousand one in six. */
const SIGNS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const PLACES = 2_048;

/**
 * Two bits for each message that has left `recentMessages` with an id of its sender's own: a Bloom filter. A message whose
 * bits are not both set was not stored before; of the others the transcript knows (docs/decisions/0025).
 */
function bitsOf(by: string, messageId: string): readonly { readonly place: number; readonly bit: number }[] {
  let hash = 0x811c9dc5;
  const text = `${by} ${messageId}`;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return [0x85ebca6b, 0xc2b2ae35].map((factor) => {
    const mixed = Math.imul(hash ^ (hash >>> 15), factor) >>> 0;
    const index = (mixed ^ (mixed >>> 13)) >>> 0;
    return { place: Math.floor(index / 6) % PLACES, bit: 1 << (index % 6) };
  });
}

const isPerhapsOlder = ({ olderMessages = '' }: Conversation, by: string, messageId: string): boolean =>
  bitsOf(by, messageId).every(({ place, bit }) => (SIGNS.indexOf(olderMessages.charAt(place)) & bit) > 0);

function withOlder(
  olderMessages: string | undefined,
  leaving: readonly StoredMessage[],
): Pick<Conversation, 'olderMessages'> {
  const named = leaving.filter(({ id }) => sentIdOf(id) !== undefined);
  if (named.length === 0) return {};
  const signs = [...(olderMessages ?? 'A'.repeat(PLACES))];
  for (const { by, id } of named) {
    for (const { place, bit } of bitsOf(by, id)) {
      signs[place] = SIGNS.charAt(SIGNS.indexOf(signs[place] ?? 'A') | bit);
    }
  }
  return { olderMessages: signs.join('') };
}

const alreadyStored = ({ sequence }: Pick<StoredMessage, 'sequence'>): Ruling => ({
  kind: 'unchanged',
  outcome: { type: 'message-stored', sequence },
});

const keyOfAgent = (agentId: string): string => `agent.${agentId}`;

/**
 * Within it, by the service's clock, the same text from the same connection is a repetition and no second message. The
 * official client (`@azure/web-pubsub-client`, `messageRetryOptions`) sends what was not acknowledged up to three times
 * more, a second apart, each time as a new event; the rest is for its way and for stamps of whole seconds.
 */
const REPEATED_WITHIN: Milliseconds = 5 * SECOND;

function storedMessage(
  { recentMessages }: Conversation,
  { messageId, unnamed }: Written,
  by: string,
): StoredMessage | undefined {
  const own = recentMessages.filter((message) => message.by === by);
  const isRepeated = ({ unnamed: first }: StoredMessage) =>
    first !== undefined &&
    first.digest === unnamed?.digest &&
    Math.abs(unnamed.occurredAt - first.occurredAt) <= REPEATED_WITHIN;
  return own.find(({ id }) => id === messageId) ?? own.find(isRepeated);
}

/**
 * The stored message that an input brings again. Under a name that is not known any more the notification would not be
 * the one of before, so then there is no entry.
 */
export function repeatedMessage(
  conversation: Conversation,
  input: Extract<ConversationEvent, { readonly type: 'customer-message' | 'agent-message' }>,
): { readonly receivedAt: Instant; readonly entry?: MessageEntry } | undefined {
  const { customer, agent, previousAgent } = conversation;
  const isCustomer = input.type === 'customer-message';
  const stored = storedMessage(conversation, input, isCustomer ? 'customer' : keyOfAgent(input.agentId));
  if (stored === undefined) return undefined;
  const known = isCustomer
    ? { role: 'customer' as const, name: customer.name }
    : [agent, previousAgent].find((one) => one?.id === input.agentId);
  const { receivedAt = stored.at } = stored;
  if (known === undefined) return { receivedAt };
  const author: Author = 'role' in known ? known : { role: 'agent', id: known.id, name: known.name };
  const { sequence, at } = stored;
  const { messageId, text } = input;
  return { receivedAt, entry: { kind: 'message', sequence, at, author, text, messageId } };
}
