import { join, resolve } from 'node:path';
import { parseOptions, UsageError } from './command-line';
import { SETTINGS_HELP } from './settings';

/** Ports of `npm start`, as Core Tools, Azurite and the samples of Web PubSub use them. */
const DEFAULTS = {
  functions: 7071,
  'web-pubsub': 8080,
  blob: 10000,
  queue: 10001,
  table: 10002,
  'sign-in': 8085,
};

const PORT_HELP = `  --functions-port N    of the API (default 7071)
  --web-pubsub-port N   of the Web PubSub stand-in (default 8080)
  --blob-port N         of Azurite's blobs (default 10000)
  --queue-port N        of Azurite's queues (default 10001)
  --table-port N        of Azurite's tables (default 10002)
  --sign-in-port N      of the stand-in that signs agents and operators in (default 8085)
  --data FOLDER         where the data is kept (default .local/azurite); each that runs needs its own`;

export const START_USAGE = `Builds the app and runs it on this machine, with Azurite and stand-ins for Web PubSub and for sign-in, until Ctrl-C.

  npm start -- [--functions-port N] [--inspect-port N] …

${PORT_HELP}
  --inspect-port N      the app's process listens for a debugger there (none unless given; editors expect 9229)

Data is kept from one run to the next; delete the folder to begin anew.

${SETTINGS_HELP}`;

export const START_FUNC_USAGE = `Builds the app and runs it under Azure Functions Core Tools, with Azurite and stand-ins for Web PubSub and for
sign-in.

  npm run start:func -- [--functions-port N] …

${PORT_HELP}

local.settings.json is made from local.settings.sample.json where there is none.

Environment: func, and so the app, gets all of it. Set by this command, whatever the environment says:
AzureWebJobsStorage, CONVERSATION_TABLES_CONNECTION_STRING, WEB_PUBSUB_CONNECTION_STRING, ENTRA_TENANT_ID,
ENTRA_AUDIENCE, ENTRA_AUTHORITY, DESK_KEYS, OPERATOR_KEYS.`;

export interface StartArguments {
  readonly ports: Record<keyof typeof DEFAULTS, number>;
  readonly inspectPort?: number;
  readonly dataDirectory: string;
}

const ROOT = join(__dirname, '..', '..');

/** What to do when another one has the data. */
export const wayOut = (command: string): string =>
  `stop that first, or give this one a folder of its own: ${command} -- --data FOLDER`;

/** @throws UsageError */
export function parseStartArguments(argv: readonly string[]): StartArguments {
  const { 'inspect-port': inspect, ...rest } = parseOptions(argv, {
    ...OPTIONS,
    'inspect-port': { type: 'string' },
  });
  const inspectPort = inspect === undefined ? undefined : portNumber('inspect', inspect);
  return {
    ...stackOf(rest, inspectPort),
    ...(inspectPort !== undefined && { inspectPort }),
  };
}

/** @throws UsageError */
export const parseStartFuncArguments = (argv: readonly string[]): Omit<StartArguments, 'inspectPort'> =>
  stackOf(parseOptions(argv, OPTIONS));

const OPTIONS = {
  ...Object.fromEntries(Object.keys(DEFAULTS).map((name) => [`${name}-port`, { type: 'string' as const }])),
  data: { type: 'string' as const },
};

function stackOf(given: Readonly<Record<string, string | undefined>>, inspect?: number) {
  const ports = Object.fromEntries(
    Object.entries(DEFAULTS).map(([name, fallback]) => {
      const text = given[`${name}-port`];
      return [name, text === undefined ? fallback : portNumber(name, text)];
    }),
  ) as StartArguments['ports'];
  const all = Object.entries({ ...ports, ...(inspect !== undefined && { inspect }) });
  for (const [name, port] of all) {
    const twin = all.find(([other, same]) => other !== name && same === port)?.[0];
    if (twin === undefined) continue;
    throw new UsageError(`--${name}-port and --${twin}-port are both ${port}; each part needs its own port.`);
  }
  const { data } = given;
  return { ports, dataDirectory: data === undefined ? join(ROOT, '.local', 'azurite') : resolve(ROOT, data) };
}

function portNumber(name: string, text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new UsageError(`--${name}-port must be a port number from 1 to 65535.`);
  }
  return port;
}
