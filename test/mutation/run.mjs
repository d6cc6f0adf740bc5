// `npm run mutation`: see the usage below.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const usage = `Breaks the code on purpose, one place at a time, and looks whether a test notices (Stryker).
Stryker is installed in test/mutation on first use, so that the project's own packages stay few. It takes an hour.
Results are in .local/mutation.

  npm run mutation                                     everything that is mutated
  npm run mutation -- --mutate 'shared/conversation/…'    a part of it

  --mutate, -m  the files to break, as a pattern

Every other option is Stryker's: https://stryker-mutator.io/docs/stryker-js/configuration. No environment variable is read.`;
if (process.argv.includes('--help')) {
  console.log(usage);
  process.exit(0);
}

const folder = fileURLToPath(new URL('.', import.meta.url));
const root = join(folder, '..', '..');
const stryker = join(folder, 'node_modules', '@stryker-mutator', 'core');
const wanted = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).dependencies;

/** What is mutated, and the tests that have to notice it: those written for it, which are fast. */
const parts = {
  core: {
    mutate: [
      'shared/conversation/*-rules.ts',
      ...['conversation', 'decide', 'decision', 'inputs', 'notifications', 'time', 'work-list'].map(
        (name) => `shared/conversation/${name}.ts`,
      ),
      'shared/policies/policy.ts',
      'shared/automated-messages/automated-message.ts',
      'shared/automated-messages/template.ts',
    ],
    tests: ['test/unit/domain'],
  },
  webhook: {
    // One by one: Stryker takes a comma between braces for one between patterns.
    mutate: [
      'shared/web-pubsub/webhook-routes.ts',
      'shared/web-pubsub/cloud-event-parser.ts',
      'shared/http/route.ts',
      'shared/http/problems.ts',
      'shared/http/fields.ts',
      'shared/access/caller-guard.ts',
    ],
    tests: ['test/unit/inbound', 'test/unit/security', 'test/unit/handlers'],
  },
};

setPriority(10);
if (!isInstalled()) {
  console.error('Installing Stryker (npm ci in test/mutation) …');
  run('npm', ['ci', '--loglevel=error'], { cwd: folder });
}

const args = process.argv.slice(2);
const at = args.findIndex((arg) => arg === '--mutate' || arg === '-m');
if (at === -1) {
  for (const [name, { mutate, tests }] of Object.entries(parts)) test(name, mutate.join(','), tests, args);
} else {
  const [, files] = args.splice(at, 2);
  const name = /^shared\/(web-pubsub|http|access)\//.test(files) ? 'webhook' : 'core';
  test(name, files, parts[name].tests, args);
}

function test(name, mutate, tests, more) {
  const env = { ...process.env, MUTATION_PART: name, MUTATION_TESTS: tests.join(',') };
  const config = join('test', 'mutation', 'stryker.config.mjs');
  run(process.execPath, [join(stryker, 'bin', 'stryker.js'), 'run', config, '--mutate', mutate, ...more], {
    env,
  });
}

function isInstalled() {
  const manifest = join(stryker, 'package.json');
  return (
    existsSync(manifest) &&
    JSON.parse(readFileSync(manifest, 'utf8')).version === wanted['@stryker-mutator/core']
  );
}

function run(command, args, more) {
  const shell = command === 'npm' && process.platform === 'win32';
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit', shell, ...more });
  if (status !== 0) process.exit(status ?? 1);
}
