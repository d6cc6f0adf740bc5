import { TableClient, type TableServiceClientOptions } from '@azure/data-tables';
import type { TokenCredential } from '@azure/identity';
import { SECOND } from '../../domain/time';
import { tableFailure } from './table-call';
import { timeLimits, type Policies, type TimeLimits } from './time-limits';

/** How to reach the account: a connection string (local development), or an endpoint and an identity (Azure). */
export type TableConnection =
  { readonly connectionString: string } | { readonly endpoint: string; readonly credential: TokenCredential };

export interface TableNames {
  readonly conversations: string;
  readonly workList: string;
  readonly agentCapacity: string;
  readonly settings: string;
  readonly customers: string;
  readonly deadLetters: string;
}

export interface TableClients extends Readonly<Record<keyof TableNames, TableClient>> {
  /**
   * Creates the tables that do not exist. Not needed before the stores are used, which create a missing table
   * themselves; for scripts, and for a start that should fail early. A success is remembered, a failure is not.
   * @throws DependencyError
   */
  ensureTables(): Promise<void>;
}

const DEFAULT_NAMES: TableNames = {
  conversations: 'Conversations',
  workList: 'WorkList',
  agentCapacity: 'AgentCapacity',
  settings: 'Settings',
  customers: 'Customers',
  deadLetters: 'DeadLetters',
};

/** Short waits: the service behind the webhook repeats the event anyway, and a customer is waiting. */
const RETRY_OPTIONS = { maxRetries: 3, retryDelayInMs: 200, maxRetryDelayInMs: 2 * SECOND };
const TIME_LIMITS: TimeLimits = { attempt: 5 * SECOND, operation: 15 * SECOND };

/**
 * The clients of all tables. Nothing is sent before the first operation.
 * `options` is for tests: other time limits, and policies added to every request, such as one that counts them.
 */
export function createTableClients(
  connection: TableConnection,
  names: Partial<TableNames> = {},
  options: { readonly timeLimits?: TimeLimits; readonly policies?: Policies } = {},
): TableClients {
  const all = { ...DEFAULT_NAMES, ...names };
  const clientOptions = {
    retryOptions: RETRY_OPTIONS,
    additionalPolicies: [...timeLimits(options.timeLimits ?? TIME_LIMITS), ...(options.policies ?? [])],
  };
  const client = (name: keyof TableNames) => createClient(connection, all[name], clientOptions);
  const clients = {
    conversations: client('conversations'),
    workList: client('workList'),
    agentCapacity: client('agentCapacity'),
    settings: client('settings'),
    customers: client('customers'),
    deadLetters: client('deadLetters'),
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

/** Where a connection string leads to plain HTTP, which only a local emulator may be reached by. */
const HTTP = /UseDevelopmentStorage=true|DefaultEndpointsProtocol=http\s*(;|$)|TableEndpoint=http:/i;

function createClient(
  connection: TableConnection,
  name: string,
  options: TableServiceClientOptions,
): TableClient {
  // Over plain HTTP the SDK refuses to send a token, and rightly.
  if ('endpoint' in connection)
    return new TableClient(connection.endpoint, name, connection.credential, options);
  const { connectionString } = connection;
  const allowInsecureConnection = HTTP.test(connectionString);
  return TableClient.fromConnectionString(connectionString, name, { ...options, allowInsecureConnection });
}

async function createTables(tables: readonly TableClient[]): Promise<void> {
  await Promise.all(tables.map((table) => table.createTable()));
}
