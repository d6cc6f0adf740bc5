import { type Conversation, pendingTimerOf } from './conversation';
import type { Outcome, Question, Refusal, Ruling } from './decision';
import type { ConversationEvent } from './inputs';
import { repeatedMessage } from './messages-rules';
import type { Topic } from './notifications';
import type { MessageEntry } from './transcript';
import { workListItem } from './work-list';

/** What is told although the record has told it before. */
export interface Retold {
  readonly topics: readonly Topic[];
  /** The stored message that the input repeats. */
  readonly message?: MessageEntry | undefined;
  /** A socket that a conversation which has ended does not keep. */
  readonly close?: string;
}

type Input<T extends ConversationEvent['type']> = Extract<ConversationEvent, { readonly type: T }>;
type Told = Retold | readonly Topic[];
type Decided = Exclude<Ruling, Question>;

/**
 * What an input tells again when it changes nothing, by its outcome. The first try may have died between the save and
 * the effects, so whatever can be repeated tells again what it told first. Prevents: the change is saved, telling it
 * fails, the input is repeated, and nobody ever hears of the change.
 */
const REPETITIONS: {
  readonly [T in Outcome['type']]?: (
    conversation: Conversation,
    input: ConversationEvent,
    outcome: Extract<Outcome, { readonly type: T }>,
  ) => Told;
} = {
  admitted: (conversation) => [
    ...(wasNeverConnected(conversation) ? (['opened'] as const) : []),
    // Prevents: the sockets of a persistent chat were found dead for a new one, the row was not written, and it shows a
    // customer who is there.
    ...(isInferredLoss(conversation) || workListItem(conversation)?.away ? (['lost'] as const) : []),
    // Prevents: a return prolonged the wait, its row was not written, and the work list shows an end that has passed.
    ...(conversation.disconnection?.allowance?.because === 'customer-returning'
      ? (['extended'] as const)
      : []),
  ],
  ignored: (conversation, input, { because }) =>
    (because === 'repeated' || because === 'ended'
      ? IGNORED[input.type]?.(conversation, input as never)
      : undefined) ?? [],
  assigned: () => ['assigned', 'agentLost'],
  queued: () => ['queued'],
  waiting: () => ['waiting'],
  'wait-extended': () => ['extended'],
  'position-told': () => ['position'],
  // Prevents: a deadline was moved after an outage, telling it failed, and nobody learns why the chat is still open.
  'not-reached': ({ disconnection, agentDisconnection }, input) => [
    // Prevents: the news was due and saved, telling it failed, and agents learn of the loss with the end.
    ...(isDeadlineOfCustomer(input) && isNews(disconnection) ? (['lost'] as const) : []),
    ...(disconnection?.allowance ? (['extended'] as const) : []),
    ...(agentDisconnection?.allowance ? (['agentLost'] as const) : []),
  ],
  'message-stored': (conversation, input) =>
    input.type === 'customer-message' || input.type === 'agent-message'
      ? writtenAgain(conversation, input)
      : [],
  'agent-present': (conversation, input) =>
    input.type === 'agent-connected' &&
    conversation.lastAgentDisconnection?.reconnectedBy !== input.connectionId
      ? []
      : ['agentBack'],
  'connection-refused': (_conversation, input) =>
    input.type === 'connected' ? { topics: [], close: input.connectionId } : [],
  requeued: () => ['queued'],
  'customer-present': () => BACK,
  expired: () => ['ended'],
  // Prevents: the end was saved, then telling it failed; this change makes the row that of a wrap-up, by which
  // reconciliation knows that the end has been told.
  'capacity-released': () => ['ended', 'capacityReleased'],
  'auto-closed': ({ closeReason }) => (closeReason === undefined ? ['ended'] : CLOSED),
  // Prevents: the end was saved, then telling it failed, and the agent closes before reconciliation comes: nothing leads
  // to the end any more, so the customer is told of it once more and the sockets are closed.
  closed: () => CLOSED,
};

const CLOSED = ['endedToCustomer', 'closed'] as const;
/** The return of a customer begins the wait for an agent who is away as well (`withAgentExpected`). */
const BACK = ['back', 'agentLost'] as const;

/** Of its customer's coming and going nobody is told, but its row says whether the customer is there. */
const isPersistent = (channel: Conversation['channel']): boolean => channel === 'persistent-chat';

type Ignored = {
  readonly [T in ConversationEvent['type']]?: (conversation: Conversation, input: Input<T>) => Told;
};

const IGNORED: Ignored = {
  connected: ({ end, lastDisconnection, channel }, { connectionId }) => {
    // It ended between this socket's `connect` and its `connected`: tell it and show it out.
    if (end !== undefined) return { topics: ['endedToCustomer'], close: connectionId };
    return lastDisconnection?.reconnectedBy === connectionId || isPersistent(channel) ? BACK : [];
  },
  // Prevents: the timer is not started, the next loss relies on it, and nothing comes for that one.
  disconnected: (conversation, { connectionId }) =>
    conversation.disconnection?.lostConnectionId === connectionId ||
    pendingTimerOf(conversation)?.startedBy === connectionId ||
    isPersistent(conversation.channel)
      ? ['lost']
      : [],
  'customer-left': ({ end }) => (end?.reason === 'customer-ended' ? ['ended'] : []),
  'agent-disconnected': () => ['agentLost'],
};

