import { RestError, type TableClient } from '@azure/data-tables';
import { createTableClients, type Policies, type TableClients } from '../../../shared/storage/table-clients';
import { ownAccount } from '../../../local/stack/shared-azurite';

/** Fresh tables in an account of their own, and what goes over the wire to it. */
export interface Tables extends TableClients {
  readonly connectionString: string;
  /** Method and path of every request on the wire, repetitions included, since the last call. */
  takeRequests(): readonly string[];
  /** Of the next request that changes something, or of the next transaction, the response is lost on the way back. */
  loseNextResponse(of?: 'change' | 'transaction'): void;
}

export function startTables(): Tables {
  const { name, connectionString } = ownAccount();
  let requests: string[] = [];
  let lose: 'change' | 'transaction' | undefined;
  const onTheWire: Policies = [
    {
      position: 'perRetry',
      policy: {
        name: 'onTheWire',
        async sendRequest(request, next) {
          const path = new URL(request.url).pathname.replace(`/${name}/`, '');
          requests.push(`${request.method} ${decodeURIComponent(path)}`);
          const response = await next(request);
          const isIt = lose === 'change' ? request.method !== 'GET' : lose && request.method === 'POST';
          if (!isIt) return response;
          lose = undefined;
          throw new RestError('connection reset', { code: 'ECONNRESET', request });
        },
      },
    },
  ];
  return {
    ...createTableClients({ connectionString }, {}, { policies: onTheWire }),
    connectionString,
    takeRequests() {
      const taken = requests;
      requests = [];
      return taken;
    },
    loseNextResponse(of = 'change') {
      lose = of;
    },
  };
}

/** For a work list from which nothing closed is taken. */
const nothing = () => Promise.reject(new Error('nothing was to be closed'));
export const NOBODY_CLOSES = { put: nothing, remove: nothing };

/** Removes every row of these tables. */
export async function emptied(...tables: readonly TableClient[]): Promise<void> {
  for (const table of tables) {
    for await (const { partitionKey = '', rowKey = '' } of table.listEntities()) {
      await table.deleteEntity(partitionKey, rowKey);
    }
  }
}
