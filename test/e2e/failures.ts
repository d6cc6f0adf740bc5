/** The deployment does not do what a scenario expects; the message says what was expected and what came. */
export class NotAsExpected extends Error {
  constructor(what: string, expected: string, got: string) {
    super(`${what}: expected ${expected}, got ${got}`);
  }
}

/** The result; when it does not come, the failure says which wait was expected, and why. */
export async function because<T>(why: string, result: Promise<T>): Promise<T> {
  try {
    return await result;
  } catch (thrown) {
    if (thrown instanceof NotAsExpected) thrown.message += ` (${why})`;
    throw thrown;
  }
}

/** Nothing can be said about the product: the deployment cannot be reached, or an option does not fit it. */
export class CannotRun extends Error {}

export const messageOf = (thrown: unknown): string =>
  (thrown instanceof Error ? thrown.message : String(thrown)).replaceAll(/\s*[\r\n]+\s*/g, ' ');
