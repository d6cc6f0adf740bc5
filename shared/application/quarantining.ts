import type { Refusal } from '../domain/decision';
import type { Failing } from '../domain/dead-letter';
import type { ConversationEvent } from '../domain/events';
import type { Instant } from '../domain/time';
import { ownError, RecordTooLargeError, StoredRowError } from '../errors';
import type { Logger } from '../logging';
import type { ConversationService } from './conversation-service';
import { failingOf } from './failing';
import type { DeadLetters } from './ports/dead-letters';

export interface FilingDependencies {
  readonly deadLetters: Pick<DeadLetters, 'file'>;
  readonly now: () => Instant;
  readonly logger: Logger;
}

/**
 * The service for events from outside: a conversation whose row is damaged or full gets its dead letter whoever meets
 * it first. An event that does not fit is refused, because repeating it cannot help.
 */
export function quarantining(
  service: ConversationService,
  deps: FilingDependencies,
): Pick<ConversationService, 'handle'> {
  return {
    async handle(conversationId, event, ifMatch) {
      try {
        return await service.handle(conversationId, event, ifMatch);
      } catch (thrown) {
        if (!(thrown instanceof StoredRowError)) throw thrown;
        await tryToFile(conversationId, event, thrown, deps);
        if (thrown instanceof RecordTooLargeError) return { kind: 'refused', refusal: TOO_LARGE };
        throw thrown;
      }
    },
  };
}

const TOO_LARGE: Refusal = {
  code: 'conversation-too-large',
  detail: 'The conversation has no room for this. Repeating the request will not help.',
};

/** The caller is told of its own failure, whatever becomes of the letter; reconciliation files it as well. */
async function tryToFile(
  conversationId: string,
  event: ConversationEvent,
  thrown: unknown,
  deps: FilingDependencies,
): Promise<void> {
  try {
    await fileFailure(conversationId, event, thrown, deps);
  } catch (cause) {
    deps.logger.error('dead-letter: not filed', { conversationId, detail: ownError(cause).message });
  }
}

/** A failure that has its letter; `opened`: the first of its kind since the last one was resolved. */
export interface FiledFailure extends Failing {
  readonly filed: 'opened' | 'counted';
}

/**
 * Files a failure that will not go away by itself and makes the first one heard in the log; undefined: it may go away.
 * @throws DependencyError, ContentionError when it could not be filed (both retryable)
 */
export async function fileFailure(
  conversationId: string,
  event: ConversationEvent,
  thrown: unknown,
  { deadLetters, now, logger }: FilingDependencies,
): Promise<FiledFailure | undefined> {
  const failing = failingOf(conversationId, event, thrown);
  if (failing === undefined) return undefined;
  const filed = await deadLetters.file(failing, now());
  if (filed === 'opened') {
    const { kind, row, code } = failing;
    const detail = ownError(thrown).message;
    logger.error('dead-letter: opened', { conversationId, kind, row, code, detail });
  }
  return { ...failing, filed };
}
