import { z } from 'zod';
import { InvalidInputError } from '../app/errors';
import type { ClosedConversations } from '../closed-conversations/closed-conversation';
import { moment } from '../closed-conversations/closed-conversations-routes';
import { DEVICE_CLASSES } from '../conversation/conversation';
import {
  duration,
  durationBetween,
  type Instant,
  instant,
  type Milliseconds,
  MINUTE,
  SECOND,
} from '../conversation/time';
import { count, named, plainName } from '../http/fields';
import { answer, route } from '../http/route';
import { createInsights, LENGTHS, OTHER_QUEUES } from './insights';

export interface InsightsServices {
  readonly closedConversations: Pick<ClosedConversations, 'list'>;
  readonly now: () => Instant;
}

/** Of one answer: fifty pages, however few of a page are of the queue that was asked for. */
const MOST_PAGES = 50;
const PAGE = 1_000;
/** A page of rows that fit nowhere takes the storage many seconds; a browser does not wait for fifty of them. */
const MOST_TIME: Milliseconds = 15 * SECOND;
const DAY = 24 * 60 * MINUTE;
const LONGEST = 92 * DAY;

const PERCENTILES = z.object({ p50: duration, p95: duration, max: duration });
const HISTOGRAM = z
  .array(count)
  .describe(
    'How many are no longer than each of `lengths`, and than none before it; at last those that are longer.',
  );
const INSIGHTS = named(
  'Insights',
  z.object({
    from: instant,
    to: instant,
    complete: z
      .boolean()
      .describe(
        'False: there are more conversations than one answer looks through, and `from` is as far back as it surely goes.',
      ),
    conversations: count.describe('That were closed in this time.'),
    unreadable: count.describe('Rows that cannot be read, and are not counted.'),
    notRecorded: count.describe(
      'Disconnections that no record has: beyond the latest 50 of a conversation, or of before they were recorded.',
    ),
    neverConnected: count.describe('Whose first socket never opened.'),
    lengths: z.array(duration),
    absences: z.array(
      z.object({
        day: z.iso.date().describe('Of closing, UTC.'),
        queue: z.string().describe(`\`${OTHER_QUEUES}\`: all that are beyond the largest 50, together.`),
        device: z.enum(DEVICE_CLASSES),
        returned: HISTOGRAM,
        ended: HISTOGRAM,
        otherwise: count.describe('Over for another reason: an agent did not wait, or the customer left.'),
        extended: count.describe('Of all these, whose deadline an agent has moved.'),
      }),
    ),
    outcomes: z.object({ returned: count, ended: count, otherwise: count, extended: count }),
    reconnectRate: z
      .number()
      .min(0)
      .max(1)
      .optional()
      .describe('The share that came back, of those that came back or ended the conversation.'),
    timeToReturn: PERCENTILES.optional(),
    lateness: PERCENTILES.optional().describe('Of ends for absence, behind their deadlines.'),
    whatIf: z
      .object({
        grace: duration,
        ended: count.describe('Conversations that ended for absence.'),
        cost: count.describe('That did not, and would have: their customers needed longer.'),
        savedAtLeast: count.describe(
          'That would have gone on: their customers knocked before the longer wait was over.',
        ),
        savedAtMost: count.describe('And those of which nobody knows, for their customers never knocked.'),
      })
      .optional()
      .describe('Where `grace` is given. What agents and outages have added to a wait stays.'),
  }),
);

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);

export const INSIGHTS_ROUTES = [
  route({
    id: 'insights',
    method: 'GET',
    path: '/v1/insights',
    tag: 'Closed conversations',
    summary: 'Absences and what became of them, and what another grace period would have changed',
    description:
      'Of the conversations that were closed in a time, without ids. Made of the list of closed conversations at every call, so ' +
      'it is the same however often it is asked, and has what is not erased.',
    access: 'an operator',
    query: z.object({
      from: moment
        .exactOptional()
        .describe('Closed at this moment or later; a day before `to`, if it is left out.'),
      to: moment
        .exactOptional()
        .describe('Closed before this moment; now, if it is left out. At most 92 days behind `from`.'),
      queue: plainName.exactOptional().describe('Only conversations of this queue.'),
      device: z.enum(DEVICE_CLASSES).exactOptional().describe('Only absences of connections of this device.'),
      grace: durationBetween('PT1S', 'P1D')
        .exactOptional()
        .describe('What if every grace period were this one.'),
    }),
    answer: answer('What is counted.', INSIGHTS, {
      from: '2026-03-01T00:00:00.000Z',
      to: '2026-03-02T00:00:00.000Z',
      complete: true,
      conversations: 120,
      unreadable: 0,
      notRecorded: 0,
      neverConnected: 1,
      lengths: ['PT2S', 'PT10S', 'PT1M', 'PT3M'],
      absences: [
        {
          ...{ day: '2026-03-01', queue: 'sales', device: 'phone', otherwise: 1, extended: 2 },
          ...{ returned: [30, 12, 6, 2, 0], ended: [0, 0, 0, 0, 4] },
        },
      ],
      outcomes: { returned: 50, ended: 4, otherwise: 1, extended: 2 },
      reconnectRate: 0.926,
      timeToReturn: { p50: 'PT1.2S', p95: 'PT1M4S', max: 'PT2M50S' },
      lateness: { p50: 'PT0.12S', p95: 'PT1.1S', max: 'PT1.4S' },
      whatIf: { grace: 'PT1M30S', ended: 4, cost: 2, savedAtLeast: 0, savedAtMost: 0 },
    }),
    run: async ({ query }, { closedConversations, now }: InsightsServices) => {
      const { queue, device, grace, to = now() } = query;
      let { from = to - DAY } = query;
      if (from >= to || to - from > LONGEST)
        throw new InvalidInputError('query.from', 'must be before `to`, by at most 92 days');
      const figures = createInsights({ device, grace });
      const until = now() + MOST_TIME;
      let [unreadable, pages, token]: [number, number, string | undefined] = [0, 0, undefined];
      let countedTo = to;
      do {
        const page: Awaited<ReturnType<ClosedConversations['list']>> = await closedConversations.list({
          ...{ from, to, queue, limit: PAGE, continuationToken: token },
        });
        figures.add(page.items);
        countedTo = page.items.at(-1)?.closedAt ?? countedTo;
        unreadable += page.unreadable.length;
        pages += 1;
        token = page.continuationToken;
        // Prevents: a queue that has few conversations of many is looked for through all of them, while the host waits.
      } while (token !== undefined && pages < MOST_PAGES && now() < until);
      // The latest come first: what is counted is whole back to the last one.
      if (token !== undefined) from = countedTo;
      const { groups, ...insights } = figures.result();
      const total = (of: 'returned' | 'ended') => sum(groups.flatMap((group) => group[of]));
      const [returned, ended] = [total('returned'), total('ended')];
      return {
        ...insights,
        ...{ from, to, unreadable, complete: token === undefined, lengths: [...LENGTHS] },
        absences: groups.map((group) => ({
          ...group,
          returned: [...group.returned],
          ended: [...group.ended],
        })),
        outcomes: {
          ...{ returned, ended },
          otherwise: sum(groups.map(({ otherwise }) => otherwise)),
          extended: sum(groups.map(({ extended }) => extended)),
        },
        reconnectRate: returned + ended === 0 ? undefined : returned / (returned + ended),
      };
    },
  }),
];
