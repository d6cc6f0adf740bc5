import { AppError, ownError } from '../app/errors';
import { type ConversationService, type Handled, logEnd } from '../conversation/conversation-service';
import type { ConversationEvent } from '../conversation/inputs';
import { type Milliseconds, SECOND, toIso } from '../conversation/time';
import { fileFailure, type FilingDependencies } from '../dead-letters/dead-letters-service';
import type { DeadlineInput, DeadlineOutcome } from './deadline-contract';

export interface ActivitiesDependencies extends FilingDependencies {
  readonly service: Pick<ConversationService, 'handle'>;
  readonly pause?: (time: Milliseconds) => Promise<void>;
}

/** The engine counts in whole seconds, so a timer fires up to one second early; besides, the clocks of hosts differ. */
const LAST_MOMENT: Milliseconds = 1.5 * SECOND;

const sleep = (time: Milliseconds) => new Promise<void>((resolve) => setTimeout(resolve, time));

/** The step at a deadline, and what is done when it keeps failing. Both run at least once and are idempotent. */
export function createActivities(deps: ActivitiesDependencies) {
  const { service, deadLetters, now, logger, pause = sleep } = deps;
  const reachDeadline = async (input: DeadlineInput): Promise<DeadlineOutcome> => {
    const { conversationId } = input;
    const event = eventOf(input);
    // Prevents: a timer that fires early finds that its deadline is not reached, and has to be waited for once more.
    const left = () => Date.parse(input.deadline) - now();
    while (left() > 0 && left() <= LAST_MOMENT) await pause(left());
    try {
      const handled = await service.handle(conversationId, event);
      logEnd(handled, logger);
      return outcomeOf(handled);
    } catch (thrown) {
      // Trying again cannot help. The letter comes first: without it, the instance must not end.
      const isHopeless = thrown instanceof AppError && !thrown.retryable;
      if (isHopeless && (await fileFailure(conversationId, event, thrown, deps)))
        return { outcome: 'dead-lettered' };
      // The task hub keeps what is thrown, and the host logs it.
      throw ownError(thrown);
    }
  };
  return {
    /**
     * Waits out the last moment, decides on the stored conversation, saves and tells.
     * @throws retryable errors, which the retry policy repeats.
     */
    reachDeadline,

    /** Instances before version 3 of the orchestrator tell by a step of their own; it finds what is told already. */
    tellParticipants: reachDeadline,

    /** Every try of a whole retry policy has failed. @throws DependencyError when that cannot be stored either. */
    fileDeadLetter: async ({ conversationId, kind, number }: DeadlineInput): Promise<void> => {
      const code = 'retries-exhausted';
      const deadline = { kind, number };
      await deadLetters.file({ conversationId, kind: 'deadline-failed', deadline, code }, now());
      logger.error('dead-letter: a deadline keeps failing', { conversationId, kind, number, code });
    },
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
