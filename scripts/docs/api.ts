/** The generated parts of docs/API.md: calls, problems and schemas, from docs/openapi.json. */

import { DURATION } from '../../shared/conversation/time';

type Json = Readonly<Record<string, unknown>>;

export interface OpenApi {
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, Schema>>;
    readonly responses: Readonly<Record<string, Answer>>;
    readonly examples: Readonly<Record<string, { readonly value: Json }>>;
  };
}

interface Operation {
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description?: string;
  readonly security: readonly Json[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly required: boolean; readonly content: Json };
  readonly responses: Readonly<Record<string, Answer | Reference>>;
}
interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly description: string;
  readonly required?: boolean;
  readonly schema: Schema;
}
interface Answer {
  readonly description: string;
  readonly headers?: Json;
  readonly content?: Readonly<Record<string, { readonly schema: Schema; readonly examples?: Json }>>;
}
interface Reference {
  readonly $ref: string;
}
type Schema = Json &
  Partial<Reference> & {
    readonly description?: string;
    readonly minimum?: number;
    readonly maximum?: number;
  };

const PROBLEM = 'application/problem+json';
const METHODS = ['get', 'post', 'put', 'delete', 'options'];

export const callsOf = (document: OpenApi): string =>
  document.tags
    .map(({ name, description }) => {
      const operations = operationsOf(document).filter(({ operation }) => operation.tags.includes(name));
      return [
        `### ${name}`,
        description,
        table(
          ['call', 'who may call', 'does'],
          operations.map(({ title, operation }) => [
            `[\`${title}\`](#${anchorOf(title)})`,
            accessOf(operation),
            operation.summary,
          ]),
        ),
        ...operations.map((one) => describeCall(document, one)),
      ].join('\n\n');
    })
    .join('\n\n');

interface Named {
  readonly title: string;
  readonly operation: Operation;
}

const operationsOf = ({ paths }: OpenApi): Named[] =>
  Object.entries(paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method];
      return operation === undefined ? [] : [{ title: `${method.toUpperCase()} ${path}`, operation }];
    }),
  );

function describeCall(document: OpenApi, { title, operation }: Named): string {
  const { summary, description, parameters = [], requestBody, responses } = operation;
  const answers = Object.entries(responses).map(
    ([status, answer]) => [status, resolved(document, answer)] as const,
  );
  const isProblem = ({ content }: Answer) => content !== undefined && PROBLEM in content;
  const refusals = answers.filter(([, answer]) => isProblem(answer));
  return [
    `#### ${title}`,
    [`${summary}.`, ...(description === undefined ? [] : [oneLine(description)])].join(' '),
    [
      `- Access: ${accessOf(operation)}`,
      ...parameters.map(describeParameter),
      ...(requestBody === undefined ? [] : [describeBody(requestBody)]),
      ...answers
        .filter(([, answer]) => !isProblem(answer))
        .map(([status, answer]) => describeAnswer(status, answer)),
      ...(refusals.length === 0
        ? []
        : [`- Problems: ${refusals.map(([status, answer]) => `${status} ${codesIn(answer)}`).join('; ')}`]),
    ].join('\n'),
  ].join('\n\n');
}

function accessOf({ security }: Operation): string {
  const names = security.flatMap((scheme) => Object.keys(scheme));
  if (names.includes('functionKey'))
    return names.includes('signIn') ? 'function key, or a token' : 'function key';
  if (!names.includes('ticket')) return 'anybody';
  return security.some((scheme) => Object.keys(scheme).length === 0) ? 'anybody, or a ticket' : 'ticket';
}

const describeParameter = ({ name, in: place, description, required, schema }: Parameter): string =>
  `- ${place === 'path' ? 'Path' : place === 'query' ? 'Query' : 'Header'} \`${name}\`${
    required && place !== 'path' ? ' (required)' : ''
  }: ${sentence(typeOf(schema))} ${oneLine(description)}`;

