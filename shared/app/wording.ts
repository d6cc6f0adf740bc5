/** What the library of parsers says of something that is wrong. */
interface Issue {
  readonly code?: string;
  readonly input?: unknown;
  readonly expected?: string;
  readonly origin?: string;
  readonly minimum?: number | bigint;
  readonly maximum?: number | bigint;
  readonly values?: readonly unknown[];
  /** Of a union: what is wrong with the value as each of its members. */
  readonly errors?: readonly (readonly { readonly message: string }[])[];
  /** Of a key. */
  readonly issues?: readonly { readonly message: string }[];
}

export const MALFORMED = 'is malformed';
export const UNKNOWN = 'is not known here';
export const MISSING = 'is missing';

const KINDS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
  null: 'null',
};
const UNITS: Readonly<Record<string, string>> = { string: ' characters', array: ' entries' };

/**
 * What is wrong, in the words of this product, where a schema has none of its own: the library's texts speak of types and
 * of itself. Never repeats the value.
 */
export function wordsFor(issue: Issue): string {
  const {
    code,
    input,
    expected = '',
    origin = '',
    minimum,
    maximum,
    values = [],
    errors = [],
    issues,
  } = issue;
  if (input === undefined && code !== 'invalid_key') return MISSING;
  const [verb, unit] = origin in UNITS ? ['have', UNITS[origin]] : ['be', ''];
  switch (code) {
    case 'invalid_type':
      return expected in KINDS ? `must be ${KINDS[expected]}` : MALFORMED;
    case 'too_small':
      return minimum === 1 && verb === 'have'
        ? 'must not be empty'
        : `must ${verb} at least ${minimum}${unit}`;
    case 'too_big':
      return `must ${verb} at most ${maximum}${unit}`;
    case 'invalid_value':
      return `must be ${alternatives(values.map((value) => JSON.stringify(value)))}`;
    case 'unrecognized_keys':
      return UNKNOWN;
    case 'invalid_union':
      return eitherOf(errors.flatMap(([first]) => (first === undefined ? [] : [first.message])));
    case 'invalid_key':
      return issues?.[0]?.message ?? MALFORMED;
    default:
      return MALFORMED;
  }
}

const MUST_BE = 'must be ';

/** One text of those of the members of a union. */
const eitherOf = (texts: readonly string[]): string =>
  texts.length > 0 && texts.every((text) => text.startsWith(MUST_BE))
    ? MUST_BE + alternatives([...new Set(texts)].map((text) => text.slice(MUST_BE.length)))
    : MALFORMED;

const alternatives = (all: readonly string[]): string =>
  [all.slice(0, -1).join(', '), ...all.slice(-1)].filter((part) => part !== '').join(' or ');
