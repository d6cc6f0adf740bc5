import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { createInterface } from 'node:readline';

/** A real Azurite (blob, queue and table service) of its own for one test file. */
export interface Azurite {
  readonly connectionString: string;
  readonly blobPort: number;
  readonly queuePort: number;
  readonly tablePort: number;
  readonly pid: number;
  stop(): Promise<void>;
}

/** Generous: several test files may start one each on two cores. */
const START_LIMIT = 45_000;

/** Runs the program named by the first argument until the pipe to this process closes, whatever closed it. */
const WHILE_WE_LIVE = 'process.stdin.resume().on("close", () => process.exit()); require(process.argv[1]);';

/** The published development account; not a secret. */
const ACCOUNT = 'devstoreaccount1';
const KEY = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

/**
 * Starts Azurite in memory and resolves once all three services listen. The operating system chooses the ports
 * (port 0) and Azurite prints them, so that files which start at the same moment cannot take each other's.
 * It ends with `stop`, and also when the test run is killed.
 */
export async function startAzurite(): Promise<Azurite> {
  const child = spawn(
    process.execPath,
    [
      '-e',
      WHILE_WE_LIVE,
      require.resolve('azurite/dist/src/azurite.js'),
      '--inMemoryPersistence',
      '--silent',
      '--disableTelemetry',
      '--skipApiVersionCheck',
      ...['--blobPort', '0', '--queuePort', '0', '--tablePort', '0'],
    ],
    { cwd: tmpdir(), stdio: ['pipe', 'pipe', 'pipe'] },
  );
  try {
    const { blob, queue, table } = await listening(child);
    return {
      connectionString: connectionString(blob, queue, table),
      blobPort: blob,
      queuePort: queue,
      tablePort: table,
      pid: child.pid ?? 0,
      stop: () => end(child),
    };
  } catch (thrown) {
    await end(child);
    throw thrown;
  }
}

type Ports = Record<'blob' | 'queue' | 'table', number>;

function listening(child: ChildProcess): Promise<Ports> {
  const { stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new Error('Azurite was started without pipes');
  return new Promise<Ports>((resolve, reject) => {
    const ports: Partial<Ports> = {};
    let complaints = '';
    const fail = (why: string) => {
      clearTimeout(limit);
      reject(new Error(`Azurite ${why}\n${complaints}`));
    };
    const limit = setTimeout(() => fail(`did not listen within ${START_LIMIT} ms`), START_LIMIT);
    stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
    child.once('error', (error) => fail(`cannot be started: ${error.message}`));
    child.once('exit', (code) => fail(`ended with code ${code} before it listened`));
    // Keeps reading afterwards too: a full pipe would stop Azurite.
    createInterface({ input: stdout }).on('line', (line) => {
      const [, service, port] = /Azurite (Blob|Queue|Table) .*successfully listen.*:(\d+)/.exec(line) ?? [];
      if (service === undefined) return;
      ports[service.toLowerCase() as keyof Ports] = Number(port);
      const { blob, queue, table } = ports;
      if (blob === undefined || queue === undefined || table === undefined) return;
      clearTimeout(limit);
      resolve({ blob, queue, table });
    });
  });
}

/** At once: what is in memory only needs no flushing, and open connections would delay an orderly end. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

const connectionString = (blob: number, queue: number, table: number): string =>
  [
    'DefaultEndpointsProtocol=http',
    `AccountName=${ACCOUNT}`,
    `AccountKey=${KEY}`,
    `BlobEndpoint=http://127.0.0.1:${blob}/${ACCOUNT}`,
    `QueueEndpoint=http://127.0.0.1:${queue}/${ACCOUNT}`,
    `TableEndpoint=http://127.0.0.1:${table}/${ACCOUNT}`,
  ].join(';');
