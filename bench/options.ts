import { parseOptions, UsageError } from '../local/stack/command-line';

export const USAGE = `Measures what an event costs: requests on the wire, and CPU of the app's process and of the storage's.

  npm run bench
  npm run bench -- --against DIR
  npm run bench:check

  --against        another built checkout (package.json, node_modules, dist), by turns with this one in the same run
  --conversations  of each build in each round (default 40)
  --rounds         that are counted; one more comes first (default 5)
  --write          write bench/results, too: requests are what a test holds this tree to
  --check          compare the ratios of this run with those of bench/results, and fail when one has clearly become worse; as many
                   conversations and rounds as are written down there

The designs of bench/baselines take turns with it.
Builds this tree first. Exit code 2 when the options cannot be used. No environment variable is read.`;

/** @throws UsageError */
export function parseBenchOptions(argv: readonly string[]) {
  const string = { type: 'string' } as const;
  const options = {
    against: string,
    conversations: string,
    rounds: string,
    write: { type: 'boolean' },
    check: { type: 'boolean' },
  } as const;
  const { against, write = false, check = false, ...values } = parseOptions(argv, options);
  const { conversations, rounds } = sizeOf(values);
  if (check && write)
    throw new UsageError('--check compares with what --write would replace: give one of them.');
  // Prevents: what is measured after more of the same is cheaper, and hides what has become dearer.
  if (check && Object.keys(values).length > 0)
    throw new UsageError('--check measures as bench/results was: leave out --conversations and --rounds.');
  return { against, conversations, rounds, write, check };
}

/** How much is measured. @throws UsageError */
export function sizeOf(values: { readonly conversations?: string; readonly rounds?: string }) {
  const [conversations, rounds] = [Number(values.conversations ?? 40), Number(values.rounds ?? 5)];
  if (!(Number.isSafeInteger(conversations) && conversations > 0))
    throw new UsageError('--conversations must be a whole number above 0.');
  if (!(Number.isSafeInteger(rounds) && rounds > 0))
    throw new UsageError('--rounds must be a whole number above 0.');
  return { conversations, rounds };
}
