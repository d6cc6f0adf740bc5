import { createContext, Script } from 'node:vm';

const call = new Script('run()');

/**
 * Runs what does not wait, and stops it after so many seconds, in the middle of a loop or of a regular expression if
 * need be. A test runner's own time limit cannot: it is a timer, and no timer fires while a function runs.
 */
export const within = <T>(seconds: number, run: () => T): T =>
  call.runInContext(createContext({ run }), { timeout: seconds * 1_000 }) as T;
