import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ConversationState, EndReason } from '../../../shared/conversation/conversation';
import { MINUTE, SECOND } from '../../../shared/conversation/time';
import { ANNA, GRACE } from '../../support/domain/builders';
import { policies } from '../../support/domain/policies';
import { RUNS } from '../../support/domain/runs';
import { PROMPT, World, type Delivery, type Socket } from '../../support/domain/world';

/**
 * Invariant 5: whatever the service does to the order, the number and the delay of its events, a story ends as if
 * every event had come once and at once. What "ends as" means is told by the story itself, in true times.
 *
 * An absence is clearly shorter than the grace period (so that the return is heard of before the deadline) or
 * clearly longer: no delay can turn one into the other.
 */
const LONGEST_DELAY = 20 * SECOND;
const LONGEST_START = 5 * SECOND;
const SHORT_AWAY = { min: 1, max: GRACE - LONGEST_DELAY - LONGEST_START - 2 * SECOND };
/** A timer that fires late is taken for an outage, after which the customer may still come back for a minute. */
const LONG_AWAY = { min: GRACE + LONGEST_DELAY + 10 * SECOND + MINUTE, max: 3 * GRACE };

/** Some tabs, opened at about the same time; then nobody is there for a while. */
interface Visit {
  readonly tabs: readonly { readonly from: number; readonly length: number; readonly writesAfter: number }[];
  readonly away: number;
}

interface Story {
  readonly visits: readonly Visit[];
  readonly agent: 'accepts' | 'is offered it' | 'none';
  readonly finish: 'stays' | 'leaves' | 'agent ends' | 'vanishes';
}

const visits: fc.Arbitrary<Visit> = fc.record({
  tabs: fc.array(
    fc.record({
      from: fc.integer({ min: 0, max: LONGEST_START }),
      length: fc.integer({ min: 10, max: 2 * MINUTE }),
      writesAfter: fc.integer({ min: 0, max: 2 * MINUTE }),
    }),
    { minLength: 1, maxLength: 3 },
  ),
  away: fc.oneof(
    { weight: 6, arbitrary: fc.integer(SHORT_AWAY) },
    { weight: 1, arbitrary: fc.integer(LONG_AWAY) },
  ),
});

const stories: fc.Arbitrary<Story> = fc.record({
  visits: fc.array(visits, { minLength: 1, maxLength: 4 }),
  agent: fc.constantFrom('accepts', 'is offered it', 'none'),
  finish: fc.constantFrom('stays', 'leaves', 'agent ends', 'vanishes'),
});

interface Scramble {
  readonly skew: number;
  readonly timerLag: number;
  readonly cancelsAreLost: boolean;
  readonly deliveries: readonly Delivery[];
}

const ORDERLY: Scramble = { skew: 0, timerLag: 0, cancelsAreLost: false, deliveries: [PROMPT] };

const scrambles: fc.Arbitrary<Scramble> = fc.record({
  skew: fc.integer({ min: -5 * MINUTE, max: 5 * MINUTE }),
  timerLag: fc.integer({ min: 0, max: 5 * SECOND }),
  cancelsAreLost: fc.boolean(),
  deliveries: fc.array(
    fc.record({
      copies: fc.array(fc.integer({ min: 0, max: LONGEST_DELAY }), { minLength: 1, maxLength: 3 }),
      effectsFail: fc.boolean(),
    }),
    { minLength: 1, maxLength: 40, size: 'max' },
  ),
});

interface Ending {
  readonly state?: ConversationState;
  readonly reason?: EndReason;
  readonly notices: number;
}

/** What must become of a story, from its true times alone. */
function truthOf({ visits, agent, finish }: Story): Ending {
  const ended = (reason: EndReason): Ending => ({
    state: agent === 'accepts' ? 'WrapUp' : 'Closed',
    reason,
    notices: 1,
  });
  const leftFor = visits.slice(0, -1).map(({ away }) => away);
  if (finish === 'vanishes' || leftFor.some((away) => away > GRACE)) return ended('customer-disconnected');
  if (finish === 'leaves') return ended('customer-ended');
  if (finish === 'agent ends' && agent === 'accepts') return ended('agent-ended');
  // An offer that nobody accepts is back in the queue by then.
  return { state: agent === 'accepts' ? 'Active' : 'Open', notices: 0 };
}

function play({ visits, agent, finish }: Story, { deliveries, ...options }: Scramble): Ending {
  const world = new World({
    ...options,
    policies: policies({ grace: GRACE, wrapUpAutoClose: 'never' }),
    onStep: () => {},
  });
  let events = 0;
  const next = (): Delivery => deliveries[(events += 1) % deliveries.length] ?? PROMPT;

  visits.forEach(({ tabs, away }, number) => {
    const start = world.now;
    const acts = tabs.flatMap(({ from, length, writesAfter }) => {
      let socket: Socket | undefined;
      return [
        { at: start + from, act: () => void (socket = world.open(next())) },
        { at: start + from + Math.min(writesAfter, length), act: () => world.write(socket, next()) },
        { at: start + from + length, act: () => world.close(socket, next()) },
      ];
    });
    inOrder(world, acts);
    if (number === 0 && agent === 'accepts') world.handle({ type: 'agent-accepted', ...ANNA });
    if (number === 0 && agent === 'is offered it') world.handle({ type: 'agent-offered', ...ANNA });
    if (number < visits.length - 1) world.wait(away);
  });
  if (finish !== 'vanishes') {
    world.open(next());
    world.wait(LONGEST_DELAY + SECOND);
  }
  if (finish === 'leaves') world.leave(next());
  if (finish === 'agent ends') world.handle({ type: 'agent-ended', agentId: ANNA.agentId });
  world.settle();

  const { conversation, transcript } = world;
  return {
    ...(conversation && { state: conversation.state }),
    ...(conversation?.end && { reason: conversation.end.reason }),
    notices: transcript.filter((entry) => entry.kind === 'notice' && entry.reason !== undefined).length,
  };
}

function inOrder(world: World, acts: readonly { readonly at: number; readonly act: () => void }[]): void {
  for (const { at, act } of [...acts].sort((one, other) => one.at - other.at)) {
    world.wait(Math.max(0, at - world.now));
    act();
  }
}

describe('invariant 5: eventual equality', () => {
  it('an orderly story ends as its true times say', () => {
    fc.assert(
      fc.property(stories, (story) => {
        expect(play(story, ORDERLY)).toEqual(truthOf(story));
      }),
      RUNS,
    );
  });

  it('a story ends the same when its events are doubled, reordered and late', () => {
    fc.assert(
      fc.property(stories, scrambles, (story, scramble) => {
        expect(play(story, scramble)).toEqual(truthOf(story));
      }),
      RUNS,
    );
  });
});
