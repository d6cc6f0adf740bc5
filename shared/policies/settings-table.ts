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
  ignoreDamage,
  json,
  type Keys,
  NOT_FOUND,
  type OnDamage,
  readOrTell,
  row,
  rowName,
  tableCall,
} from '../storage/table';
import { firstRows, readableRows } from '../storage/pages';
import type { PolicyDocument } from './policy';
import type {
  Expected,
  FoundPolicies,
  OverrideKey,
  SettingsStore,
  StoredOverrides,
  Written,
} from './settings';

const POLICIES_KEYS: Keys = { partitionKey: 'policies', rowKey: 'document' };
const OVERRIDES_PARTITION = 'automated-messages';

/** The policy document is JSON in one column: it is read and written as a whole. */
export const policiesRow = row(z.object({ document: json(z.unknown()) }));

const overrideColumns = z.object({
  trigger: z.enum(AUTOMATED_MESSAGE_TRIGGERS),
  channel: z.enum(CHANNELS).optional(),
  channelInstance: z.string().optional(),
  locale: z.string().optional(),
  text: z.string().optional(),
  active: z.boolean(),
} satisfies Record<keyof MessageOverride, z.ZodType>);
export const overrideRow = row(overrideColumns);

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
    /** What can be understood of one that cannot be read. */
    readonly find: (value: unknown) => FoundPolicies;
  },
  onDamage: OnDamage = ignoreDamage,
): SettingsStore {
  /** The storage's own ETag of the stored version, if `ifMatch` names it. */
  async function versionOf(operation: string, keys: Keys, ifMatch: string) {
    const row = await getRow(table, operation, keys);
    if (row === undefined) return 'not-found';
    return ifMatch === '*' || namesVersion(ifMatch, row.etag) ? { etag: row.etag } : 'conflict';
  }

  /**
   * Prevents: a write is stored and its answer lost, the SDK or the operator repeats it, and it is refused for its own
   * change. What is stored as it was to be, is written (RFC 9110, 13.1.1).
   */
  async function conflictUnlessStored(operation: string, entity: TableEntity & Keys): Promise<Written> {
    const row = await getRow(table, operation, entity);
    return row !== undefined && isStored(entity, row) ? { etag: etagOf(row.etag) } : 'conflict';
  }

  async function write(operation: string, entity: TableEntity & Keys, expected: Expected): Promise<Written> {
    const version =
      expected === 'create' || expected.etag === '*'
        ? expected
        : await versionOf(operation, entity, expected.etag);
    if (version === 'conflict' || version === 'not-found') return conflictUnlessStored(operation, entity);
    const written = await tableCall<Written>(
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
    return written === 'conflict' ? conflictUnlessStored(operation, entity) : written;
  }

  return {
    async loadPolicies() {
      const row = await getRow(table, 'load policies', POLICIES_KEYS);
      if (row === undefined) return undefined;
      const document = await readOrTell(row, (one) => decodePolicies(one, format.parse), onDamage);
      return { document, etag: etagOf(row.etag) };
    },

    async findPolicies() {
      const row = await getRow(table, 'find policies', POLICIES_KEYS);
      const etag = row && { etag: etagOf(row.etag) };
      return { ...format.find(jsonOf(row?.['document'])), ...etag };
    },

    savePolicies: async (document, expected) =>
      write('save policies', encodePolicies(format.view(document)), expected),

    async listOverrides() {
      const { rows } = await tableCall(table, 'list automated messages', () =>
        firstRows(table, { filter: odata`PartitionKey eq ${OVERRIDES_PARTITION}`, limit: MOST_OVERRIDES }),
      );
      const { readable: overrides, unreadable } = readableRows(rows, decodeStored);
      for (const { damage } of unreadable) await onDamage(damage);
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
        // It was there a moment ago: gone is what was asked for, and perhaps it was this request that did it.
        (code) => answering(NOT_FOUND, 'deleted')(code) ?? answering(CONFLICTS, 'conflict')(code),
      );
    },
  };
}

/** Whether a row holds what is written, and nothing else that its codec knows. */
function isStored(written: TableEntity & Keys, row: object): boolean {
  const stored = row as Record<string, unknown>;
  const columns = new Set([...Object.keys(written), ...Object.keys(overrideColumns.shape)]);
  return [...columns].every((column) => plain(written[column]) === plain(stored[column]));
}

/** A value as it is read: the type of a number stands beside it when it is written. */
const plain = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && 'value' in value ? value.value : value;

function jsonOf(text: unknown): unknown {
  try {
    return JSON.parse(String(text));
  } catch {
    return undefined;
  }
}

const decodeStored = (row: object): StoredOverrides['overrides'][number] => ({
  override: decodeOverride(row),
  etag: etagOf((row as { etag: string }).etag),
});
