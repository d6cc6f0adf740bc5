import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';
import { buildWeb, type Made, WEB_FOLDER } from './build';

/** What somebody has to download: kB are 1,000 bytes, of gzip at its best. */
interface Budget {
  readonly name: string;
  /** Bytes. */
  readonly limit: number;
  /** Bytes, where the limit is not reached yet: what is accepted until then. It falls with every cut, and is never raised. */
  readonly meanwhile?: number;
  readonly part: keyof Made;
  /** Of the files that were built. */
  readonly counts: (metafile: Metafile) => readonly string[];
}

export interface Counted extends Pick<Budget, 'name' | 'limit' | 'meanwhile'> {
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

/** Everything in one language: somebody reads one. English, which stands in for what is missing. */
const inEnglish = ({ outputs }: Metafile): string[] =>
  Object.entries(outputs).flatMap(([name, { entryPoint }]) =>
    /\/texts\/(?!en\.)\w+\.ts$/.test(entryPoint ?? '') ? [] : [name],
  );
/** All but what is loaded with the library of Entra ID, or in its place. */
const withoutSignIn = ({ outputs }: Metafile): string[] =>
  Object.entries(outputs).flatMap(([name, { inputs }]) =>
    Object.keys(inputs).some((input) => OF_SIGN_IN.test(input)) ? [] : [name],
  );

export const BUDGETS: readonly Budget[] = [
  { name: "widget, with its page: 'chat.js'", limit: 1_500, part: 'widget', counts: atOnce },
  {
    name: 'widget, all of it in one language',
    limit: 15_000,
    meanwhile: 19_200,
    part: 'widget',
    counts: inEnglish,
  },
  {
    name: 'console, without the library of Entra ID',
    limit: 40_000,
    meanwhile: 45_900,
    part: 'console',
    counts: withoutSignIn,
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
  const lines = counted.map(({ name, limit, meanwhile = limit, size, files }) => {
    const verdict = size <= limit ? 'ok  ' : size <= meanwhile ? '~   ' : 'OVER';
    const accepted = verdict === '~   ' ? `, meanwhile ${kilobytes(meanwhile).trim()}` : '';
    return `${verdict} ${kilobytes(size)} of ${kilobytes(limit)}  ${name} (${files} files${accepted})`;
  });
  return { lines, isOver: counted.some(({ limit, meanwhile = limit, size }) => size > meanwhile) };
}

/** `npm run size` */
export async function main(root = join(__dirname, '..', '..')): Promise<void> {
  const { lines, isOver } = report(countedIn(root, await buildWeb(root)));
  console.log(`${WEB_FOLDER}, gzip:\n${lines.join('\n')}`);
  if (isOver) process.exitCode = 1;
}

if (require.main === module) void main();
