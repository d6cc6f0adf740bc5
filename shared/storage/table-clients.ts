import { TableClient, type TableServiceClientOptions } from '@azure/data-tables';
import type { TokenCredential } from '@azure/identity';
import { type Milliseconds, SECOND } from '../conversation/time';
import { tableFailure } from './table';

export type Policies = NonNullable<TableServiceClientOptions['additionalPolicies']>;

export interface TimeLimits {
  /** One request and its answer. */
  readonly attempt: Milliseconds;
  /** The operation with all its repetitions and the waits between them. */
  readonly operation: Milliseconds;
}

/**
 * Bounds the time of an operation. Without it the SDK waits for ever on a connection that swallows packets, and
 * obeys a `Retry-After` of any length; the webhook must have answered 503 long before the service gives the event
 * up (100 s), so that the event is repeated.
 */
export const timeLimits = (limits: TimeLimits): Policies => [
  {
    position: 'perCall',
    policy: {
      name: 'operationTimeLimit',
      async sendRequest(request, next) {
        const limit = new AbortController();
        const given = request.abortSignal as AbortSignal | undefined;
        request.abortSignal = given === undefined ? limit.signal : AbortSignal.any([given, limit.signal]);
        // Cleared when the operation is over: one of `AbortSignal.timeout` lives on for its whole time, with all that hears of it.
        const timer = setTimeout(() => limit.abort(), limits.operation).unref();
        try {
          return await next(request);
        } finally {
          clearTimeout(timer);
        }
      },
    },
  },
  {
    position: 'perRetry',
    policy: {
      name: 'attemptTimeLimit',
      sendRequest(request, next) {
        request.timeout = limits.attempt;
        return next(request);
      },
    },
  },
];

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
  readonly closedConversations: string;
  readonly erasures: string;
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
  closedConversations: 'ClosedConversations',
  erasures: 'Erasures',
};

/** The same for each table there is. */
export const ofEveryTable = <T>(make: (name: keyof TableNames) => T): Record<keyof TableNames, T> =>
  Object.fromEntries(
    (Object.keys(DEFAULT_NAMES) as (keyof TableNames)[]).map((name) => [name, make(name)]),
  ) as Record<keyof TableNames, T>;

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
  const clients = ofEveryTable((name) => createClient(connection, all[name], clientOptions));
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
