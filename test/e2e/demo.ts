import { buildApp } from '../../local/stack/build-app';
import { parseOptions, readCommandLine } from '../../local/stack/command-line';
import { SETTINGS_HELP } from '../../local/stack/settings';
import { ROOT } from '../../local/stack/stack';
import { ensureWebBuilt } from '../../scripts/web/build';
import { messageOf } from './failures';
import { GRACE, startLocalSystem, type LocalSystem } from './local-system';
import { playAll, readBack, type Verdict } from './play';
import { resultTable } from './report/table';
import { summary } from './report/lines';
import { timelineHeader, timelineLine } from './report/timeline';
import { SCENARIOS } from './scenarios';
import { until } from './waiting';
import { enterWorld, leaveWorld } from './world';

const USAGE = `Builds the app, starts everything on this machine, plays every scenario, and cleans up. It takes about a minute.

  npm run demo [-- --watch]

  --watch   tells the address of the page where customer and agent stand side by side, plays when the agent is online
            there, and stays until Ctrl-C

Ports are free ones, data is gone afterwards. Exit code 1 when a scenario fails.

${SETTINGS_HELP}
Also set: DISCONNECT_GRACE and AGENT_DISCONNECT_GRACE, which are short here.`;

const INTERRUPTED = 130;
let isInterrupted = false;

/** `npm run demo`: builds the app, starts everything on this machine, plays every scenario, and cleans up. */
async function demo(): Promise<number> {
  const startedAt = Date.now();
  console.log(
    `Building the app and starting Azurite, Web PubSub and the Functions host (grace period ${GRACE}) …`,
  );
  buildApp(ROOT);
  if (isWatched) await ensureWebBuilt(ROOT);
  const starting = startLocalSystem({
    ...(isWatched && { signInPort: 0 }),
    onUp: (part, address) => console.log(`  ${part.padEnd(10)}  ${address}`),
  });
  onSignal(() => starting.then((system) => system.stop()));
  const system = await starting;
  try {
    if (isWatched) await untilSomebodyWatches(system);
    const verdicts = await playTold(system, startedAt);
    if (isInterrupted) return INTERRUPTED;
    const failed = verdicts.some(({ outcome }) => outcome === 'failed');
    console.log(`\n${resultTable(verdicts)}\n${summary(verdicts)} in ${elapsed(startedAt)} s`);
    if (failed) console.error(['', 'Last words of the stack:', ...system.log.slice(-20)].join('\n'));
    if (isWatched) {
      console.log('Ctrl-C ends it.');
      await new Promise(() => undefined);
    }
    return failed ? 1 : 0;
  } finally {
    await system.stop();
  }
}

async function untilSomebodyWatches({ stack: { functionsUrl, webPubSub } }: LocalSystem): Promise<void> {
  console.log(
    `\nSee it: ${functionsUrl}/api/site/side-by-side/   (when its agent is online, customers come and go in the list there)`,
  );
  await until('an agent is online in the page', Infinity, () =>
    webPubSub.control.connections().some(({ userId }) => userId?.startsWith('agent.')),
  );
}

/** Plays with a line for every step. */
async function playTold({ worldOptions }: LocalSystem, startedAt: number): Promise<Verdict[]> {
  const world = await enterWorld(worldOptions);
  try {
    console.log(`\n${timelineHeader()}`);
    const played = await Promise.all(
      playAll(SCENARIOS, world, (moment) => {
        if (!isInterrupted) console.log(timelineLine(moment, startedAt));
      }),
    );
    return await Promise.all(played.map((verdict) => readBack(verdict, world)));
  } finally {
    await leaveWorld(world);
  }
}

/** Ctrl-C takes everything down, also while it is still coming up. */
function onSignal(stop: () => Promise<void>): void {
  const interrupt = (): void => {
    if (isInterrupted) return;
    isInterrupted = true;
    console.log('\nStopping …');
    void stop()
      .catch(() => undefined)
      .finally(() => process.exit(INTERRUPTED));
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
}

const elapsed = (since: number): string => ((Date.now() - since) / 1000).toFixed(1);

const { watch: isWatched } = readCommandLine('npm run demo', USAGE, (argv) =>
  parseOptions(argv, { watch: { type: 'boolean', default: false } }),
);
demo().then(
  (code) => process.exit(isInterrupted ? INTERRUPTED : code),
  (thrown: unknown) => {
    if (!isInterrupted) console.error(messageOf(thrown));
    process.exit(isInterrupted ? INTERRUPTED : 1);
  },
);
