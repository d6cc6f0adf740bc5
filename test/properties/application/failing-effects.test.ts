import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { hasEnded } from '../../../shared/conversation/conversation';
import type { ConversationEvent } from '../../../shared/conversation/inputs';
import { MINUTE, SECOND } from '../../../shared/conversation/time';
import { sameItem, workListItem } from '../../../shared/conversation/work-list';
import { policies } from '../../support/domain/policies';
import { RUNS } from '../../support/domain/runs';
import type { Operation } from '../../support/memory-ports';
import {
  accepted,
  agentClosed,
  agentEnded,
  connect,
  connected,
  disconnected,
  GRACE,
  ID,
  left,
  message,
  offered,
  run,
  scene,
  type Scene,
} from '../../unit/application/scene';

/**
 * Lives in which what comes after a save fails: pushes, timers, rows, capacity. The same event may come again, or another
 * one first, or none. Afterwards everything works, and reconciliation has had everybody's turn.
 */

const EFFECTS: readonly Operation[] = [
  'push',
  'close-customer-connections',
  'start-timer',
  'cancel-timer',
  'put-work-list',
  'remove-work-list',
  'release-capacity',
];
const TABS = ['tab-a', 'tab-b', 'tab-c'] as const;
const OF_AGENTS: Readonly<Record<string, ConversationEvent>> = {
  accepted: accepted(),
  offered: offered(),
  agentEnded,
  agentClosed,
  released: { type: 'agent-released', agentId: 'ann' },
  capacityReleased: { type: 'deadline-reached', kind: 'capacity-release', number: 1 },
};

const tab = fc.constantFrom(...TABS);
const step = fc.oneof(
  fc.record({ do: fc.constant('arrive' as const), tab }),
  fc.record({ do: fc.constant('lose' as const), tab }),
  fc.record({ do: fc.constant('write' as const), tab, id: fc.nat(9) }),
  fc.record({ do: fc.constant('leave' as const) }),
  fc.record({ do: fc.constant('agent' as const), event: fc.constantFrom(...Object.keys(OF_AGENTS)) }),
  fc.record({
    do: fc.constant('fail' as const),
    what: fc.constantFrom(...EFFECTS),
    times: fc.integer({ min: 1, max: 6 }),
  }),
  fc.record({ do: fc.constant('recover' as const) }),
  fc.record({ do: fc.constant('reconcile' as const) }),
  fc.record({ do: fc.constant('wait' as const), seconds: fc.integer({ min: 1, max: 400 }) }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** As the service delivers: twice at most here, then the event is lost. Whether it got through. */
async function deliver({ handle }: Scene, event: ConversationEvent): Promise<boolean> {
  for (let attempt = 0; attempt < 2; attempt += 1) {
    try {
      return (await handle(event)).kind === 'accepted';
    } catch {
      // Repeated.
    }
  }
  return false;
}

async function take(made: Scene, step: Step): Promise<void> {
  const { world, clock } = made;
  const sockets = world.socketsOf(ID);
  switch (step.do) {
    case 'arrive':
      if (sockets.has(step.tab) || !(await deliver(made, connect))) return;
      world.open(ID, step.tab);
      await deliver(made, connected(step.tab, clock.now));
      return;
    case 'lose':
      if (!sockets.has(step.tab)) return;
      world.lose(ID, step.tab);
      await deliver(made, disconnected(step.tab, clock.now));
      return;
    case 'write':
      if (sockets.has(step.tab)) await deliver(made, message(`m-${step.id}`, step.tab));
      return;
    case 'leave':
      if (sockets.size > 0) await deliver(made, left);
      return;
    case 'agent':
      // An agent's request is repeated by nobody but the agent.
      await made.handle(OF_AGENTS[step.event]!).catch(() => undefined);
      return;
    case 'fail':
      world.fail(step.what, step.times);
      return;
    case 'recover':
      world.recover();
      return;
    case 'reconcile':
      await run(made);
      return;
    case 'wait':
      clock.now += step.seconds * SECOND;
  }
}

async function live(steps: readonly Step[]) {
  const made = scene();
  const { world, clock } = made;
  world.operatorSettings = { policies: policies({ grace: GRACE, wrapUpCapacity: MINUTE }), messages: [] };
  for (const each of steps) {
    await take(made, each);
    clock.now += SECOND;
  }
  world.recover();
  for (let minute = 0; minute < 40; minute += 1) {
    clock.now += MINUTE;
    await run(made);
  }
  return { world, conversation: world.conversationIfAny(ID) };
}

const everyLife = (law: (lived: Awaited<ReturnType<typeof live>>) => void) =>
  fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 25 }), async (steps) =>
      law(await live(steps)),
    ),
    RUNS,
  );

describe('whatever fails after a save, and whatever comes next', () => {
  test('the agents hear of every end, the customer’s sockets are closed, and there is one notice at most', async () => {
    const ends = { all: 0 };
    await everyLife(({ world, conversation }) => {
      if (conversation === undefined || !hasEnded(conversation)) return;
      ends.all += 1;
      const types = [...world.told].map((told) => JSON.parse(told) as [{ to: string }, { type: string }]);
      const toAgents = types.filter(([{ to }]) => to === 'agents').map(([, { type }]) => type);
      expect(toAgents.filter((type) => /^conversation-(ended|closed)$/.test(type))).not.toEqual([]);
      expect(world.socketsOf(ID).size).toBe(0);
      expect(world.noticesOf(ID).length).toBeLessThanOrEqual(1);
    });
    // The generator gets there.
    expect(ends.all).toBeGreaterThan(RUNS.numRuns / 10);
  });

  test('whoever is gone is ended, and the list shows what is', async () => {
    await everyLife(({ world, conversation }) => {
      if (conversation === undefined) return expect(world.listed.size).toBe(0);
      if (world.socketsOf(ID).size === 0) expect(hasEnded(conversation)).toBe(true);
      expect(sameItem(world.listed.get(ID), workListItem(conversation))).toBe(true);
    });
  });
});
