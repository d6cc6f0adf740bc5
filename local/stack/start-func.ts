import { spawn, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { ensureWebBuilt } from '../../scripts/web/build';
import { startSignIn } from '../sign-in';
import { startWebPubSub } from '../web-pubsub';
import { parseStartFuncArguments, START_FUNC_USAGE, wayOut } from './arguments';
import { startAzurite } from './azurite';
import { buildApp } from './build-app';
import { readCommandLine } from './command-line';
import { refuseTakenPorts } from './ports';
import { hubInForce } from './settings';
import { ROOT, signInSettings, webhookUrl } from './stack';

const MISSING_FUNC =
  'Azure Functions Core Tools (func) were not found on the PATH. Install version 4, for example with\n' +
  '  npm install -g azure-functions-core-tools@4\n' +
  'or run `npm start`, which needs nothing but npm packages.';

/** `npm run start:func`: the app under Core Tools, with Azurite and the Web PubSub stand-in beside it. */
async function main(): Promise<void> {
  const { ports, dataDirectory } = readCommandLine(
    'npm run start:func',
    START_FUNC_USAGE,
    parseStartFuncArguments,
  );
  if (spawnSync('func', ['--version'], { shell: process.platform === 'win32' }).status !== 0) {
    throw new Error(MISSING_FUNC);
  }
  await refuseTakenPorts(ports, 'npm run start:func');
  const settingsFile = join(ROOT, 'local.settings.json');
  if (!existsSync(settingsFile)) {
    copyFileSync(join(ROOT, 'local.settings.sample.json'), settingsFile);
    console.log('Wrote local.settings.json from local.settings.sample.json.');
  }
  const hub = hubInForce(ROOT);
  buildApp(ROOT);
  await ensureWebBuilt(ROOT);

  const azurite = await startAzurite({ ports, dataDirectory, wayOut: wayOut('npm run start:func') });
  try {
    const handlerUrl = webhookUrl(`http://localhost:${ports.functions}`);
    const webPubSub = await startWebPubSub({ port: ports['web-pubsub'], hub, handlerUrl });
    const signIn = await startSignIn({ port: ports['sign-in'] });
    console.log(`Azurite and Web PubSub (local stand-in) are up: ${webPubSub.endpoint}`);
    console.log(`So is sign-in (local stand-in): ${signIn.authority}`);
    process.exitCode = await runFunc(ports.functions, {
      AzureWebJobsStorage: azurite.connectionString,
      CONVERSATION_TABLES_CONNECTION_STRING: azurite.connectionString,
      WEB_PUBSUB_CONNECTION_STRING: webPubSub.connectionString,
      ...signInSettings(signIn),
    });
    await signIn.stop();
    await webPubSub.stop();
  } finally {
    await azurite.stop();
  }
  process.exit();
}

/** Runs `func start` until it ends; gives its exit code. */
function runFunc(port: number, settings: Readonly<Record<string, string>>): Promise<number> {
  const func = spawn('func', ['start', '--port', String(port)], {
    cwd: ROOT,
    stdio: 'inherit',
    shell: process.platform === 'win32',
    env: { ...process.env, ...settings },
  });
  // Ctrl-C reaches func by itself; what stands beside it stops when it has.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => func.kill('SIGTERM'));
  return new Promise((resolve, reject) => {
    func.once('error', reject);
    func.once('close', (status) => resolve(status ?? 0));
  });
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
});
