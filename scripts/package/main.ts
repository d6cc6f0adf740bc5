// `npm run package`: see options.ts.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildApp } from '../../local/stack/build-app';
import { readCommandLine } from '../../local/stack/command-line';
import { productionPaths, type Lockfile } from '../dependencies';
import { bundleApp, PACKAGE_FOLDER } from './bundle';
import { compiledFunctions } from './compiled-functions';
import type { DurableBackend } from './host-json';
import { loadTimes, quartiles } from './load-time';
import { parsePackageOptions, ROUNDS, USAGE } from './options';
import { sizeOf, type Size } from './size';

const ROOT = join(__dirname, '..', '..');
const TARGET = join(ROOT, PACKAGE_FOLDER);

async function main(isBench: boolean, backend: DurableBackend): Promise<void> {
  await bundleApp(ROOT, TARGET, backend);
  buildApp(ROOT);
  const lockfile = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as Lockfile;
  const unbundled = [
    'host.json',
    'package.json',
    'dist',
    ...productionPaths(lockfile).filter(isNoPartOfAnother),
  ];
  console.log(`${TARGET}\n`);
  console.log(line('bundled', sizeOf([TARGET])));
  console.log(line('unbundled', sizeOf(unbundled.map((path) => join(ROOT, path)))));
  if (!isBench) return;
  const apps = {
    bundled: [join(TARGET, 'main.js')],
    'bundled, source maps off': [join(TARGET, 'app.js')],
    unbundled: compiledFunctions(ROOT),
  };
  console.log(`\nload time, ${ROUNDS} fresh processes each, by turns, files cached, Node ${process.version}`);
  for (const [name, times] of loadTimes(ROOT, apps, ROUNDS)) {
    const [lower, median, upper] = quartiles(times).map(Math.round);
    console.log(`${name.padEnd(26)} median ${median} ms (quartiles ${lower} and ${upper} ms)`);
  }
}

const isNoPartOfAnother = (path: string): boolean => path.lastIndexOf('node_modules/') === 0;
const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
const line = (name: string, { files, bytes, zipped }: Size): string =>
  `${name.padEnd(10)} ${files} files, ${mebibytes(bytes)}, zipped ${mebibytes(zipped)}`;

const { isBench, backend } = readCommandLine('npm run package', USAGE, parsePackageOptions);
main(isBench, backend).catch((thrown: unknown) => {
  console.error(thrown);
  process.exitCode = 1;
});
