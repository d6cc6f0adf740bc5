import type { TableEntity } from '@azure/data-tables';
import { z } from 'zod';
import { RecordTooLargeError, StoredRowError } from '../../errors';
import { SCHEMA_VERSION } from './columns';

/** Where a row is, for error messages: keys are ids and numbers, never text of a participant. */
export const rowName = (entity: { readonly partitionKey?: unknown; readonly rowKey?: unknown }): string =>
  [entity.partitionKey, entity.rowKey].map((key) => (typeof key === 'string' ? key : '?')).join('/');

const versionColumns = z.object({
  schemaVersion: z
    .int()
    .min(1)
    .max(SCHEMA_VERSION, `newer than ${SCHEMA_VERSION}, the newest this version reads`),
});

/**
 * Reads a row as the SDK returns it. Columns the schema does not name are ignored, so that a version which adds
 * columns can be rolled back.
 * @throws StoredRowError naming the row and the column, whatever the row contains.
 */
export function readRow<T extends z.ZodType>(schema: T, entity: object): z.output<T> {
  const version = versionColumns.safeParse(entity);
  const read = version.success ? schema.safeParse(entity) : version;
  if (read.success) return read.data;
  const problem = read.error.issues[0];
  throw new StoredRowError(
    rowName(entity),
    `${problem?.path.join('.') ?? ''}: ${problem?.message ?? 'unreadable'}`,
  );
}

/** 64 KiB of UTF-16, the service's limit for a text property. */
const PROPERTY_CHARACTERS = 32 * 1024;
/** The service's limit is 1 MiB; the rest is a margin. */
const ROW_BYTES = 900 * 1024;

/**
 * Refuses what the service would refuse, before it is sent, and names the column.
 * @throws RecordTooLargeError
 */
export function checkFits<T extends TableEntity>(entity: T): T {
  let bytes = 0;
  for (const [column, value] of Object.entries(entity)) {
    const characters = typeof value === 'string' ? value.length : 0;
    if (characters > PROPERTY_CHARACTERS) {
      throw new RecordTooLargeError(
        rowName(entity),
        `${column}: ${characters} characters do not fit into a property of ${PROPERTY_CHARACTERS}`,
      );
    }
    bytes += 20 + 2 * (column.length + characters);
  }
  if (bytes > ROW_BYTES) {
    throw new RecordTooLargeError(rowName(entity), `${bytes} bytes do not fit into a row of ${ROW_BYTES}`);
  }
  return entity;
}
