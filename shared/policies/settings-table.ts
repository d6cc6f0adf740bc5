import { odata, type TableClient, type TableEntity } from '@azure/data-tables';
import { z } from 'zod';
import { InvalidInputError, StoredRowError } from '../app/errors';
import { AUTOMATED_MESSAGE_TRIGGERS, type MessageOverride } from '../automated-messages/automated-message';
import { CHANNELS } from '../conversation/conversation';
import { etagOf, namesVersion } from '../conversation/conversation';
import {
  answering,
  CONFLICTS,
  getRow,
  json,
  type Keys,
  NOT_FOUND,
  row,
  rowName,
  tableCall,
} from '../storage/table';
import { firstRows, readableRows } from '../storage/pages';
import type { PolicyDocument } from './policy';
import type { Expected, OverrideKey, SettingsStore, StoredOverrides, Written } from './settings';

const POLICIES_KEYS: Keys = { partitionKey: 'policies', rowKey: 'document' };
const OVERRIDES_PARTITION = 'automated-messages';

/** The policy document is JSON in one column: it is read and written as a whole. */
const policiesRow = row(z.object({ document: json(z.unknown()) }));

const overrideRow = row(
  z.object({
    trigger: z.enum(AUTOMATED_MESSAGE_TRIGGERS),
    channel: z.enum(CHANNELS).optional(),
    channelInstance: z.string().optional(),
    locale: z.string().optional(),
    text: z.string().optional(),
    active: z.boolean(),
  } satisfies Record<keyof MessageOverride, z.ZodType>),
);

/** @throws StoredRowError */
export const encodePolicies = (document: unknown): TableEntity & Keys =>
  policiesRow.encode(POLICIES_KEYS, { document });

/** `parse` checks the document as if it came from outside. @throws StoredRowError */
export function decodePolicies<T>(entity: object, parse: (document: unknown) => T): T {
  const { document } = policiesRow.decode(entity);
  try {
    return parse(document);
  } catch (thrown) {
    if (!(thrown instanceof InvalidInputError)) throw thrown;
    // A parser names the part that is wrong, and never repeats what it holds.
    throw new StoredRowError(rowName(entity), thrown.message, { cause: thrown });
  }
}

/** "*" stands for "everywhere". Language tags compare without case, so the key has none. */
export const overrideKeys = ({ trigger, channel, channelInstance, locale }: OverrideKey): Keys => ({
  partitionKey: OVERRIDES_PARTITION,
  rowKey: [trigger, channel ?? '*', channelInstance ?? '*', locale?.toLowerCase() ?? '*'].join('|'),
});

/** @throws StoredRowError */
export const encodeOverride = (override: MessageOverride): TableEntity & Keys =>
  overrideRow.encode(overrideKeys(override), override);

/** @throws StoredRowError */
export const decodeOverride = (entity: object): MessageOverride => overrideRow.decode(entity);

/** More overrides than anybody words. */
const MOST_OVERRIDES = 5_000;

/** Operators' settings in Table Storage: the policy document, and one row per override of an automated message. */
export function createTableSettingsStore(
  table: TableClient,
  /** How the document is read and written as JSON; it is checked as if it came from outside. */
  format: {
    readonly parse: (value: unknown) => PolicyDocument;
    readonly view: (document: PolicyDocument) => unknown;
  },
): SettingsStore {
  /** The storage's own ETag of the stored version, if `ifMatch` names it. */
  async function versionOf(operation: string, keys: Keys, ifMatch: string) {
    if (ifMatch === '*') return { etag: ifMatch };
    const row = await getRow(table, operation, keys);
    if (row === undefined) return 'not-found';
    return namesVersion(ifMatch, row.etag) ? { etag: row.etag } : 'conflict';
  }

  async function write(operation: string, entity: TableEntity & Keys, expected: Expected): Promise<Written> {
    const version = expected === 'create' ? expected : await versionOf(operation, entity, expected.etag);
    if (version === 'conflict' || version === 'not-found') return 'conflict';
    return tableCall<Written>(
      table,
      operation,
      async () => {
        // Prevents: two operators edit the same version, and the later one undoes what it has never seen.
        const { etag = '' } =
          version === 'create'
            ? await table.createEntity(entity)
            : await table.updateEntity(entity, 'Replace', version);
        return { etag: etagOf(etag) };
      },
      answering(CONFLICTS, 'conflict'),
    );
  }

  return {
    async loadPolicies() {
      const row = await getRow(table, 'load policies', POLICIES_KEYS);
      return row && { document: decodePolicies(row, format.parse), etag: etagOf(row.etag) };
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

    deleteOverride: async (key, ifMatch = '*') => {
      const keys = overrideKeys(key);
      const { partitionKey, rowKey } = keys;
      const version = await versionOf('delete automated message', keys, ifMatch);
      if (version === 'conflict' || version === 'not-found') return version;
      return tableCall<'deleted' | 'conflict' | 'not-found'>(
        table,
        'delete automated message',
        async () => {
          await table.deleteEntity(partitionKey, rowKey, version);
          return 'deleted';
        },
        (code) => answering(NOT_FOUND, 'not-found')(code) ?? answering(CONFLICTS, 'conflict')(code),
      );
    },
  };
}

const decodeStored = (row: object): StoredOverrides['overrides'][number] => ({
  override: decodeOverride(row),
  etag: etagOf((row as { etag: string }).etag),
});
