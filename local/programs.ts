import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { Plugin } from 'esbuild';

const ROOT = join(__dirname, '..');
const FOLDER = join(ROOT, '.local', 'programs');
/** Written by every npm install. */
const INSTALLED = 'node_modules/.package-lock.json';

/** A folder of a source file: where that is, not where the program is. */
const foldersOfSources: Plugin = {
  name: 'folders of sources',
  setup(build) {
    build.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const contents = await readFile(path, 'utf8');
      const folder = /\b__dirname\b/.test(contents)
        ? `const __dirname = ${JSON.stringify(dirname(path))}; `
        : '';
      return { contents: folder + contents, loader: 'ts' };
    });
  },
};

/**
 * The arguments with which Node runs a program of this repository that is written in TypeScript, in a process of its
 * own. It is made into one file of JavaScript, once and again when one of its sources has changed: a loader of
 * TypeScript costs every process more than a second of computing, and packages of a thousand files cost it as much as
 * half of one: they are in the file as well, unless the program loads others that have to find the same ones. Stack
 * traces tell the sources. Rejects when the program does not compile.
 */
export async function programArguments(
  entry: string,
  packages: 'bundle' | 'external' = 'bundle',
): Promise<string[]> {
  const program = join(FOLDER, relative(ROOT, entry).replaceAll(/[\\/]/g, '-').replace(/ts$/, 'cjs'));
  if (!isUpToDate(program)) await compile(entry, program, packages);
  return ['--enable-source-maps', program];
}

async function compile(entry: string, program: string, packages: 'bundle' | 'external'): Promise<void> {
  mkdirSync(FOLDER, { recursive: true });
  // Prevents: two processes compile at once, and one starts what the other has half written.
  const draft = mkdtempSync(join(FOLDER, 'draft-'));
  const { build } = await import('esbuild');
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: [entry],
    outfile: join(draft, 'program.cjs'),
    bundle: true,
    packages,
    supported: { 'dynamic-import': false },
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    // Errors and logs tell the names of classes.
    keepNames: true,
    sourcemap: 'inline',
    sourcesContent: false,
    sourceRoot: draft,
    metafile: true,
    logLevel: 'silent',
    plugins: [foldersOfSources],
  });
  const inputs = Object.keys(metafile.inputs).filter((input) => !input.includes('node_modules/'));
  writeFileSync(join(draft, 'sources.json'), JSON.stringify([...inputs, INSTALLED]));
  renameSync(join(draft, 'sources.json'), sourcesOf(program));
  renameSync(join(draft, 'program.cjs'), program);
  rmSync(draft, { recursive: true, force: true });
}

const sourcesOf = (program: string): string => `${program}.sources.json`;

function isUpToDate(program: string): boolean {
  try {
    const made = statSync(program).mtimeMs;
    const sources = JSON.parse(readFileSync(sourcesOf(program), 'utf8')) as string[];
    return sources.every((source) => statSync(join(ROOT, source)).mtimeMs < made);
  } catch {
    return false;
  }
}
