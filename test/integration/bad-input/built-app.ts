import { mkdirSync, readdirSync, rmdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { buildApp } from '../../../local/stack/build-app';
import { ROOT } from '../../../local/stack/stack';

const LOCK = join(tmpdir(), 'chat-disconnect-detection-build');
const LOCK_LIMIT_MS = 60_000;

/** Compiles the app if something has changed; files that run at the same time must not compile over each other. */
export async function ensureBuilt(): Promise<void> {
  await locked(async () => {
    const sources = ['functions', 'shared'].flatMap((directory) => times(directory, '.ts'));
    const compiled = ['dist/functions', 'dist/shared'].flatMap((directory) => times(directory, '.js'));
    if (compiled.length < sources.length || Math.min(...compiled) < Math.max(...sources)) buildApp(ROOT);
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

async function locked(task: () => Promise<void>): Promise<void> {
  for (const giveUpAt = Date.now() + LOCK_LIMIT_MS; !tryLock(); await delay(100)) {
    // Whoever made it was ended before it could take it away.
    if (Date.now() > giveUpAt) rmdirSync(LOCK);
  }
  try {
    await task();
  } finally {
    rmdirSync(LOCK);
  }
}

function tryLock(): boolean {
  try {
    mkdirSync(LOCK);
    return true;
  } catch {
    return false;
  }
}