function describeBody({ required, content }: NonNullable<Operation['requestBody']>): string {
  const json = content['application/json'] as { schema: Schema; examples?: Json };
  const example = (json.examples?.['example'] as { value: unknown } | undefined)?.value;
  const forms = 'text/plain' in content ? ', as JSON or as `text/plain`' : '';
  const shown = example === undefined ? '' : `, for example \`${JSON.stringify(example)}\``;
  return `- Body${required ? '' : ' (can be left out)'}: ${typeOf(json.schema)}${forms}${shown}`;
}

function describeAnswer(status: string, { description, headers, content }: Answer): string {
  const [schema] = Object.values(content ?? {}).map((one) => one.schema);
  const type = schema === undefined ? '' : `${typeOf(schema)}. `;
  // Every answer has the last one, and the text above says so once.
  const named = Object.keys(headers ?? {})
    .filter((name) => name !== 'x-ms-invocation-id')
    .map((name) => `\`${name}\``);
  const withHeaders = named.length === 0 ? '' : ` Headers: ${named.join(', ')}.`;
  return `- ${status}: ${type}${oneLine(description)}${withHeaders}`;
}

const codesIn = (answer: Answer): string =>
  meaningsIn(answer)
    .map(({ code }) => `\`${code}\``)
    .join(', ');

/** A problem's description says for each code what it means. */
const meaningsIn = ({ description }: Answer) =>
  [...description.matchAll(/^`([a-z-]+)`: (.+)$/gm)].map(([, code = '', meaning = '']) => ({
    code,
    meaning,
  }));

/** Every code with its statuses and its meaning. */
export function problemsOf(document: OpenApi): string {
  const found = new Map<string, { statuses: Set<string>; meaning: string }>();
  for (const { operation } of operationsOf(document)) {
    for (const [status, answer] of Object.entries(operation.responses)) {
      for (const { code, meaning } of meaningsIn(resolved(document, answer))) {
        const { statuses } = found.get(code) ?? { statuses: new Set() };
        found.set(code, { statuses: statuses.add(status), meaning });
      }
    }
  }
  return table(
    ['`code`', 'status', 'meaning'],
    [...found]
      .sort(byName)
      .map(([code, { statuses, meaning }]) => [`\`${code}\``, [...statuses].sort().join(', '), meaning]),
  );
}

