import fc from 'fast-check';
import { anyBody, anyText } from '../inbound/arbitraries';

/** Drawn once: making a value anew for every input would cost more than all parsers together. */
export const pool = <T>(arbitrary: fc.Arbitrary<T>, size = 300): fc.Arbitrary<T> =>
  oneOf(size, () => fc.sample(arbitrary, { numRuns: size, seed: 20_261_126 }));

/** One of so many, which are made when the first is asked for: whoever only wants the names of the parsers has no use for them. */
export function oneOf<T>(size: number, make: () => readonly T[]): fc.Arbitrary<T> {
  let made: readonly T[] | undefined;
  return fc.noBias(fc.nat(size - 1)).map((n) => (made ??= make())[n]!);
}

const texts = pool(anyText, 500);

/** What JSON can hold and what nobody expects where it is put. */
const JUNK: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  0.5,
  1e21,
  2 ** 31,
  2 ** 53,
  9e15,
  -9e15,
  '',
  ' ',
  '0',
  '__proto__',
  'constructor',
  'PT3M',
  'P99999999999999999999D',
  '2026-02-30T00:00:00Z',
  '0000-01-01T00:00:00.000Z',
  '9999-12-31T23:59:59.999Z',
  'not a date',
  '\ud800',
  '\u0000',
  'x'.repeat(70_000),
  [],
  {},
  [[[[[[]]]]]],
  { a: { b: { c: 1 } } },
  JSON.parse('{"__proto__":{"polluted":true}}'),
];
const junk: fc.Arbitrary<unknown> = fc.oneof(fc.constantFrom(...JUNK), texts, pool(fc.jsonValue()));

interface Edit {
  readonly kind: 'replace' | 'remove' | 'add' | 'wrap' | 'as-text' | 'bend' | 'double';
  /** Where: at each level the n-th child, as far as there are levels. */
  readonly path: readonly number[];
  readonly name: string;
  readonly junk: unknown;
}
const edit: fc.Arbitrary<Edit> = fc.record({
  kind: fc.constantFrom('replace', 'remove', 'add', 'wrap', 'as-text', 'bend', 'double'),
  path: fc.array(fc.nat(20), { maxLength: 4 }),
  name: fc.oneof(fc.constantFrom('__proto__', 'constructor', 'length', 'then', 'addedLater'), texts),
  junk,
});
const edits = fc.array(edit, { minLength: 1, maxLength: 3 });

const GONE = Symbol('gone');
const isBranch = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && Object.keys(value).length > 0;

/** The value with one part changed; a copy, as far as it is another one. */
function edited(value: unknown, one: Edit, depth = 0): unknown {
  const step = one.path[depth];
  if (step === undefined || !isBranch(value)) return changed(value, one);
  const entries: [string, unknown][] = Object.entries(value);
  const [key] = entries[step % entries.length]!;
  const after = entries.flatMap(([name, child]): [string, unknown][] => {
    const now = name === key ? edited(child, one, depth + 1) : child;
    return now === GONE ? [] : [[name, now]];
  });
  return Array.isArray(value) ? after.map(([, child]) => child) : Object.fromEntries(after);
}

function changed(value: unknown, { kind, name, junk: other }: Edit): unknown {
  switch (kind) {
    case 'replace':
      return other;
    case 'remove':
      return GONE;
    case 'wrap':
      return [value];
    case 'as-text':
      return JSON.stringify(value);
    case 'double':
      return typeof value === 'string' ? value + value : [value, value];
    case 'add':
      if (Array.isArray(value)) return [...(value as unknown[]), other];
      // Not by assignment: a key called `__proto__` must become a key.
      return isBranch(value) ? Object.fromEntries([...Object.entries(value), [name, other]]) : other;
    case 'bend':
      if (typeof value === 'number') return value * 1e10 + 0.5;
      if (typeof value === 'string') return value.slice(0, value.length / 2) + name;
      return typeof value === 'boolean' ? !value : other;
  }
}

/** Values that are good but for one to three parts. */
export const mutatedValue = (good: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc
    .tuple(good, edits)
    .map(([value, all]) => all.reduce<unknown>((now, one) => edited(now, one), value))
    .map((value) => (value === GONE ? undefined : value));

interface TextEdit {
  readonly kind: 'insert' | 'replace' | 'cut' | 'remove' | 'repeat' | 'case';
  /** Of the text's length. */
  readonly from: number;
  readonly length: number;
  readonly text: string;
}
const SIGNS = [...' .,;:=/-_+*{}[]()<>"\'\\|&?%#@!~^$0123459azAZTZ\n\r\t\u0000ÿé😀', '\ud800'];
const textEdit: fc.Arbitrary<TextEdit> = fc.record({
  kind: fc.constantFrom('insert', 'replace', 'cut', 'remove', 'repeat', 'case'),
  from: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.nat(8),
  text: fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...SIGNS) }, { weight: 1, arbitrary: texts }),
});
const textEdits = fc.array(textEdit, { maxLength: 4 });

