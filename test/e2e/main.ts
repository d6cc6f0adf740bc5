import { readCommandLine } from '../../local/stack/command-line';
import { messageOf } from './failures';
import { parseOptions, USAGE } from './options';
import { playAll, readBack } from './play';
import { summary, verdictLine } from './report/lines';
import { SCENARIOS } from './scenarios';
import { SHORTEST_PATIENCE_S, WAIT_FOR_A_LOSS } from './stage';
import { enterWorld, leaveWorld } from './world';

const FAILED = 1;

/** `npm run e2e`: the scenarios as a suite against any running deployment. */
async function main(): Promise<number> {
  const options = readCommandLine('npm run e2e', USAGE, parseOptions);
  const world = await enterWorld(options);
  try {
    if (options.patienceMs < SHORTEST_PATIENCE_S * 1_000)
      console.error(`Some scenes may fail: ${WAIT_FOR_A_LOSS}.`);
    console.error(`Playing the scenarios on ${options.functionsUrl}; most take its grace period …`);
    const played = await Promise.all(playAll(SCENARIOS, world));
    const verdicts = await Promise.all(played.map((verdict) => readBack(verdict, world)));
    for (const verdict of verdicts) console.log(verdictLine(verdict));
    console.log(summary(verdicts));
    return verdicts.some(({ outcome }) => outcome === 'failed') ? FAILED : 0;
  } finally {
    await leaveWorld(world);
  }
}

// Explicit exit: nothing that is still under way, such as a reconnection of a client, is worth waiting for.
main().then(
  (code) => process.exit(code),
  (thrown: unknown) => {
    console.error(messageOf(thrown));
    process.exit(FAILED);
  },
);
