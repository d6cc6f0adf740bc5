import { z } from 'zod';
import type { LoggerOf } from '../app/log';
import { type Conversations, loggingEnds } from '../conversation/conversation-service';
import { DEADLINE_KINDS } from '../conversation/conversation';
import { instant } from '../conversation/time';
import { EXAMPLE, named, page, sequenceNumber } from '../http/fields';
import { refuse } from '../http/problems';
import { answer, route } from '../http/route';
import {
  DEAD_LETTER_KINDS,
  DEAD_LETTER_STATES,
  type DeadLetters,
  type StoredDeadLetter,
} from './dead-letter';
import {
  eventOfFailing,
  fileFailure,
  type FilingDependencies,
  replay,
  type ReplayDependencies,
} from './dead-letters-service';

export interface DeadLetterServices extends Omit<ReplayDependencies, 'service' | 'deadLetters'> {
  readonly conversations: Conversations;
  readonly deadLetters: DeadLetters;
  readonly loggerOf: LoggerOf;
}

const DEAD_LETTER = z.object({
  id: z.string(),
  conversationId: z.string().optional().describe('Absent for a row that belongs to no one conversation.'),
  kind: z.enum(DEAD_LETTER_KINDS),
  deadline: z
    .object({ kind: z.enum(DEADLINE_KINDS), number: sequenceNumber })
    .optional()
    .describe('`deadline-failed`: which one.'),
  row: z.string().optional().describe('Partition key and row key of the row to mend.'),
  code: z.string().describe('Of the error; the log has its details.'),
  state: z.enum(DEAD_LETTER_STATES),
  firstSeen: instant,
  lastSeen: instant,
  count: sequenceNumber.describe('How often it was seen to fail.'),
  resolvedAt: instant.optional(),
});
const DEAD_LETTER_PAGE = named(
  'DeadLetterPage',
  z.object({
    items: z.array(DEAD_LETTER),
    unreadable: z.array(z.string()).describe('Ids of dead letters whose own row cannot be read.'),
    continuationToken: z.string().optional().describe('Where there is more: asks for the next page.'),
  }),
);
named('DeadLetter', DEAD_LETTER);

const OPEN: z.input<typeof DEAD_LETTER> = {
  id: `${EXAMPLE.conversationId}.unreadable-row`,
  conversationId: EXAMPLE.conversationId,
  kind: 'unreadable-row',
  row: `${EXAMPLE.conversationId}/conversation`,
  code: 'stored-row-unusable',
  state: 'open',
  firstSeen: '2026-03-01T10:05:05.000Z',
  lastSeen: '2026-03-01T10:09:00.000Z',
  count: 5,
};

const DEAD_LETTER_ID = z.string().regex(/^[A-Za-z0-9._-]{1,200}$/, 'is not the id of a dead letter');

export const DEAD_LETTER_ROUTES = [
  route({
    id: 'list-dead-letters',
    method: 'GET',
    path: '/v1/dead-letters',
    tag: 'Dead letters',
    summary: 'Conversations that cannot be handled',
    description:
      'One for each conversation and cause, by id. Reconciliation tries each of them again every minute and resolves ' +
      'those that work; resolved ones are kept for 30 days.',
    access: 'an operator',
    query: z.object({
      state: z.enum(DEAD_LETTER_STATES).default('open').describe('Only those in this state.'),
      ...page({ limit: 'At most so many.' }),
    }),
    answer: answer('A page of the list.', DEAD_LETTER_PAGE, { items: [OPEN], unreadable: [] }),
    run: async ({ query }, { deadLetters }: Pick<DeadLetterServices, 'deadLetters'>) => {
      const { letters, ...page } = await deadLetters.list(query);
      return { ...page, items: letters.map(({ letter }) => letter) };
    },
  }),

  /** What depends on a service that is down answers 503; what is still broken 409. */
  route({
    id: 'replay-dead-letter',
    method: 'POST',
    path: '/v1/dead-letters/{deadLetterId}/replay',
    tag: 'Dead letters',
    summary: 'Try it again now',
    description:
      'Acts on the deadlines that have passed, compares the conversation with the service and starts the timers that ' +
      'are not running. All of it is repetition: twice is once. One that is resolved is left alone.',
    access: 'an operator',
    durable: true,
    params: z.object({ deadLetterId: DEAD_LETTER_ID.describe('As the list names it.') }),
    unknown: 'dead-letter-not-found',
    answer: answer('It has worked, now or before.', DEAD_LETTER, {
      ...OPEN,
      state: 'resolved',
      resolvedAt: '2026-03-01T10:20:00.000Z',
    }),
    problems: ['still-failing'],
    run: async ({ params: { deadLetterId } }, services: DeadLetterServices, call) => {
      const { deadLetters, conversations, loggerOf, now } = services;
      const stored = await deadLetters.load(deadLetterId);
      if (stored === undefined) return refuse('dead-letter-not-found');
      const { letter } = stored;
      if (letter.state === 'resolved') return letter;
      const logger = loggerOf(call);
      try {
        await replay(letter, { ...services, service: loggingEnds(conversations(call), logger) });
      } catch (thrown) {
        return stillFailing(stored, thrown, { deadLetters, now, logger });
      }
      const resolvedAt = now();
      if ((await deadLetters.resolve(stored, resolvedAt)) === 'resolved') {
        return { ...letter, state: 'resolved' as const, resolvedAt };
      }
      // Somebody else has resolved it, or has seen it fail, at the same time.
      const changed = (await deadLetters.load(letter.id))?.letter ?? letter;
      return changed.state === 'resolved'
        ? changed
        : refuse('still-failing', `The conversation failed meanwhile: ${changed.code}.`);
    },
  }),
];

async function stillFailing({ letter }: StoredDeadLetter, thrown: unknown, deps: FilingDependencies) {
  const failing = await fileFailure(letter.conversationId, eventOfFailing(letter), thrown, deps);
  if (failing === undefined) throw thrown;
  const at = failing.row === undefined ? '' : ` at ${failing.row}`;
  return refuse('still-failing', `The conversation still fails: ${failing.code}${at}.`);
}
