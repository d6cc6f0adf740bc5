import { setTimeout as delay } from 'node:timers/promises';
import { Api } from '../e2e/api';
import { Agent } from '../e2e/participants/agent';
import { Customer } from './customers/customer';
import { playSteps, type Shared } from './customers/play-steps';
import { isOpen, type Observed } from './model/observed';
import { judgeWhenSettled, type Judged } from './model/settle';
import type { Plan } from './plan/plan';
import { startChaosStack, type ChaosStack } from './stack/chaos-stack';
import { Network } from './stack/network';
import { playStackFaults } from './stack/play-stack-faults';
import { Tally } from './stack/tally';

/** What became of a plan. */
export interface Played {
  readonly plan: Plan;
  readonly judged: readonly Judged[];
  readonly tally: Tally;
  readonly startedAt: number;
  /** What happened to the stack, and what the host wrote. */
  readonly timeline: Observed['timeline'];
  readonly output: readonly string[];
  /** What must not happen to a stack, whatever became of the conversations. */
  readonly violations: readonly string[];
}

/** Brings a stack up, plays all conversations and faults of the plan on it, waits until it has settled, and judges. */
export async function playPlan(plan: Plan): Promise<Played> {
  const { graceMs, stack, conversations } = plan;
  const tally = new Tally();
  let startedAt = Date.now();
  const network = new Network(graceMs, tally, () => Date.now() - startedAt);
  const chaos = await startChaosStack(graceMs, {
    clockOffsetMs: stack.clockOffsetMs,
    onEvent: network.onAttempt,
  });
  const customers = conversations.map(({ name, run }) => ({
    ...{
      name,
      run,
      sockets: [],
      knocks: [],
      messages: [],
      timeline: [],
      accepted: false,
      closed: false,
      faults: [],
    },
  }));
  let all: Customer[] = [];
  let agent: Agent | undefined;
  try {
    const { functionsUrl, functionKey, webPubSub } = chaos.stack;
    webPubSub.control.faults.intercept = network.intercept;
    const api = new Api(functionsUrl, functionKey);
    agent = await Agent.signIn(api, 'chaos', 'Ada');
    if (stack.clockOffsetMs !== 0) tally.add(`clock wrong by ${stack.clockOffsetMs / 60_000} min`);

    const timeline: Played['timeline'][number][] = [];
    const violations: string[] = [];
    const around = { api, agent, cut: (id: string) => void webPubSub.control.dropTransport(id) };
    all = customers.map((seen, at) => {
      const faults = conversations[at]!.eventFaults;
      return new Customer(seen, { ...around, onBegun: (begun) => network.add(begun, faults) });
    });
    const shared = { graceMs, massDrop: massDrop(plan, all, chaos, tally) };
    startedAt = Date.now();
    const faults = playStackFaults(stack.faults, {
      ...{ chaos, network, tally },
      note: (what) => timeline.push({ at: Date.now(), what }),
      violated: (what) => violations.push(what),
    });
    const stories = all.map((customer, at) =>
      playSteps(customer, conversations[at]!.steps, shared).catch((thrown: unknown) => {
        violations.push(`${customer.seen.name} could not be played: ${String(thrown)}`);
      }),
    );
    await Promise.all([faults, ...stories]);
    await delay(Math.max(0, network.busyUntil - Date.now()));
    timeline.push({ at: Date.now(), what: 'all faults and stories are over' });
    for (const socket of customers.flatMap(({ sockets }: Observed) => sockets)) {
      const toldAt = network.toldOf(socket.connectionId);
      if (toldAt !== undefined) socket.toldAt = toldAt;
    }
    const judged = await judgeWhenSettled(customers, agent, graceMs);
    return { plan, judged, tally, startedAt, timeline, output: chaos.output, violations };
  } finally {
    await Promise.all(all.map((customer) => customer.lose('all', 'close').catch(() => undefined)));
    await agent?.close();
    await chaos.stop();
  }
}

/** A barrier: when everybody who takes part has come, all connections are dropped at once. */
function massDrop(
  { conversations }: Plan,
  all: readonly Customer[],
  { stack }: ChaosStack,
  tally: Tally,
): Shared['massDrop'] {
  let awaited = conversations.filter(({ steps }) => steps.some((step) => step.do === 'mass-drop')).length;
  let open: () => void = () => undefined;
  const dropped = new Promise<void>((resolve) => (open = resolve));
  return () => {
    awaited -= 1;
    if (awaited === 0) {
      const now = Date.now();
      const lives = all.flatMap(({ seen }) => seen.sockets.filter(isOpen));
      for (const life of lives) life.lostFrom = now;
      tally.add('connections dropped at once', lives.length);
      stack.webPubSub.control.dropAll();
      open();
    }
    return dropped;
  };
}
