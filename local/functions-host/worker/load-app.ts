import { readFileSync } from 'node:fs';
import Module from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { HostError } from '../cli/host-error';
import { toError } from '../cli/to-error';
import type { CoreApi } from './core-api';
import { findFiles } from './find-files';

/**
 * Makes `require('@azure/functions-core')` answer with our object, as the Node worker does. Must run before the first
 * line of the app: `@azure/functions` asks once and remembers a failure for the life of the process.
 */
function injectCoreApi(core: CoreApi): void {
  const api = core.asModule();
  const prototype = Module.prototype as unknown as { require: (this: unknown, id: string) => unknown };
  const original = prototype.require;
  prototype.require = function (id) {
    return id === '@azure/functions-core' ? api : original.call(this, id);
  };
}

/** Loads every file matched by package.json `main`; the first throw blocks the whole app, as in the worker. */
export async function loadApp(core: CoreApi, appDirectory: string): Promise<void> {
  const manifestFile = path.join(appDirectory, 'package.json');
  let manifest: { main?: string; type?: string };
  try {
    manifest = JSON.parse(readFileSync(manifestFile, 'utf8')) as typeof manifest;
  } catch (error) {
    throw new HostError(`${manifestFile} cannot be read: ${toError(error).message}`);
  }
  if (!manifest.main) throw new HostError(`${manifestFile} has no "main" naming the compiled functions.`);
  const files = findFiles(appDirectory, manifest.main);
  if (files.length === 0) {
    throw new HostError(
      `No file matches "main": "${manifest.main}" in ${appDirectory}. Has the app been built?`,
    );
  }

  injectCoreApi(core);
  const load = Module.createRequire(manifestFile);
  for (const file of files) {
    const isModule = file.endsWith('.mjs') || (file.endsWith('.js') && manifest.type === 'module');
    try {
      await (isModule ? import(pathToFileURL(file).href) : load(file));
    } catch (thrown) {
      const error = toError(thrown);
      throw new HostError(`${path.relative(appDirectory, file)} could not be loaded: ${error.message}`, {
        cause: error,
      });
    }
  }
  core.endRegistration();
  if (!core.model) throw new HostError('The app does not use the v4 model of @azure/functions.');

  await core.runHooks('appStart', {
    hookData: {},
    appHookData: core.appHookData,
    functionAppDirectory: appDirectory,
  });
  const capabilities = await core.model.getCapabilities({});
  if (capabilities['HttpUri']) {
    throw new HostError('The app turns on enableHttpStream, which this host does not cover.');
  }
}
