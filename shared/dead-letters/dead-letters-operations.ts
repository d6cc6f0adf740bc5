import { z } from 'zod';
import { DEADLINE_KINDS } from '../conversation/ids';
import { CONVERSATION_ID } from '../http/examples-operations';
import { instant, sequenceNumber } from '../http/fields';
import { answer, type Operation, problems, REFUSED_QUERY } from '../http/operation';
import { DEAD_LETTER_ID_PARAMETER, queryParameters } from '../http/parameters-operations';
import { DEAD_LETTER_KINDS, DEAD_LETTER_STATES } from './dead-letter';
import { DEAD_LETTERS_QUERY } from './dead-letters-routes';

export const DEAD_LETTER = z.object({
  id: z.string(),
  conversationId: z.string(),
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

export const DEAD_LETTER_PAGE = z.object({
  items: z.array(DEAD_LETTER),
  unreadable: z.array(z.string()).describe('Ids of dead letters whose own row cannot be read.'),
  continuationToken: z.string().optional().describe('Where there is more: asks for the next page.'),
});

const OPEN: z.output<typeof DEAD_LETTER> = {
  id: `${CONVERSATION_ID}.unreadable-row`,
  conversationId: CONVERSATION_ID,
  kind: 'unreadable-row',
  row: `${CONVERSATION_ID}/conversation`,
  code: 'stored-row-unusable',
  state: 'open',
  firstSeen: '2026-03-01T10:05:05.000Z',
  lastSeen: '2026-03-01T10:09:00.000Z',
  count: 5,
};

export const DEAD_LETTERS: readonly Operation[] = [
  {
    id: 'list-dead-letters',
    method: 'get',
    path: '/v1/dead-letters',
    tag: 'Dead letters',
    summary: 'Conversations that cannot be handled',
    description:
      'One for each conversation and cause, by id. Reconciliation tries each of them again every minute and resolves ' +
      'those that work; resolved ones are kept for 30 days.',
    security: 'function-key',
    parameters: queryParameters(DEAD_LETTERS_QUERY, {
      state: 'Only those in this state.',
      limit: 'At most so many.',
      continuationToken: 'From the answer before.',
    }),
    responses: {
      200: answer('A page of the list.', DEAD_LETTER_PAGE, { items: [OPEN], unreadable: [] }),
      ...problems(REFUSED_QUERY),
    },
  },
  {
    id: 'replay-dead-letter',
    method: 'post',
    path: '/v1/dead-letters/{deadLetterId}/replay',
    tag: 'Dead letters',
    summary: 'Try it again now',
    description:
      'Acts on the deadlines that have passed, compares the conversation with the service and starts the timers that ' +
      'are not running. All of it is repetition: twice is once. One that is resolved is left alone.',
    security: 'function-key',
    parameters: [DEAD_LETTER_ID_PARAMETER],
    responses: {
      200: answer('It has worked, now or before.', DEAD_LETTER, {
        ...OPEN,
        state: 'resolved',
        resolvedAt: '2026-03-01T10:20:00.000Z',
      }),
      ...problems([
        [404, 'dead-letter-not-found'],
        [409, 'still-failing'],
      ]),
    },
  },
];
