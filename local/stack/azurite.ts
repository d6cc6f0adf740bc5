import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { createInterface } from 'node:readline';
import { takeDataFolder } from './data-folder';

/** Azurite's published development account; not a secret. */
const ACCOUNT = 'devstoreaccount1';
const KEY = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

/** Generous: several may start at once on two cores. */
const START_LIMIT_MS = 45_000;

/**
 * Runs the program named by the first argument until the pipe to this process closes, whatever closed it, and ends it
 * as Ctrl-C would, so that it saves its data. The pipe itself keeps nothing alive.
 */
const WHILE_WE_LIVE =
  'process.stdin.resume().on("close", () => process.kill(process.pid, "SIGINT")).unref(); require(process.argv[1]);';

/**
 * Azurite finds the JSON of an operation within a transaction by a regular expression that stops at U+2028 and U+2029, and
 * answers with an error; Table Storage takes them. Escaped they mean the same, so it is handed them escaped.
 */
const BATCH_READER = require.resolve('azurite/dist/src/table/batch/TableBatchSerialization.js');
const TAKING_LINE_SEPARATORS = String.raw`
  const { prototype } = require(${JSON.stringify(BATCH_READER)}).TableBatchSerialization;
  const { deserializeBatchRequest: read } = prototype;
  prototype.deserializeBatchRequest = function (text) {
    return read.call(this, text.replace(/\u2028/g, '\\u2028').replace(/\u2029/g, '\\u2029'));
  };
`;

export interface AzuritePorts {
  readonly blob: number;
  readonly queue: number;
  readonly table: number;
}

export interface AzuriteOptions {
  /** 0, the default, lets the operating system choose, so that two starts cannot take each other's port. */
  readonly ports?: Partial<AzuritePorts>;
  /** Where the data is kept from one run to the next, by one Azurite at a time; in memory unless given. */
  readonly dataDirectory?: string;
  /** What to do when another one has it. */
  readonly wayOut?: string;
  /** The accounts that there are, all with the same key; the development account unless given. */
  readonly accounts?: readonly [string, ...string[]];
}

export interface Azurite {
  /** Of the first account. */
  readonly connectionString: string;
  readonly ports: AzuritePorts;
  readonly pid: number;
  stop(): Promise<void>;
}

/**
 * Starts the real Azurite as a process of its own and resolves when its three services listen. It stands outside the
 * terminal's process group, for Ctrl-C must not take the storage away from under a host that is still saving; and it
 * ends by itself when this process does, even by SIGKILL.
 */
export async function startAzurite({
  ports = {},
  dataDirectory,
  wayOut = 'stop that first.',
  accounts = [ACCOUNT],
}: AzuriteOptions = {}): Promise<Azurite> {
  const folder = dataDirectory === undefined ? undefined : takeDataFolder(dataDirectory, wayOut);
  const { blob = 0, queue = 0, table = 0 } = ports;
  const child = spawn(
    process.execPath,
    [
      ...['-e', TAKING_LINE_SEPARATORS + WHILE_WE_LIVE, require.resolve('azurite/dist/src/azurite.js')],
      ...(dataDirectory === undefined ? ['--inMemoryPersistence'] : ['--location', dataDirectory]),
      ...['--blobPort', `${blob}`, '--queuePort', `${queue}`, '--tablePort', `${table}`],
      ...['--silent', '--disableTelemetry', '--skipApiVersionCheck'],
    ],
    {
      cwd: tmpdir(),
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, AZURITE_ACCOUNTS: accounts.map((name) => `${name}:${KEY}`).join(';') },
    },
  );
  // What is stored is Azurite's, which may still save it when this process is gone.
  if (child.pid !== undefined) folder?.belongsTo(child.pid);
  child.once(child.pid === undefined ? 'error' : 'exit', () => folder?.release());
  // What is in memory only needs no saving, and open connections would delay an orderly end.
  const signal = dataDirectory === undefined ? 'SIGKILL' : 'SIGINT';
  try {
    const actual = await listening(child);
    return {
      connectionString: connectionStringOf(actual, accounts[0]),
      ports: actual,
      pid: child.pid ?? 0,
      stop: () => end(child, signal),
    };
  } catch (thrown) {
    await end(child, 'SIGKILL');
    throw thrown;
  }
}

function listening(child: ChildProcess): Promise<AzuritePorts> {
  const { stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new Error('Azurite was started without pipes');
  return new Promise<AzuritePorts>((resolve, reject) => {
    const ports: { blob?: number; queue?: number; table?: number } = {};
    let complaints = '';
    const fail = (why: string) => {
      clearTimeout(limit);
      reject(new Error(`Azurite ${why}\n${complaints}`.trimEnd()));
    };
    const limit = setTimeout(() => fail(`did not listen within ${START_LIMIT_MS} ms`), START_LIMIT_MS);
    stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()));
    child.once('error', (error) => fail(`cannot be started: ${error.message}`));
    child.once('exit', (code) => fail(`ended with code ${code} before it listened`));
    // Keeps reading afterwards too: a full pipe would stop Azurite.
    createInterface({ input: stdout }).on('line', (line) => {
      const [, service, port] = /Azurite (Blob|Queue|Table) .*successfully listen.*:(\d+)/.exec(line) ?? [];
      if (service === undefined) return;
      ports[service.toLowerCase() as keyof AzuritePorts] = Number(port);
      const { blob, queue, table } = ports;
      if (blob === undefined || queue === undefined || table === undefined) return;
      clearTimeout(limit);
      resolve({ blob, queue, table });
    });
  });
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}

/** How an account is reached; through other ports than Azurite's own where something stands between. */
export function connectionStringOf(ports: Partial<AzuritePorts>, account: string = ACCOUNT): string {
  const endpoint = (service: string, port: number | undefined) =>
    port === undefined ? [] : [`${service}Endpoint=http://127.0.0.1:${port}/${account}`];
  return [
    'DefaultEndpointsProtocol=http',
    `AccountName=${account}`,
    `AccountKey=${KEY}`,
    ...endpoint('Blob', ports.blob),
    ...endpoint('Queue', ports.queue),
    ...endpoint('Table', ports.table),
  ].join(';');
}
