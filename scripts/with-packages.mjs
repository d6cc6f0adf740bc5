// Runs a command of this project with its packages in place: `node scripts/with-packages.mjs tsx local/stack/start.ts`.
// A missing or stale node_modules is installed first, so that every command works from a fresh clone.
// Plain JavaScript with Node's own modules only, because it runs before anything is installed.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Node 20.19 or newer is needed; this is ${process.versions.node}.`);
  process.exit(1);
}

if (!isInstalled()) {
  console.error('Installing packages (npm ci) …');
  const install = spawnSync('npm', ['ci', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 'inherit'],
    shell: process.platform === 'win32',
  });
  if (install.error) console.error(install.error.message);
  if (install.status !== 0) process.exit(install.status ?? 1);
}

const [command, ...args] = process.argv.slice(2);
if (command !== undefined) {
  const path = [join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter);
  const run = spawn(command, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, PATH: path },
    shell: process.platform === 'win32',
  });
  // Ctrl-C reaches the command by itself and the command decides when it has stopped. Everything else is passed on,
  // also that npm or the terminal is gone: npm ends by a SIGTERM without a word to us.
  const stop = () => run.kill('SIGTERM');
  const parent = process.ppid;
  process.on('SIGINT', () => {});
  process.on('SIGTERM', stop);
  process.on('SIGHUP', stop);
  setInterval(() => process.ppid !== parent && stop(), 500).unref();
  run.on('error', (error) => console.error(error.message));
  run.on('close', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));
}

/** Whether node_modules holds what package-lock.json says, by the record npm leaves of its last install. */
function isInstalled() {
  try {
    const packages = (file) => JSON.parse(readFileSync(join(root, file), 'utf8')).packages;
    const wanted = packages('package-lock.json');
    const installed = packages('node_modules/.package-lock.json');
    return Object.entries(wanted).every(
      ([path, { version, optional }]) =>
        path === '' ||
        (optional && !installed[path]) ||
        (installed[path]?.version === version && existsSync(join(root, path))),
    );
  } catch {
    return false;
  }
}