/** What a refused input tells again, by the code of the refusal. */
const REFUSALS: {
  readonly [code in Refusal['code']]?: (conversation: Conversation, input: ConversationEvent) => Told;
} = {
  'conversation-ended': (conversation, input) => {
    const { end, closeReason, agent } = conversation;
    switch (input.type) {
      // Prevents: saved, then the push failed and the agent repeats; the repeat must still tell everyone.
      case 'agent-ended':
        return end?.reason === 'agent-ended' && end.agentId === input.agentId ? ['ended'] : [];
      case 'wait-ended':
        return end?.reason === 'customer-disconnected' && end.agentId === input.agentId ? ['ended'] : [];
      case 'agent-closed':
        return closeReason === 'agent-closed' && agent?.id === input.agentId ? CLOSED : [];
      case 'customer-message':
        // Prevents: admitted before the end, opened after it, and its `connected` was lost: a socket that nothing else
        // closes.
        return { topics: [], close: input.connectionId };
      default:
        return [];
    }
  },
  // The first try may have found the customer there, and died before it told so.
  'customer-is-connected': ({ lastDisconnection }, { type }) =>
    type === 'wait-ended' && lastDisconnection?.outcome === 'reconnected' ? BACK : [],
};

/**
 * What is told again, by the table above. What changes a conversation that has ended, and what compares it with the
 * service, tells again, too.
 */
export function retold(conversation: Conversation, input: ConversationEvent, ruling: Decided): Retold {
  const found =
    input.type === 'presence-checked'
      ? compared(conversation, input, ruling)
      : ruling.kind === 'refused'
        ? REFUSALS[ruling.refusal.code]?.(conversation, input)
        : REPETITIONS[ruling.outcome.type]?.(conversation, input, ruling.outcome as never);
  return found === undefined ? { topics: [] } : 'topics' in found ? found : { topics: found };
}

/** A comparison makes up for what was lost: an end that was not told, the timer and the news of who is away. */
function compared(
  { end, disconnection, agentDisconnection }: Conversation,
  { endUntold }: Input<'presence-checked'>,
  ruling: Decided,
): readonly Topic[] {
  if (end !== undefined) return endUntold ? ['ended'] : [];
  const began = ruling.kind === 'changed' ? ruling.outcome.type : undefined;
  const agent: readonly Topic[] =
    agentDisconnection === undefined || began === 'agent-disconnection-began' ? [] : ['agentLost'];
  if (disconnection === undefined || began === 'disconnection-began') return agent;
  return [disconnection.reason === 'not-yet-connected' ? 'opened' : 'lost', ...agent];
}

const isDeadlineOfCustomer = (input: ConversationEvent): boolean =>
  input.type === 'deadline-reached' && input.kind === 'disconnection';

/** Told by a timer. */
const isNews = (running: Conversation['disconnection']): boolean =>
  running?.timer !== undefined && running.newsAt === undefined;

/** A disconnection of which no event has told: a comparison has found it, or the handshake of one connection too many. */
const isInferredLoss = ({ disconnection }: Conversation): boolean =>
  disconnection !== undefined && disconnection.lostConnectionId === undefined;

function wasNeverConnected({
  channel,
  disconnection,
  liveConnectionIds,
  endedConnectionIds,
}: Conversation): boolean {
  if (channel === 'live-chat') return disconnection?.reason === 'not-yet-connected';
  return liveConnectionIds.length + endedConnectionIds.length === 0;
}

/** Only the message that brought its author or the conversation back tells that again, as long as nothing newer began. */
function writtenAgain(
  conversation: Conversation,
  input: Input<'customer-message'> | Input<'agent-message'>,
): Retold {
  const { disconnection, lastDisconnection, requeue, agentDisconnection, lastAgentDisconnection } =
    conversation;
  const { receivedAt: at, entry: message } = repeatedMessage(conversation, input) ?? {};
  const topics: Topic[] = [];
  if (input.type === 'customer-message') {
    const isBack = disconnection === undefined && lastDisconnection?.reconnectedBy === input.connectionId;
    if ((isBack && lastDisconnection.endedAt === at) || isPersistent(conversation.channel))
      topics.push(...BACK);
    if (requeue?.reason === 'customer-returned' && requeue.at === at) topics.push('queued');
  } else {
    const isBack = agentDisconnection === undefined && lastAgentDisconnection?.agentId === input.agentId;
    if (isBack && lastAgentDisconnection.endedAt === at) topics.push('agentBack');
  }
  return { topics, message };
}
