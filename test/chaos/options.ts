import { parseOptions, UsageError } from '../../local/stack/command-line';
import { SETTINGS_HELP } from '../../local/stack/settings';

export interface ChaosOptions {
  readonly seed: number;
  readonly runs: number;
  /** Only this run, on a stack with the faults it had. */
  readonly only?: number;
  /** A run of its own: so many customers are dropped at once. */
  readonly mass: number;
}

export const USAGE = `Plays random stories with random faults on the whole local stack, and judges what became of them.

  npm run chaos -- --seed N --runs M [--mass CUSTOMERS]
  npm run chaos -- --seed N --only RUN

  --seed  the same seed gives the same plan (default 1); timing is this machine's
  --runs  how many runs (default 20); ten share a stack and its faults
  --only  plays one run again, alone, with the faults of the stack it was on
  --mass  before the runs, drops so many customers at once, of whom nine in ten come back

Exit code 1 on any violation, 2 when the options cannot be used.

${SETTINGS_HELP}`;

/** @throws UsageError */
export function parseChaosOptions(argv: readonly string[]): ChaosOptions {
  const string = { type: 'string' } as const;
  const values = parseOptions(argv, { seed: string, runs: string, only: string, mass: string });
  const whole = (name: keyof typeof values, fallback: number): number => {
    const text = values[name] ?? String(fallback);
    if (!/^\d{1,9}$/.test(text)) throw new UsageError(`--${name} must be a whole number.`);
    return Number(text);
  };
  const mass = whole('mass', 0);
  return {
    seed: whole('seed', 1),
    runs: whole('runs', mass > 0 ? 0 : 20),
    mass,
    ...(values.only !== undefined && { only: whole('only', 0) }),
  };
}
