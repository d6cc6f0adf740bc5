import { TableClient } from '@azure/data-tables';
import { setTimeout as delay } from 'node:timers/promises';
import { HostError } from '../cli/host-error';
import { toError } from '../cli/to-error';

/** The status code of a refusal by the table service; undefined when it did not answer at all. */
export function statusCode(thrown: unknown): number | undefined {
  return (thrown as { statusCode?: number }).statusCode;
}

/** Opens (and creates) the one table of a task hub. Waits for a storage emulator that is still starting. */
export async function openTable(
  connectionString: string,
  connectionName: string,
  hubName: string,
  patienceMs = 15_000,
): Promise<TableClient> {
  let table: TableClient;
  try {
    table = TableClient.fromConnectionString(connectionString, `${hubName}LocalHost`, {
      // Repeating is the engine's business: it knows which steps may be repeated.
      retryOptions: { maxRetries: 0 },
      allowInsecureConnection: true,
    });
  } catch (error) {
    throw new HostError(`${connectionName} is not a valid connection string: ${toError(error).message}`);
  }
  const giveUpAt = Date.now() + patienceMs;
  for (;;) {
    try {
      await table.createTable();
      return table;
    } catch (error) {
      const code = statusCode(error);
      if (code !== undefined && code < 500 && code !== 409) {
        throw new HostError(`The table storage of ${connectionName} refuses: ${toError(error).message}`);
      }
      if (Date.now() > giveUpAt) {
        throw new HostError(
          `The table storage of ${connectionName} can't be reached at ${table.url}. Is Azurite running?`,
        );
      }
      await delay(200);
    }
  }
}
