import type { TableClient } from '@azure/data-tables';
import { statusCode } from '../durable/open-table';
import { encodeKey, rowText, toRow } from '../durable/table-rows';

/** When a timer ran, and when it was to run next; kept so that a start can tell whether a run was missed. */
export interface TimerStatus {
  readonly last: string;
  readonly next: string;
  readonly lastUpdated: string;
}

// `$` can't occur in an encoded instance id.
const partitionKey = '$timer';

export class TimerStatusTable {
  constructor(private readonly table: TableClient) {}

  async read(functionName: string): Promise<TimerStatus | undefined> {
    try {
      const row = await this.table.getEntity(partitionKey, encodeKey(functionName));
      return JSON.parse(rowText(row)) as TimerStatus;
    } catch (error) {
      if (statusCode(error) === 404) return undefined;
      throw error;
    }
  }

  async write(functionName: string, status: TimerStatus): Promise<void> {
    await this.table.upsertEntity(toRow(partitionKey, encodeKey(functionName), status), 'Replace');
  }
}
