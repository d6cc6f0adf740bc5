import { cliOptions, USAGE, UsageError } from './cli-options';
import { startWebPubSub } from './index';

async function main(): Promise<void> {
  const options = cliOptions(process.argv.slice(2));
  const service = await startWebPubSub(options);
  const { endpoint, connectionString, port } = service;
  console.log(`Web PubSub (local stand-in) at ${endpoint}, hub ${options.hub}. Ctrl-C stops it.`);
  process.send?.({ type: 'ready', endpoint, connectionString, port });

  const stop = (): void => void service.stop().then(() => process.exit(0));
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  // Started by another process: do not outlive it.
  process.once('disconnect', stop);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  if (error instanceof UsageError) console.error(USAGE);
  process.exit(1);
});
