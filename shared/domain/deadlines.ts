import type { Conversation } from './conversation';
import type { DeadlineKind } from './ids';
import type { Instant } from './time';

/** A moment at which something becomes of a conversation by itself. */
export interface Deadline {
  readonly kind: DeadlineKind;
  readonly number: number;
  readonly at: Instant;
}

/** Every deadline that a conversation is waiting for. Each has a timer; the record alone says which there are. */
export function deadlinesOf(conversation: Conversation): readonly Deadline[] {
  const { disconnection, agentDisconnection, capacityHold, autoClosure } = conversation;
  const deadlines: Deadline[] = [];
  const add = (kind: DeadlineKind, number: number, at: Instant) => deadlines.push({ kind, number, at });
  if (disconnection) add('disconnection', disconnection.number, disconnection.deadline);
  if (agentDisconnection) add('agent-disconnection', agentDisconnection.number, agentDisconnection.deadline);
  if (capacityHold?.releaseAt !== undefined) {
    add('capacity-release', capacityHold.assignment, capacityHold.releaseAt);
  }
  if (autoClosure) add('auto-close', autoClosure.number, autoClosure.deadline);
  return deadlines;
}

/** Those that are not the customer's disconnection, which is started and shown together with its news. */
export const furtherDeadlinesOf = (conversation: Conversation): readonly Deadline[] =>
  deadlinesOf(conversation).filter(({ kind }) => kind !== 'disconnection');

export const sameDeadline = (one: Deadline, other: Deadline): boolean =>
  one.kind === other.kind && one.number === other.number;
