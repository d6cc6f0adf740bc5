import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { closedConversation } from '../../../shared/closed-conversations/closed-conversation';
import { type DeviceClass, LIMITS } from '../../../shared/conversation/conversation';
import { type Milliseconds, MINUTE, SECOND } from '../../../shared/conversation/time';
import { type Counted, createInsights, LENGTHS, OTHER_QUEUES } from '../../../shared/insights/insights';
import {
  connected,
  connectedCustomer,
  change,
  afterStart,
  disconnected,
} from '../../support/domain/builders';
import { live, lives } from '../../support/domain/lives';
import { stepOf } from '../../support/part-of';
import type { Step } from '../../support/domain/world';

/** What a bystander writes down, who sees the state before and after every event, and nothing that is recorded in it. */
interface Seen {
  readonly number: number;
  readonly isFirst: boolean;
  readonly wait: Milliseconds;
  since: number;
  deadline: number;
  byAgent: boolean;
  outcome?: 'returned' | 'ended' | 'otherwise';
  at?: number;
}
interface Life {
  readonly seen: Seen[];
  knocked?: number;
  closedAt?: number;
}

function watch(step: Step, life: Life): void {
  const { before, after, event, now, decision } = step;
  const gone = before?.disconnection;
  const running = after?.disconnection;
  const last = life.seen.at(-1);
  if (gone && running?.number !== gone.number && last) {
    const isEnd = after?.end !== undefined;
    last.at = now;
    last.outcome = !isEnd ? 'returned' : after.end.reason === 'customer-disconnected' ? 'ended' : 'otherwise';
  }
  if (running && running.number !== gone?.number) {
    life.seen.push({
      ...{ number: running.number, isFirst: running.reason === 'not-yet-connected', byAgent: false },
      ...{ wait: running.deadline - running.since, since: running.since, deadline: running.deadline },
    });
  } else if (running && last) {
    last.since = running.since;
    last.deadline = running.deadline;
    if (event.type === 'wait-extended' && decision.kind === 'changed' && event.by > 0) last.byAgent = true;
  }
  const knocks = event.type === 'connect' || event.type === 'customer-returning';
  if (knocks && before?.end?.reason === 'customer-disconnected') life.knocked ??= now;
}

const STORIES = 1_000 / stepOf(2);
const stories: { readonly life: Life; readonly counted: Counted }[] = [];
beforeAll(() => {
  for (let seed = 20_260_301; stories.length < STORIES; seed += 1) {
    for (const one of fc.sample(lives({ losses: false }), { numRuns: 100, seed })) {
      const life: Life = { seen: [] };
      const { conversation } = live(one, (step) => watch(step, life));
      const closed = conversation && closedConversation(conversation);
      if (closed && stories.length < STORIES) stories.push({ life, counted: closed });
    }
  }
});

/** Counted page by page, as the route does. */
function insightsOf(all: readonly Counted[], wanted: Parameters<typeof createInsights>[0]) {
  const figures = createInsights(wanted);
  for (let i = 0; i < all.length; i += 7) figures.add(all.slice(i, i + 7));
  return figures.result();
}

const lengthOf = ({ since, at = since }: Seen) => Math.max(0, at - since);
const rank = (share: number, all: number[]) =>
  all.sort((a, b) => a - b)[Math.max(0, Math.ceil(share * all.length) - 1)];

