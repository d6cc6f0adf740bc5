import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { HubLease } from '../durable/lease';
import { webhookPath } from '../durable/management-links';
import { openTable } from '../durable/open-table';
import { startDurable, type Durable } from '../durable/start-durable';
import { Visibility } from '../durable/visibility';
import { readKeys } from '../http/authorize';
import { withCors } from '../http/cors';
import { authLevelOf, createFunctionEndpoint } from '../http/function-endpoint';
import { startServer } from '../http/server';
import { TimerRunner } from '../timers/timer-runner';
import { TimerStatusTable } from '../timers/timer-status';
import { CoreApi } from '../worker/core-api';
import { refuseUncovered } from '../worker/coverage';
import { createInvoke } from '../worker/invoke';
import { loadApp } from '../worker/load-app';
import { createWorker } from '../worker/worker';
import type { HostArguments } from './arguments';
import { HostError } from './host-error';
import { readHostJson } from './host-json';
import type { Log } from './log';
import { applySettingsFile } from './settings';

/** An orderly stop takes no longer than this; what is not done by then resumes at the next start. */
const stopWithinMs = 1_600;
/** The grace that the real host gives a worker's last hooks. */
const terminateWithinMs = 5_000;
/** A moment, unless the storage is away or the machine is busy. */
const releaseWithinMs = 3_000;

export interface RunningHost {
  readonly url: string;
  readonly port: number;
  readonly functionCount: number;
  /** What happens when the worker, or the script host with it, goes away and comes back after `awayMs`. */
  restartWorker(awayMs: number): Promise<void>;
  /** Answers what is under way for up to two seconds, and leaves the rest for the next start. */
  stop(): Promise<void>;
}

const within = (ms: number, task: Promise<void>): Promise<void> =>
  Promise.race([task, delay(ms, undefined, { ref: false })]);

/**
 * Starts everything, in the one order that works: settings before the app is loaded, the main port before
 * WEBSITE_HOSTNAME is known, recovery before the first request is accepted into a handler.
 */
export async function runHost(
  { appDirectory, port, settingsFile, invisibilityMs, timerLeaseMs, deferredStarts }: HostArguments,
  log: Log,
  onLeaseLost: () => void,
): Promise<RunningHost> {
  const directory = path.resolve(appDirectory);
  const settings = process.env;
  const { cors } = settingsFile ? await applySettingsFile(settingsFile, settings) : {};
  const configuration = await readHostJson(directory, settings);

  // The port first: it takes no part in loading, and a port in use should be told before anything else is touched.
  let handle: Parameters<typeof startServer>[0]['handle'] = async (_request, response) => {
    response.writeHead(503).end();
  };
  const server = await startServer({ port, handle: (...request) => handle(...request), log });
  const url = `http://localhost:${server.port}`;
  settings['WEBSITE_HOSTNAME'] = `localhost:${server.port}`;
  // The client library calls the host itself; its HTTP client would send that through a proxy, too.
  const direct = [settings['no_proxy'] ?? settings['NO_PROXY'], 'localhost', '127.0.0.1']
    .filter(Boolean)
    .join(',');
  // Both spellings: where the lower one is set, it alone is read.
  Object.assign(settings, { no_proxy: direct, NO_PROXY: direct });

  const core = new CoreApi(log);
  await loadApp(core, directory);
  const { functions } = core;
  refuseUncovered(functions);
  const ofType = (type: string) => functions.filter(({ trigger }) => trigger.type === type);
  const httpFunctions = ofType('httpTrigger');
  const keys = readKeys(
    settings,
    httpFunctions.map((fn) => ({ name: fn.name, authLevel: authLevelOf(fn) })),
  );

  let durable: Durable | undefined;
  const worker = createWorker(createInvoke(core, () => durable?.clientInput() ?? {}, log));
  const { invoke } = worker;
  const usesDurable = functions.some(({ bindings }) =>
    bindings.some(({ type }) => ['orchestrationTrigger', 'activityTrigger', 'durableClient'].includes(type)),
  );
  const timers: TimerRunner[] = [];
  let lease: HubLease | undefined;
  let timersFrom = 0;
  if (usesDurable || ofType('timerTrigger').length > 0) {
    const { connectionName, hubName } = configuration;
    const prefixed = `AzureWebJobs${connectionName}`;
    const connection = settings[prefixed] ?? settings[connectionName];
    if (!connection) {
      const setting = connectionName === 'Storage' ? prefixed : connectionName;
      throw new HostError(`Set ${setting}: the state of this host lives in that storage.`);
    }
    const table = await openTable(connection, connectionName, hubName);
    const held = await HubLease.acquire(table, hubName, onLeaseLost);
    lease = held;
    const { killedAt } = held;
    if (killedAt !== undefined) {
      timersFrom = killedAt + timerLeaseMs;
      log(
        'warning',
        'host',
        `The host before this one was killed: what it had in hand is out of sight for ${invisibilityMs / 1_000} s, and timer functions wait until ${new Date(timersFrom).toISOString()}.`,
      );
    }
    const status = new TimerStatusTable(table);
    timers.push(...ofType('timerTrigger').map((fn) => new TimerRunner(fn, status, invoke, settings, log)));
    if (usesDurable) {
      const verifyLease = () => held.verify();
      const visibility = new Visibility(killedAt === undefined ? undefined : Date.now(), invisibilityMs);
      durable = await startDurable({
        ...{ functions, invoke, configuration, table, verifyLease, visibility, deferredStarts, keys, log },
        origin: () => url,
      });
    }
  }

  const app = createFunctionEndpoint({
    ...{ functions: httpFunctions, routePrefix: configuration.routePrefix, keys, invoke, log },
  });
  await durable?.recover();
  handle = withCors(cors, (request, response, requestUrl) =>
    durable && requestUrl.pathname.startsWith(`${webhookPath}/`)
      ? durable.handle(request, response, requestUrl)
      : app(request, response, requestUrl),
  );
  for (const timer of timers) await timer.start(timersFrom);

  return {
    url,
    port: server.port,
    functionCount: functions.length,
    restartWorker: (awayMs) => worker.restart(awayMs),
    stop: async () => {
      const end = async (): Promise<void> => {
        await Promise.all([server.close(), durable?.stop(), ...timers.map((timer) => timer.stop())]);
      };
      await within(stopWithinMs, end());
      // Whatever else is not done: a host that leaves its lease behind has been killed.
      if (lease) await within(releaseWithinMs, lease.release());
      const context = { hookData: {}, appHookData: core.appHookData };
      await within(terminateWithinMs, core.runHooks('appTerminate', context));
    },
  };
}
