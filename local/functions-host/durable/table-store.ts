import type { TableClient, TransactionAction } from '@azure/data-tables';
import type { InboxMessage, InstanceRecord, LoadedInstance } from './instance';
import { statusCode } from './open-table';
import type { HistoryEvent } from './protocol';
import { StoreConflictError, type InstanceFilter, type InstancePage, type InstanceStore } from './store';
import { encodeKey, rowText, toRow, toRows, type Row } from './table-rows';

const recordKey = 'inst';
const historyPrefix = 'hist|';
const messagePrefix = 'msg|';

const messageKey = ({ key }: InboxMessage): string => messagePrefix + encodeKey(key);
const historyKey = (executionId: string, number: number): string =>
  `${historyPrefix}${executionId}|${String(number).padStart(6, '0')}`;

function recordRow(record: InstanceRecord): Row {
  const { status, createdAt } = record;
  return { ...toRow(encodeKey(record.instanceId), recordKey, record), kind: recordKey, status, createdAt };
}

const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** Stale etag, existing row, or a row gone: all mean that the picture we worked from is no longer right. */
function conflicts(thrown: unknown): never {
  const code = statusCode(thrown);
  if (code === 409 || code === 412 || code === 404) {
    throw new StoreConflictError(`The table refused with ${code}.`, { cause: thrown });
  }
  throw thrown;
}

/**
 * One table per hub, one partition per instance, so that an episode is one entity-group transaction:
 * `inst` the record, `hist|<execution>|<episode>` events, `msg|<key>` the inbox. What is outstanding (timers,
 * activities, children) has no rows of its own: it is in the history as created and not answered.
 */
export class TableStore implements InstanceStore {
  constructor(private readonly table: TableClient) {}

  async readRecord(instanceId: string): Promise<{ record: InstanceRecord; etag: string } | undefined> {
    try {
      const row = await this.table.getEntity(encodeKey(instanceId), recordKey);
      return { record: JSON.parse(rowText(row)) as InstanceRecord, etag: row.etag };
    } catch (error) {
      if (statusCode(error) === 404) return undefined;
      throw error;
    }
  }

  async load(instanceId: string): Promise<LoadedInstance | undefined> {
    const rows = await this.rows(instanceId);
    const recordOf = rows.find(({ rowKey }) => rowKey === recordKey);
    if (!recordOf) return undefined;
    const record = JSON.parse(rowText(recordOf)) as InstanceRecord;

    const episodes = new Map<string, string>();
    const inbox: InboxMessage[] = [];
    for (const row of rows) {
      if (row.rowKey.startsWith(`${historyPrefix}${record.executionId}|`)) {
        const episode = row.rowKey.slice(0, row.rowKey.lastIndexOf('|'));
        episodes.set(episode, (episodes.get(episode) ?? '') + rowText(row));
      } else if (row.rowKey.startsWith(messagePrefix)) inbox.push(JSON.parse(rowText(row)) as InboxMessage);
    }
    const history = [...episodes.values()].flatMap((text) => JSON.parse(text) as HistoryEvent[]);
    return {
      record,
      etag: recordOf.etag as string,
      history: history.map((event) => ({ ...event, IsPlayed: true })),
      inbox: inbox.sort((a, b) => a.order - b.order),
    };
  }

  async create(record: InstanceRecord): Promise<string> {
    const { etag } = await this.table.createEntity(recordRow(record)).catch(conflicts);
    return etag ?? '';
  }

  async replace(record: InstanceRecord, etag: string): Promise<string> {
    const answer = await this.table.updateEntity(recordRow(record), 'Replace', { etag }).catch(conflicts);
    return answer.etag ?? '';
  }

  async commit(
    record: InstanceRecord,
    etag: string,
    episode: { executionId: string; number: number; events: readonly HistoryEvent[] },
    consumed: readonly InboxMessage[],
  ): Promise<string> {
    const partitionKey = encodeKey(record.instanceId);
    const history =
      episode.events.length === 0
        ? []
        : toRows(partitionKey, historyKey(episode.executionId, episode.number), episode.events);
    const transaction: TransactionAction[] = [
      ['update', recordRow(record), 'Replace', { etag }],
      ...history.map((row): TransactionAction => ['create', row]),
      ...consumed.map((message): TransactionAction => [
        'delete',
        { partitionKey, rowKey: messageKey(message) },
      ]),
    ];
    const answer = await this.table.submitTransaction(transaction).catch(conflicts);
    return answer.getResponseForEntity(recordKey)?.etag ?? '';
  }

  async addMessage(instanceId: string, message: InboxMessage): Promise<void> {
    try {
      await this.table.createEntity(toRow(encodeKey(instanceId), messageKey(message), message));
    } catch (error) {
      if (statusCode(error) !== 409) throw error;
    }
  }

  async deleteHistory(instanceId: string, executionId: string): Promise<void> {
    const prefix = `${historyPrefix}${executionId}|`;
    await this.deleteRows((await this.rows(instanceId)).filter(({ rowKey }) => rowKey.startsWith(prefix)));
  }

  async clear(instanceId: string): Promise<void> {
    await this.deleteRows((await this.rows(instanceId)).filter(({ rowKey }) => rowKey !== recordKey));
  }

  async purge(instanceId: string): Promise<void> {
    await this.clear(instanceId);
    await this.deleteRows(await this.rows(instanceId));
  }

  async query(filter: InstanceFilter, page: { size: number; token?: string }): Promise<InstancePage> {
    const conditions = [
      `kind eq ${quote(recordKey)}`,
      filter.createdFrom && `createdAt ge ${quote(filter.createdFrom)}`,
      filter.createdTo && `createdAt le ${quote(filter.createdTo)}`,
      filter.statuses?.length &&
        `(${filter.statuses.map((status) => `status eq ${quote(status)}`).join(' or ')})`,
    ].filter(Boolean);
    const pages = this.table
      .listEntities({ queryOptions: { filter: conditions.join(' and ') } })
      .byPage({ maxPageSize: page.size, continuationToken: page.token });
    const first = await pages.next();
    if (first.done) return { records: [] };
    return {
      records: first.value.map((row) => JSON.parse(rowText(row)) as InstanceRecord),
      continuationToken: first.value.continuationToken,
    };
  }

  private async rows(instanceId: string): Promise<Row[]> {
    const rows: Row[] = [];
    const filter = `PartitionKey eq ${quote(encodeKey(instanceId))}`;
    for await (const row of this.table.listEntities({ queryOptions: { filter } })) rows.push(row as Row);
    return rows.sort((a, b) => (a.rowKey < b.rowKey ? -1 : 1));
  }

  private async deleteRows(rows: readonly Row[]): Promise<void> {
    for (let i = 0; i < rows.length; i += 100) {
      const batch = rows.slice(i, i + 100);
      await this.table.submitTransaction(
        batch.map(({ partitionKey, rowKey }): TransactionAction => ['delete', { partitionKey, rowKey }]),
      );
    }
  }
}
