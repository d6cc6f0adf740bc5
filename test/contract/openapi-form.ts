import { jsonSchemaProblems } from './json-schema-form';

type Json = Readonly<Record<string, unknown>>;

/** The members of the objects of OpenAPI 3.1 that the document uses; `!` marks those that must be there. */
const MEMBERS = {
  document: 'openapi! info! servers tags paths! components',
  info: 'title! version! description license',
  operation: 'operationId! tags! summary! description security! parameters requestBody responses!',
  parameter: 'name! in! description! required schema!',
  requestBody: 'required content!',
  response: 'description! headers content',
  mediaType: 'schema! examples',
  example: 'value!',
  header: 'description schema!',
  components: 'schemas responses examples headers securitySchemes',
} as const;
type Kind = keyof typeof MEMBERS;

/** What is wrong with a document, each with its place; nothing where it has the form of OpenAPI 3.1. */
export function problemsOfDocument(document: Json): string[] {
  const { openapi, info, paths } = document;
  const components = asObject(document['components']);
  const operations = entries(paths).flatMap(([path, item]) =>
    entries(item).map(([method, value]) => ({ path, method, value: asObject(value) })),
  );
  return [
    ...members('document', 'document', document),
    ...(/^3\.1\.\d+$/.test(String(openapi)) ? [] : ['document: "openapi" is not 3.1']),
    ...members('info', 'info', info),
    ...members('components', 'components', components),
    ...operations.flatMap(({ path, method, value }) => [
      ...problemsOfOperation(`${method} ${path}`, path, value),
      ...problemsOfNames(`${method} ${path}`, value, document),
    ]),
    ...repeated(operations.map(({ value }) => String(value['operationId']))).map(
      (id) => `${id}: "operationId" is used twice`,
    ),
    ...entries(components['schemas']).flatMap(([name, one]) => jsonSchemaProblems(name, one)),
    ...entries(components['responses']).flatMap(([name, one]) => problemsOfResponse(name, one)),
    ...entries(components['examples']).flatMap(([name, one]) => members('example', name, one)),
    ...entries(components['headers']).flatMap(([name, one]) => problemsOfHeader(name, one)),
    ...Object.values(components)
      .flatMap((group) => Object.keys(asObject(group)))
      .filter((name) => !/^[\w.-]+$/.test(name))
      .map((name) => `components: "${name}" is no name`),
    ...danglingReferences(document),
  ];
}

/** Members that are missing or that nobody knows. */
function members(kind: Kind, at: string, value: unknown): string[] {
  const given = asObject(value);
  const known = MEMBERS[kind].split(' ');
  const names = known.map((name) => name.replace('!', ''));
  return [
    ...names
      .filter((name) => known.includes(`${name}!`) && !(name in given))
      .map((name) => `${at}: has no "${name}"`),
    ...Object.keys(given)
      .filter((name) => !names.includes(name))
      .map((name) => `${at}: unknown member "${name}"`),
  ];
}

function problemsOfOperation(at: string, path: string, operation: Json): string[] {
  const parameters = asList(operation['parameters']).map(asObject);
  const { requestBody, responses } = operation;
  return [
    ...members('operation', at, operation),
    ...(/^(get|put|post|delete|options) /.test(at) ? [] : [`${at}: unknown method`]),
    ...problemsOfParameters(at, path, parameters),
    ...(requestBody === undefined
      ? []
      : [
          ...members('requestBody', at, requestBody),
          ...problemsOfContent(at, asObject(requestBody)['content']),
        ]),
    ...entries(responses).flatMap(([status, answer]) => [
      ...(/^[1-5]\d\d$/.test(status) ? [] : [`${at}: "${status}" is no status`]),
      ...unlessReference(answer, (one) => problemsOfResponse(`${at} ${status}`, one)),
    ]),
  ];
}

function problemsOfParameters(at: string, path: string, parameters: readonly Json[]): string[] {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
  const declared = parameters
    .filter((one) => one['in'] === 'path' && one['required'] === true)
    .map((one) => one['name']);
  const places = parameters.map((one) => `${String(one['in'])} ${String(one['name'])}`);
  return [
    ...parameters.flatMap((one) => [
      ...members('parameter', at, one),
      ...jsonSchemaProblems(at, one['schema']),
    ]),
    ...places.filter((one) => !/^(path|query|header) /.test(one)).map((one) => `${at}: no place: ${one}`),
    ...repeated(places).map((one) => `${at}: the parameter occurs twice: ${one}`),
    ...inPath
      .filter((name) => !declared.includes(name))
      .map((name) => `${at}: path parameter "${name}" is missing`),
    ...(declared.length > inPath.length ? [`${at}: a path parameter is not in the path`] : []),
  ];
}

/** Tags and security schemes are declared. */
function problemsOfNames(at: string, operation: Json, document: Json): string[] {
  const tags = asList(document['tags']).map((tag) => asObject(tag)['name']);
  const schemes = asObject(asObject(document['components'])['securitySchemes']);
  return [
    ...asList(operation['tags'])
      .filter((tag) => !tags.includes(tag))
      .map((tag) => `${at}: no tag "${String(tag)}"`),
    ...asList(operation['security'])
      .flatMap((one) => Object.keys(asObject(one)))
      .filter((name) => !(name in schemes))
      .map((name) => `${at}: no security scheme "${name}"`),
  ];
}

function problemsOfResponse(at: string, value: unknown): string[] {
  const { headers, content } = asObject(value);
  return [
    ...members('response', at, value),
    ...entries(headers).flatMap(([name, header]) =>
      unlessReference(header, (one) => problemsOfHeader(`${at} ${name}`, one)),
    ),
    ...problemsOfContent(at, content),
  ];
}

const problemsOfHeader = (at: string, value: unknown): string[] => [
  ...members('header', at, value),
  ...jsonSchemaProblems(at, asObject(value)['schema']),
];

const problemsOfContent = (at: string, value: unknown): string[] =>
  entries(value).flatMap(([mediaType, media]) => [
    ...(/^\w+\/[\w.+-]+$/.test(mediaType) ? [] : [`${at}: "${mediaType}" is no media type`]),
    ...members('mediaType', `${at} ${mediaType}`, media),
    ...jsonSchemaProblems(`${at} ${mediaType}`, asObject(media)['schema']),
    ...entries(asObject(media)['examples']).flatMap(([name, example]) =>
      unlessReference(example, (one) => members('example', `${at} example ${name}`, one)),
    ),
  ]);

function danglingReferences(document: Json): string[] {
  const references = new Set<string>();
  JSON.stringify(document, (key, value: unknown) => {
    if (key === '$ref') references.add(String(value));
    return value;
  });
  return [...references]
    .filter((reference) => {
      const [root, ...parts] = reference.split('/');
      const target = parts.reduce<unknown>((at, part) => asObject(at)[part], document);
      return root !== '#' || target === undefined;
    })
    .map((reference) => `${reference} leads nowhere`);
}

/** A reference stands for an object that is looked at where it is. */
const unlessReference = (value: unknown, look: (value: unknown) => string[]): string[] =>
  '$ref' in asObject(value) ? [] : look(value);

const repeated = (names: readonly string[]) => names.filter((name, index) => names.indexOf(name) < index);
const asObject = (value: unknown): Json => (typeof value === 'object' && value !== null ? value : {}) as Json;
const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const entries = (value: unknown) => Object.entries(asObject(value));
