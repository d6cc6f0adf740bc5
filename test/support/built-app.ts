import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { buildApp } from '../../local/stack/build-app';

const ROOT = join(__dirname, '..', '..');

/**
 * Compiles the app once before the tests that run it, if something has changed: test files that run at the same time
 * must not compile over each other.
 */
export default function ensureBuilt(): void {
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
