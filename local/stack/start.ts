import { ensureWebBuilt } from '../../scripts/web/build';
import { parseStartArguments, START_USAGE, wayOut } from './arguments';
import { buildApp } from './build-app';
import { readCommandLine } from './command-line';
import { refuseTakenPorts } from './ports';
import { LOCAL_FUNCTION_KEY, ROOT, startStack } from './stack';

/** The page where customer and agent stand side by side. */
const SIDE_BY_SIDE = '/api/site/side-by-side/';

/** `npm start`: everything on this machine, until Ctrl-C. */
async function main(): Promise<void> {
  const { ports, inspectPort, dataDirectory } = readCommandLine(
    'npm start',
    START_USAGE,
    parseStartArguments,
  );
  await refuseTakenPorts({ ...ports, ...(inspectPort && { inspect: inspectPort }) }, 'npm start');
  console.log(
    `See it: http://localhost:${ports.functions}${SIDE_BY_SIDE}   (customer left, agent right; up in a moment)`,
  );
  buildApp(ROOT);
  await ensureWebBuilt(ROOT);
  let up = false;
  const stack = await startStack({
    dataDirectory,
    wayOut: wayOut('npm start'),
    ports: {
      functions: ports.functions,
      webPubSub: ports['web-pubsub'],
      blob: ports.blob,
      queue: ports.queue,
      table: ports.table,
    },
    signInPort: ports['sign-in'],
    ...(inspectPort && { inspectPort }),
    onUp: (part, address) => console.log(`${part.padEnd(11)} ${address}   (Ctrl-C stops it)`),
    // Before it is up, what the host writes is in the error it fails with.
    onHostOutput: (text) => {
      if (up) console.error(text.trimEnd());
    },
  });
  up = true;
  const url = stack.functionsUrl;
  console.log(
    `Try it: npm run e2e -- --functions ${url} --function-key ${LOCAL_FUNCTION_KEY} ` +
      `--web-pubsub "${stack.webPubSub.connectionString}"\nReady: ${url}${SIDE_BY_SIDE}`,
  );

  let stopping = false;
  const stop = () => {
    if (stopping) return;
    stopping = true;
    console.log('\nStopping …');
    stack.stop().then(
      () => process.exit(0),
      (error: unknown) => fail(error),
    );
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}

function fail(error: unknown): void {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
}

main().catch(fail);
