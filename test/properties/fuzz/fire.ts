import fc from 'fast-check';
import { within } from '../../support/within';
import type { Target } from './target';

/** What became of the inputs. */
export interface Outcome {
  readonly read: number;
  readonly refused: number;
}

/**
 * Gives a parser so many inputs. @throws when one of them led to anything but a value or the error it has to be refused
 * with (with that input, made small), or when all of them together took longer than the limit (with the input at which
 * it was stopped). What waits for something is left to the time limit of the test.
 */
export async function fire(
  one: Target,
  options: { readonly runs: number; readonly seed?: number | undefined; readonly seconds: number },
): Promise<Outcome> {
  const outcome = { read: 0, refused: 0 };
  const parameters = {
    numRuns: options.runs,
    includeErrorInReport: true,
    ...(options.seed !== undefined && { seed: options.seed }),
  };
  const count = (read: boolean): void => void (outcome[read ? 'read' : 'refused'] += 1);
  let last: unknown;
  const reads = (input: unknown) => one.reads((last = input));
  const inTime = <T>(run: () => T): T => {
    try {
      return within(options.seconds, run);
    } catch (thrown) {
      if ((thrown as { code?: unknown }).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw thrown;
      const input = fc.stringify(last).slice(0, 2_000);
      throw new Error(`${one.name} took longer than ${options.seconds} s, at the end for ${input}`, {
        cause: thrown,
      });
    }
  };

  const [sample] = fc.sample(one.inputs, 1);
  const first = inTime(() => reads(sample));
  if (typeof first === 'boolean') {
    const property = fc.property(one.inputs, (input) => count(reads(input) as boolean));
    inTime(() => fc.assert(property, parameters));
  } else {
    await first;
    const property = fc.asyncProperty(one.inputs, async (input) => count(await reads(input)));
    await fc.assert(property, parameters);
  }
  return outcome;
}
