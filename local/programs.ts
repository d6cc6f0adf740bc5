import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { Plugin } from 'esbuild';

const ROOT = join(__dirname, '..');
const FOLDER = join(ROOT, '.local', 'programs');

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
 * TypeScript costs every process more than a second of computing. Packages are loaded as ever; stack traces tell the
 * sources. Rejects when the program does not compile.
 */
export async function programArguments(entry: string): Promise<string[]> {
  const program = join(FOLDER, relative(ROOT, entry).replaceAll(/[\\/]/g, '-').replace(/ts$/, 'cjs'));
  if (!isUpToDate(program)) await compile(entry, program);
  return ['--enable-source-maps', program];
}

async function compile(entry: string, program: string): Promise<void> {
  mkdirSync(FOLDER, { recursive: true });
  // Prevents: two processes compile at once, and one starts what the other has half written.
  const draft = mkdtempSync(join(FOLDER, 'draft-'));
  const { build } = await import('esbuild');
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: [entry],
    outfile: join(draft, 'program.cjs'),
    bundle: true,
    packages: 'external',
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
  writeFileSync(join(draft, 'sources.json'), JSON.stringify(Object.keys(metafile.inputs)));
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
