import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { cpuOf } from '../apps';

/** A server of the machine's own, in a folder of its own. */
export interface Server {
  readonly port: number;
  /** CPU so far, of all its processes, in ms. */
  cpuMs(): number;
  stop(): Promise<void>;
}

const PATIENCE_MS = 20_000;

/** Undefined where the machine has none. */
export async function startRedis(): Promise<Server | undefined> {
  if (spawnSync('redis-server', ['--version']).error !== undefined) return undefined;
  const [port, folder] = [await freePort(), newFolder('redis')];
  const asManyDoIt = ['--appendonly', 'yes', '--appendfsync', 'everysec', '--save', ''];
  const options = ['--bind', '127.0.0.1', '--port', `${port}`, '--dir', folder, ...asManyDoIt];
  return running(spawn('redis-server', options, { stdio: 'ignore' }), port, folder);
}

/** Undefined where the machine has none. It does not run as root, so then it runs as the user that its package has made. */
export async function startPostgres(): Promise<Server | undefined> {
  const programs = postgresPrograms();
  if (programs === undefined) return undefined;
  const [port, folder] = [await freePort(), newFolder('postgres')];
  const as = process.getuid?.() === 0 ? userNamed('postgres') : undefined;
  if (as !== undefined) chownSync(folder, as.uid, as.gid);
  const data = join(folder, 'data');
  execFileSync(join(programs, 'initdb'), ['-D', data, '-U', 'chat', '-A', 'trust', '-E', 'UTF8'], {
    ...as,
    cwd: folder,
    stdio: 'ignore',
  });
  const options = ['-D', data, '-p', `${port}`, '-h', '127.0.0.1', '-k', folder];
  return running(
    spawn(join(programs, 'postgres'), options, { ...as, cwd: folder, stdio: 'ignore' }),
    port,
    folder,
  );
}

/** The folder of the newest that Debian's packages have installed. */
function postgresPrograms(): string | undefined {
  const versions = '/usr/lib/postgresql';
  if (!existsSync(versions)) return undefined;
  const [newest] = readdirSync(versions).sort((a, b) => Number(b) - Number(a));
  const programs = join(versions, newest ?? '', 'bin');
  return existsSync(join(programs, 'postgres')) ? programs : undefined;
}

function userNamed(name: string): { readonly uid: number; readonly gid: number } {
  const [uid, gid] = ['-u', '-g'].map((which) =>
    Number(execFileSync('id', [which, name], { encoding: 'utf8' }).trim()),
  );
  return { uid: uid!, gid: gid! };
}

async function running(child: ChildProcess, port: number, folder: string): Promise<Server> {
  const { pid } = child;
  const gone = once(child, 'exit');
  for (const until = Date.now() + PATIENCE_MS; !(await listens(port)); await delay(100)) {
    if (child.exitCode !== null || Date.now() > until) throw new Error(`${child.spawnfile} does not listen`);
  }
  return {
    port,
    cpuMs: () =>
      pid === undefined ? 0 : [pid, ...childrenOf(pid)].reduce((sum, one) => sum + cpuOf(one), 0),
    async stop() {
      child.kill('SIGINT');
      await gone;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** PostgreSQL has a process for each connection. */
const childrenOf = (pid: number): readonly number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);

const newFolder = (name: string): string => mkdtempSync(join(tmpdir(), `bench-${name}-`));

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const answer = (does: boolean) => {
      socket.destroy();
      resolve(does);
    };
    socket.once('connect', () => answer(true)).once('error', () => answer(false));
  });
}
