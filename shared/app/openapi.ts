import { z, type ZodType } from 'zod';
import type { Access, Answer, Body, Operation, Parameter, ResponseHeader } from '../http/operation';
import { OPERATIONS } from './operations';
import { SCHEMAS } from './schemas';

/** A part of the document. */
export type Json = Readonly<Record<string, unknown>>;

/** Named by its id: wherever one schema contains another one of these, it refers to it. */
const registry = z.registry<{ id: string }>();
for (const [id, schema] of Object.entries(SCHEMAS)) registry.add(schema, { id });

const refTo = (id: string): string => `#/components/schemas/${id}`;

/** Requests are described as they are sent; answers are written without defaults, so both have one form. */
const OPTIONS = {
  io: 'input',
  override: ({ jsonSchema }: { jsonSchema: Record<string, unknown> }) => {
    // The format says it; the pattern behind it is for nobody to read.
    if (['date-time', 'duration', 'uri'].includes(String(jsonSchema['format']))) delete jsonSchema['pattern'];
  },
} as const;

/** The schemas of the document, by name. */
export function namedSchemas(): Readonly<Record<string, Json>> {
  const { schemas } = z.toJSONSchema(registry, { ...OPTIONS, uri: refTo });
  return Object.fromEntries(Object.entries(schemas).map(([id, schema]) => [id, withoutIdentity(schema)]));
}

/** A reference to a schema with a name. */
export function schemaReference(schema: ZodType): Json {
  const id = registry.get(schema)?.id;
  if (id === undefined) throw new Error('the schema of a body has no name in SCHEMAS');
  return { $ref: refTo(id) };
}

/** A schema in its place, for parameters. */
export const inlineSchema = (schema: ZodType): Json => withoutIdentity(z.toJSONSchema(schema, OPTIONS));

function withoutIdentity(schema: Json): Json {
  const { $schema: _dialect, $id: _id, ...rest } = schema;
  return rest;
}

const headerOf = (description: string, schema: Json = { type: 'string' }): Json => ({ description, schema });

/** The headers of answers that mean something to the caller. */
export const RESPONSE_HEADERS = {
  ETag: headerOf('Names the version that is stored.'),
  'Retry-After': headerOf('Seconds after which the request can be repeated.', {
    type: 'integer',
    minimum: 1,
  }),
  'WWW-Authenticate': headerOf('`Bearer`.'),
  'WebHook-Allowed-Origin': headerOf('The host name of the service.'),
  'ce-connectionState': headerOf('What later events of the connection carry: base64 of JSON.'),
} satisfies Record<ResponseHeader, Json>;

/** A reference where the answer has a name, or else the answer itself. */
export const answerInPlace = (answer: Answer): Json =>
  answer.name === undefined ? describeAnswer(answer) : { $ref: `#/components/responses/${answer.name}` };

/** Every answer that has a name, by its name. */
export const namedAnswers = (answers: readonly Answer[]): Readonly<Record<string, Json>> =>
  byName(
    answers.flatMap((one) => (one.name === undefined ? [] : [[one.name, describeAnswer(one)] as const])),
  );

/** The examples of all problems, by status and code. */
export const problemExamples = (answers: readonly Answer[]): Readonly<Record<string, Json>> =>
  byName(
    answers
      .filter(isProblem)
      .flatMap(({ content }) => Object.values(content?.examples ?? {}))
      .map((value) => [exampleName(value), { value }] as const),
  );

function describeAnswer(answer: Answer): Json {
  const { description, headers = [], content } = answer;
  return {
    description,
    ...(headers.length > 0 && {
      headers: Object.fromEntries(headers.map((name) => [name, { $ref: `#/components/headers/${name}` }])),
    }),
    ...(content && {
      content: {
        [content.mediaType]: {
          schema: schemaReference(content.schema),
          examples: Object.fromEntries(
            Object.entries(content.examples).map(([name, value]) => [
              name,
              isProblem(answer) ? { $ref: `#/components/examples/${exampleName(value)}` } : { value },
            ]),
          ),
        },
      },
    }),
  };
}

const isProblem = ({ content }: Answer): boolean => content?.mediaType === 'application/problem+json';

function exampleName(problem: unknown): string {
  const { status, code } = problem as { status: number; code: string };
  return `${status}-${code}`;
}

/** In the order of the names, so that a new operation does not move what was there. */
const byName = (entries: readonly (readonly [string, Json])[]): Readonly<Record<string, Json>> =>
  Object.fromEntries([...entries].sort(([one], [other]) => (one < other ? -1 : 1)));

