import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { loadConfig } from '../../shared/app/config';
import { ConfigurationError } from '../../shared/app/errors';
import { ROOT } from './functions-app';

const read = (name: string) => JSON.parse(readFileSync(join(ROOT, name), 'utf8')) as unknown;
const sample = read('local.settings.sample.json') as { Values: Record<string, string> };
const host = read('host.json') as {
  extensionBundle: { id: string; version: string };
  extensions: { http: Record<string, unknown>; durableTask: Record<string, unknown> };
};

/** Settings of the Functions host: the product does not read them. */
const OF_THE_HOST = [
  'AzureWebJobsStorage',
  'FUNCTIONS_REQUEST_BODY_SIZE_LIMIT',
  'FUNCTIONS_WORKER_RUNTIME',
  'TASKHUB_NAME',
];

/** The names that the configuration asks the environment for. */
function namesRead(env: Record<string, string>): Set<string> {
  const names = new Set<string>();
  const watched = new Proxy(env, {
    get: (target, name) => {
      names.add(String(name));
      return target[String(name)];
    },
  });
  try {
    loadConfig(watched);
  } catch (thrown) {
    if (!(thrown instanceof ConfigurationError)) throw thrown;
  }
  return names;
}

const isEnough = (env: Record<string, string>): boolean => {
  try {
    loadConfig(env);
    return true;
  } catch {
    return false;
  }
};

describe('the sample settings', () => {
  const own = Object.keys(sample.Values).filter((name) => !OF_THE_HOST.includes(name));

  it('are a usable configuration', () => {
    expect(loadConfig(sample.Values)).toMatchObject({ webPubSub: { host: 'localhost', hub: 'chat' } });
  });

  it('have what the host needs', () => {
    expect(Object.keys(sample.Values)).toEqual(expect.arrayContaining(OF_THE_HOST));
    expect(sample.Values['FUNCTIONS_WORKER_RUNTIME']).toBe('node');
    // The rule for names of task hubs.
    expect(sample.Values['TASKHUB_NAME']).toMatch(/^[A-Za-z][A-Za-z0-9]{2,44}$/);
  });

  it('have nothing that nobody reads', () => {
    const names = namesRead(sample.Values);
    expect(own.filter((name) => !names.has(name))).toEqual([]);
  });

  it('have everything that is required', () => {
    const required = own.filter((name) => {
      const { [name]: _left, ...others } = sample.Values;
      return !isEnough(others);
    });
    expect(required.sort()).toEqual([
      'CONVERSATION_TABLES_CONNECTION_STRING',
      'TICKET_SIGNING_KEY',
      'WEBHOOK_GUARD',
      'WEB_PUBSUB_CONNECTION_STRING',
    ]);
  });

  it('have keys that nobody takes for real ones', () => {
    const secrets = [sample.Values['TICKET_SIGNING_KEY'], sample.Values['WEB_PUBSUB_CONNECTION_STRING']];
    for (const secret of secrets) expect(secret).toMatch(/local-development-only/);
  });
});

describe('the table of settings in docs/CONFIGURATION.md', () => {
  /** The same app with an identity: a configuration reads other names with each guard. */
  const { WEB_PUBSUB_CONNECTION_STRING: _key, ...others } = sample.Values;
  const withEntra = {
    ...others,
    TICKET_SIGNING_KEY: 'what-the-reference-to-the-vault-leads-to',
    CUSTOMER_INDEX_KEYS: 'where-another-reference-to-the-vault-leads',
    WEB_PUBSUB_ENDPOINT: 'https://wps-chat.webpubsub.azure.com',
    WEBHOOK_GUARD: 'entra',
    WEBHOOK_TOKEN_TENANT_ID: '00000000-0000-0000-0000-000000000002',
    WEBHOOK_TOKEN_AUDIENCE: 'https://webpubsub.azure.com',
    WEBHOOK_TOKEN_CALLER: '00000000-0000-0000-0000-000000000004',
  };
  const codeIn = (cell: string) => [...cell.matchAll(/`([^`]+)`/g)].map(([, value]) => value!);
  const rows = readFileSync(join(ROOT, 'docs', 'CONFIGURATION.md'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split('|').slice(1, 5) as [string, string, string, string]);
  const listed = rows.flatMap(([names]) => codeIn(names));

  it('has every setting that is read, once, and no others', () => {
    const names = [...namesRead(sample.Values), ...namesRead(withEntra), 'TASKHUB_NAME'];
    expect([...listed].sort()).toEqual([...new Set(names)].sort());
  });

  const defaults = rows
    .filter(([, , , value]) => value.trim().startsWith('`'))
    .flatMap(([names, , , value]) =>
      codeIn(names).map((name, at) => [name, codeIn(value)[at] ?? ''] as const),
    );

  it.each(defaults)('has the default of %s: %s', (name, value) => {
    const { [name]: _given, ...without } = withEntra as Record<string, string>;
    expect(loadConfig({ ...without, [name]: value })).toEqual(loadConfig(without));
  });
});

describe('host.json', () => {
  it('has the settings that the timers depend on', () => {
    expect(host.extensions.durableTask).toMatchObject({
      hubName: '%TASKHUB_NAME%',
      defaultVersion: expect.stringMatching(/^\d+\.\d+$/),
      versionMatchStrategy: 'CurrentOrOlder',
      versionFailureStrategy: 'Reject',
      // A second start of a running timer must be a no-op, one of a finished timer must not be an error.
      overridableExistingInstanceStates: 'NonRunningStates',
      maxConcurrentActivityFunctions: expect.any(Number),
      maxConcurrentOrchestratorFunctions: expect.any(Number),
    });
  });

  it('keeps inputs and outputs of orchestrations out of the traces', () => {
    expect(host.extensions.durableTask).toMatchObject({ tracing: { traceInputsAndOutputs: false } });
  });

  it('uses a bundle that knows these settings, of one major version', () => {
    const { id, version } = host.extensionBundle;
    expect(id).toBe('Microsoft.Azure.Functions.ExtensionBundle');
    const [, minor, next] = /^\[4\.(\d+)\.\d+, (\d+)\.0\.0\)$/.exec(version) ?? [];
    expect(Number(minor)).toBeGreaterThanOrEqual(30);
    expect(next).toBe('5');
  });

  it('serves the routes under the prefix that the documentation names', () => {
    expect(host.extensions.http).toEqual({ routePrefix: 'api' });
  });
});
