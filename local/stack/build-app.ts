import { spawnSync } from 'node:child_process';

/** Compiles the function app to `dist/`, as it is deployed. Throws with the compiler's words when it cannot. */
export function buildApp(root: string): void {
  const program = require.resolve('typescript/bin/tsc');
  const build = spawnSync(process.execPath, [program, '-p', 'tsconfig.build.json'], {
    cwd: root,
    encoding: 'utf8',
  });
  if (build.signal !== null) throw new Error(`The compiler was stopped by ${build.signal}.`);
  const [, unwritable] = /^error TS5033: (.*)$/m.exec(build.stdout) ?? [];
  if (unwritable !== undefined) throw new Error(`The app cannot be built in ${root}: ${unwritable}`);
  if (build.status !== 0) throw new Error(`The app does not compile:\n${build.stdout}${build.stderr}`);
}
