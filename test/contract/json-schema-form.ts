/** Keywords of JSON Schema 2020-12 that the document may use, by what they hold. */
const SCHEMA = ['items', 'additionalProperties', 'propertyNames'];
const SCHEMAS = ['anyOf', 'oneOf', 'allOf'];
const NUMBERS = [
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'maxProperties',
];
const OTHERS = [
  '$ref',
  'type',
  'properties',
  'required',
  'enum',
  'const',
  'default',
  'format',
  'pattern',
  'description',
];
const TYPES = ['object', 'array', 'string', 'number', 'integer', 'boolean', 'null'];
const FORMATS = ['date', 'date-time', 'uri'];

/** What is wrong with a schema and everything in it, each with its place. */
export function jsonSchemaProblems(at: string, schema: unknown): string[] {
  if (typeof schema === 'boolean') return [];
  if (typeof schema !== 'object' || schema === null) return [`${at}: is no schema`];
  const given = schema as Readonly<Record<string, unknown>>;
  const problems: string[] = [];
  const say = (problem: string) => void problems.push(`${at}: ${problem}`);

  for (const [keyword, value] of Object.entries(given)) {
    const here = `${at}.${keyword}`;
    if (SCHEMA.includes(keyword)) problems.push(...jsonSchemaProblems(here, value));
    else if (SCHEMAS.includes(keyword)) {
      problems.push(...(value as unknown[]).flatMap((one) => jsonSchemaProblems(here, one)));
    } else if (NUMBERS.includes(keyword)) {
      if (typeof value !== 'number') say(`"${keyword}" is no number`);
    } else if (!OTHERS.includes(keyword)) say(`unknown keyword "${keyword}"`);
  }

  const { type = [], format, pattern, properties, required } = given as Schema;
  for (const one of [type].flat()) if (!TYPES.includes(one)) say(`unknown type "${one}"`);
  if (format !== undefined && !FORMATS.includes(format)) say(`unknown format "${format}"`);
  if (pattern !== undefined && !isPattern(pattern)) say('"pattern" is no regular expression');
  for (const [name, one] of Object.entries(properties ?? {})) {
    problems.push(...jsonSchemaProblems(`${at}.${name}`, one));
  }
  for (const name of required ?? []) {
    if (!(name in (properties ?? {}))) say(`requires "${name}", which it does not have`);
  }
  return problems;
}

interface Schema {
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly pattern?: string;
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly required?: readonly string[];
}

/** JSON Schema reads patterns as ECMA-262 does with Unicode. */
function isPattern(text: string): boolean {
  try {
    return new RegExp(text, 'u') instanceof RegExp;
  } catch {
    return false;
  }
}
