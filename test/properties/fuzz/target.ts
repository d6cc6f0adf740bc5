import type fc from 'fast-check';

/** A parser under fire: what it is given, and what it may do with it. */
export interface Target<T = unknown> {
  readonly name: string;
  /** The exports of `shared` that the input goes through. */
  readonly parsers: readonly string[];
  readonly inputs: fc.Arbitrary<T>;
  /**
   * Whether the input was read; false: it was refused with the error that it has to be refused with. Whatever else
   * happens is thrown.
   */
  readonly reads: (input: T) => boolean | Promise<boolean>;
  /** Inputs of so many characters, made to make a parser slow. */
  readonly long: (characters: number) => Iterable<T>;
  /** Nothing is ever refused: what cannot be understood is read as "unknown". */
  readonly isTotal?: true;
  /** Nothing is ever accepted: good input needs a secret that nobody here has. */
  readonly isNever?: true;
}

/** Targets of different inputs in one list. */
export const target = <T>(one: Target<T>): Target => one as unknown as Target;

/** Runs a parser: true when it gives a value, false when it refuses with one of its own errors. */
export function readsOrRefuses<E extends Error>(
  parse: () => unknown,
  refusal: abstract new (...args: never[]) => E,
  check: (refused: E) => void = () => undefined,
): boolean {
  try {
    parse();
    return true;
  } catch (thrown) {
    if (!(thrown instanceof refusal)) throw thrown;
    check(thrown);
    return false;
  }
}

/** An expectation that needs no test runner, so that the long run has it as well. */
export function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(`broken: ${what}`);
}
