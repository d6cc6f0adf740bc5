/** Where Durable Functions keeps its timers: the parameter `durableBackend` of infra/main.bicep. */
export const DURABLE_BACKENDS = ['AzureStorage', 'DurableTaskScheduler'] as const;
export type DurableBackend = (typeof DURABLE_BACKENDS)[number];

/**
 * host.json for a backend; the repository's own is that of Azure Storage. App settings name the backend, too, and the host
 * goes by them (infra/modules/functions.bicep). But what decides on the number of instances knows no settings: the host
 * reports `storageProvider` to it as the file has it
 * ({@link https://github.com/Azure/azure-functions-host/pull/8229 Azure/azure-functions-host#8229}).
 */
export function hostJsonFor(backend: DurableBackend, hostJson: string): string {
  if (backend === 'AzureStorage') return hostJson;
  const host = JSON.parse(hostJson) as { extensions: { durableTask: { storageProvider: object } } };
  host.extensions.durableTask.storageProvider = {
    type: 'azureManaged',
    connectionStringName: 'DURABLE_TASK_SCHEDULER',
  };
  return `${JSON.stringify(host, null, 2)}\n`;
}

/** Reads DURABLE_BACKEND, which azd hands to the package's hook and to infra/main.bicepparam. Throws for an unknown one. */
export function durableBackendOf(environment: NodeJS.ProcessEnv): DurableBackend {
  const given = environment['DURABLE_BACKEND'] || 'AzureStorage';
  const backend = DURABLE_BACKENDS.find((known) => known === given);
  if (backend !== undefined) return backend;
  throw new Error(`DURABLE_BACKEND is '${given}'. Give one of ${DURABLE_BACKENDS.join(', ')}.`);
}
