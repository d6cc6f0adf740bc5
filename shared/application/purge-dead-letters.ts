import { MINUTE, type Instant, type Milliseconds } from '../domain/time';
import type { Logger } from '../logging';
import type { DeadLetters } from './ports/dead-letters';

/** How long a resolved dead letter stays readable for operators. Open ones stay for ever. */
const RETENTION: Milliseconds = 30 * 24 * 60 * MINUTE;
const PAGE = 500;

/** Removes dead letters that were resolved long ago: nothing else does. */
export async function purgeDeadLetters(
  deadLetters: Pick<DeadLetters, 'list' | 'remove'>,
  now: Instant,
  logger: Logger,
): Promise<void> {
  let removed = 0;
  let continuationToken: string | undefined;
  do {
    const token = continuationToken === undefined ? {} : { continuationToken };
    const page = await deadLetters.list({ state: 'resolved', limit: PAGE, ...token });
    for (const stored of page.letters) {
      if ((stored.letter.resolvedAt ?? now) > now - RETENTION) continue;
      await deadLetters.remove(stored);
      removed += 1;
    }
    continuationToken = page.continuationToken;
  } while (continuationToken !== undefined);
  logger.info('purge-dead-letters: done', { removed });
}
