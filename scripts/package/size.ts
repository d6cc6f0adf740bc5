import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';

export interface Size {
  readonly files: number;
  readonly bytes: number;
  /** Each file by itself, as a zip archive holds it. */
  readonly zipped: number;
}

/** Of files, and of folders with everything in them. */
export function sizeOf(paths: readonly string[]): Size {
  const files = paths.flatMap(filesIn);
  const contents = files.map((file) => readFileSync(file));
  return {
    files: files.length,
    bytes: contents.reduce((sum, content) => sum + content.length, 0),
    zipped: contents.reduce((sum, content) => sum + deflateRawSync(content).length, 0),
  };
}

const filesIn = (path: string): string[] =>
  statSync(path).isDirectory()
    ? readdirSync(path, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
    : [path];
