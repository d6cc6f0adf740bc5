import type { Instant, Milliseconds } from './time';

/**
 * States of "Understand conversation states" (Dynamics 365 Omnichannel). `Open`: queued. `Active`: assigned to an
 * agent, accepted or only offered. `WrapUp`: over for the customer, the agent finishes notes. `Closed`: final.
 * (`Waiting` belongs to persistent chat, which has no disconnection rule.)
 */
export type ConversationState = 'Open' | 'Active' | 'WrapUp' | 'Closed';

/** Why a conversation ended, machine-readable: in the record, the transcript notice and every push. */
export type EndReason = 'customer-disconnected' | 'customer-ended' | 'agent-ended';

/** One episode with no live customer connection. */
export interface Disconnection {
  /** 1, 2, 3 … within the conversation. */
  readonly number: number;
  /** The moment of loss, see `momentOfLoss`. */
  readonly since: Instant;
  /** `since` plus the grace period. */
  readonly deadline: Instant;
  /** A conversation is born disconnected: its first connection ends episode 1. */
  readonly reason: 'not-yet-connected' | 'connection-lost';
  /** The connection whose loss began it. A repeated event recognises itself by this id. */
  readonly lostConnectionId?: string;
  /**
   * Begun by the loss of a connection that was never on record: its `connected` was lost, or its handshake failed. The
   * how-manieth in a row.
   */
  readonly inferred?: number;
}

/** How the latest finished disconnection ended. Lets a repeated event yield the same effects again. */
export interface PastDisconnection extends Disconnection {
  readonly outcome: 'reconnected' | 'expired' | 'ended';
  readonly endedAt: Instant;
  /** The connection that ended it, where one did. */
  readonly reconnectedBy?: string;
}

export interface Agent {
  readonly id: string;
  readonly name: string;
  readonly assignedAt: Instant;
  /** Absent while the conversation is only offered to the agent. */
  readonly acceptedAt?: Instant;
}

/** What the customer says about itself in the socket URL; validated, never trusted. */
export interface CustomerProfile {
  readonly name: string;
  /** BCP 47 language tag. */
  readonly locale: string;
  readonly queue: string;
  /** Context variables, shown to the agent's desk. */
  readonly context: Readonly<Record<string, string>>;
}

export interface Conversation {
  readonly id: string;
  readonly state: ConversationState;
  readonly customer: CustomerProfile;
  readonly agent?: Agent;
  /** Connections known to be open, oldest first. */
  readonly liveConnectionIds: readonly string[];
  /** Recently ended ones, newest last, so that a `connected` behind its own `disconnected` is ignored. */
  readonly endedConnectionIds: readonly string[];
  /** The running disconnection, if the customer is away. */
  readonly disconnection?: Disconnection;
  readonly lastDisconnection?: PastDisconnection;
  /** How many disconnections there have been, the running one included. */
  readonly disconnectionCount: number;
  /** The latest receipt of anything that proved a live customer. */
  readonly lastSignOfLife: Instant;
  /** Smallest (receipt minus the service's time) seen: calibrates the service's clock, see `momentOfLoss`. */
  readonly smallestEventDelay?: Milliseconds;
  /** Recently handled messages, newest last: a repeated event appends nothing. */
  readonly recentMessages: readonly {
    readonly id: string;
    /** Whose message it is; another author's event with the same id is another message. */
    readonly by: string;
    readonly sequence: number;
    readonly at: Instant;
  }[];
  /** Sequence number of the newest transcript entry; 0 when there is none. */
  readonly lastSequence: number;
  readonly end?: { readonly at: Instant; readonly reason: EndReason; readonly agentId?: string };
  readonly closedAt?: Instant;
  readonly createdAt: Instant;
}

/** Over for the customer: nobody may join or write any more. */
export const hasEnded = (conversation: Conversation): boolean =>
  conversation.state === 'WrapUp' || conversation.state === 'Closed';

/**
 * Where a conversation goes when its customer is gone or an agent ends it: Active goes to WrapUp, but Open, and
 * Active that nobody has accepted, to Closed ("Understand conversation states", the Active table).
 */
export const stateAfterEnd = ({ agent }: Conversation): 'WrapUp' | 'Closed' =>
  agent?.acceptedAt === undefined ? 'Closed' : 'WrapUp';

/** Bounds that keep the row far below the 64 KiB of a table property. */
export const LIMITS = {
  liveConnections: 200,
  endedConnections: 32,
  recentMessages: 64,
  messageCharacters: 8_000,
  /** Disconnections that only follow from one another, without a sign of life between them. */
  inferredInARow: 20,
} as const;
