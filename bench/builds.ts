import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';

/** A built app: package.json, and what its `main` names. */
export interface Build {
  readonly directory: string;
  /** One call of its deadline ends all whose deadline has passed. */
  readonly sweeps?: boolean;
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
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, 'package.json'), JSON.stringify({ main: 'app.js' }));
    buildSync({
      entryPoints: [join(root, 'bench', 'baselines', `${name}.ts`)],
      outfile: join(directory, 'app.js'),
      bundle: true,
      platform: 'node',
      packages: 'external',
      define: { TABLE: JSON.stringify(name.replaceAll('-', '')) },
    });
    return { directory, sweeps: name === 'sweeper' };
  });
