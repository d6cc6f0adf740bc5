import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { buildWeb } from '../web/build';
import { hostJsonFor, type DurableBackend } from './host-json';

/** Where `npm run package` makes the package, and azd takes it from. */
export const PACKAGE_FOLDER = '.local/package';

/** What the Functions worker provides when the app asks for it; there is no such package to install. */
const PROVIDED = ['@azure/functions-core'];

/**
 * `debug` takes it where it finds it. Only development packages bring it along; a deployment without a bundle has none either.
 */
const LEFT_OUT = ['supports-color'];

/**
 * Source maps are only heeded for what is loaded after they have been turned on, hence a file before the bundle. With
 * them a stack trace, and with it the place that the log names for an unexpected error, is one of the sources.
 */
const ENTRY = `process.setSourceMapsEnabled(true);\nrequire('./app.js');\n`;

/**
 * Makes the deployable package in `target`, which is emptied first: the app and its libraries in one file, its pages, host.json and
 * a package.json that names the entry. One file, so that there is one instance of each library whatever asks for it.
 */
export async function bundleApp(
  root: string,
  target: string,
  backend: DurableBackend = 'AzureStorage',
): Promise<void> {
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  const modules = readdirSync(join(root, 'functions')).filter((file) => file.endsWith('.ts'));
  await build({
    stdin: {
      contents: modules.map((file) => `import './functions/${file}';`).join('\n'),
      resolveDir: root,
      sourcefile: 'functions.ts',
      loader: 'ts',
    },
    absWorkingDir: root,
    outfile: join(target, 'app.js'),
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    external: [...PROVIDED, ...LEFT_OUT],
    // Errors and logs tell the names of classes.
    keepNames: true,
    sourcemap: 'linked',
    sourcesContent: false,
    logLevel: 'silent',
  });
  await buildWeb(root, join(target, 'web'));
  writeFileSync(join(target, 'main.js'), ENTRY);
  writeFileSync(join(target, 'package.json'), `${JSON.stringify({ private: true, main: 'main.js' })}\n`);
  const hostJson = readFileSync(join(root, 'host.json'), 'utf8');
  writeFileSync(join(target, 'host.json'), hostJsonFor(backend, hostJson));
}
