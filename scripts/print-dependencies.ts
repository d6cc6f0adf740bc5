// `npm run dependencies`: prints what package-lock.json says of the packages that are deployed, in Markdown.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { dependencyReport, type Lockfile } from './dependencies';

const lockfile = JSON.parse(readFileSync(join(__dirname, '..', 'package-lock.json'), 'utf8')) as Lockfile;
console.log(dependencyReport(lockfile));
