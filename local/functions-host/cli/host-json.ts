import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { VersionRules } from '../durable/version-match';
import { HostError } from './host-error';
import { resolveSettings, type Settings } from './settings';
import { toError } from './to-error';

/** The part of host.json this host acts on. */
export interface HostConfiguration {
  readonly routePrefix: string;
  readonly hubName: string;
  /** As it is in links; "Storage" stands for the setting AzureWebJobsStorage. */
  readonly connectionName: string;
  readonly versions: VersionRules;
  readonly maxConcurrentActivities: number;
  readonly maxConcurrentOrchestrators: number;
}

interface HostJson {
  extensions?: {
    http?: { routePrefix?: string };
    durableTask?: {
      hubName?: string;
      defaultVersion?: string;
      versionMatchStrategy?: string;
      versionFailureStrategy?: string;
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
  const oneOf = <T extends string>(
    name: string,
    value: string | undefined,
    [first, ...more]: [T, ...T[]],
  ): T => {
    if (value === undefined) return first;
    const found = [first, ...more].find((known) => known.toLowerCase() === value.toLowerCase());
    if (found) return found;
    throw new HostError(`host.json durableTask.${name} must be one of ${[first, ...more].join(', ')}.`);
  };
  const { defaultVersion, versionMatchStrategy, versionFailureStrategy } = durable;
  return {
    routePrefix: (json.extensions?.http?.routePrefix ?? 'api').replaceAll(/^\/+|\/+$/g, ''),
    hubName,
    connectionName: provider.connectionName ?? provider.connectionStringName ?? 'Storage',
    versions: {
      defaultVersion: defaultVersion && resolve(defaultVersion, 'durableTask.defaultVersion'),
      match: oneOf('versionMatchStrategy', versionMatchStrategy, ['CurrentOrOlder', 'Strict', 'None']),
      failure: oneOf('versionFailureStrategy', versionFailureStrategy, ['Reject', 'Fail']),
    },
    maxConcurrentActivities: durable.maxConcurrentActivityFunctions ?? 10,
    maxConcurrentOrchestrators: durable.maxConcurrentOrchestratorFunctions ?? 10,
  };
}
