import { readdirSync } from 'node:fs';
import path from 'node:path';

/** A glob (`*`, `**`, `?`, `{a,b}`) as a regular expression over a path with forward slashes. */
function globToRegExp(glob: string): RegExp {
  const source = glob.replaceAll(/\*\*\/?|[*?{},]|[.+^$()|[\]\\]/g, (token) => {
    if (token.startsWith('**')) return '(?:.*/)?';
    const translated: Record<string, string> = { '*': '[^/]*', '?': '[^/]', '{': '(?:', '}': ')', ',': '|' };
    return translated[token] ?? `\\${token}`;
  });
  return new RegExp(`^${source}$`);
}

/** The files below a directory that match the glob, in order of name. */
export function findFiles(directory: string, glob: string): string[] {
  const pattern = globToRegExp(glob.replace(/^\.\//, ''));
  const found: string[] = [];
  const walk = (relative: string): void => {
    for (const entry of readdirSync(path.join(directory, relative), { withFileTypes: true })) {
      const below = relative ? `${relative}/${entry.name}` : entry.name;
      if (entry.isDirectory() && entry.name !== 'node_modules') walk(below);
      else if (pattern.test(below)) found.push(path.join(directory, below));
    }
  };
  walk('');
  return found.sort();
}
