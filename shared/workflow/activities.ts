import type { ConversationService, Handled } from '../application/conversation-service';
import type { ConversationEvent } from '../domain/events';
import { toIso } from '../domain/time';
import type { DeadlineInput, DeadlineOutcome } from './deadline';

/**
 * The two steps after a deadline. Both run at least once and are idempotent: the second one decides the same
 * event again, which changes nothing and yields the effects that are due.
 */
export function createActivities(service: Pick<ConversationService, 'handle' | 'settle'>) {
  return {
    /** Decides on the stored conversation and saves. @throws retryable errors, which the retry policy repeats. */
    reachDeadline: async (input: DeadlineInput): Promise<DeadlineOutcome> =>
      outcomeOf(await service.settle(input.conversationId, eventOf(input))),

    /** Tells the participants what `reachDeadline` has saved. */
    tellParticipants: async (input: DeadlineInput): Promise<DeadlineOutcome> =>
      outcomeOf(await service.handle(input.conversationId, eventOf(input))),
  };
}

const eventOf = ({ kind, number }: DeadlineInput): ConversationEvent => ({
  type: 'deadline-reached',
  kind,
  number,
});

function outcomeOf(handled: Handled): DeadlineOutcome {
  if (handled.kind === 'refused') return { outcome: 'not-found' };
  const { outcome } = handled;
  switch (outcome.type) {
    case 'expired':
    case 'customer-present':
    case 'requeued':
    case 'agent-present':
    case 'capacity-released':
    case 'auto-closed':
    case 'superseded':
      return { outcome: outcome.type };
    case 'not-reached':
      return { outcome: 'not-reached', deadline: toIso(outcome.deadline) };
    default:
      throw new Error(`a deadline cannot lead to "${outcome.type}"`);
  }
}
