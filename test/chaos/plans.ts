import type { ChaosOptions } from './options';
import { planMass } from './plan/mass-plan';
import { planRun, RUNS_PER_STACK, type Plan } from './plan/plan';
import { drawStackPlan } from './plan/stack-faults';

/** Seconds instead of minutes: everything else is scaled to it. */
export const GRACE_MS = 3_000;

/** One plan for each stack. */
export function plansOf({ seed, runs, only, mass }: ChaosOptions): Plan[] {
  const stackOf = (run: number) => Math.floor(run / RUNS_PER_STACK);
  const wanted = only === undefined ? Array.from({ length: runs }, (_, run) => run) : [only];
  const plans = [...new Set(wanted.map(stackOf))].map((stack) => ({
    graceMs: GRACE_MS,
    stack: drawStackPlan(seed, stack, GRACE_MS),
    conversations: wanted
      .filter((run) => stackOf(run) === stack)
      .flatMap((run) => planRun(seed, run, GRACE_MS)),
    isMass: false,
    again: (run: number) => `npm run chaos -- --seed ${seed} --only ${run}`,
  }));
  return mass > 0 && only === undefined ? [planMass(seed, mass), ...plans] : plans;
}
