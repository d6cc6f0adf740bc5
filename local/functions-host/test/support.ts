import { jest } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startAzurite as startService } from '../../stack/azurite';
import { startFunctionsHost, type FunctionsHost, type FunctionsHostOptions } from '../index';

// A test here starts up to four hosts, a second of computing each: many seconds where others compute too.
jest.setTimeout(300_000);

export const fixtureApp = path.join(__dirname, 'fixture-app');
export const keys = { LOCAL_FUNCTION_KEY: 'function-key', LOCAL_MASTER_KEY: 'master-key' };

/** Repeats until a value comes that satisfies; fails with the last one when that takes too long. */
export async function eventually<T>(
  read: () => Promise<T>,
  satisfies: (value: T) => boolean,
  withinMs = 120_000,
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

/** A storage emulator of the test's own, in a temporary directory, that can be stopped and come back. */
export async function startAzurite(): Promise<Azurite> {
  const dataDirectory = await mkdtemp(path.join(tmpdir(), 'functions-host-'));
  let service = await startService({ dataDirectory }).catch(async (thrown: unknown) => {
    await rm(dataDirectory, { recursive: true, force: true });
    throw thrown;
  });
  const { connectionString, ports } = service;
  return {
    connectionString,
    startService: async () => {
      service = await startService({ dataDirectory, ports });
    },
    stopService: () => service.stop(),
    stop: async () => {
      await service.stop();
      // Of an Azurite that was taken away and has not come back, the files may still be written to.
      await rm(dataDirectory, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
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
    env: {
      ...{ AzureWebJobsStorage: connectionString, FIXTURE_HUB: newHubName(), FIXTURE_VERSION: '7.0' },
      ...keys,
      ...env,
    },
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
  readonly version?: string;
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

  /** What the management API of the main port answers for this instance, by the name of the link. */
  async manage(instanceId: string, link: string, init?: RequestInit, more = ''): Promise<Response> {
    const links = await this.call<Record<string, string>>('createHttpManagementPayload', instanceId);
    return fetch(`${links[link]?.replace('{eventName}', 'answered')}${more}`, init);
  }

  async until(instanceId: string, runtimeStatus: string): Promise<Status> {
    return eventually(
      () => this.status(instanceId),
      (status) => status.runtimeStatus === runtimeStatus,
    );
  }
}
