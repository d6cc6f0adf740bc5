// The one gate: `npm run verify`. CI runs exactly this. Stops at the first step that fails.
import { spawnSync } from 'node:child_process';

const steps = [
  ['format', 'prettier', '--check', '.'],
  ['lint', 'eslint', '.'],
  ['types', 'tsc', '--noEmit'],
  ['types of the pages', 'tsc', '-p', 'web'],
  ['build', 'tsc', '-p', 'tsconfig.build.json'],
  ['size of the pages', 'tsx', 'scripts/web/size.ts'],
  ['tests', 'jest', '--ci'],
  ['distance', 'npm', 'run', '--silent', 'distance'],
];

const names = steps.map(([name]) => name);
const usage = `The gate that every change passes, and CI runs: ${names.join(', ')}, in that order. Stops at the first that fails.

  npm run verify               all of it
  npm run verify -- STEP …     only these: ${names.join(', ')}

Environment, of the tests (npm test reads the same):
  RANDOM_RUNS       long: new random runs every time, as many as follow; short: few, the same every time, as npm test
                    plays them, and a part of what is tried one by one (default: long)
  RANDOM_SEED       the same seed gives the same random runs
  FC_RUNS           random lives and inputs of each law (default: 200 to 450)
  FUZZ_RUNS         requests that the running app is fuzzed with (default 300)
  FUZZ_SEED         the same seed gives the same requests
  CHROMIUM          the browser's program (default /usr/bin/chromium, and /usr/bin/chromium-headless-shell for what that
                    can do as well); without one, the browser's tests are skipped
  REQUIRE_BROWSER   1: they fail instead
  RECORD_HISTORIES  set: the histories of test/workflow that have no file are recorded`;

const only = process.argv.slice(2);
if (only.includes('--help')) {
  console.log(usage);
  process.exit(0);
}
const unknown = only.find((name) => !names.includes(name));
if (unknown !== undefined) {
  console.error(
    `'${unknown}' is no step of ${names.join(', ')} (npm run verify -- --help shows what can be given).`,
  );
  process.exit(2);
}
process.env.RANDOM_RUNS ??= 'long';
for (const [name, command, ...args] of steps) {
  if (only.length > 0 && !only.includes(name)) continue;
  const started = Date.now();
  console.log(`\n── ${name}: ${command} ${args.join(' ')}`);
  const { status } = spawnSync(command, args, { stdio: 'inherit', shell: process.platform === 'win32' });
  if (status !== 0) {
    console.error(`\nverify: ${name} failed`);
    process.exit(1);
  }
  console.log(`── ${name} passed in ${((Date.now() - started) / 1000).toFixed(1)} s`);
}
