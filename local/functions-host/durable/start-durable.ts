import type { TableClient } from '@azure/data-tables';
import { randomBytes } from 'node:crypto';
import type { HostConfiguration } from '../cli/host-json';
import type { Log } from '../cli/log';
import type { Handle } from '../http/function-endpoint';
import { startServer } from '../http/server';
import { givenKey, sameKey, type Keys } from '../http/authorize';
import type { RegisteredFunction } from '../worker/core-api';
import type { Invoke } from '../worker/invoke';
import type { TypedData } from '../worker/typed-data';
import { Engine } from './engine';
import { FunctionTable } from './function-table';
import { createManagementApi } from './management-api';
import { clientBindingJson, webhookPath, type ManagementContext } from './management-links';
import { runActivity } from './run-activity';
import { createRunOrchestrator } from './run-orchestrator';
import { TableStore } from './table-store';
import type { Visibility } from './visibility';

export interface Durable {
  /** The value of a durableClient input; known once the main port is. */
  clientInput(): TypedData;
  /** The management API of the main port; a system key opens it. */
  readonly handle: Handle;
  /** Resumes what an earlier host has left. Call when handlers can be invoked. */
  recover(): Promise<void>;
  stop(): Promise<void>;
}

/** Puts the durable part together: engine, API for the client library on a port of its own, API on the main port. */
export async function startDurable(options: {
  functions: readonly RegisteredFunction[];
  invoke: Invoke;
  configuration: HostConfiguration;
  table: TableClient;
  verifyLease: () => Promise<boolean>;
  visibility: Visibility;
  deferredStarts: number;
  origin: () => string;
  keys: Keys;
  log: Log;
}): Promise<Durable> {
  const { invoke, configuration, table, verifyLease, visibility, deferredStarts, keys, log } = options;
  const functions = new FunctionTable(options.functions);
  const store = new TableStore(table);
  const engine = new Engine({
    ...{ store, verifyLease, visibility, deferredStarts },
    runOrchestrator: createRunOrchestrator(functions, invoke, log),
    runActivity: (scheduled, instanceId, traceParent) =>
      runActivity(scheduled, instanceId, functions, invoke, traceParent),
    versions: configuration.versions,
    maxConcurrentOrchestrators: configuration.maxConcurrentOrchestrators,
    maxConcurrentActivities: configuration.maxConcurrentActivities,
    log,
  });

  const systemKey = keys.masterKey ?? randomBytes(32).toString('base64url');
  const context: ManagementContext = {
    get origin() {
      return options.origin();
    },
    hubName: configuration.hubName,
    connectionName: configuration.connectionName,
    systemKey,
  };
  const api = (basePath: string) =>
    createManagementApi({
      ...{ engine, store, context, basePath },
      defaultVersion: configuration.versions.defaultVersion,
    });
  const rpc = await startServer({ port: 0, handle: api('/durabletask/'), log });
  const webhook = api(webhookPath);

  return {
    clientInput: () => ({ string: clientBindingJson(context, rpc.port) }),
    handle: async (request, response, url) => {
      if (sameKey(givenKey(request.headers, url.searchParams), systemKey)) {
        return webhook(request, response, url);
      }
      response.writeHead(401).end();
    },
    recover: async () => {
      const count = await engine.recover();
      log('information', 'durable', `${count} unfinished instances resumed.`);
    },
    stop: async () => {
      await engine.stop();
      await rpc.close();
    },
  };
}
