import { messageOf } from './failures';
import { parseOptions, UsageError, USAGE } from './options';
import { playAll, readBack } from './play';
import { summary, verdictLine } from './report/lines';
import { SCENARIOS } from './scenarios';
import { enterWorld, leaveWorld } from './world';

const EXIT = { failed: 1, usage: 2 } as const;

/** `npm run e2e`: the scenarios as a suite against any running deployment. */
async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  const world = await enterWorld(options);
  try {
    console.error(`Playing the scenarios on ${options.functionsUrl}; most take its grace period …`);
    const played = await Promise.all(playAll(SCENARIOS, world));
    const verdicts = await Promise.all(played.map((verdict) => readBack(verdict, world)));
    for (const verdict of verdicts) console.log(verdictLine(verdict));
    console.log(summary(verdicts));
    return verdicts.some(({ outcome }) => outcome === 'failed') ? EXIT.failed : 0;
  } finally {
    await leaveWorld(world);
  }
}

// Explicit exit: nothing that is still under way, such as a reconnection of a client, is worth waiting for.
main().then(
  (code) => process.exit(code),
  (thrown: unknown) => {
    console.error(messageOf(thrown));
    if (!(thrown instanceof UsageError)) process.exit(EXIT.failed);
    console.error(`\n${USAGE}`);
    process.exit(EXIT.usage);
  },
);
