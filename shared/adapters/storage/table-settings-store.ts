import { odata, type TableClient, type TableEntity } from '@azure/data-tables';
import type {
  Expected,
  SettingsStore,
  StoredOverrides,
  Written,
} from '../../application/ports/settings-store';
import type { PolicyDocument } from '../../domain/policies/policy';
import { firstRows } from './first-rows';
import { readableRows } from './readable-rows';
import {
  decodeOverride,
  decodePolicies,
  encodeOverride,
  encodePolicies,
  overrideKeys,
  OVERRIDES_PARTITION,
  POLICIES_KEYS,
} from './settings-rows';
import { isConflict, tableCall } from './table-call';

/** More overrides than anybody words. */
const MOST_OVERRIDES = 5_000;
/**
 * What the service answers when something else is stored than what was to be replaced. `InvalidInput` is its answer to an
 * ETag that it has never given: operators write them by hand, and the row itself was checked before it was sent.
 */
const isStale = (code: string): boolean => isConflict(code) || code === 'InvalidInput';

/** Operators' settings in Table Storage: the policy document, and one row per override of an automated message. */
export function createTableSettingsStore(
  table: TableClient,
  /** How the document is read and written as JSON; it is checked as if it came from outside. */
  format: {
    readonly parse: (value: unknown) => PolicyDocument;
    readonly view: (document: PolicyDocument) => unknown;
  },
): SettingsStore {
  const write = (operation: string, entity: TableEntity, expected: Expected) =>
    tableCall<Written>(
      table,
      operation,
      async () => {
        // Prevents: two operators edit the same version, and the later one undoes what it has never seen.
        const { etag } =
          expected === 'create'
            ? await table.createEntity(entity)
            : await table.updateEntity(entity, 'Replace', { etag: expected.etag });
        return { etag: etag ?? '' };
      },
      (code) => (isStale(code) ? { answer: 'conflict' } : undefined),
    );

  return {
    async loadPolicies() {
      const { partitionKey, rowKey } = POLICIES_KEYS;
      const row = await tableCall(
        table,
        'load policies',
        () => table.getEntity(partitionKey, rowKey),
        (code) => (code === 'ResourceNotFound' ? { answer: undefined } : undefined),
      );
      return row && { document: decodePolicies(row, format.parse), etag: row.etag };
    },

    savePolicies: async (document, expected) =>
      write('save policies', encodePolicies(format.view(document)), expected),

    async listOverrides() {
      const { rows } = await tableCall(table, 'list automated messages', () =>
        firstRows(table, { filter: odata`PartitionKey eq ${OVERRIDES_PARTITION}`, limit: MOST_OVERRIDES }),
      );
      const { readable: overrides, unreadable } = readableRows(rows, decodeStored);
      return { overrides, unreadable: unreadable.map(({ rowKey }) => rowKey) };
    },

    putOverride: async (override, expected) =>
      write('save automated message', encodeOverride(override), expected),

    deleteOverride: async (key, etag) => {
      const { partitionKey, rowKey } = overrideKeys(key);
      return tableCall<'deleted' | 'conflict' | 'not-found'>(
        table,
        'delete automated message',
        async () => {
          await table.deleteEntity(partitionKey, rowKey, etag === undefined ? {} : { etag });
          return 'deleted';
        },
        (code) => {
          if (code === 'ResourceNotFound') return { answer: 'not-found' };
          return isStale(code) ? { answer: 'conflict' } : undefined;
        },
      );
    },
  };
}

const decodeStored = (row: object): StoredOverrides['overrides'][number] => ({
  override: decodeOverride(row),
  etag: (row as { etag: string }).etag,
});
