import { eventOfFailing } from '../application/failing';
import type { DeadLetters, StoredDeadLetter } from '../application/ports/dead-letters';
import { loggingEnds } from '../application/log-end';
import { fileFailure } from '../application/quarantining';
import { replay, type ReplayDependencies } from '../application/replay';
import type { DeadLetter } from '../domain/dead-letter';
import { toIso } from '../domain/time';
import { DEAD_LETTER_ID, DEAD_LETTERS_QUERY } from '../inbound/dead-letter-query';
import { json, problem, queryOf, type HttpInput, type HttpOutput } from '../inbound/http';
import { parseWith } from '../inbound/schema';
import type { Logger } from '../logging';
import { answering } from './answer-failure';

export interface DeadLettersDependencies extends ReplayDependencies {
  readonly deadLetters: DeadLetters;
  readonly logger: Logger;
}

/** Conversations that cannot be handled, for operators. */
export const listDeadLetters = (
  request: HttpInput,
  { deadLetters, logger }: Pick<DeadLettersDependencies, 'deadLetters' | 'logger'>,
): Promise<HttpOutput> =>
  answering('list-dead-letters', logger, async () => {
    const query = queryOf(request, ['state', 'limit', 'continuationToken']);
    const page = await deadLetters.list(parseWith(DEAD_LETTERS_QUERY, query, 'query'));
    return json(200, {
      items: page.letters.map(({ letter }) => deadLetterView(letter)),
      unreadable: page.unreadable,
      continuationToken: page.continuationToken,
    });
  });

/** Tries it again now. What depends on a service that is down answers 503; what is still broken 409. */
export const replayDeadLetter = (request: HttpInput, deps: DeadLettersDependencies): Promise<HttpOutput> =>
  answering('replay-dead-letter', deps.logger, async () => {
    const id = DEAD_LETTER_ID.safeParse(request.params['deadLetterId']);
    const stored = id.success ? await deps.deadLetters.load(id.data) : undefined;
    if (stored === undefined) return problem(404, 'dead-letter-not-found', 'There is no such dead letter.');
    if (stored.letter.state === 'resolved') return json(200, deadLetterView(stored.letter));
    try {
      await replay(stored.letter, { ...deps, service: loggingEnds(deps.service, deps.logger) });
    } catch (thrown) {
      return stillFailing(stored, thrown, deps);
    }
    const now = deps.now();
    if ((await deps.deadLetters.resolve(stored, now)) === 'resolved') {
      return json(200, deadLetterView({ ...stored.letter, state: 'resolved', resolvedAt: now }));
    }
    // Somebody else has resolved it, or has seen it fail, at the same time.
    const changed = (await deps.deadLetters.load(stored.letter.id))?.letter ?? stored.letter;
    return changed.state === 'resolved'
      ? json(200, deadLetterView(changed))
      : problem(409, 'still-failing', `The conversation failed meanwhile: ${changed.code}.`);
  });

async function stillFailing(
  { letter }: StoredDeadLetter,
  thrown: unknown,
  deps: DeadLettersDependencies,
): Promise<HttpOutput> {
  const failing = await fileFailure(letter.conversationId, eventOfFailing(letter), thrown, deps);
  if (failing === undefined) throw thrown;
  const at = failing.row === undefined ? '' : ` at ${failing.row}`;
  return problem(409, 'still-failing', `The conversation still fails: ${failing.code}${at}.`);
}

const deadLetterView = ({ firstSeen, lastSeen, resolvedAt, ...rest }: DeadLetter) => ({
  ...rest,
  firstSeen: toIso(firstSeen),
  lastSeen: toIso(lastSeen),
  resolvedAt: resolvedAt === undefined ? undefined : toIso(resolvedAt),
});
