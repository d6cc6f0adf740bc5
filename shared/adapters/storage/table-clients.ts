import { TableClient, type TableServiceClientOptions } from '@azure/data-tables';
import type { TokenCredential } from '@azure/identity';
import { tableFailure } from './table-call';
import { retryOptions, timeLimits } from './time-limits';

/** How to reach the account: a connection string (local development), or an endpoint and an identity (Azure). */
export type TableConnection =
  { readonly connectionString: string } | { readonly endpoint: string; readonly credential: TokenCredential };

export interface TableNames {
  readonly conversations: string;
  readonly workList: string;
}

export interface TableClients {
  readonly conversations: TableClient;
  readonly workList: TableClient;
  /**
   * Creates the tables that do not exist. Not needed before the stores are used, which create a missing table
   * themselves; for scripts, and for a start that should fail early. A success is remembered, a failure is not.
   */
  ensureTables(): Promise<void>;
}

const DEFAULT_NAMES: TableNames = { conversations: 'Conversations', workList: 'WorkList' };

/**
 * The clients of both tables. Nothing is sent before the first operation.
 * `more` adds policies to every request, for example one that counts them.
 */
export function createTableClients(
  connection: TableConnection,
  names: Partial<TableNames> = {},
  more: NonNullable<TableServiceClientOptions['additionalPolicies']> = [],
): TableClients {
  const { conversations, workList } = { ...DEFAULT_NAMES, ...names };
  const additionalPolicies = [...timeLimits, ...more];
  const clients = {
    conversations: createClient(connection, conversations, additionalPolicies),
    workList: createClient(connection, workList, additionalPolicies),
  };
  let ensured: Promise<void> | undefined;
  return {
    ...clients,
    ensureTables() {
      ensured ??= createTables(Object.values(clients)).catch((thrown: unknown) => {
        // Prevents: a storage that is down for the first second leaves the process refusing for its whole life.
        ensured = undefined;
        throw tableFailure('create tables', thrown);
      });
      return ensured;
    },
  };
}

function createClient(
  connection: TableConnection,
  name: string,
  additionalPolicies: NonNullable<TableServiceClientOptions['additionalPolicies']>,
): TableClient {
  const options = { retryOptions, additionalPolicies };
  if ('endpoint' in connection) {
    const { endpoint, credential } = connection;
    const allowInsecureConnection = endpoint.startsWith('http://');
    return new TableClient(endpoint, name, credential, { ...options, allowInsecureConnection });
  }
  const { connectionString } = connection;
  const allowInsecureConnection =
    /UseDevelopmentStorage=true|(^|;)\s*TableEndpoint=http:|DefaultEndpointsProtocol=http(;|$)/i.test(
      connectionString,
    );
  return TableClient.fromConnectionString(connectionString, name, { ...options, allowInsecureConnection });
}

const createTables = async (tables: readonly TableClient[]): Promise<void> => {
  await Promise.all(tables.map((table) => table.createTable()));
};
