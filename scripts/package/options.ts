import { parseOptions, UsageError } from '../../local/stack/command-line';
import { PACKAGE_FOLDER } from './bundle';
import { DURABLE_BACKENDS, durableBackendOf } from './host-json';

export const ROUNDS = 15;

export const USAGE = `Makes the deployable package in ${PACKAGE_FOLDER}: one bundle with its source map, host.json and package.json.
Prints its size beside that of what it replaces: the compiled files with the packages of production.

  npm run package -- [--bench]

  --bench  also measures how long each takes to load, in ${ROUNDS} fresh processes

Environment:
  DURABLE_BACKEND  which host.json: ${DURABLE_BACKENDS.join(' (default) or ')}`;

/** @throws UsageError */
export function parsePackageOptions(argv: readonly string[]) {
  const { bench = false } = parseOptions(argv, { bench: { type: 'boolean' } });
  try {
    return { isBench: bench, backend: durableBackendOf(process.env) };
  } catch (thrown) {
    throw new UsageError((thrown as Error).message);
  }
}
