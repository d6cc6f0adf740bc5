import type { Conversation, CustomerProfile } from '../../../shared/conversation/conversation';
import { decide as decideWith } from '../../../shared/conversation/decide';
import type { Decision, DecisionContext, Effect } from '../../../shared/conversation/decision';
import type { Answers, ConversationEvent, Presence } from '../../../shared/conversation/inputs';
import type { Push } from '../../../shared/conversation/notifications';
import { type Instant, MINUTE, SECOND } from '../../../shared/conversation/time';
import type { PolicyValues } from '../../../shared/policies/policy';
import { policies } from './policies';

/**
 * States for tests, built by telling `decide` what happened, so that no test starts from a conversation that the
 * product could never have stored.
 */

export const GRACE = 3 * MINUTE;
export const START: Instant = Date.UTC(2026, 0, 31, 12, 0, 0);
export const CONVERSATION_ID = 'conversation-0001';

/** `afterStart(1.5)`: one and a half seconds into the story. */
export const afterStart = (seconds: number): Instant => START + seconds * SECOND;

export const ANNA = { agentId: 'anna', agentName: 'Anna' } as const;
export const BEN = { agentId: 'ben', agentName: 'Ben' } as const;

export const PROFILE: CustomerProfile = {
  name: 'Kim',
  locale: 'en-GB',
  queue: 'support',
  workstream: 'default',
  channelInstance: 'default',
  context: { orderNumber: '4711' },
};

export const alive = (first: string, ...more: string[]): Presence => ({
  alive: true,
  connectionIds: [first, ...more],
});
export const NOBODY: Presence = { alive: false };

/** An input, and what the caller has found out for it. */
export type Asked = ConversationEvent & Answers;

// --- events, with the service's clock right and its stamps in whole seconds unless a test says otherwise ---

const stampOf = (at: Instant): Instant => Math.floor(at / SECOND) * SECOND;

export const connect = (): Asked => ({
  type: 'connect',
  conversationId: CONVERSATION_ID,
  profile: PROFILE,
});

export const connectPersistent = (): Asked => ({
  type: 'connect',
  conversationId: CONVERSATION_ID,
  profile: { ...PROFILE, workstream: 'persistent' },
  signedInFor: 'persistent',
});

export const connected = (connectionId: string, occurredAt: Instant): Asked => ({
  type: 'connected',
  connectionId,
  occurredAt: stampOf(occurredAt),
});

export const disconnected = (connectionId: string, occurredAt: Instant, presence?: Presence): Asked => ({
  type: 'disconnected',
  connectionId,
  occurredAt: stampOf(occurredAt),
  ...(presence && { presence }),
});

export const customerMessage = (
  messageId: string,
  connectionId = 'tab-1',
  text = `text of ${messageId}`,
): Asked => ({ type: 'customer-message', connectionId, messageId, text });

/** Of an agent who is there, should anybody ask. */
export const agentMessage = (messageId: string, agentId: string = ANNA.agentId): Asked => ({
  type: 'agent-message',
  agentId,
  messageId,
  text: `text of ${messageId}`,
  agentPresent: true,
});

export const deadlineReached = (number: number, presence?: Presence): Asked => ({
  type: 'deadline-reached',
  kind: 'disconnection',
  number,
  ...(presence && { presence }),
});

export const customerLeft = (): Asked => ({ type: 'customer-left' });
export const agentOffered = (agent = ANNA as Named): Asked => ({
  type: 'agent-offered',
  ...agent,
  agentPresent: true,
  capacity: 'reserved',
});
export const agentAccepted = (agent = ANNA as Named): Asked => ({
  type: 'agent-accepted',
  ...agent,
  agentPresent: true,
  capacity: 'reserved',
});
export const agentEnded = (agentId: string = ANNA.agentId): Asked => ({
  type: 'agent-ended',
  agentId,
});
export const agentClosed = (agentId: string = ANNA.agentId): Asked => ({
  type: 'agent-closed',
  agentId,
});
type Named = { readonly agentId: string; readonly agentName: string };

// --- deciding ---