function editedText(given: string, { kind, from, length, text }: TextEdit): string {
  const at = Math.floor(from * given.length);
  const [head, part, tail] = [given.slice(0, at), given.slice(at, at + length), given.slice(at + length)];
  switch (kind) {
    case 'insert':
      return head + text + part + tail;
    case 'replace':
      return head + text + tail;
    case 'cut':
      return head;
    case 'remove':
      return head + tail;
    case 'repeat':
      return head + part.repeat(3) + tail;
    case 'case':
      return head + (part === part.toUpperCase() ? part.toLowerCase() : part.toUpperCase()) + tail;
  }
}

/** Texts that are good but for a few characters, good ones among them, and any text at all. */
export const mutatedText = (good: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 6, arbitrary: fc.tuple(good, textEdits).map(([text, all]) => all.reduce(editedText, text)) },
    { weight: 1, arbitrary: texts },
  );

const asJson = (value: unknown): string => JSON.stringify(value) ?? '';

/** Bodies of good JSON, of JSON with other parts, of almost JSON, and of any bytes. */
export const mutatedJson = (good: fc.Arbitrary<unknown>): fc.Arbitrary<Uint8Array> =>
  fc.oneof(
    { weight: 1, arbitrary: good.map((value) => Buffer.from(asJson(value))) },
    { weight: 6, arbitrary: mutatedValue(good).map((value) => Buffer.from(asJson(value))) },
    { weight: 3, arbitrary: mutatedText(good.map(asJson)).map((text) => Buffer.from(text)) },
    { weight: 1, arbitrary: pool(anyBody) },
  );

/** What a column of Table Storage can hold, as the SDK gives it, and what it never gives. */
const columnValues: fc.Arbitrary<unknown> = fc.oneof(
  junk,
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, 1n, 2n ** 63n, new Date(0), new Date(Number.NaN)),
  fc.constantFrom(undefined, Symbol('x'), () => 1, new Uint8Array(3), new Map(), Buffer.from('{}')),
);
const VERSIONS = [0, 1, 2, 3, 99, -1, 1.5, 2 ** 40, '2', null, undefined, true, Number.NaN, [2], {}];

interface RowEdit {
  readonly kind: 'replace' | 'drop' | 'json' | 'text' | 'version' | 'unknown' | 'null';
  readonly column: number;
  readonly value: unknown;
  readonly version: unknown;
  readonly json: Edit;
  readonly text: TextEdit;
}
const rowEdits: fc.Arbitrary<RowEdit[]> = fc.array(
  fc.record({
    kind: fc.constantFrom('replace', 'drop', 'json', 'json', 'text', 'version', 'unknown', 'null'),
    column: fc.nat(60),
    value: columnValues,
    version: fc.constantFrom(...VERSIONS),
    json: edit,
    text: textEdit,
  }),
  { maxLength: 3 },
);

function editedRow(row: Record<string, unknown>, one: RowEdit): Record<string, unknown> {
  const columns = Object.keys(row);
  // JSON is where most can go wrong: of its columns there are few.
  const isJson = (name: string) => /^[[{]/.test(String(row[name]));
  const chosen = one.kind === 'json' ? columns.filter(isJson) : columns;
  const column = chosen[one.column % chosen.length];
  if (one.kind === 'version') return { ...row, schemaVersion: one.version };
  if (one.kind === 'unknown' || column === undefined) return { ...row, [`later${one.column}`]: one.value };
  const { [column]: value, ...others } = row;
  switch (one.kind) {
    case 'replace':
      return { ...row, [column]: one.value };
    case 'drop':
      return others;
    case 'null':
      return { ...row, [column]: null };
    case 'text':
      return { ...row, [column]: typeof value === 'string' ? editedText(value, one.text) : String(value) };
    case 'json': {
      const changedJson = edited(JSON.parse(String(value)), one.json);
      return changedJson === GONE ? others : { ...row, [column]: asJson(changedJson) };
    }
  }
}

/** Rows as they were written, but for up to three columns; and objects that are no rows. */
export const mutatedRow = (good: fc.Arbitrary<Record<string, unknown>>): fc.Arbitrary<object> =>
  fc.oneof(
    { weight: 12, arbitrary: fc.tuple(good, rowEdits).map(([row, all]) => all.reduce(tryToEdit, row)) },
    { weight: 1, arbitrary: pool(fc.object({ withBigInt: true, withDate: true, withNullPrototype: true })) },
  );

/** An earlier edit may have left text that looks like JSON and is none. */
function tryToEdit(row: Record<string, unknown>, one: RowEdit): Record<string, unknown> {
  try {
    return editedRow(row, one);
  } catch {
    return row;
  }
}
