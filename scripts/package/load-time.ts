import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Loaded {
  readonly milliseconds: number;
  /** What the app has registered. */
  readonly functions: readonly { readonly name: string; readonly bindings: object }[];
}

/** Loads an app in a fresh process, with the settings of the sample and `more`. Throws with what the app has said. */
export function loadOnce(
  root: string,
  files: readonly string[],
  more: Readonly<Record<string, string>> = {},
): Loaded {
  const sample = JSON.parse(readFileSync(join(root, 'local.settings.sample.json'), 'utf8')) as {
    Values: Record<string, string>;
  };
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [join(__dirname, 'load-once.cjs'), ...files],
    { env: { ...process.env, ...sample.Values, ...more }, encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`The app could not be loaded:\n${stderr.slice(-2_000)}`);
  return JSON.parse(stdout) as Loaded;
}

/**
 * Milliseconds to load each of the apps, by turns, so that whatever else the machine does meets all of them alike. The
 * first round is not counted: it fills the file cache.
 */
export function loadTimes(
  root: string,
  apps: Readonly<Record<string, readonly string[]>>,
  rounds: number,
): Map<string, number[]> {
  const times = new Map<string, number[]>(Object.keys(apps).map((name) => [name, []]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const [name, files] of Object.entries(apps)) {
      const { milliseconds } = loadOnce(root, files);
      if (round > 0) times.get(name)?.push(milliseconds);
    }
  }
  return times;
}

/** Lower quartile, median and upper quartile. */
export function quartiles(values: readonly number[]): [number, number, number] {
  const sorted = [...values].sort((one, other) => one - other);
  const at = (share: number) => sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN;
  return [at(0.25), at(0.5), at(0.75)];
}
