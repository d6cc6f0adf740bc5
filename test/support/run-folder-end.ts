import { readdirSync, rmSync } from 'node:fs';
import { RUN_FOLDER } from './run-folder';

/** What other programs make and keep: the browser's, and what Node and its users cache. */
const OF_OTHERS =
  /^(\.?org\.chromium\.|\.?com\.google\.|playwright|node-compile-cache|v8-compile-cache|tsx-|jest_)/;

/** @throws when a test or a stand-in has left something behind; it is removed all the same */
export default function endRunFolder(): void {
  const folder = process.env[RUN_FOLDER];
  if (folder === undefined) return;
  const left = readdirSync(folder).filter((name) => !OF_OTHERS.test(name));
  rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  if (left.length > 0) throw new Error(`The run has left behind in its folder: ${left.join(', ')}`);
}
