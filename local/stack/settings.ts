import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The values of `local.settings.json`, or of the committed sample where nobody has made one. */
export function readLocalSettings(root: string): Record<string, string> {
  const own = join(root, 'local.settings.json');
  const file = existsSync(own) ? own : join(root, 'local.settings.sample.json');
  const parsed = JSON.parse(readFileSync(file, 'utf8')) as { Values?: Record<string, string> };
  return parsed.Values ?? {};
}
