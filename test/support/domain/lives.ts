import fc from 'fast-check';
import { DEADLINE_KINDS } from '../../../shared/conversation/conversation';
import { MINUTE, SECOND } from '../../../shared/conversation/time';
import type { PolicyTable } from '../../../shared/policies/policy';
import { ANNA, BEN, GRACE } from './builders';
import { policies } from './policies';
import { World, type Delivery, type Step } from './world';

/** One thing that happens in a random life. */
export type Happening = { readonly name: string; readonly happen: (world: World) => void };

export interface Life {
  readonly skew: number;
  readonly timerLag: number;
  readonly cancelsAreLost: boolean;
  readonly policies: PolicyTable;
  readonly workstream: string;
  readonly happenings: readonly Happening[];
}

const delay = fc.oneof(
  { weight: 3, arbitrary: fc.constant(0) },
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 5 * SECOND }) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 100 * SECOND }) },
);

/** Late, doubled, reordered; lost only where a property allows it. */
const delivery = (losses: boolean): fc.Arbitrary<Delivery> =>
  fc.record({
    copies: fc.array(delay, { minLength: losses ? 0 : 1, maxLength: 3 }),
    effectsFail: fc.boolean(),
  });

const pause = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 2 * SECOND }) },
  { weight: 3, arbitrary: fc.integer({ min: 0, max: MINUTE }) },
  { weight: 1, arbitrary: fc.integer({ min: 2 * MINUTE, max: 5 * MINUTE }) },
);

const agent = fc.constantFrom(ANNA, BEN);
const kind = fc.constantFrom(...DEADLINE_KINDS);

/** Policies that make the ways part. Live chat more often than not, for it has more to go wrong. */
const anyPolicies = fc
  .record({
    wrapUpCapacity: fc.constantFrom('always' as const, 'none' as const, 30 * SECOND, 20 * MINUTE),
    wrapUpAutoClose: fc.constantFrom('never' as const, 2 * MINUTE, 15 * MINUTE),
    openAutoClose: fc.constantFrom('never' as const, 4 * MINUTE, 20 * MINUTE),
    openAutoCloseWhileConnected: fc.boolean(),
    agentGrace: fc.constantFrom(SECOND, MINUTE),
    offerTimeout: fc.constantFrom('never' as const, 5 * SECOND, MINUTE),
    reconnect: fc.boolean(),
    reconnectTimeLimit: fc.constant(5 * MINUTE),
  })
  .map((changes) => policies({ grace: GRACE, ...changes }));

function happening(losses: boolean): fc.Arbitrary<Happening> {
  const of = <T>(
    weight: number,
    name: string,
    arbitrary: fc.Arbitrary<T>,
    act: (world: World, value: T) => void,
  ) => ({
    weight,
    arbitrary: arbitrary.map((value): Happening => ({
      name: `${name} ${JSON.stringify(value)}`,
      happen: (world) => act(world, value),
    })),
  });
  const index = fc.nat(50);
  const delivered = delivery(losses);
  return fc.oneof(
    of(8, 'wait', pause, (world, length) => world.wait(length)),
    of(6, 'open', delivered, (world, how) => world.open(how)),
    of(6, 'close', fc.tuple(index, delivered), (world, [which, how]) =>
      world.close(world.someSocket(which), how),
    ),
    of(3, 'write', fc.tuple(index, delivered), (world, [which, how]) =>
      world.write(world.someSocket(which), how),
    ),
    of(1, 'handshake fails', delivered, (world, how) => world.open(how, true)),
    of(1, 'ask for a socket', fc.constant(0), (world) => world.handle({ type: 'customer-returning' })),
    of(1, 'come by a link', fc.tuple(fc.nat(2), fc.constantFrom('one', 'two')), (world, [uses, key]) =>
      world.handle({ type: 'link-used', uses, key }),
    ),
    of(1, 'leave', delivered, (world, how) => world.leave(how)),
    of(2, 'replay', index, (world, which) => world.replay(which)),
    of(1, 'fire', fc.tuple(kind, fc.integer({ min: 0, max: 6 })), (world, [what, number]) => {
      world.handle({ type: 'deadline-reached', kind: what, number });
    }),
    of(1, 'offer', agent, (world, who) => world.handle({ type: 'agent-offered', ...who })),
    of(1, 'decline', agent, (world, { agentId }) => world.handle({ type: 'agent-declined', agentId })),
    of(1, 'release', agent, (world, { agentId }) => world.handle({ type: 'agent-released', agentId })),
    of(1, 'transfer', agent, (world, { agentId }) =>
      world.handle({ type: 'agent-transferred', agentId, queue: 'other' }),
    ),
    of(1, 'extend the wait', fc.tuple(agent, fc.integer({ min: 1, max: 20 })), (world, [who, minutes]) =>
      world.handle({
        type: 'wait-extended',
        agentId: who.agentId,
        by: minutes * MINUTE,
        key: `${world.now}.${minutes}`,
      }),
    ),
    of(1, 'end the wait', agent, (world, { agentId }) => world.handle({ type: 'wait-ended', agentId })),
    of(1, 'agent goes', fc.tuple(agent, delivered), (world, [{ agentId }, how]) =>
      world.agentSocket(agentId, false, how),
    ),
    of(1, 'agent comes', fc.tuple(agent, delivered), (world, [{ agentId }, how]) =>
      world.agentSocket(agentId, true, how),
    ),
    of(1, 'check', fc.constant(null), (world) => world.handle({ type: 'presence-checked' })),
    of(1, 'queue place', fc.integer({ min: 1, max: 3 }), (world, position) =>
      world.handle({ type: 'queue-position-known', position }),
    ),
    of(2, 'accept', agent, (world, who) => world.handle({ type: 'agent-accepted', ...who })),
    of(1, 'agent writes', agent, (world, who) => world.agentWrites(who.agentId)),
    of(1, 'agent ends', agent, (world, who) => world.handle({ type: 'agent-ended', agentId: who.agentId })),
    of(1, 'agent closes', agent, (world, who) =>
      world.handle({ type: 'agent-closed', agentId: who.agentId }),
    ),
  );
}

export const lives = ({ losses }: { losses: boolean }): fc.Arbitrary<Life> =>
  fc.record({
    skew: fc.integer({ min: -5 * MINUTE, max: 5 * MINUTE }),
    timerLag: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: MINUTE })),
    cancelsAreLost: fc.boolean(),
    policies: anyPolicies,
    workstream: fc.constantFrom('default', 'default', 'default', 'persistent'),
    // At most 40 messages and 20 closed sockets, so nothing is forgotten: the bounds have tests of their own.
    happenings: fc.array(happening(losses), { minLength: 1, maxLength: 40, size: 'max' }),
  });

/** Lives a life from its first `connect` until every late delivery and timer has run. */
export function live(life: Life, onStep: (step: Step, world: World) => void = () => {}): World {
  const world = new World({ ...life, onStep });
  world.open({ copies: [0], effectsFail: false });
  for (const { happen } of life.happenings) happen(world);
  world.settle();
  return world;
}

/** Shows a life in a failure report. */
export const story = (life: Life): string =>
  [
    `skew ${life.skew} ms, timers ${life.timerLag} ms late${life.cancelsAreLost ? ', cancels lost' : ''}`,
    `${life.workstream} ${JSON.stringify(life.policies.base)}`,
    ...life.happenings.map(({ name }) => name),
  ].join('\n');