const byName = ([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number =>
  one < other ? -1 : 1;

export const schemasOf = ({ components: { schemas } }: OpenApi): string =>
  Object.entries(schemas)
    .map(([name, schema]) => [`### ${name}`, describeSchema(schema)].join('\n\n'))
    .join('\n\n');

function describeSchema(schema: Schema): string {
  const variants = (schema['oneOf'] ?? schema['anyOf']) as readonly Schema[] | undefined;
  if (variants !== undefined) return ['One of:', ...variants.map(describeSchema)].join('\n\n');
  const fields = fieldsOf(schema);
  if (fields.length === 0) return `${sentence(typeOf(schema))}`;
  return table(
    ['field', 'form', 'meaning'],
    fields.map(({ name, isRequired, field }) => [
      `\`${name}\`${isRequired ? '' : '?'}`,
      withDefault(field),
      oneLine(field.description ?? ''),
    ]),
  );
}

function fieldsOf(schema: Schema) {
  const required = (schema['required'] ?? []) as readonly string[];
  return Object.entries((schema['properties'] ?? {}) as Readonly<Record<string, Schema>>).map(
    ([name, field]) => ({ name, field, isRequired: required.includes(name) }),
  );
}

const withDefault = (field: Schema): string =>
  'default' in field ? `${typeOf(field)}; default \`${JSON.stringify(field['default'])}\`` : typeOf(field);

/** Patterns that a reader would have to decipher, in words. */
const WORDS: Readonly<Record<string, string>> = {
  '^[A-Za-z0-9_-]{1,64}$': '1 to 64 letters, digits, `_` or `-`',
  '^[a-z0-9](?:[a-z0-9-]{6,62})[a-z0-9]$': 'an id of 8 to 64 small letters, digits or `-`',
  [DURATION.source]: 'duration',
  '^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$': 'a locale such as `en` or `pt-BR`',
};
const FORMATS: Readonly<Record<string, string>> = { 'date-time': 'time', uri: 'URL' };

/** The form of a value in a few words. */
function typeOf(schema: Schema): string {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.split('/').at(-1) ?? '';
    return `[${name}](#${name.toLowerCase()})`;
  }
  if ('const' in schema) return `\`${String(schema['const'])}\``;
  const values = schema['enum'] as readonly unknown[] | undefined;
  if (values !== undefined) return values.map((value) => `\`${String(value)}\``).join(', ');
  const variants = (schema['oneOf'] ?? schema['anyOf']) as readonly Schema[] | undefined;
  if (variants !== undefined) return variants.map(typeOf).join(' or ');
  switch (schema['type']) {
    case 'array':
      return `list of ${typeOf(schema['items'] as Schema)}${bounds(schema, 'Items', '')}`;
    case 'object':
      return typeOfObject(schema);
    case 'integer':
      return `whole number${range(schema)}`;
    case 'string':
      return typeOfText(schema);
    case undefined:
      return 'anything';
    default:
      return String(schema['type']);
  }
}

function typeOfObject(schema: Schema): string {
  const fields = fieldsOf(schema);
  if (fields.length > 0) {
    return `{ ${fields
      .map(({ name, field, isRequired }) => `\`${name}\`${isRequired ? '' : '?'}: ${typeOf(field)}`)
      .join('; ')} }`;
  }
  const more = schema['additionalProperties'];
  return typeof more === 'object' && more !== null ? `names with ${typeOf(more as Schema)} each` : 'object';
}

function typeOfText(schema: Schema): string {
  const named = WORDS[String(schema['pattern'])] ?? FORMATS[String(schema['format'])];
  return named ?? `text${bounds(schema, 'Length', ' characters')}`;
}

function bounds(schema: Schema, what: 'Length' | 'Items', unit: string): string {
  const [min, max] = [schema[`min${what}`], schema[`max${what}`]] as (number | undefined)[];
  if (min === undefined && max === undefined) return '';
  if (max === undefined) return ` (at least ${String(min)}${unit})`;
  return min === undefined || min === 0
    ? ` (at most ${grouped(max)}${unit})`
    : ` (${String(min)} to ${grouped(max)}${unit})`;
}

function range({ minimum, maximum }: Schema): string {
  const isOpen = maximum === undefined || maximum === Number.MAX_SAFE_INTEGER;
  if (isOpen) return minimum === undefined || Number(minimum) < 0 ? '' : ` from ${String(minimum)}`;
  return ` from ${String(minimum)} to ${grouped(maximum)}`;
}

const grouped = (value: unknown): string => Number(value).toLocaleString('en-US');

const resolved = ({ components }: OpenApi, answer: Answer | Reference): Answer => {
  if (!('$ref' in answer)) return answer;
  const found = components.responses[answer.$ref.split('/').at(-1) ?? ''];
  if (found === undefined) throw new Error(`${answer.$ref} leads nowhere`);
  return found;
};

/** The rows with a cell's own bars out of the way. */
export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows]
    .map((cells) => cells.map((cell) => (cell === '' ? ' ' : ` ${cell.replaceAll('|', '\\|')} `)).join('|'))
    .map((row) => `|${row}|`)
    .join('\n');

const oneLine = (text: string): string => text.replaceAll(/\s*\n\s*/g, ' ');
const sentence = (text: string): string => `${text}.`;
/** As GitHub makes it of a heading. */
const anchorOf = (title: string): string =>
  title
    .toLowerCase()
    .replaceAll(/[^a-z0-9 _-]/g, '')
    .replaceAll(' ', '-');