/** What a decision depends on: the defaults, unless a test says otherwise. */
export const contextAt = (now: Instant, changes: Partial<PolicyValues> = {}): DecisionContext => ({
  now,
  policies: policies({ grace: GRACE, ...changes }),
  messages: [],
});

/** `decide`, for an input that carries its answers. */
export function decide(
  conversation: Conversation | undefined,
  { presence, agentPresent, stored, capacity, ...input }: Asked,
  context: DecisionContext,
): Decision {
  const answers: Answers = {
    ...(presence && { presence }),
    ...(agentPresent !== undefined && { agentPresent }),
    ...(stored !== undefined && { stored }),
    ...(capacity && { capacity }),
  };
  return withoutHoles(decideWith(conversation, input, context, answers));
}

export const decideAt = (conversation: Conversation | undefined, event: Asked, now: Instant): Decision =>
  decide(conversation, event, contextAt(now));

/** A key without a value is gone when its record is read back, so no decision has one. */
function withoutHoles<T>(decision: T): T {
  const holes = (value: unknown, path: string): string[] =>
    typeof value === 'object' && value !== null
      ? Object.entries(value).flatMap(([key, inner]) =>
          inner === undefined ? [`${path}.${key}`] : holes(inner, `${path}.${key}`),
        )
      : [];
  const found = holes(decision, 'decision');
  if (found.length > 0) throw new Error(`has no value: ${found.join(', ')}`);
  return decision;
}

export type Changed = Extract<Decision, { kind: 'changed' }>;

/** Decides, and insists that the decision changes the conversation. */
export function change(conversation: Conversation | undefined, event: Asked, now: Instant): Changed {
  const decision = decideAt(conversation, event, now);
  if (decision.kind !== 'changed') throw new Error(`${event.type} was ${JSON.stringify(decision)}`);
  return decision;
}

// --- states ---

/** Created by its first `connect` at the start; nobody has connected yet. */
export const aConversation = (): Conversation => change(undefined, connect(), START).conversation;

/** The customer has these tabs open, the first one since one second after the start. */
export const connectedCustomer = (...connectionIds: string[]): Conversation =>
  (connectionIds.length === 0 ? ['tab-1'] : connectionIds).reduce(
    (conversation, id) => change(conversation, connected(id, afterStart(1)), afterStart(1)).conversation,
    aConversation(),
  );

/** A persistent chat whose customer has one tab open since one second after the start. */
export const persistentChat = (): Conversation => {
  const born = change(undefined, connectPersistent(), START).conversation;
  return change(born, connected('tab-1', afterStart(1)), afterStart(1)).conversation;
};

export const offered = (conversation = connectedCustomer(), agent = ANNA as Named): Conversation =>
  change(conversation, agentOffered(agent), afterStart(2)).conversation;

export const accepted = (conversation = connectedCustomer(), agent = ANNA as Named): Conversation =>
  change(conversation, agentAccepted(agent), afterStart(3)).conversation;

/** The customer's only tab was lost, ten seconds after the start unless told otherwise. */
export const lost = (conversation = accepted(), at = afterStart(10), connectionId = 'tab-1'): Conversation =>
  change(conversation, disconnected(connectionId, at), at).conversation;

/** The running disconnection's deadline passed and nobody was there. */
export const expired = (conversation = lost()): Conversation => {
  const { number, deadline } = runningDisconnection(conversation);
  return change(conversation, deadlineReached(number, NOBODY), deadline).conversation;
};

export function runningDisconnection(conversation: Conversation) {
  if (conversation.disconnection === undefined) throw new Error('no disconnection is running');
  return conversation.disconnection;
}

// --- what decisions say ---

export const effectsOf = (decision: Decision): readonly Effect[] =>
  'effects' in decision ? decision.effects : [];

export const outcomeOf = (decision: Decision) =>
  decision.kind === 'changed' || decision.kind === 'unchanged' ? decision.outcome : undefined;

export const pushesOf = (decision: Decision): readonly Push[] =>
  effectsOf(decision).flatMap((effect) => (effect.type === 'push' ? [effect.push] : []));

export const effectTypes = (decision: Decision): readonly string[] =>
  effectsOf(decision).map((effect) => (effect.type === 'push' ? `push ${effect.push.type}` : effect.type));