export const SECURITY_SCHEMES = {
  ticket: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'The `ticket` of `negotiate`: good for one conversation or one agent.',
  },
  functionKey: {
    type: 'apiKey',
    in: 'header',
    name: 'x-functions-key',
    description: 'The function key of the route, or the host key. For backends, never for browsers.',
  },
  functionKeyInQuery: {
    type: 'apiKey',
    in: 'query',
    name: 'code',
    description: 'The same, where no header can be set: the webhook URL of Web PubSub.',
  },
} as const satisfies Json;

/** One of these is enough; an empty one asks for nothing. */
export const SECURITY: Readonly<Record<Access, readonly Json[]>> = {
  anyone: [],
  ticket: [{ ticket: [] }],
  'anyone-or-ticket': [{}, { ticket: [] }],
  'function-key': [{ functionKey: [] }, { functionKeyInQuery: [] }],
};

/** The operations of a path, by method. */
export type PathItem = Readonly<Partial<Record<Operation['method'], Json>>>;

/** An operation object of OpenAPI 3.1. */
export function describeOperation(operation: Operation): Json {
  const { id, tag, summary, description, security, parameters = [], requestBody } = operation;
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description !== undefined && { description }),
    security: SECURITY[security],
    ...(parameters.length > 0 && { parameters: parameters.map(describeParameter) }),
    ...(requestBody && { requestBody: describeBody(requestBody) }),
    responses: Object.fromEntries(
      Object.entries(answersOf(operation)).map(([status, answer]) => [status, answerInPlace(answer)]),
    ),
  };
}

const WITHOUT_KEY: Answer = {
  name: '401-without-key',
  description: 'No function key, or a wrong one: the Functions host answers.',
};

/** Every answer by its status, that of the Functions host included. */
export const answersOf = ({ security, responses }: Operation): Readonly<Record<number, Answer>> =>
  security === 'function-key' && responses[401] === undefined
    ? { ...responses, 401: WITHOUT_KEY }
    : responses;

const describeParameter = ({ schema, required = false, ...rest }: Parameter): Json => ({
  ...rest,
  ...(required && { required }),
  schema: inlineSchema(schema),
});

const describeBody = ({ schema, example, required, plainText = false }: Body): Json => ({
  required,
  content: {
    'application/json': { schema: schemaReference(schema), examples: { example: { value: example } } },
    ...(plainText && { 'text/plain': { schema: { type: 'string' } } }),
  },
});

type Components = 'schemas' | 'responses' | 'examples' | 'headers' | 'securitySchemes';

export interface OpenApiDocument {
  readonly openapi: string;
  readonly info: Json;
  readonly servers: readonly Json[];
  readonly tags: readonly Json[];
  readonly paths: Readonly<Record<string, PathItem>>;
  readonly components: Readonly<Record<Components, Json>>;
}

const TAGS: Readonly<Record<Operation['tag'], string>> = {
  Customers: 'For chat widgets and the backends of sites.',
  Agents: "For the backends of agents' desks; `my-capacity` for the desks themselves.",
  Conversations: "For agents' desks. A customer can read its own conversation.",
  Settings: 'For operators.',
  'Dead letters': 'For operators: what cannot be handled before somebody mends it.',
  Service: 'For Azure.',
};

const ANSWERS = OPERATIONS.flatMap((operation) => Object.values(answersOf(operation)));

let made: OpenApiDocument | undefined;

/** The whole API as an OpenAPI 3.1 document, made from the schemas that read the requests. The same at every call. */
export const openApiDocument = (): OpenApiDocument => (made ??= makeDocument());

const makeDocument = (): OpenApiDocument => ({
  openapi: '3.1.0',
  info: {
    title: 'Chat disconnect detection',
    version: '1.0.0',
    description:
      'What is said over the sockets (messages, pushes, `leave`) is not HTTP: see the README. Times are ISO 8601 in ' +
      'UTC, durations ISO 8601. Members that a reader does not know are to be ignored: answers may gain some within ' +
      '`v1`. Errors are problem documents (RFC 9457); programs branch on `code`.',
    license: { name: 'MIT', identifier: 'MIT' },
  },
  servers: [{ url: '/api', description: 'The function app that serves this document.' }],
  tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
  paths: pathsOf(OPERATIONS),
  components: {
    schemas: namedSchemas(),
    responses: namedAnswers(ANSWERS),
    examples: problemExamples(ANSWERS),
    headers: RESPONSE_HEADERS,
    securitySchemes: SECURITY_SCHEMES,
  },
});

function pathsOf(operations: readonly Operation[]): Readonly<Record<string, PathItem>> {
  const paths: Record<string, PathItem> = {};
  for (const operation of operations) {
    paths[operation.path] = { ...paths[operation.path], [operation.method]: describeOperation(operation) };
  }
  return paths;
}
