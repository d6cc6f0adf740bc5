import { differences, readFacts, type Facts } from './facts';
import { messageOf } from './failures';
import { patienceFor, reasonToSkip, type Scenario } from './scenario';
import { Stage, type Tell } from './stage';
import type { World } from './world';

/** What became of a scenario. `problem` is one line; `facts` are there when its conversation could be read. */
export type Verdict =
  | { readonly scenario: Scenario; readonly outcome: 'ok'; readonly facts: Facts }
  | {
      readonly scenario: Scenario;
      readonly outcome: 'failed';
      readonly problem: string;
      readonly facts?: Facts | undefined;
    }
  | { readonly scenario: Scenario; readonly outcome: 'skipped'; readonly because: string };

/** Plays the scenarios side by side; those that disturb others follow one by one. Never rejects. */
export function playAll(
  scenarios: readonly Scenario[],
  world: World,
  tell: Tell = () => undefined,
): Promise<Verdict>[] {
  const verdicts = new Map<Scenario, Promise<Verdict>>();
  let quiet: Promise<unknown>;
  for (const scenario of scenarios.filter(({ runsAlone }) => runsAlone !== true)) {
    verdicts.set(scenario, play(scenario, world, tell));
  }
  quiet = Promise.all(verdicts.values());
  for (const scenario of scenarios.filter(({ runsAlone }) => runsAlone === true)) {
    const alone = quiet.then(() => play(scenario, world, tell));
    verdicts.set(scenario, alone);
    quiet = alone;
  }
  return scenarios.map((scenario) => verdicts.get(scenario)!);
}

/**
 * The verdict by what the API says now. Asked when everything is over: a second notice, or the end of a
 * conversation that should have gone on, may come after its scenario.
 */
export async function readBack(verdict: Verdict, world: World): Promise<Verdict> {
  if (verdict.outcome !== 'ok') return verdict;
  const { scenario, facts } = verdict;
  try {
    return await judge(scenario, facts.conversationId, world);
  } catch (thrown) {
    return { scenario, outcome: 'failed', problem: messageOf(thrown), facts };
  }
}

async function play(scenario: Scenario, world: World, tell: Tell): Promise<Verdict> {
  const because = reasonToSkip(scenario, world);
  if (because !== undefined) return { scenario, outcome: 'skipped', because };
  const patienceMs = patienceFor(scenario.expected, world.patienceMs);
  const stage = new Stage({ ...world, patienceMs }, scenario.name, tell);
  try {
    return await judge(scenario, await scenario.run(stage), world);
  } catch (thrown) {
    const problem = messageOf(thrown);
    stage.tell(`FAILED: ${problem}`);
    return { scenario, outcome: 'failed', problem };
  }
}

async function judge(scenario: Scenario, conversationId: string, world: World): Promise<Verdict> {
  const facts = await readFacts(conversationId, world);
  const { expected } = scenario;
  const found = differences(facts, expected, patienceFor(expected, world.patienceMs));
  return found.length === 0
    ? { scenario, outcome: 'ok', facts }
    : { scenario, outcome: 'failed', problem: found.join('; '), facts };
}
