import type { CustomerProfile, DeadlineKind, DeviceClass, Unnamed } from './conversation';
import type { Instant, Milliseconds } from './time';

/**
 * Everything that can happen to a conversation. `occurredAt` is the time the service gives, which may be wrong;
 * the time of receipt is the `now` of the decision.
 */
export type ConversationEvent =
  | {
      readonly type: 'connect';
      readonly conversationId: string;
      readonly profile: CustomerProfile;
      readonly device?: DeviceClass;
      /** The workstream for which the site has signed the customer in. */
      readonly signedInFor?: string;
    }
  | {
      readonly type: 'connected';
      readonly connectionId: string;
      readonly occurredAt: Instant;
      readonly device?: DeviceClass;
    }
  | {
      readonly type: 'disconnected';
      readonly connectionId: string;
      readonly occurredAt: Instant;
      readonly device?: DeviceClass;
    }
  | ({ readonly type: 'customer-message'; readonly connectionId: string } & Written)
  | { readonly type: 'customer-left' }
  /** The customer has asked for a socket URL: its return has begun, though no socket is open yet. */
  | { readonly type: 'customer-returning' }
  /**
   * The customer comes back with a reconnect link. `uses`: how often links had been used when it was given. The same `key` is
   * the same browser, whose first request may have got no answer.
   */
  | { readonly type: 'link-used'; readonly uses: number; readonly key?: string }
  | ({ readonly type: 'agent-message' } & ByAgent & Written)
  | ({ readonly type: 'agent-offered' | 'agent-accepted'; readonly agentName: string } & ByAgent)
  | ({ readonly type: 'agent-declined' | 'agent-released' | 'agent-ended' | 'agent-closed' } & ByAgent)
  | ({ readonly type: 'agent-transferred'; readonly queue: string } & ByAgent)
  /** The agent adds to the running wait for the customer. The same key is the same extension. */
  | ({ readonly type: 'wait-extended'; readonly by: Milliseconds; readonly key: string } & ByAgent)
  /** The agent does not wait for the customer any longer. */
  | ({ readonly type: 'wait-ended' } & ByAgent)
  /** The last socket of the agent was lost, or the first one is open again. */
  | ({ readonly type: 'agent-disconnected' } & ByAgent)
  | ({ readonly type: 'agent-connected'; readonly connectionId: string } & ByAgent)
  /** The customer's place in the queue, from 1. */
  | { readonly type: 'queue-position-known'; readonly position: number }
  | {
      readonly type: 'presence-checked';
      /** The work list still shows the conversation as going on: if it has ended, perhaps nobody was told. */
      readonly endUntold?: true;
    }
  | { readonly type: 'deadline-reached'; readonly kind: DeadlineKind; readonly number: number };

type ByAgent = { readonly agentId: string };

/** What somebody wrote. */
export interface Written {
  /**
   * The same for every repetition: the sender's own id, which also covers a client that sends anew, or else the service's
   * id of the event, which covers the service's repetitions.
   */
  readonly messageId: string;
  readonly text: string;
  /** Of a message without an id of its sender's own. */
  readonly unnamed?: Unnamed;
}

/**
 * What the caller has found out because a decision asked for it (`Question`). It is true of the moment, and belongs to
 * the version of the conversation that was decided on, so it is no part of what happened.
 */
export interface Answers {
  readonly presence?: Presence;
  /** Whether the agent of the conversation has an open socket. */
  readonly agentPresent?: boolean;
  /** The sequence number under which the message is in the transcript; 0: it is not. */
  readonly stored?: number;
  /** Whether the units were free, and are taken now. */
  readonly capacity?: 'reserved' | 'full';
}

/**
 * What the service itself says about the customer's connections. "No answer" never reaches the domain, it is a retryable
 * failure of the caller.
 */
export type Presence =
  | { readonly alive: false }
  | { readonly alive: true; readonly connectionIds: readonly [string, ...string[]] };

/** What an agent can do to a conversation, by the event that it makes. The routes of the API end in these names. */
const ACTION_OF = {
  'agent-offered': 'offer',
  'agent-accepted': 'accept',
  'agent-declined': 'decline',
  'agent-released': 'release',
  'agent-transferred': 'transfer',
  'agent-ended': 'end',
  'agent-closed': 'close',
  'wait-extended': 'extend-wait',
  'wait-ended': 'end-wait',
} as const satisfies { readonly [type in ConversationEvent['type']]?: string };

export type AgentAction = (typeof ACTION_OF)[keyof typeof ACTION_OF];

export const AGENT_ACTIONS: readonly AgentAction[] = Object.values(ACTION_OF);

/** The action behind an event, where an agent asked for it. */
export const actionOf = ({ type }: Pick<ConversationEvent, 'type'>): AgentAction | undefined =>
  (ACTION_OF as { readonly [type in ConversationEvent['type']]?: AgentAction })[type];
