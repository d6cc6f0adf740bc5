import { parseOptions, UsageError } from '../../../local/stack/command-line';

export const USAGE = `Gives every parser good, bent and generated inputs, and prints what became of them.

  npm run fuzz -- --runs N --seed M [--only WORDS]
  npm run fuzz -- --long [--only WORDS]

  --runs  inputs per parser (default 100,000)
  --seed  the same seed gives the same inputs (default 1)
  --only  the parsers whose names contain these words
  --long  instead, times inputs of 1 Mi characters that are made to be slow, beside those of half the size

Exit code 1 when a parser did what it must not, 2 when the options cannot be used. No environment variable is read.`;

/** @throws UsageError */
export function parseFuzzOptions(argv: readonly string[]) {
  const string = { type: 'string' } as const;
  const values = parseOptions(argv, { runs: string, seed: string, only: string, long: { type: 'boolean' } });
  const [runs, seed] = [Number(values.runs ?? 100_000), Number(values.seed ?? 1)];
  if (!Number.isSafeInteger(runs)) throw new UsageError('--runs must be a whole number.');
  if (!Number.isSafeInteger(seed)) throw new UsageError('--seed must be a whole number.');
  return { ...values, runs, seed };
}
