import { parseArgs, type ParseArgsConfig } from 'node:util';

/** What was typed cannot be used; the message is one sentence that says what. */
export class UsageError extends Error {}

type Options = NonNullable<ParseArgsConfig['options']>;

/** Node's `parseArgs` without positional arguments. @throws UsageError */
export function parseOptions<const O extends Options>(argv: readonly string[], options: O) {
  try {
    return parseArgs({ args: [...argv], options }).values;
  } catch (thrown) {
    // Node adds advice to it, which --help gives better.
    const [problem = ''] = (thrown as Error).message.split(/\.\s/);
    throw new UsageError(`${problem}.`);
  }
}

/**
 * Reads the arguments of this process as `read` does. `--help` prints the usage and ends the process with 0; a
 * UsageError ends it with 2 and one sentence.
 * @param command as it is typed, for example `npm start`
 */
export function readCommandLine<T>(command: string, usage: string, read: (argv: readonly string[]) => T): T {
  const argv = process.argv.slice(2);
  if (argv.includes('--help')) {
    console.log(usage);
    process.exit(0);
  }
  try {
    return read(argv);
  } catch (thrown) {
    if (!(thrown instanceof UsageError)) throw thrown;
    console.error(`${thrown.message.replace(/\.$/, '')} (${command} -- --help shows what can be given).`);
    process.exit(2);
  }
}
