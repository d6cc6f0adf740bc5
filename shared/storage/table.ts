import { RestError, type TableClient, type TableEntity } from '@azure/data-tables';
import { z } from 'zod';
import { AppError, DependencyError, isDownAt, RecordTooLargeError, StoredRowError } from '../app/errors';
import { wordsFor } from '../app/wording';
import { type Instant, toIso } from '../conversation/time';

/**
 * What all tables have in common: a row is one codec, in which each column stands once, with its type. The codec reads an
 * entity as the SDK returns it, and writes one as the SDK takes it. Moments are ISO 8601 text and numbers carry their Edm
 * type, so that an operator reads a row in any storage browser. An error names the row and the column, and never a value:
 * a stored text must not end up in a log line.
 */

/**
 * The version the writers write. Readers understand this and every older one. 2: channels, capacity, automatic closure,
 * the agent's disconnections, queue positions, notices with a recipient of their own.
 */
const SCHEMA_VERSION = 2;

const LATEST: Instant = Date.UTC(9999, 11, 31, 23, 59, 59, 999);
const EARLIEST: Instant = Date.UTC(1601, 0, 1);
const ISO_8601 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?Z$/;
const NO_MOMENT = 'not an ISO 8601 moment in UTC, from 1601 to 9999';

/** A moment, as ISO 8601 text in UTC. */
export const instant = z.codec(
  z.string(),
  z.number(NO_MOMENT).min(EARLIEST, NO_MOMENT).max(LATEST, NO_MOMENT),
  { decode: (text) => (ISO_8601.test(text) ? Date.parse(text) : Number.NaN), encode: toIso },
);

/** A moment within JSON, in milliseconds: no other number is a date, and whoever shows it as one would throw. */
export const instantInJson = z.int().min(EARLIEST).max(LATEST);

const edm = <T extends z.ZodType<number>>(type: 'Int32' | 'Double', number: T) =>
  z.codec(z.unknown(), number, {
    decode: (stored) => stored as z.input<T>,
    encode: (value) => ({ type, value }),
  });

export const int32 = edm('Int32', z.int32());
/** A count, or units: not below zero. */
export const natural = edm('Int32', z.int32().min(0));
/** A number that may be large, negative or fractional. */
export const double = edm('Double', z.number());

/** JSON text in one column, for lists and nested records only; its own codecs are used in both directions. */
export const encodedJson = <T extends z.ZodType>(content: T) =>
  z.codec(z.string(), content, {
    decode(text, { issues }) {
      try {
        return JSON.parse(text) as z.input<T>;
      } catch {
        issues.push({ code: 'custom', input: undefined, message: 'not JSON' });
        return z.NEVER;
      }
    },
    encode: (value) => JSON.stringify(value),
  });

/** The same for content that is written as it is: long lists are not gone through again whenever they are written. */
export const json = <T extends z.ZodType>(content: T) => {
  const codec = encodedJson(content);
  return z.codec(z.string(), z.custom<z.output<T>>(), {
    decode(text, { issues }) {
      const read = codec.safeDecode(text, { error: wordsFor });
      if (read.success) return read.data;
      // The first is what is told; a list that is all wrong has more than a call can take.
      issues.push(...(read.error.issues.slice(0, 1) as never[]));
      return z.NEVER;
    },
    encode: (value) => JSON.stringify(value),
  });
};

/** A record of texts, whatever its keys are called (`z.record` would drop `__proto__`). */
export const textsByName = z.custom<Readonly<Record<string, string>>>(
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((text) => typeof text === 'string'),
  'not a record of texts',
);

/** A column that is not called as its field is. */
export const column = <T extends z.ZodType>(name: string, type: T): T => type.meta({ column: name });

/** Where a field of the value stands in the row: in a column, or, when it is an object, in several. */
type Field = { readonly name: string; readonly column: string } | Group;
interface Group {
  readonly name: string;
  readonly fields: readonly Field[];
  /** Of an optional object: the first of its columns, which is there exactly when the object is. */
  readonly marker?: string;
}

function fieldsOf(content: z.ZodType): readonly Field[] {
  if (content instanceof z.ZodDiscriminatedUnion) {
    const all = (content.options as z.ZodType[]).flatMap(fieldsOf);
    return [...new Map(all.map((field) => [field.name, field])).values()];
  }
  if (!(content instanceof z.ZodObject)) return [];
  return Object.entries(content.shape as Record<string, z.ZodType>).map(([name, type]): Field => {
    const fields = fieldsOf(type instanceof z.ZodOptional ? (type.unwrap() as z.ZodType) : type);
    if (fields.length === 0) return { name, column: nameOf(type) ?? name };
    return { name, fields, ...(type instanceof z.ZodOptional && { marker: columnOf([], fields) }) };
  });
}

