import type { DeadlineKind } from '../conversation/conversation';

/** Input of the orchestrator and its activities: ids and a time, never texts or names (invariant 9). */
export interface DeadlineInput {
  readonly conversationId: string;
  readonly kind: DeadlineKind;
  readonly number: number;
  /** ISO 8601 UTC. */
  readonly deadline: string;
  /** The activities have failed for minutes; the orchestration waits until `deadline` before it tries again. */
  readonly resting?: true;
  /** The deadline was not reached, and is so near that it may be over when the orchestration waits again. */
  readonly soon?: true;
}

/**
 * What became of a conversation at a deadline. `dead-lettered`: it cannot be handled before somebody mends it, and
 * operators have the record.
 */
export type Reached =
  | 'expired'
  | 'customer-present'
  | 'requeued'
  | 'agent-present'
  | 'capacity-released'
  | 'auto-closed'
  | 'superseded'
  | 'not-found'
  | 'dead-lettered';

/** What `reach-deadline` found. Expected outcomes are values; it throws only for "try again". */
export type DeadlineOutcome =
  { readonly outcome: Reached } | { readonly outcome: 'not-reached'; readonly deadline: string };

/** Output of the orchestrator. */
export type DeadlineResult = {
  readonly outcome: 'cancelled' | Reached;
  readonly by?: string;
};

/** Every name that durable functions know, once. Renaming one breaks running orchestrations: version it instead. */
export const ORCHESTRATORS = { conversationDeadline: 'conversation-deadline' } as const;

export const ACTIVITIES = {
  reachDeadline: 'reach-deadline',
  tellParticipants: 'tell-participants',
  fileDeadLetter: 'file-dead-letter',
} as const;

/** External events that cancel a pending deadline. */
export const CANCELLING_EVENTS = {
  customerReconnected: 'customerReconnected',
  conversationEnded: 'conversationEnded',
} as const;
