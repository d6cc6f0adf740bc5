import { buildApp } from '../../local/stack/build-app';
import { readCommandLine } from '../../local/stack/command-line';
import { ROOT } from '../../local/stack/stack';
import { parseChaosOptions, USAGE, type ChaosOptions } from './options';
import { playPlan, type Played } from './play-plan';
import { plansOf } from './plans';
import { isViolated, summary } from './report/summary';
import { violationReport } from './report/violation';

/** `npm run chaos`: exit code 1 on any violation, 2 when the options cannot be used. */
async function main(options: ChaosOptions): Promise<number> {
  const { seed } = options;
  const plans = plansOf(options);
  const startedAt = Date.now();
  buildApp(ROOT);
  const played: Played[] = [];
  for (const [at, plan] of plans.entries()) {
    const one = await playPlan(plan);
    played.push(one);
    const faults = plan.stack.faults.map(({ kind }) => kind).join(', ') || 'none';
    const verdict = isViolated(one) ? 'VIOLATED' : 'ok';
    const seconds = Math.round((Date.now() - startedAt) / 1_000);
    console.log(
      `stack ${at + 1} of ${plans.length}: ${one.judged.length} conversations, faults of the stack: ${faults}: ${verdict} (${seconds} s)`,
    );
    if (isViolated(one)) console.log(violationReport(one));
  }
  const crowds = played.filter(({ plan }) => plan.isMass);
  const others = played.filter(({ plan }) => !plan.isMass);
  if (crowds.length > 0) console.log(`\nseed ${seed}, mass drop\n${summary(crowds)}`);
  if (others.length > 0) console.log(`\nseed ${seed}\n${summary(others)}`);
  return played.some(isViolated) ? 1 : 0;
}

// Explicit exit: clients and timers that are still under way are not worth waiting for.
main(readCommandLine('npm run chaos', USAGE, parseChaosOptions)).then(
  (code) => process.exit(code),
  (thrown: unknown) => {
    console.error(thrown);
    process.exit(1);
  },
);
