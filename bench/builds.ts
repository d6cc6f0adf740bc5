import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';

/** A built app: package.json, and what its `main` names. */
export interface Build {
  readonly directory: string;
  /** Who brings its deadlines about: the benchmark, one call each, or one call for all that have passed, or the app does by itself. */
  readonly ends?: 'each' | 'all at once' | 'by itself';
  readonly env?: Readonly<Record<string, string>>;
  /** CPU so far of a store of its own, in ms. */
  readonly storeCpuMs?: () => number;
}

/** The designs that the product is compared with, see `bench/baselines`, and what they leave to chance. */
export const BASELINES = [
  {
    name: 'orchestration-per-loss',
    lacks:
      'a start that is lost ends nobody; ends without asking who is there; what fails behind a save is never told',
  },
  {
    name: 'sweeper',
    lacks:
      'reads the whole table each second; ends without asking who is there; what fails behind a save is never told',
  },
] as const;

/** Compiles the baselines into folders of their own below `root`. */
export const buildBaselines = (root: string): readonly Build[] =>
  BASELINES.map(({ name }) => {
    const directory = join(root, '.local', 'bench', name);
    buildDesign(join(root, 'bench', 'baselines', `${name}.ts`), directory, name);
    return { directory, ends: name === 'sweeper' ? 'all at once' : 'each' };
  });

/** The name of a design's table. */
export const tableOf = (name: string): string => name.replaceAll('-', '');

export function buildDesign(entry: string, directory: string, name: string): void {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'package.json'), JSON.stringify({ main: 'app.js' }));
  buildSync({
    entryPoints: [entry],
    outfile: join(directory, 'app.js'),
    bundle: true,
    platform: 'node',
    packages: 'external',
    define: { TABLE: JSON.stringify(tableOf(name)) },
  });
}
