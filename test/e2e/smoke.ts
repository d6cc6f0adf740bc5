import { readCommandLine } from '../../local/stack/command-line';
import { messageOf } from './failures';
import { parseSmokeOptions, SMOKE_USAGE } from './options';
import { playAll, readBack } from './play';
import { summary } from './report/lines';
import { resultTable } from './report/table';
import { timelineHeader, timelineLine } from './report/timeline';
import { dropsWhenActive } from './scenarios/drops-when-active';
import { leaves } from './scenarios/leaves';
import { returnsInTime } from './scenarios/returns-in-time';
import { enterWorld, leaveWorld } from './world';

const FAILED = 1;

/** One loss, one return, one end. */
const SMOKE = [dropsWhenActive, returnsInTime, leaves];

/** `npm run smoke`: the first thing to play on a deployment. */
async function main(): Promise<number> {
  const options = readCommandLine('npm run smoke', SMOKE_USAGE, parseSmokeOptions);
  const startedAt = Date.now();
  const world = await enterWorld(options);
  try {
    console.log(
      `One loss, one return and one end on ${options.functionsUrl}. It takes the grace period and about a minute: 4 to 5 minutes, ` +
        `where that is 3.\n\n${timelineHeader()}`,
    );
    const played = await Promise.all(
      playAll(SMOKE, world, (moment) => console.log(timelineLine(moment, startedAt))),
    );
    const verdicts = await Promise.all(played.map((verdict) => readBack(verdict, world)));
    const took = `${((Date.now() - startedAt) / 1_000).toFixed(0)} s`;
    console.log(`\n${resultTable(verdicts)}\n${summary(verdicts)} in ${took}`);
    if (verdicts.every(({ outcome }) => outcome === 'ok')) return 0;
    console.error(
      `Its conversations: ${world.conversationIds.join(', ')}. What to look at: docs/FIRST-DEPLOYMENT.md`,
    );
    return FAILED;
  } finally {
    await leaveWorld(world);
  }
}

// Explicit exit: as for npm run e2e.
main().then(
  (code) => process.exit(code),
  (thrown: unknown) => {
    console.error(messageOf(thrown));
    process.exit(FAILED);
  },
);
