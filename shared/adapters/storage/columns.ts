import { z } from 'zod';
import { toIso, type Instant } from '../../domain/time';
import { StoredRowError } from '../../errors';

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
