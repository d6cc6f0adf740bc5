import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';
import { buildWeb, type Made, WEB_FOLDER } from './build';

/** What somebody has to download: kB are 1,000 bytes, of gzip at its best. */
interface Budget {
  readonly name: string;
  /** Bytes. What has none is told, so that nobody takes a part for all of it. */
  readonly limit?: number;
  readonly part: keyof Made;
  /** Of the files that were built. */
  readonly counts: (metafile: Metafile) => readonly string[];
}

export interface Counted extends Pick<Budget, 'name' | 'limit'> {
  /** Bytes. */
  readonly size: number;
  readonly files: number;
}

/** The library of Entra ID outweighs all else, and is loaded where a tenant is configured; on one's own machine its stand-in. */
const OF_SIGN_IN = /node_modules\/@azure\/msal-|sign-in\/stand-in\.ts$/;

/** What is loaded with a page: what no other file waits for, and what that cannot do without. */
function atOnce({ outputs }: Metafile): string[] {
  const later = new Set(
    Object.values(outputs).flatMap(({ imports }) =>
      imports.flatMap(({ path, kind }) => (kind === 'dynamic-import' ? [path] : [])),
    ),
  );
  const seen = new Set<string>();
  const visit = (name: string) => {
    if (seen.has(name)) return;
    seen.add(name);
    for (const { path, kind } of outputs[name]?.imports ?? []) {
      if (kind === 'import-statement' && path in outputs) visit(path);
    }
  };
  for (const [name, { entryPoint }] of Object.entries(outputs)) {
    if (entryPoint !== undefined && !later.has(name)) visit(name);
  }
  return [...seen];
}

/** What is loaded without the files that are made of these, and of what only they load. */
const without =
  (...later: readonly RegExp[]) =>
  ({ outputs }: Metafile): string[] => {
    const isLater = (name: string) =>
      later.some((one) => Object.keys(outputs[name]?.inputs ?? {}).some((input) => one.test(input)));
    const targets = new Set(Object.values(outputs).flatMap(({ imports }) => imports.map(({ path }) => path)));
    const seen = new Set<string>();
    const visit = (name: string) => {
      if (!(name in outputs) || seen.has(name) || isLater(name)) return;
      seen.add(name);
      for (const { path } of outputs[name]!.imports) visit(path);
    };
    for (const name of Object.keys(outputs)) if (!targets.has(name)) visit(name);
    return [...seen];
  };

/** The same in one language, the one with the longest texts: somebody reads one. */
const inOneLanguage =
  (...later: readonly RegExp[]) =>
  (metafile: Metafile): string[] => {
    const names = without(...later)(metafile);
    const texts = names.filter((name) => /\/texts\/\w+\.ts$/.test(metafile.outputs[name]?.entryPoint ?? ''));
    const bytes = (name: string) => metafile.outputs[name]!.bytes;
    const longest = texts.toSorted((a, b) => bytes(b) - bytes(a))[0];
    return names.filter((name) => name === longest || !texts.includes(name));
  };

export const BUDGETS: readonly Budget[] = [
  { name: "widget, with its page: 'chat.js'", limit: 1_500, part: 'widget', counts: atOnce },
  {
    name: 'widget, to start, send and receive, in one language',
    limit: 15_000,
    part: 'widget',
    counts: inOneLanguage(/widget\/(around|advice)\.ts$/),
  },
  { name: 'widget, all of it in one language', part: 'widget', counts: inOneLanguage() },
  {
    name: 'console, what an agent loads, without the library of Entra ID',
    limit: 40_000,
    part: 'console',
    counts: without(OF_SIGN_IN, /operator\/pages\.ts$/),
  },
  {
    name: "console with the operators' pages",
    part: 'console',
    counts: without(OF_SIGN_IN),
  },
];

/** How much of its budget each part takes; of parts that are not built, nothing. */
export const countedIn = (root: string, made: Made): readonly Counted[] =>
  BUDGETS.flatMap(({ part, counts, ...budget }) => {
    const metafile = made[part];
    if (metafile === undefined) return [];
    const files = counts(metafile);
    const size = files.reduce((sum, file) => sum + downloaded(join(root, file)), 0);
    return [{ ...budget, size, files: files.length }];
  });

const downloaded = (path: string): number => statSync(existsSync(`${path}.gz`) ? `${path}.gz` : path).size;

/** One line for each, and whether all are within their budgets. */
export function report(counted: readonly Counted[]): {
  readonly lines: readonly string[];
  readonly isOver: boolean;
} {
  const kilobytes = (bytes: number) => `${(bytes / 1_000).toFixed(2).padStart(6)} kB`;
  const lines = counted.map(({ name, limit, size, files }) => {
    const [verdict, of] =
      limit === undefined
        ? ['    ', ' '.repeat(12)]
        : [size <= limit ? 'ok  ' : 'OVER', `of ${kilobytes(limit)}`];
    return `${verdict} ${kilobytes(size)} ${of}  ${name} (${files} files)`;
  });
  return { lines, isOver: counted.some(({ limit = Infinity, size }) => size > limit) };
}

/** `npm run size` */
export async function main(root = join(__dirname, '..', '..')): Promise<void> {
  const { lines, isOver } = report(countedIn(root, await buildWeb(root)));
  console.log(`${WEB_FOLDER}, gzip:\n${lines.join('\n')}`);
  if (isOver) process.exitCode = 1;
}

if (require.main === module) void main();
