import { z } from 'zod';
import type { Logger } from '../app/log';
import { wholeNumber } from '../conversation/conversation-routes';
import { loggingEnds } from '../conversation/conversation-service';
import { toIso } from '../conversation/time';
import { answering } from '../http/answers';
import { type HttpInput, type HttpOutput, json, parseWith, problem, queryOf } from '../http/request';
import { DEAD_LETTER_STATES, type DeadLetter, type DeadLetters, type StoredDeadLetter } from './dead-letter';
import { eventOfFailing, fileFailure, replay, type ReplayDependencies } from './dead-letters-service';

/** Which part of the dead letters is wanted. */
export const DEAD_LETTERS_QUERY = z.object({
  state: z.enum(DEAD_LETTER_STATES).default('open'),
  limit: wholeNumber(500).min(1).default(100),
  continuationToken: z.string().min(1).max(4_000).exactOptional(),
});

export const DEAD_LETTER_ID = z.string().regex(/^[A-Za-z0-9._-]{1,200}$/, 'is not the id of a dead letter');

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
