// The one gate: `npm run verify`. CI runs exactly this. Stops at the first step that fails.
import { spawnSync } from 'node:child_process';

const steps = [
  ['format', 'prettier', '--check', '.'],
  ['lint', 'eslint', '.'],
  ['types', 'tsc', '--noEmit'],
  ['build', 'tsc', '-p', 'tsconfig.build.json'],
  ['tests', 'jest', '--ci'],
];

const only = process.argv.slice(2);
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