describe('figures of random stories, against what a bystander saw [R264]', () => {
  const losses = () => stories.flatMap(({ life }) => life.seen.filter(({ isFirst }) => !isFirst));

  it('there is enough of everything to compare', () => {
    expect(stories).toHaveLength(STORIES);
    for (const outcome of ['returned', 'ended', 'otherwise']) {
      expect(losses().filter((one) => one.outcome === outcome).length).toBeGreaterThan(10);
    }
    expect(stories.filter(({ life }) => life.knocked !== undefined).length).toBeGreaterThan(5);
    expect(losses().some(({ byAgent }) => byAgent)).toBe(true);
  });

  it('outcomes, histograms, percentiles and extensions are exact', () => {
    const got = insightsOf(
      stories.map(({ counted }) => counted),
      {},
    );
    const histogram = (outcome: Seen['outcome']) => {
      const counts = [...LENGTHS, 0].map(() => 0);
      for (const one of losses().filter((loss) => loss.outcome === outcome)) {
        const place = LENGTHS.filter((bound) => lengthOf(one) > bound).length;
        counts[place] = counts[place]! + 1;
      }
      return counts;
    };
    const total = (of: 'returned' | 'ended') =>
      [...LENGTHS, 0].map((_, place) => got.groups.reduce((all, group) => all + group[of][place]!, 0));
    expect([total('returned'), total('ended')]).toEqual([histogram('returned'), histogram('ended')]);
    const all = (of: 'otherwise' | 'extended') => got.groups.reduce((sum, group) => sum + group[of], 0);
    expect(all('otherwise')).toBe(losses().filter(({ outcome }) => outcome === 'otherwise').length);
    expect(all('extended')).toBe(losses().filter(({ byAgent }) => byAgent).length);
    const back = losses()
      .filter(({ outcome }) => outcome === 'returned')
      .map(lengthOf);
    expect(got.timeToReturn).toEqual({ p50: rank(0.5, back), p95: rank(0.95, back), max: rank(1, back) });
    const late = stories
      .flatMap(({ life }) => life.seen)
      .filter(({ outcome }) => outcome === 'ended')
      .map(({ at = 0, deadline }) => Math.max(0, at - deadline));
    expect(got.lateness).toEqual({ p50: rank(0.5, late), p95: rank(0.95, late), max: rank(1, late) });
    const first = stories.flatMap(({ life }) => life.seen).filter(({ isFirst }) => isFirst);
    expect(got.neverConnected).toBe(first.filter(({ outcome }) => outcome === 'ended').length);
    expect([got.conversations, got.notRecorded]).toEqual([stories.length, 0]);
  });

  it.each([SECOND, 30 * SECOND, MINUTE, 90 * SECOND, 3 * MINUTE, 5 * MINUTE, 60 * MINUTE])(
    'what if the grace were %i ms is exact, and its bounds hold what is known',
    (grace) => {
      const fates = stories.map(({ life }) => {
        const ended = life.seen.some(({ isFirst, outcome }) => !isFirst && outcome === 'ended');
        let [certain, possible] = [false, false];
        for (const one of life.seen) {
          if (one.isFirst || one.outcome === 'otherwise' || one.at === undefined) continue;
          const until = one.since + grace + (one.deadline - one.since - one.wait);
          if (one.outcome === 'returned' && one.at >= until) certain = true;
          if (one.outcome === 'ended') {
            const isLonger = until > one.deadline;
            if (!isLonger || (life.knocked !== undefined && life.knocked >= until)) certain = true;
            else possible = life.knocked === undefined;
          }
        }
        return { ended, certain, possible: possible && !certain };
      });
      const count = (which: (fate: (typeof fates)[number]) => boolean) => fates.filter(which).length;
      const { whatIf } = insightsOf(
        stories.map(({ counted }) => counted),
        { grace },
      );
      expect(whatIf).toEqual({
        grace,
        ended: count(({ ended }) => ended),
        cost: count(({ ended, certain }) => !ended && certain),
        savedAtLeast: count(({ ended, certain, possible }) => ended && !certain && !possible),
        savedAtMost: count(({ ended, certain }) => ended && !certain),
      });
    },
  );

  it('of one device count that device alone, and of all together the sum', () => {
    const all = stories.map(({ counted }) => counted);
    const devices: readonly DeviceClass[] = ['phone', 'tablet', 'desktop', 'unknown'];
    const groupsOf = (device?: DeviceClass) => insightsOf(all, { device }).groups;
    for (const device of devices)
      expect(groupsOf(device).every((group) => group.device === device)).toBe(true);
    expect(devices.flatMap(groupsOf)).toHaveLength(groupsOf().length);
  });

  it('have no id, no name and no moment of anybody', () => {
    const text = JSON.stringify(
      insightsOf(
        stories.map(({ counted }) => counted),
        { grace: MINUTE },
      ),
    );
    expect(text).not.toMatch(/conversation-0001|Kim|anna|ben|4711/);
  });
});

it('losses that no record has any more are told as a number [R264]', () => {
  let conversation = connectedCustomer('tab-1');
  for (let n = 1; n <= LIMITS.absences + 3; n += 1) {
    const at = afterStart(60 * n);
    conversation = change(conversation, disconnected(`tab-${n}`, at), at).conversation;
    conversation = change(conversation, connected(`tab-${n + 1}`, at + 2_000), at + 2_000).conversation;
  }
  const { conversation: over } = change(conversation, { type: 'customer-left' }, afterStart(10_000));
  const closed = closedConversation(over);
  expect(insightsOf(closed ? [closed] : [], {}).notRecorded).toBe(4);
});

it('of more queues than anybody reads the largest are told one by one, and the others together [R264]', () => {
  const since = afterStart(0);
  const absence = {
    ...({ number: 2, since, deadline: since + MINUTE, reason: 'connection-lost', device: 'phone' } as const),
    ...({ outcome: 'reconnected', endedAt: since + SECOND } as const),
  };
  const ofQueue = (queue: string, losses: number): Counted => ({
    ...{ closedAt: since + MINUTE, queue, reason: 'customer-ended', disconnections: losses },
    absences: Array.from({ length: losses }, () => absence),
  });
  const made = Array.from({ length: 2_000 }, (_, n) => ofQueue(`made-up-${n}`, 1));
  const { groups } = insightsOf([...made, ofQueue('sales', 3)], {});
  // `sales` comes behind all the names that are remembered.
  expect(groups).toHaveLength(51);
  expect(insightsOf([ofQueue('sales', 3), ...made], {}).groups.map(({ queue }) => queue)).toContain('sales');
  const total = groups.reduce((all, { returned }) => all + returned.reduce((sum, one) => sum + one), 0);
  expect(total).toBe(2_003);
  const others = groups.find(({ queue }) => queue === OTHER_QUEUES);
  expect(others?.returned.reduce((sum, one) => sum + one)).toBe(2_003 - 50);
});
