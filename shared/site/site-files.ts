import { existsSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SiteFile, SiteFiles } from './site';

/** Beside the bundle of the package, or beside the compiled app. */
const FOLDERS = [join(__dirname, 'web'), join(__dirname, '..', '..', 'web')];

/** Without the hash of its content. */
const plain = (name: string): string => name.replace(/-[A-Z0-9]{8}(?=\.\w+$)/, '');

/**
 * The files that `npm run web` has built. What exists is read once, at start; what is in them at first use, and kept: it is bounded by
 * what was built. A name that is not in the manifest is looked up nowhere, so that no name leads out of the folder.
 */
export function createSiteFiles(folders: readonly string[] = FOLDERS): SiteFiles {
  const folder = folders.find((one) => existsSync(join(one, 'manifest.json')));
  if (folder === undefined)
    return {
      find: () => undefined,
      standInFor: () => undefined,
      read: () => Promise.reject(new Error('not built')),
    };
  const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as Record<
    string,
    SiteFile
  >;
  const files = new Map(Object.entries(manifest));
  const standIns = new Map(
    [...files].flatMap(([name, { standsIn }]) => (standsIn ? [[plain(name), name]] : [])),
  );
  const contents = new Map<string, Promise<Uint8Array>>();
  return {
    find: (name) => files.get(name),
    standInFor: (name) => (plain(name) === name ? undefined : standIns.get(plain(name))),
    read: (name, encoding) => {
      const path = join(folder, encoding === undefined ? name : `${name}.${encoding}`);
      const content = contents.get(path) ?? readFile(path);
      contents.set(path, content);
      // Prevents: a file that could not be read once, for want of handles, is missing for as long as the process lives.
      content.catch(() => contents.delete(path));
      return content;
    },
  };
}
