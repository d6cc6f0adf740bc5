import { createContext, Script } from 'node:vm';

const call = new Script('run()');
let current: () => unknown;
/** One for all calls: to make a context takes longer than most of what runs in it. */
const context = createContext({ run: () => current() });

/**
 * Runs what does not wait, and stops it after so many seconds, in the middle of a loop or of a regular expression if
 * need be. A test runner's own time limit cannot: it is a timer, and no timer fires while a function runs.
 */
export function within<T>(seconds: number, run: () => T): T {
  current = run;
  return call.runInContext(context, { timeout: seconds * 1_000 }) as T;
}
