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

/** The same JSON, with one event, and one action, on a line of its own: a change to one shows as one line. */
function toLines({ generations, ...run }: GoldenHistory): string {
  const list = (values: readonly unknown[]) =>
    values.length === 0 ? '[]' : `[\n${values.map((value) => JSON.stringify(value)).join(',\n')}\n]`;
  /** An object's text, open for more members. */
  const open = (value: object) => JSON.stringify(value).slice(0, -1);
  const written = generations.map(
    ({ history, actions, ...start }) =>
      `${open(start)},"history":${list(history)},"actions":${list(actions)}}`,
  );
  return `${open(run)},"generations":[\n${written.join(',\n')}\n]}\n`;
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
      writeFileSync(pathOf(name), toLines(golden), { flag: 'wx' });
    },
  };
}
