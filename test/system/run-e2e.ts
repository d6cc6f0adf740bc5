import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { programArguments } from '../../local/programs';

const ROOT = join(__dirname, '..', '..');

export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs what `npm run e2e` runs, until it ends. */
export const runE2e = (...args: string[]): Promise<Finished> => run('main.ts', args);

/** Runs what `npm run smoke` runs, until it ends. */
export const runSmoke = (...args: string[]): Promise<Finished> => run('smoke.ts', args);

async function run(entry: string, args: readonly string[]): Promise<Finished> {
  const program = await programArguments(join(ROOT, 'test', 'e2e', entry));
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [...program, ...args],
      { cwd: ROOT, timeout: 280_000 },
      (error, stdout, stderr) => {
        if (error === null) return resolve({ code: 0, stdout, stderr });
        if (typeof error.code === 'number') return resolve({ code: error.code, stdout, stderr });
        reject(new Error(`the command ended by ${error.signal ?? error.message}\n${stdout}${stderr}`));
      },
    );
  });
}
