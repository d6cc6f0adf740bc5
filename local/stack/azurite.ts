import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** Azurite's well-known development account; not a secret. */
const ACCOUNT = 'devstoreaccount1';
const KEY = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';
const START_TIMEOUT_MS = 30_000;

export interface AzuriteOptions {
  readonly blobPort: number;
  readonly queuePort: number;
  readonly tablePort: number;
  /** Where the data is kept from one run to the next. */
  readonly dataDirectory: string;
}

export interface Azurite {
  readonly connectionString: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/**
 * Starts the real Azurite as a process of its own, outside the terminal's process group: Ctrl-C must not take the
 * storage away from under a host that is still saving. The all-in-one program flushes its data when told to stop.
 */
export async function startAzurite(options: AzuriteOptions): Promise<Azurite> {
  const { blobPort, queuePort, tablePort, dataDirectory } = options;
  mkdirSync(dataDirectory, { recursive: true });
  const program = createRequire(__filename).resolve('azurite/dist/src/azurite.js');
  const ports = ['--blobPort', blobPort, '--queuePort', queuePort, '--tablePort', tablePort].map(String);
  const quiet = ['--silent', '--disableTelemetry', '--skipApiVersionCheck'];
  const azurite = spawn(process.execPath, [program, '--location', dataDirectory, ...ports, ...quiet], {
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let errors = '';
  azurite.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const exited = new Promise<number | null>((resolve) => azurite.once('exit', resolve));
  let running = true;
  void exited.then(() => (running = false));

  const deadline = Date.now() + START_TIMEOUT_MS;
  while (!(await answers(tablePort))) {
    if (!running) throw new Error(`Azurite did not start:\n${errors.trim()}`);
    if (Date.now() > deadline) throw new Error(`Azurite did not answer on port ${tablePort}.`);
    await delay(50);
  }
  const endpoint = (kind: string, port: number) => `${kind}Endpoint=http://127.0.0.1:${port}/${ACCOUNT};`;
  return {
    pid: azurite.pid ?? 0,
    connectionString:
      `DefaultEndpointsProtocol=http;AccountName=${ACCOUNT};AccountKey=${KEY};` +
      endpoint('Blob', blobPort) +
      endpoint('Queue', queuePort) +
      endpoint('Table', tablePort),
    async stop() {
      if (running) azurite.kill('SIGINT');
      await exited;
    },
  };
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('close', () => socket.destroy());
    socket.once('connect', () => socket.end());
  });
