// `npm run bench:peers`: what a lost customer costs, beside what teams use in place of this. See USAGE.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { odata, TableClient } from '@azure/data-tables';
import { startAzurite } from '../../local/stack/azurite';
import { buildApp } from '../../local/stack/build-app';
import { readCommandLine } from '../../local/stack/command-line';
import { type Build, buildBaselines, buildDesign, tableOf } from '../builds';
import { measureEvents } from '../events';
import { machineLine } from '../machine';
import { parsePeersOptions, USAGE } from './options';
import { markdownOf, type PeerRow, type PeerResults, rowOf } from './report';
import { type Server, startPostgres, startRedis } from './servers';

const ROOT = join(__dirname, '..', '..');
const FOLDER = join(ROOT, 'bench', 'peers');

interface Peer {
  readonly name: 'hidden-queue' | 'bullmq' | 'pg-boss' | 'dbos';
  readonly title: string;
  readonly server: 'Azurite' | 'Redis' | 'PostgreSQL';
  /** What the product promises, and this does not, or not as it is written here. */
  readonly lacks: string;
}

const WRITTEN_FIRST =
  'a loss whose job was not stored ends nobody; ends without asking who is there; what fails behind a save is never told';
const PEERS: readonly Peer[] = [
  {
    ...{ name: 'hidden-queue', title: 'hidden message of a storage queue', server: 'Azurite' },
    lacks: WRITTEN_FIRST,
  },
  {
    ...{ name: 'bullmq', title: 'BullMQ 6.7.0, Redis (append-only file each second)', server: 'Redis' },
    lacks: `${WRITTEN_FIRST}; a second of jobs can be lost with the machine`,
  },
  { ...{ name: 'pg-boss', title: 'pg-boss 10.4.2, PostgreSQL', server: 'PostgreSQL' }, lacks: WRITTEN_FIRST },
  { ...{ name: 'dbos', title: 'DBOS 5.3.0, PostgreSQL', server: 'PostgreSQL' }, lacks: WRITTEN_FIRST },
];

async function main(): Promise<void> {
  const { conversations, rounds, write } = readCommandLine('npm run bench:peers', USAGE, parsePeersOptions);
  install();
  buildApp(ROOT);
  const azurite = await startAzurite();
  const servers: Server[] = [];
  try {
    const skipped: string[] = [];
    const started = { Redis: await startRedis(), PostgreSQL: await startPostgres() };
    servers.push(...Object.values(started).filter((server) => server !== undefined));
    const peers = PEERS.filter(({ title, server }) => {
      const isThere = server === 'Azurite' || started[server] !== undefined;
      if (!isThere) skipped.push(`${title}: this machine has no ${server}`);
      return isThere;
    });
    const [baseline] = buildBaselines(ROOT);
    const builds: Build[] = [{ directory: ROOT }, baseline!];
    for (const { name, server } of peers) {
      const directory = join(FOLDER, '.local', name);
      buildDesign(join(FOLDER, 'apps', `${name}.ts`), directory, name);
      const own = server === 'Azurite' ? undefined : started[server];
      const port = own?.port ?? azurite.ports.queue;
      builds.push({
        ...{ directory, ends: 'by itself' },
        env: { PEER_PORT: `${port}`, PEER_URL: `postgres://chat@127.0.0.1:${port}/postgres` },
        ...(own && { storeCpuMs: () => own.cpuMs() }),
      });
    }
    const costs = await measureEvents({
      ...{ builds, storage: azurite, conversations, rounds, hasWarmUp: true },
      onRound: (done) => console.error(`round ${done} of ${rounds + 1}`),
    });
    const names = ['orchestration-per-loss', ...peers.map(({ name }) => name)];
    // What ended twice, or not at all, has not done the work that is measured.
    for (const name of names.slice(1))
      await expectEnds(azurite.connectionString, name, conversations * (rounds + 1));
    const [product = [], ...others] = costs;
    const titles = ['orchestration per loss', ...peers.map(({ title }) => title)];
    const results: PeerResults = {
      machine: machineLine(),
      ...{ conversations, rounds, skipped },
      rows: [
        rowOf('product', product, product),
        ...others.map((other, at): PeerRow => rowOf(titles[at] ?? '', other, product)),
      ],
      lacks: peers.map(({ title, lacks }) => `${title}: ${lacks}`),
    };
    const markdown = markdownOf(results);
    console.log(markdown);
    if (!write) return;
    const folder = join(ROOT, 'bench', 'results');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'peers.md'), markdown);
    writeFileSync(join(folder, 'peers.json'), `${JSON.stringify(results, undefined, 2)}\n`);
  } finally {
    for (const server of servers) await server.stop();
    await azurite.stop();
  }
}

/** The peers are installed in this folder on first use, so that the project's own packages stay few. */
function install(): void {
  const wanted = readFileSync(join(FOLDER, 'package-lock.json'), 'utf8');
  const mark = join(FOLDER, '.local', 'installed');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === wanted) return;
  console.error('Installing the peers (npm ci in bench/peers) …');
  const shell = process.platform === 'win32';
  const { status } = spawnSync('npm', ['ci', '--loglevel=error'], { cwd: FOLDER, stdio: 'inherit', shell });
  if (status !== 0) throw new Error('the peers cannot be installed');
  mkdirSync(join(FOLDER, '.local'), { recursive: true });
  writeFileSync(mark, wanted);
}

/** Each conversation is ended, and its transcript says so once. */
async function expectEnds(connectionString: string, name: string, conversations: number): Promise<void> {
  const table = TableClient.fromConnectionString(connectionString, tableOf(name), {
    allowInsecureConnection: true,
  });
  const count = async (filter: string) => {
    let rows = 0;
    for await (const _row of table.listEntities({ queryOptions: { filter } })) rows += 1;
    return rows;
  };
  const ended = await count(odata`state eq ${'WrapUp'}`);
  const notices = await count(odata`text eq ${'The customer was away too long.'}`);
  if (ended !== conversations || notices !== conversations)
    throw new Error(`${name}: ${ended} ends and ${notices} notices of ${conversations} conversations`);
}

void main();
