import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'esbuild';
import { trimmed } from './client';

/**
 * What the pages get instead of parts of the Web PubSub client, which brings along ten times what it uses of them. Each stands in
 * `web/widget/aliases` and has a test that holds it against the original.
 */
const REPLACED = {
  events: 'events',
  '@azure/core-util': 'core-util',
} as const;

/** The version for all pages: the later one is larger by a half, and brings nothing that they use. */
const CLIENT = 'web-pubsub-client-1-0';

/** For esbuild: the file that takes the place of a package. */
export const aliasesIn = (root: string): Record<string, string> => ({
  '@azure/web-pubsub-client': CLIENT,
  ...Object.fromEntries(
    Object.entries(REPLACED)
      .map(([name, file]) => [name, join(root, 'web', 'widget', 'aliases', `${file}.ts`)] as const)
      .filter(([, file]) => existsSync(file)),
  ),
});

/** The same for the client itself, for what it keeps for itself, and for the styles of lit. */
export const smallParts = (root: string): Plugin => ({
  name: 'small parts',
  setup(build) {
    const noStyles = join(root, 'web', 'console', 'aliases', 'css-tag.ts');
    build.onResolve({ filter: /^\.\/css-tag\.js$/ }, ({ importer }) =>
      importer.includes('reactive-element') ? { path: noStyles } : undefined,
    );
    for (const [file, alias] of [
      ['protocols/index', 'protocol'],
      ['ackManager', 'acks'],
    ] as const) {
      const path = join(root, 'web', 'widget', 'aliases', `${alias}.ts`);
      build.onResolve({ filter: new RegExp(`^\\./${file}\\.js$`) }, ({ importer }) =>
        importer.includes(CLIENT) ? { path } : undefined,
      );
    }
    build.onLoad({ filter: new RegExp(`${CLIENT}.*[\\\\/]webPubSubClient\\.js$`) }, ({ path }) => ({
      contents: trimmed(readFileSync(path, 'utf8')),
    }));
  },
});
