import { parseOptions, UsageError } from '../../local/stack/command-line';

export const POSTDEPLOY_USAGE = `Waits until the app that was deployed answers, mends what keeps a first deployment from it, and says what to do next.
azd runs it after each deployment of the code; it may run any number of times. \`azd hooks run postdeploy\` runs
it alone, with what azd knows of the deployment.

  npm run hook:postdeploy [-- --limit SECONDS --repair-after SECONDS]

  --limit         seconds until it gives up (default 900)
  --repair-after  seconds without an answer after which it looks for the cause, and again each time (default 90)

Exit code 1 when the app does not answer in time or the event handler cannot be set.

Environment: the outputs of the deployment, as azd gives them to its hooks; ARM_ENDPOINT, the address of Azure Resource
Manager in a cloud that is not the public one.`;

export const PREDEPLOY_USAGE = `Waits until the app's roles on its storage are old enough for Azure to know them everywhere: azd uploads once, and a
role that is too fresh fails it. azd runs it before each deployment of the code; only the first one waits.

  npm run hook:predeploy [-- --age SECONDS]

  --age  seconds that the roles have to be old (default 300)

Environment: the outputs of the deployment, as azd gives them to its hooks; ARM_ENDPOINT as for hook:postdeploy.`;

export interface PostdeployOptions {
  readonly limitMs: number;
  readonly repairAfterMs: number;
}

/** @throws UsageError */
export function parsePostdeployOptions(argv: readonly string[]): PostdeployOptions {
  const type = 'string';
  const values = parseOptions(argv, {
    limit: { type, default: '900' },
    'repair-after': { type, default: '90' },
  });
  return {
    limitMs: milliseconds('limit', values.limit),
    repairAfterMs: milliseconds('repair-after', values['repair-after']),
  };
}

/** @throws UsageError */
export function parsePredeployOptions(argv: readonly string[]): { readonly ageMs: number } {
  const { age } = parseOptions(argv, { age: { type: 'string', default: '300' } });
  return { ageMs: milliseconds('age', age) };
}

function milliseconds(name: string, seconds: string): number {
  const number = Number(seconds);
  if (number > 0 && number <= 3_600) return number * 1_000;
  throw new UsageError(`--${name} must be a number of seconds, more than 0 and at most 3600.`);
}
