export interface ManagementContext {
  /** `http://localhost:7071`, where the main port answers. */
  readonly origin: string;
  readonly hubName: string;
  readonly connectionName: string;
  readonly systemKey: string;
}

export const webhookPath = '/runtime/webhooks/durabletask';

function query({ hubName, connectionName, systemKey }: ManagementContext): string {
  return `taskHub=${hubName}&connection=${connectionName}&code=${encodeURIComponent(systemKey)}`;
}

/** The links by which one instance is managed from outside, in the extension's words and order. */
export function managementLinks(instanceId: string, context: ManagementContext): Record<string, string> {
  const instance = `${context.origin}${webhookPath}/instances/${instanceId}`;
  const end = query(context);
  return {
    id: instanceId,
    statusQueryGetUri: `${instance}?${end}`,
    sendEventPostUri: `${instance}/raiseEvent/{eventName}?${end}`,
    terminatePostUri: `${instance}/terminate?reason={text}&${end}`,
    rewindPostUri: `${instance}/rewind?reason={text}&${end}`,
    purgeHistoryDeleteUri: `${instance}?${end}`,
    restartPostUri: `${instance}/restart?${end}`,
    suspendPostUri: `${instance}/suspend?reason={text}&${end}`,
    resumePostUri: `${instance}/resume?reason={text}&${end}`,
  };
}

/** The value of a durableClient binding. The library validates every url and needs the slash at the end of rpcBaseUrl. */
export function clientBindingJson(context: ManagementContext, rpcPort: number): string {
  const base = `${context.origin}${webhookPath}`;
  const create = `${base}/orchestrators/{functionName}[/{instanceId}]`;
  const end = query(context);
  return JSON.stringify({
    taskHubName: context.hubName,
    connectionName: context.connectionName,
    creationUrls: {
      createNewInstancePostUri: `${create}?${end}`,
      createAndWaitOnNewInstancePostUri: `${create}?timeout={timeoutInSeconds}&pollingInterval={intervalInSeconds}&${end}`,
    },
    managementUrls: managementLinks('INSTANCEID', context),
    baseUrl: base,
    requiredQueryStringParameters: `code=${encodeURIComponent(context.systemKey)}`,
    rpcBaseUrl: `http://127.0.0.1:${rpcPort}/durabletask/`,
    httpBaseUrl: null,
  });
}
