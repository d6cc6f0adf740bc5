import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe } from '@jest/globals';

/** The templates of infra/, compiled by `npm run infra:check`. */

export interface Resource {
  readonly type: string;
  readonly name: string;
  readonly id: string;
  readonly properties: Record<string, unknown>;
}

const ROOT = join(__dirname, '..', '..');
const OUTPUT = join(ROOT, '.local', 'infra');
const LOCK = join(ROOT, '.local', 'infra.lock');
const PATIENCE_MS = 5 * 60_000;

/** Compiles, unless the compiler's last output is newer than every source. `skip`: there is no compiler, and why. */
function compile(): { readonly problem?: string; readonly skip?: string } {
  const template = join(OUTPUT, 'main.json');
  const sources = readdirSync(join(ROOT, 'infra'), { recursive: true, encoding: 'utf8' });
  const newest = Math.max(...sources.map((file) => statSync(join(ROOT, 'infra', file)).mtimeMs));
  return alone(() => {
    if (existsSync(template) && statSync(template).mtimeMs > newest) return {};
    const { status, stdout, stderr } = spawnSync('node', ['scripts/infra-check.mjs', '--offline'], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    if (status === 0) return {};
    return status === 2 ? { skip: stderr.trim() } : { problem: `${stdout}${stderr}` };
  });
}

/** What the compiler has to say, and a `describe` for what it makes, which skips and says so where there is no compiler. */
export function compiledInfra() {
  const { problem = '', skip } = compile();
  if (skip !== undefined)
    console.warn(`What the compiler makes is not looked at. ${skip} (npm run infra:check)`);
  return { problem, describeCompiled: skip === undefined ? describe : describe.skip };
}

/** Prevents: two test files compile at once, and one removes what the other has just made. */
function alone<T>(run: () => T): T {
  mkdirSync(join(ROOT, '.local'), { recursive: true });
  while (!taken()) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
  try {
    return run();
  } finally {
    rmSync(LOCK, { recursive: true, force: true });
  }
}

function taken(): boolean {
  try {
    mkdirSync(LOCK);
    return true;
  } catch {
    // Left behind by a run that was killed.
    const since = statSync(LOCK, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - since > PATIENCE_MS) rmSync(LOCK, { recursive: true, force: true });
    return false;
  }
}

export const readCompiled = <T>(name: string): T => JSON.parse(readFileSync(join(OUTPUT, name), 'utf8')) as T;

/** Every resource of the predicted deployment that has this type. */
export const predicted = (type: string): Resource[] => resourcesIn('snapshot.json', type);

/** The same for a variant of infra/check. */
export const predictedFor = (variant: string, type: string): Resource[] =>
  resourcesIn(`snapshot-${variant}.json`, type);

const resourcesIn = (snapshot: string, type: string): Resource[] =>
  readCompiled<{ predictedResources: Resource[] }>(snapshot).predictedResources.filter(
    (resource) => resource.type === type,
  );
