import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Run } from './driver';
import type { Generation } from './history';

/** A recorded run: what an instance that runs today has in its history. */
export interface GoldenHistory {
  readonly instanceId: string;
  readonly status: Run['status'];
  readonly output?: unknown;
  readonly generations: readonly Generation[];
}

/** Recorded histories in a folder, one JSON file each. A file that exists is never written over. */
export function goldenHistories(folder: string) {
  const pathOf = (name: string) => join(folder, `${name}.json`);
  return {
    names: (): string[] =>
      readdirSync(folder)
        .filter((file) => file.endsWith('.json'))
        .map((file) => file.slice(0, -'.json'.length)),
    has: (name: string): boolean => existsSync(pathOf(name)),
    read: (name: string): GoldenHistory => JSON.parse(readFileSync(pathOf(name), 'utf8')) as GoldenHistory,
    record: (name: string, { instanceId, status, output, generations }: Run): void => {
      const golden: GoldenHistory = { instanceId, status, output, generations };
      writeFileSync(pathOf(name), `${JSON.stringify(golden, null, 1)}\n`, { flag: 'wx' });
    },
  };
}
