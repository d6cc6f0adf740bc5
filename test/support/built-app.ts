import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ensureWebBuilt } from '../../scripts/web/build';
import { buildApp } from '../../local/stack/build-app';
import startParts from './shared-azurite';

const ROOT = join(__dirname, '..', '..');

/** What the tests of the running app have in common: the app as it is built, and what those of the stand-ins have. */
export default async function startPartsOfApp(): Promise<void> {
  ensureBuilt();
  await ensureWebBuilt(ROOT);
  await startParts();
}

/**
 * Compiles the app once before the tests that run it, if something has changed: test files that run at the same time
 * must not compile over each other.
 */
function ensureBuilt(): void {
  const sources = ['functions', 'shared'].flatMap((directory) => times(directory, '.ts'));
  const compiled = ['dist/functions', 'dist/shared'].flatMap((directory) => times(directory, '.js'));
  if (compiled.length < sources.length || Math.min(...compiled) < Math.max(...sources)) buildApp(ROOT);
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
