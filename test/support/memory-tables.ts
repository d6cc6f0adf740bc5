import { RestError, type TableClient } from '@azure/data-tables';
import { ofEveryTable, type TableClients } from '../../shared/storage/table-clients';

type Row = Record<string, unknown> & {
  partitionKey: string;
  rowKey: string;
  etag: string;
  timestamp: string;
};
type Entity = Record<string, unknown> & { partitionKey: string; rowKey: string };

const failed = (statusCode: number, code: string) => {
  const error = new RestError(code, { statusCode, code });
  error.details = { odataError: { code } };
  return error;
};

/** As they come back from the service: numbers without the type that they were written with. */
const asRead = (entity: object): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(entity)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]: [string, unknown]) => [
        name,
        typeof value === 'object' && value !== null && 'value' in value ? value.value : value,
      ]),
  );

const WORD = /\s*('(?:[^']|'')*'|[()]|[\w.-]+)/y;

/** A filter of the service, for the operators that the product uses; a column that is missing or of another type fits nothing. */
function filtering(filter: string): (row: Row) => boolean {
  const words: string[] = [];
  WORD.lastIndex = 0;
  for (let match = WORD.exec(filter); match; match = WORD.exec(filter)) words.push(match[1]!);
  let at = 0;
  const all = (): ((row: Row) => boolean) => {
    let left = one();
    while (words[at] === 'and' || words[at] === 'or') {
      const isAnd = words[at++] === 'and';
      const [before, right] = [left, isAnd ? one() : all()];
      left = (row) => (isAnd ? before(row) && right(row) : before(row) || right(row));
    }
    return left;
  };
  const one = (): ((row: Row) => boolean) => {
    if (words[at] === 'not') {
      at += 1;
      const inner = one();
      return (row) => !inner(row);
    }
    if (words[at] === '(') {
      at += 1;
      const inner = all();
      at += 1;
      return inner;
    }
    const [column = '', operator = '', literal = ''] = words.slice(at, at + 3);
    at += 3;
    const name = { PartitionKey: 'partitionKey', RowKey: 'rowKey' }[column] ?? column;
    const wanted = literal.startsWith("'")
      ? literal.slice(1, -1).replaceAll("''", "'")
      : (JSON.parse(literal) as never);
    return (row) => {
      const value = row[name];
      if (typeof value !== typeof wanted) return false;
      const order = value === wanted ? 0 : (value as string) < wanted ? -1 : 1;
      switch (operator) {
        case 'eq':
          return order === 0;
        case 'gt':
          return order > 0;
        case 'ge':
          return order >= 0;
        case 'lt':
          return order < 0;
        case 'le':
          return order <= 0;
        default:
          throw new Error(`no operator ${operator}`);
      }
    };
  };
  return all();
}

const keyOf = ({ partitionKey, rowKey }: Pick<Row, 'partitionKey' | 'rowKey'>) =>
  `${partitionKey}\n${rowKey}`;

/** Tables over memory that answer as the service does, for tests that ask hundreds of times what one row breaks. */
export interface MemoryTables {
  readonly clients: TableClients;
  /** All rows there are, to be put back later. */
  rows(): Readonly<Record<string, readonly Row[]>>;
  putBack(rows: Readonly<Record<string, readonly Row[]>>): void;
}

export function memoryTables(now: () => number): MemoryTables {
  const stored = new Map<string, Map<string, Row>>();
  let version = 0;
  const client = (tableName: string): TableClient => {
    const rows = new Map<string, Row>();
    stored.set(tableName, rows);
    const write = (entity: Entity, before: Row | undefined) => {
      const timestamp = new Date(now()).toISOString();
      const row = { ...before, ...asRead(entity), etag: `W/"${(version += 1)}"`, timestamp } as Row;
      rows.set(keyOf(entity), row);
      return { etag: row.etag };
    };
    const found = (entity: Entity, etag = '*'): Row => {
      const row = rows.get(keyOf(entity));
      if (row === undefined) throw failed(404, 'ResourceNotFound');
      if (etag !== '*' && etag !== row.etag) throw failed(412, 'UpdateConditionNotSatisfied');
      return row;
    };
    const perform = {
      create: (entity: Entity) => {
        if (rows.has(keyOf(entity))) throw failed(409, 'EntityAlreadyExists');
        return write(entity, undefined);
      },
      update: (entity: Entity, mode = 'Merge', options: { etag?: string } = {}) => {
        const before = found(entity, options.etag);
        return write(entity, mode === 'Merge' ? before : undefined);
      },
      upsert: (entity: Entity, mode = 'Merge') =>
        write(entity, mode === 'Merge' ? rows.get(keyOf(entity)) : undefined),
      delete: (entity: Entity, options: { etag?: string } = {}) => {
        found(entity, options.etag);
        rows.delete(keyOf(entity));
        return {};
      },
    };
    const fake = {
      tableName,
      getEntity: async (partitionKey: string, rowKey: string) => ({ ...found({ partitionKey, rowKey }) }),
      createEntity: async (entity: Entity) => perform.create(entity),
      updateEntity: async (entity: Entity, mode: string, options: object) =>
        perform.update(entity, mode, options),
      upsertEntity: async (entity: Entity, mode: string) => perform.upsert(entity, mode),
      deleteEntity: async (partitionKey: string, rowKey: string, options: object) =>
        perform.delete({ partitionKey, rowKey }, options),
      submitTransaction: async (actions: readonly (readonly [keyof typeof perform, ...never[]])[]) => {
        const before = new Map(rows);
        try {
          const subResponses = actions.map(([kind, ...rest]) =>
            (perform[kind] as (...of: never[]) => object)(...rest),
          );
          return { subResponses };
        } catch (thrown) {
          rows.clear();
          for (const [key, row] of before) rows.set(key, row);
          throw thrown;
        }
      },
      createTable: async () => undefined,
      listEntities: ({ queryOptions }: { queryOptions?: { filter?: string } } = {}) => ({
        byPage: ({
          maxPageSize = 1_000,
          continuationToken,
        }: { maxPageSize?: number; continuationToken?: string } = {}) => {
          const from = continuationToken && Buffer.from(continuationToken, 'base64').toString();
          const next = from
            ? (JSON.parse(from) as { nextPartitionKey: string; nextRowKey: string })
            : undefined;
          const fits = filtering(queryOptions?.filter ?? "PartitionKey ge ''");
          const all = [...rows]
            .filter(
              ([key, row]) => fits(row) && (!next || key >= `${next.nextPartitionKey}\n${next.nextRowKey}`),
            )
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([, row]) => ({ ...row }));
          const page = all.slice(0, maxPageSize);
          const rest = all[maxPageSize];
          if (rest) {
            const token = JSON.stringify({ nextPartitionKey: rest.partitionKey, nextRowKey: rest.rowKey });
            Object.assign(page, { continuationToken: Buffer.from(token).toString('base64') });
          }
          return { next: async () => ({ value: page, done: false }) };
        },
      }),
    };
    return fake as unknown as TableClient;
  };
  const clients: TableClients = { ...ofEveryTable(client), ensureTables: async () => undefined };
  return {
    clients,
    rows: () => Object.fromEntries([...stored].map(([name, rows]) => [name, [...rows.values()]])),
    putBack(all) {
      for (const [name, rows] of stored) {
        rows.clear();
        for (const row of all[name] ?? []) rows.set(keyOf(row), row);
      }
    },
  };
}
