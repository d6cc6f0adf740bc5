import { readdirSync } from 'node:fs';
import { join } from 'node:path';

/** The files that `main` of package.json names, in `dist` as the compiler leaves it. */
export const compiledFunctions = (root: string): string[] =>
  readdirSync(join(root, 'dist', 'functions'))
    .filter((file) => file.endsWith('.js'))
    .map((file) => join(root, 'dist', 'functions', file));
