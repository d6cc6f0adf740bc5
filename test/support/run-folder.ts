import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where a system keeps its folder for temporary files: one of these, by what system it is. */
export const VARIABLES = ['TMPDIR', 'TEMP', 'TMP'];
export const RUN_FOLDER = 'RUN_FOLDER_OF_TESTS';

/** A folder of this run for all temporary files of its processes, those of a browser as well: it goes with the run. */
export default function makeRunFolder(): void {
  const folder = mkdtempSync(join(tmpdir(), 'tests-'));
  for (const name of [...VARIABLES, RUN_FOLDER]) process.env[name] = folder;
}
