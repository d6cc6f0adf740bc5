import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

/** Folders that hold nothing of the project's own. */
const FOREIGN = ['node_modules', 'dist', 'coverage', '.git', '.local'];

/** Paths of all Markdown files below the root, with `/`. */
export function markdownFiles(root: string, folder = ''): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = posix.join(folder, entry.name);
    if (entry.isDirectory()) return FOREIGN.includes(entry.name) ? [] : markdownFiles(root, path);
    return entry.name.endsWith('.md') ? [path] : [];
  });
}

const FENCE = /^ *(```|~~~)/;
const ROW = /^( *)\|(.*)\| *$/;

/**
 * The text with its tables as they are written here: one space around each cell, `---` in the delimiter row. Prettier pads
 * every cell to the width of its column and cannot be told not to, so one long cell makes each row as long.
 */
export function withoutPadding(text: string): string {
  return linesOf(text)
    .map(({ line, isCode }) => (isCode ? line : tightRow(line)))
    .join('\n');
}

function tightRow(line: string): string {
  const [, indent = '', content] = ROW.exec(line) ?? [];
  if (content === undefined) return line;
  const cells = content.split(/(?<!\\)\|/).map((cell) => cell.trim());
  const written = cells.every((cell) => /^:?-+:?$/.test(cell))
    ? cells.map((cell) => cell.replace(/-+/, cell.endsWith(':') && !cell.startsWith(':') ? '--' : '---'))
    : cells;
  return `${indent}|${written.map((cell) => (cell === '' ? ' ' : ` ${cell} `)).join('|')}|`;
}

/** What is wrong with a file: a padded table, or a relative link or anchor that leads nowhere. */
export function problemsOfMarkdown(root: string, path: string): string[] {
  const text = readFileSync(join(root, path), 'utf8');
  const tight = withoutPadding(text).split('\n');
  const padded = text
    .split('\n')
    .flatMap((line, at) =>
      line === tight[at] ? [] : [`${path}:${at + 1}: a padded table; run: npm run docs`],
    );
  const broken = linksOf(text)
    .filter((link) => !leadsSomewhere(root, path, link))
    .map((link) => `${path}: the link to ${link} leads nowhere`);
  return [...padded, ...broken];
}

/** Links that do not leave the repository. */
export const linksOf = (text: string): string[] =>
  [
    ...proseOf(text).matchAll(/\]\(<?([^)>\s]+)>?\)/g),
    ...proseOf(text).matchAll(/^\[[^\]]+\]: (\S+)/gm),
    ...proseOf(text).matchAll(/<(?:img|a)\b[^>]*\b(?:src|href)="([^"]+)"/g),
  ]
    .map(([, link = '']) => link)
    .filter((link) => !/^[a-z]+:/.test(link));

function leadsSomewhere(root: string, from: string, link: string): boolean {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? from : posix.join(posix.dirname(from), decodeURIComponent(path));
  if (!existsSync(join(root, target))) return false;
  return anchor === undefined || anchorsOf(readFileSync(join(root, target), 'utf8')).includes(anchor);
}

/** How GitHub names the headings of a page; anchors that are set by hand count, too. */
export function anchorsOf(text: string): string[] {
  const seen = new Map<string, number>();
  const headings = [...proseOf(text).matchAll(/^#+ (.+)$/gm)].map(([, title = '']) => {
    const name = title
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_\s-]/gu, '')
      .replaceAll(' ', '-');
    const times = seen.get(name) ?? 0;
    seen.set(name, times + 1);
    return times === 0 ? name : `${name}-${times}`;
  });
  return [...headings, ...[...text.matchAll(/<a id="([^"]+)"/g)].map(([, id = '']) => id)];
}

const proseOf = (text: string): string =>
  linesOf(text)
    .map(({ line, isCode }) => (isCode ? '' : line))
    .join('\n')
    .replaceAll(/`[^`\n]*`/g, (code) => code.replaceAll(/[[\]()]/g, ' '));

function linesOf(text: string): { readonly line: string; readonly isCode: boolean }[] {
  let isCode = false;
  return text.split('\n').map((line) => {
    const isFence = FENCE.test(line);
    if (isFence) isCode = !isCode;
    return { line, isCode: isCode || isFence };
  });
}
