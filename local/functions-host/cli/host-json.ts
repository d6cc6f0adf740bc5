import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { HostError } from './host-error';
import { resolveSettings, type Settings } from './settings';
import { toError } from './to-error';

/** The part of host.json this host acts on. */
export interface HostConfiguration {
  readonly routePrefix: string;
  readonly hubName: string;
  readonly connectionName: string;
  readonly defaultVersion?: string;
  readonly maxConcurrentActivities: number;
  readonly maxConcurrentOrchestrators: number;
}

interface HostJson {
  extensions?: {
    http?: { routePrefix?: string };
    durableTask?: {
      hubName?: string;
      defaultVersion?: string;
      maxConcurrentActivityFunctions?: number;
      maxConcurrentOrchestratorFunctions?: number;
      storageProvider?: { type?: string; connectionName?: string; connectionStringName?: string };
    };
  };
}

/** Reads host.json with its `%SETTING%` references resolved; a storage provider this host cannot be is refused. */
export async function readHostJson(appDirectory: string, settings: Settings): Promise<HostConfiguration> {
  const file = path.join(appDirectory, 'host.json');
  let json: HostJson;
  try {
    json = JSON.parse(await readFile(file, 'utf8')) as HostJson;
  } catch (error) {
    throw new HostError(`${file} cannot be read: ${toError(error).message}`);
  }
  const durable = json.extensions?.durableTask ?? {};
  const resolve = (text: string, name: string) => resolveSettings(text, settings, `host.json ${name}`);

  const provider = durable.storageProvider ?? {};
  if (provider.type && provider.type.toLowerCase() !== 'azurestorage') {
    throw new HostError(
      `host.json durableTask.storageProvider.type is '${provider.type}'; only AzureStorage is covered.`,
    );
  }
  const hubName = resolve(durable.hubName ?? 'TestHubName', 'durableTask.hubName');
  if (!/^[A-Za-z][A-Za-z0-9]{2,44}$/.test(hubName)) {
    throw new HostError(
      `The task hub name '${hubName}' is not valid: 3 to 45 letters and digits, a letter first.`,
    );
  }
  return {
    routePrefix: (json.extensions?.http?.routePrefix ?? 'api').replaceAll(/^\/+|\/+$/g, ''),
    hubName,
    connectionName: provider.connectionName ?? provider.connectionStringName ?? 'AzureWebJobsStorage',
    defaultVersion: durable.defaultVersion && resolve(durable.defaultVersion, 'durableTask.defaultVersion'),
    maxConcurrentActivities: durable.maxConcurrentActivityFunctions ?? 10,
    maxConcurrentOrchestrators: durable.maxConcurrentOrchestratorFunctions ?? 10,
  };
}
