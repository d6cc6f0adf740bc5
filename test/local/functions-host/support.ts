import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  startFunctionsHost,
  type FunctionsHost,
  type FunctionsHostOptions,
} from '../../../local/functions-host';

export const fixtureApp = path.join(__dirname, 'fixture-app');
export const keys = { LOCAL_FUNCTION_KEY: 'function-key', LOCAL_MASTER_KEY: 'master-key' };

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Repeats until a value comes that satisfies; fails with the last one when that takes too long. */
export async function eventually<T>(
  read: () => Promise<T>,
  satisfies: (value: T) => boolean,
  withinMs = 15_000,
): Promise<T> {
  const giveUpAt = Date.now() + withinMs;
  for (;;) {
    const value = await read();
    if (satisfies(value)) return value;
    if (Date.now() > giveUpAt)
      throw new Error(`Gave up waiting; the last value was ${JSON.stringify(value)}`);
    await delay(40);
  }
}

export interface Azurite {
  readonly connectionString: string;
  /** Takes the service away as an orderly stop does (what was stored stays), until `startService`. */
  stopService(): Promise<void>;
  startService(): Promise<void>;
  stop(): Promise<void>;
}

/** A storage emulator of the test's own, on free ports and in a temporary directory. */
export async function startAzurite(): Promise<Azurite> {
  const location = await mkdtemp(path.join(tmpdir(), 'functions-host-'));
  const [blob, queue, table] = [await freePort(), await freePort(), await freePort()];
  const endpoint = `http://127.0.0.1:${table}/devstoreaccount1`;
  let child: ChildProcess;
  const startService = async (): Promise<void> => {
    child = spawn(
      process.execPath,
      [
        ...[require.resolve('azurite/dist/src/azurite'), '--location', location],
        ...['--blobPort', `${blob}`, '--queuePort', `${queue}`, '--tablePort', `${table}`],
        ...['--silent', '--disableTelemetry', '--skipApiVersionCheck'],
      ],
      { stdio: 'ignore' },
    );
    const isUp = () =>
      fetch(endpoint).then(
        () => true,
        () => false,
      );
    await eventually(isUp, (up) => up, 20_000);
  };
  const stopService = async (): Promise<void> => {
    const exited = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    await exited;
  };
  await startService();
  return {
    connectionString: [
      'DefaultEndpointsProtocol=http;AccountName=devstoreaccount1',
      'AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==',
      `TableEndpoint=${endpoint}`,
    ].join(';'),
    startService,
    stopService,
    stop: async () => {
      await stopService();
      await rm(location, { recursive: true, force: true });
    },
  };
}

export const newHubName = (): string => `Hub${randomUUID().replaceAll('-', '').slice(0, 20)}`;

/** Starts the host on the fixture app; `env` comes on top of what the app always needs. */
export function startFixture(
  connectionString: string,
  env: Record<string, string> = {},
  more: Partial<FunctionsHostOptions> = {},
): Promise<FunctionsHost> {
  return startFunctionsHost({
    appDirectory: fixtureApp,
    env: { AzureWebJobsStorage: connectionString, FIXTURE_HUB: newHubName(), ...keys, ...env },
    ...more,
  });
}

export interface Status {
  readonly runtimeStatus: string;
  readonly name: string;
  readonly instanceId: string;
  readonly input: unknown;
  readonly output: unknown;
  readonly customStatus: unknown;
  readonly createdTime: string;
}

/** The real durable client inside the fixture app, reached through its HTTP function. */
export class RemoteClient {
  constructor(private readonly host: { readonly url: string }) {}

  async call<T = unknown>(method: string, ...args: unknown[]): Promise<T> {
    const response = await fetch(`${this.host.url}/api/client`, {
      method: 'POST',
      body: JSON.stringify({ method, args }),
    });
    const { result, error } = (await response.json()) as { result: T; error?: string };
    if (error !== undefined) throw new Error(error);
    return result;
  }

  async start(name: string, input?: unknown, instanceId: string = randomUUID()): Promise<string> {
    return this.call<string>('startNew', name, { instanceId, ...(input !== undefined && { input }) });
  }

  status(instanceId: string): Promise<Status> {
    return this.call<Status>('getStatus', instanceId, { showInput: true });
  }

  async until(instanceId: string, runtimeStatus: string, withinMs?: number): Promise<Status> {
    return eventually(
      () => this.status(instanceId),
      (status) => status.runtimeStatus === runtimeStatus,
      withinMs,
    );
  }
}