/** The name that `column` has given, to the type itself or to what it makes optional. */
function nameOf(type: z.ZodType): string | undefined {
  const named = type.meta()?.['column'];
  if (typeof named === 'string') return named;
  return type instanceof z.ZodOptional || type instanceof z.ZodDefault
    ? nameOf(type.unwrap() as z.ZodType)
    : undefined;
}

/** The column that the path leads to, and what follows it: the way within its JSON. */
function columnOf([name, ...rest]: readonly PropertyKey[], fields: readonly Field[]): string {
  const field = name === undefined ? fields[0] : fields.find((one) => one.name === name);
  if (field === undefined) return String(name);
  return 'column' in field ? [field.column, ...rest.map(String)].join('.') : columnOf(rest, field.fields);
}

const KEY_COLUMNS = ['partitionKey', 'rowKey'];
const columnsIn = (fields: readonly Field[]): readonly string[] =>
  fields.flatMap((field) => ('column' in field ? [field.column] : columnsIn(field.fields)));

type Columns = Record<string, unknown>;

/** From the columns of a row to the fields of its value, and back. */
function gather(entity: Columns, fields: readonly Field[]): Columns {
  const value: Columns = {};
  for (const field of fields) {
    if (!('column' in field)) {
      if (field.marker === undefined || field.marker in entity)
        value[field.name] = gather(entity, field.fields);
    } else if (field.column in entity) value[field.name] = entity[field.column];
  }
  return value;
}

function spread(value: Columns, fields: readonly Field[], entity: Columns): Columns {
  for (const field of fields) {
    const content = value[field.name];
    if (content === undefined) continue;
    if ('column' in field) entity[field.column] = content;
    else spread(content as Columns, field.fields, entity);
  }
  return entity;
}

/** What a row may be given to write: lists of the domain are read-only. */
type Given<T> = T extends object ? { readonly [K in keyof T]: Given<T[K]> } : T;

export interface Keys {
  readonly partitionKey: string;
  readonly rowKey: string;
}

export interface Row<T> {
  /** Its columns beside the keys. */
  readonly columns: readonly string[];
  /** @throws StoredRowError when a column cannot hold its value, RecordTooLargeError */
  encode(keys: Keys, value: Given<T>): TableEntity & Keys;
  /** @throws StoredRowError naming the row and the column that cannot be read. */
  decode(entity: object): T;
}

const versioned = z.object({
  schemaVersion: z
    .int()
    .min(1)
    .max(SCHEMA_VERSION, `newer than ${SCHEMA_VERSION}, the newest this version reads`),
});

/**
 * The codec of a row. A field stands in the column of its name, or in the one that `column` names. An object of fields
 * stands in a column for each of them; an optional one is there when the first of these columns is. Columns that
 * the row does not name are ignored, so that a version which adds columns can be rolled back.
 */
export function row<T extends z.ZodObject | z.ZodDiscriminatedUnion>(content: T): Row<z.output<T>> {
  const fields = fieldsOf(content);
  const codec = z.codec(z.custom<Columns>(), content, {
    decode(entity, { issues }) {
      const { error } = versioned.safeParse(entity, { error: wordsFor });
      if (error) issues.push(...(error.issues as never[]));
      return gather(entity, fields) as z.input<T>;
    },
    encode: (value) =>
      spread(value as Columns, fields, { schemaVersion: { type: 'Int32', value: SCHEMA_VERSION } }),
  });
  const refused = (keys: object, { issues: [issue] }: z.ZodError) =>
    new StoredRowError(
      rowName(keys),
      `${columnOf(issue?.path ?? [], fields)}: ${issue?.message ?? 'unreadable'}`,
    );
  return {
    columns: ['schemaVersion', ...columnsIn(fields)].filter((name) => !KEY_COLUMNS.includes(name)),
    encode(keys, value) {
      const written = codec.safeEncode(value as z.output<T>, { error: wordsFor });
      if (!written.success) throw refused(keys, written.error);
      return checkFits(Object.assign(written.data, keys));
    },
    decode(entity) {
      const read = codec.safeDecode(entity as Columns, { error: wordsFor });
      if (!read.success) throw refused(entity, read.error);
      return read.data;
    },
  };
}

/** Hears of a row that cannot be read, whoever meets it, so that it gets its dead letter. Never throws. */
export type OnDamage = (damage: StoredRowError) => Promise<void>;

export const ignoreDamage: OnDamage = () => Promise.resolve();

/** Where a row is, for error messages: keys are ids and numbers, never text of a participant. */
export const rowName = (entity: { readonly partitionKey?: unknown; readonly rowKey?: unknown }): string =>
  [entity.partitionKey, entity.rowKey].map((key) => (typeof key === 'string' ? key : '?')).join('/');

