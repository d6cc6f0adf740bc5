import { parseArgs } from 'node:util';

/** Ports of `npm start`, as Core Tools, Azurite and the samples of Web PubSub use them. */
const DEFAULTS = { functions: 7071, 'web-pubsub': 8080, blob: 10000, queue: 10001, table: 10002 };

export interface StartArguments {
  readonly ports: Record<keyof typeof DEFAULTS, number>;
}

/** Throws with a sentence for the user when an argument cannot be used. */
export function parseStartArguments(argv: readonly string[]): StartArguments {
  const options = Object.fromEntries(
    Object.keys(DEFAULTS).map((name) => [`${name}-port`, { type: 'string' as const }]),
  );
  const { values } = parseArgs({ args: [...argv], options });
  const entries = Object.entries(DEFAULTS).map(([name, fallback]): [string, number] => {
    const given = values[`${name}-port`];
    const port = given === undefined ? fallback : Number(given);
    if (!Number.isInteger(port) || port < 1 || port > 65_535) {
      throw new Error(`--${name}-port must be a port number from 1 to 65535.`);
    }
    return [name, port];
  });
  return { ports: Object.fromEntries(entries) as StartArguments['ports'] };
}
