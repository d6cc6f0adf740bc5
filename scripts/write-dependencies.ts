// `npm run dependencies`: writes docs/DEPENDENCIES.md from package-lock.json.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { dependencyReport, type Lockfile } from './dependencies';

async function write(): Promise<void> {
  const root = join(__dirname, '..');
  const file = join(root, 'docs', 'DEPENDENCIES.md');
  const lockfile = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as Lockfile;
  const options = { ...(await resolveConfig(file)), filepath: file };
  writeFileSync(file, await format(dependencyReport(lockfile), options));
  console.log(`Written: ${file}`);
}

void write();
