import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { ensureWebBuilt } from '../../scripts/web/build';
import startParts from './shared-azurite';

const ROOT = join(__dirname, '..', '..');

/** What the tests of the running app have in common: the app as it is built, and what those of the stand-ins have. */
export default async function startPartsOfApp(): Promise<void> {
  await Promise.all([ensureBuilt(), ensureWebBuilt(ROOT), startParts()]);
}

/**
 * Compiles the app once before the tests that run it, if something has changed: test files that run at the same time
 * must not compile over each other. By what makes the package, in a hundredth of the time of the compiler, who checks the
 * types in another step of `npm run verify`.
 */
async function ensureBuilt(): Promise<void> {
  const sources = ['functions', 'shared'].flatMap((directory) => times(directory, '.ts'));
  const compiled = ['dist/functions', 'dist/shared'].flatMap((directory) => times(directory, '.js'));
  if (compiled.length >= sources.length && Math.min(...compiled) >= Math.max(...sources)) return;
  await build({
    absWorkingDir: ROOT,
    entryPoints: ['functions/**/*.ts', 'shared/**/*.ts'],
    outdir: 'dist',
    outbase: '.',
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    // Errors and logs tell the names of classes.
    keepNames: true,
    sourcemap: 'linked',
    logLevel: 'silent',
  });
}

function times(directory: string, ending: string): number[] {
  try {
    return readdirSync(join(ROOT, directory), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith(ending))
      .map((name) => statSync(join(ROOT, directory, name)).mtimeMs);
  } catch {
    return [];
  }
}
