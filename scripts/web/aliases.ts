import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'esbuild';

/**
 * What the pages get instead of parts of the Web PubSub client, which brings along ten times what it uses of them. Each stands in
 * `web/widget/aliases` and has a test that holds it against the original.
 */
const REPLACED = {
  buffer: 'buffer',
  events: 'events',
  '@azure/core-util': 'core-util',
  '@azure/logger': 'logger',
} as const;

/** For esbuild: the file that takes the place of a package. */
export const aliasesIn = (root: string): Record<string, string> => ({
  // One version for all pages: the later one is larger by a half, and brings nothing that they use.
  '@azure/web-pubsub-client': 'web-pubsub-client-1-0',
  ...Object.fromEntries(
    Object.entries(REPLACED)
      .map(([name, file]) => [name, join(root, 'web', 'widget', 'aliases', `${file}.ts`)] as const)
      .filter(([, file]) => existsSync(file)),
  ),
});

/** The same for a file of the client itself: by which it invokes what an app would answer at once. */
export const invokingNothing = (root: string): Plugin => ({
  name: 'invokes nothing',
  setup(build) {
    build.onResolve({ filter: /^\.\/invocationManager\.js$/ }, () => ({
      path: join(root, 'web', 'widget', 'aliases', 'invocations.ts'),
    }));
  },
});
