import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..');

export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs what `npm run <name> -- <args>` runs, until it ends. Rejects when it was ended by a signal. */
export function runCommand(name: string, ...args: string[]): Promise<Finished> {
  const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const [program, ...words] = manifest.scripts[name]?.split(' ') ?? [];
  if (program !== 'node') throw new Error(`npm run ${name} is no command of Node`);
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [...words, ...args],
      { cwd: ROOT, timeout: 55_000 },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : error.code;
        if (typeof code === 'number') resolve({ code, stdout, stderr });
        else
          reject(
            new Error(`npm run ${name} ended by ${error?.signal ?? error?.message}\n${stdout}${stderr}`),
          );
      },
    );
  });
}
