import type { TableEntity } from '@azure/data-tables';
import { z } from 'zod';
import { RecordTooLargeError, StoredRowError } from '../app/errors';
import { type Instant, toIso } from '../conversation/time';

/**
 * Column types that both tables share. Moments are ISO 8601 text and numbers carry their Edm type, so that an
 * operator reads a row in any storage browser. Writers throw `StoredRowError`; readers report a zod issue, and
 * never a value: a stored text must not end up in a log line.
 */

/**
 * The version the writers write. Readers understand this and every older one. 2: channels, capacity, automatic closure,
 * the agent's disconnections, queue positions, notices with a recipient of their own.
 */
export const SCHEMA_VERSION = 2;

const LATEST: Instant = Date.UTC(9999, 11, 31, 23, 59, 59, 999);
const EARLIEST: Instant = Date.UTC(1601, 0, 1);
const ISO_8601 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?Z$/;

export const instantColumn = z.string().transform((text, context): Instant => {
  const instant = ISO_8601.test(text) ? Date.parse(text) : Number.NaN;
  if (instant >= EARLIEST && instant <= LATEST) return instant;
  context.addIssue('not an ISO 8601 moment in UTC');
  return z.NEVER;
});

/** A moment within JSON, in milliseconds: no other number is a date, and whoever shows it as one would throw. */
export const instantField = z.int().min(EARLIEST).max(LATEST);

/** JSON text in one column, for lists and nested records only. */
export const jsonColumn = <T extends z.ZodType>(content: T) =>
  z
    .string()
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        context.addIssue('not JSON');
        return z.NEVER;
      }
    })
    .pipe(content);

/** A record of texts, whatever its keys are called (`z.record` would drop `__proto__`). */
export const textsByName = z.custom<Readonly<Record<string, string>>>(
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((text) => typeof text === 'string'),
  'not a record of texts',
);

/** Writes the columns of one row. Every method throws `StoredRowError`, naming the row and the column. */
export function writerFor(row: string) {
  const refuse = (column: string, detail: string) => new StoredRowError(row, `${column}: ${detail}`);
  return {
    /** Within the years that ISO 8601 text and Table Storage can hold. */
    instant(column: string, instant: Instant): string {
      if (instant >= EARLIEST && instant <= LATEST) return toIso(instant);
      throw refuse(column, 'not a moment that can be stored');
    },
    int32(column: string, value: number) {
      if (Number.isInteger(value) && Math.abs(value) < 2 ** 31) return { type: 'Int32', value } as const;
      throw refuse(column, 'not a 32-bit integer');
    },
    /** A number that may be large, negative or fractional. */
    double(column: string, value: number) {
      if (Number.isFinite(value)) return { type: 'Double', value } as const;
      throw refuse(column, 'not a finite number');
    },
  };
}

export type RowWriter = ReturnType<typeof writerFor>;

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

/** A row that cannot be read: its key, and when it was written by the clock of storage. */
export interface UnreadableRow {
  readonly rowKey: string;
  readonly writtenAt: Instant;
}

/** Reads rows and sets aside those that cannot be read: one of them must not hide all others. */
export function readableRows<T>(
  rows: readonly object[],
  read: (row: object) => T,
): { readonly readable: T[]; readonly unreadable: UnreadableRow[] } {
  const [readable, unreadable]: [T[], UnreadableRow[]] = [[], []];
  for (const row of rows) {
    try {
      readable.push(read(row));
    } catch (thrown) {
      if (!(thrown instanceof StoredRowError)) throw thrown;
      const { rowKey, timestamp } = row as { rowKey: string; timestamp: string };
      unreadable.push({ rowKey, writtenAt: Date.parse(timestamp) });
    }
  }
  return { readable, unreadable };
}
