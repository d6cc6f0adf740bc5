import { parseArguments } from './cli/arguments';
import { HostError } from './cli/host-error';
import { createLog, type LogLevel } from './cli/log';
import { runHost } from './cli/run-host';
import { toError } from './cli/to-error';

let logLevel: LogLevel = 'warning';

function fail(thrown: unknown): never {
  const error = toError(thrown);
  const cause = error instanceof HostError ? error.cause : error;
  const showStack = logLevel === 'debug' || logLevel === 'trace' || !(error instanceof HostError);
  const stack = showStack && cause instanceof Error ? `\n${cause.stack}` : '';
  process.stderr.write(`${error.message}${stack}\n`);
  process.exit(1);
}

async function main(): Promise<void> {
  const parameters = parseArguments(process.argv.slice(2));
  logLevel = parameters.logLevel;
  const host = await runHost(parameters, createLog(logLevel), () =>
    fail(new HostError('Another host has taken over the task hub; this one stops.')),
  );

  let isStopping = false;
  const stop = (): void => {
    if (isStopping) return;
    isStopping = true;
    void host.stop().then(() => process.exit(0), fail);
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  // Started by another process that is gone: nobody could stop this one any more.
  process.on('disconnect', stop);
  process.on('message', (message) => {
    const { type, awayMs = 0 } = message as { type?: string; awayMs?: number };
    if (type !== 'restart-worker') return;
    void host.restartWorker(awayMs).then(() => process.send?.({ type: 'worker-restarted' }));
  });

  process.stdout.write(
    `Functions host (local stand-in) at ${host.url}, ${host.functionCount} functions. Ctrl-C stops it.\n`,
  );
  process.send?.({ type: 'ready', url: host.url, port: host.port });
}

process.on('uncaughtException', fail);
process.on('unhandledRejection', fail);
main().catch(fail);