/** 64 KiB of UTF-16, the service's limit for a text property. */
const PROPERTY_CHARACTERS = 32 * 1024;
/** The service's limit is 1 MiB; the rest is a margin. */
const ROW_BYTES = 900 * 1024;

/**
 * Refuses what the service would refuse, before it is sent, and names the column.
 * @throws RecordTooLargeError
 */
export function checkFits<T extends object>(entity: T): T {
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

/** The service's error code, for example `EntityAlreadyExists`; undefined when the service did not answer. */
function tableErrorCode(thrown: unknown): string | undefined {
  if (!(thrown instanceof RestError)) return undefined;
  const { odataError } = (thrown.details ?? {}) as { odataError?: { code?: unknown } };
  const code = odataError?.code ?? thrown.code;
  return typeof code === 'string' ? code : undefined;
}

/**
 * What the service answers when a row is not what it was read as:
 * - `UpdateConditionNotSatisfied`, `ConditionNotMet` (412): another writer replaced the row between our read and our write;
 * - `ResourceNotFound` (404): the row was deleted in between;
 * - `EntityAlreadyExists` (409): two creators, or two writers that both append the same sequence number.
 *
 * The same answers come when the first attempt of a request arrived, its response was lost and the SDK repeated
 * it. "Conflict" is right for that too: the caller reads again, finds its own change and decides that nothing is left.
 * Other codes with these statuses (`TableBeingDeleted` is a 409 as well) are failures of the storage.
 */
export const CONFLICTS: readonly string[] = [
  'UpdateConditionNotSatisfied',
  'ConditionNotMet',
  'ResourceNotFound',
  'EntityAlreadyExists',
];
export const NOT_FOUND: readonly string[] = ['ResourceNotFound'];

/** For `expected` of `tableCall`: these codes are that answer. */
export const answering =
  <const T>(codes: readonly string[], answer: T) =>
  (code: string): { readonly answer: T } | undefined =>
    codes.includes(code) ? { answer } : undefined;

/**
 * Performs one operation on a table and turns every failure into a `DependencyError`, unless `expected` knows an
 * answer for the service's error code.
 *
 * A missing table is created and the operation repeated once: no request is spent on it as long as the table
 * exists, nothing is remembered that could become wrong, and a table deleted under a running app comes back.
 */
export async function tableCall<T>(
  table: TableClient,
  operation: string,
  call: () => Promise<T>,
  expected: (code: string) => { readonly answer: T } | undefined = () => undefined,
): Promise<T> {
  try {
    try {
      return await call();
    } catch (thrown) {
      if (tableErrorCode(thrown) !== 'TableNotFound') throw thrown;
    }
    await table.createTable();
    return await call();
  } catch (thrown) {
    const known = expected(tableErrorCode(thrown) ?? '');
    if (known !== undefined) return known.answer;
    throw tableFailure(operation, thrown);
  }
}

/** The row with these keys, or undefined. @throws DependencyError */
export const getRow = (table: TableClient, operation: string, { partitionKey, rowKey }: Keys) =>
  tableCall(table, operation, () => table.getEntity(partitionKey, rowKey), answering(NOT_FOUND, undefined));

/**
 * A `DependencyError` whose cause tells status, code and request id, and nothing else: an SDK error carries the
 * request with its `Authorization` header or SAS, and the row with the customer's text.
 */
export function tableFailure(operation: string, thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  const status = thrown instanceof RestError ? thrown.statusCode : undefined;
  // A table that is missing, or is being deleted, is there for nobody.
  const isDown = isDownAt(status) || tableErrorCode(thrown)?.startsWith('Table') === true;
  return new DependencyError('table-storage', operation, { cause: withoutSecrets(thrown), isDown });
}

function withoutSecrets(thrown: unknown): Error {
  const name = thrown instanceof Error ? thrown.name : typeof thrown;
  const { statusCode, response } = thrown instanceof RestError ? thrown : {};
  const code = tableErrorCode(thrown) ?? systemErrorCode(thrown);
  const requestId = response?.headers.get('x-ms-request-id');
  const facts = [name, statusCode, code, requestId && `request ${requestId}`];
  return new Error(facts.filter((fact) => fact !== undefined).join(' '));
}

const systemErrorCode = (thrown: unknown): string | undefined =>
  thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : undefined;

/** One row, if it can be read. @throws StoredRowError when it cannot, and then somebody has heard of it */
export async function readOrTell<T>(
  entity: object,
  read: (row: object) => T,
  onDamage: OnDamage,
): Promise<T> {
  try {
    return read(entity);
  } catch (thrown) {
    if (thrown instanceof StoredRowError) await onDamage(thrown);
    throw thrown;
  }
}
