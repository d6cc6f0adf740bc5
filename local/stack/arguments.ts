import { parseOptions, UsageError } from './command-line';
import { SETTINGS_HELP } from './settings';

/** Ports of `npm start`, as Core Tools, Azurite and the samples of Web PubSub use them. */
const DEFAULTS = { functions: 7071, 'web-pubsub': 8080, blob: 10000, queue: 10001, table: 10002 };

const PORT_HELP = `  --functions-port N    of the API (default 7071)
  --web-pubsub-port N   of the Web PubSub stand-in (default 8080)
  --blob-port N         of Azurite's blobs (default 10000)
  --queue-port N        of Azurite's queues (default 10001)
  --table-port N        of Azurite's tables (default 10002)`;

export const START_USAGE = `Builds the app and runs it on this machine, with Azurite and a Web PubSub stand-in, until Ctrl-C.

  npm start -- [--functions-port N] [--inspect-port N] …

${PORT_HELP}
  --inspect-port N      the app's process listens for a debugger there (none unless given; editors expect 9229)

Data is kept in .local/azurite; delete the folder to begin anew.

${SETTINGS_HELP}`;

export const START_FUNC_USAGE = `Builds the app and runs it under Azure Functions Core Tools, with Azurite and a Web PubSub stand-in.

  npm run start:func -- [--functions-port N] …

${PORT_HELP}

Data is kept in .local/azurite. local.settings.json is made from local.settings.sample.json where there is none.

Environment: func, and so the app, gets all of it. Set by this command, whatever the environment says:
AzureWebJobsStorage, CONVERSATION_TABLES_CONNECTION_STRING, WEB_PUBSUB_CONNECTION_STRING.`;

export interface StartArguments {
  readonly ports: Record<keyof typeof DEFAULTS, number>;
  readonly inspectPort?: number;
}

/** @throws UsageError */
export function parseStartArguments(argv: readonly string[]): StartArguments {
  const { 'inspect-port': inspect, ...rest } = parseOptions(argv, {
    ...PORT_OPTIONS,
    'inspect-port': { type: 'string' },
  });
  return {
    ports: portsOf(rest),
    ...(inspect !== undefined && { inspectPort: portNumber('inspect', inspect) }),
  };
}

/** @throws UsageError */
export const parseStartFuncArguments = (argv: readonly string[]): StartArguments['ports'] =>
  portsOf(parseOptions(argv, PORT_OPTIONS));

const PORT_OPTIONS = Object.fromEntries(
  Object.keys(DEFAULTS).map((name) => [`${name}-port`, { type: 'string' as const }]),
);

const portsOf = (given: Readonly<Record<string, string | undefined>>): StartArguments['ports'] =>
  Object.fromEntries(
    Object.entries(DEFAULTS).map(([name, fallback]) => {
      const text = given[`${name}-port`];
      return [name, text === undefined ? fallback : portNumber(name, text)];
    }),
  ) as StartArguments['ports'];

function portNumber(name: string, text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new UsageError(`--${name}-port must be a port number from 1 to 65535.`);
  }
  return port;
}
