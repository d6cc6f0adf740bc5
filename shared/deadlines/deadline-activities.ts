import { AppError, ownError } from '../app/errors';
import { type ConversationService, type Handled, logEnd } from '../conversation/conversation-service';
import type { ConversationEvent } from '../conversation/inputs';
import { toIso } from '../conversation/time';
import { fileFailure, type FilingDependencies } from '../dead-letters/dead-letters-service';
import type { DeadlineInput, DeadlineOutcome } from './deadline-contract';

export interface ActivitiesDependencies extends FilingDependencies {
  readonly service: Pick<ConversationService, 'handle' | 'settle'>;
}

/**
 * The two steps after a deadline, and what is done when they keep failing. All run at least once and are idempotent: the
 * second step decides the same event again, which changes nothing and yields the effects that are due.
 */
export function createActivities(deps: ActivitiesDependencies) {
  const { service, deadLetters, now, logger } = deps;
  const step = async (input: DeadlineInput, act: Step): Promise<DeadlineOutcome> => {
    const event = eventOf(input);
    try {
      return outcomeOf(await act(input.conversationId, event));
    } catch (thrown) {
      // Trying again cannot help. The letter comes first: without it, the instance must not end.
      const isHopeless = thrown instanceof AppError && !thrown.retryable;
      if (isHopeless && (await fileFailure(input.conversationId, event, thrown, deps)))
        return { outcome: 'dead-lettered' };
      // The task hub keeps what is thrown, and the host logs it.
      throw ownError(thrown);
    }
  };
  return {
    /** Decides on the stored conversation and saves. @throws retryable errors, which the retry policy repeats. */
    reachDeadline: (input: DeadlineInput): Promise<DeadlineOutcome> =>
      step(input, async (id, event) => {
        const handled = await service.settle(id, event);
        logEnd(handled, logger);
        return handled;
      }),

    /** Tells the participants what `reachDeadline` has saved. */
    tellParticipants: (input: DeadlineInput): Promise<DeadlineOutcome> =>
      step(input, (id, event) => service.handle(id, event)),

    /** Every try of a whole retry policy has failed. @throws DependencyError when that cannot be stored either. */
    fileDeadLetter: async ({ conversationId, kind, number }: DeadlineInput): Promise<void> => {
      const code = 'retries-exhausted';
      const deadline = { kind, number };
      await deadLetters.file({ conversationId, kind: 'deadline-failed', deadline, code }, now());
      logger.error('dead-letter: a deadline keeps failing', { conversationId, kind, number, code });
    },
  };
}

type Step = (conversationId: string, event: ConversationEvent) => Promise<Handled>;

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
