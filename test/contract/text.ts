import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './functions-app';

/** A file of the project, given by its path below the root. */
export const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

/** What the first group of an expression (with the flag `g`) holds, wherever it matches. */
export const matches = (text: string, form: RegExp): string[] =>
  [...text.matchAll(form)].map(([, value]) => value!);
