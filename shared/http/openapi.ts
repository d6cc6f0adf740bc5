import { z, type ZodType } from 'zod';
import { SCHEMAS } from './fields';
import { PROBLEM, type ProblemCode, problemDocument, PROBLEMS } from './problems';
import { type Answer, PROOFS, readsNamesStrictly, type ResponseHeader, type Route, type Tag } from './route';

/** A part of the document. */
export type Json = Readonly<Record<string, unknown>>;

/** What the document needs of a route. */
export type DocumentedRoute = Omit<Route, 'handle'>;

const refTo = (id: string): string => `#/components/schemas/${id}`;

/** Requests are described as they are sent; answers are written without defaults, so both have one form. */
const OPTIONS = {
  io: 'input',
  override: ({ jsonSchema }: { jsonSchema: Record<string, unknown> }) => {
    // The format says it; the pattern behind it is for nobody to read.
    if (['date', 'date-time', 'uri'].includes(String(jsonSchema['format']))) delete jsonSchema['pattern'];
  },
} as const;

/** The schemas of the document, by name. */
function namedSchemas(): Readonly<Record<string, Json>> {
  const { schemas } = z.toJSONSchema(SCHEMAS, { ...OPTIONS, uri: refTo });
  return Object.fromEntries(Object.entries(schemas).map(([id, schema]) => [id, withoutIdentity(schema)]));
}

/** A reference to a schema with a name. */
function schemaReference(schema: ZodType): Json {
  const id = SCHEMAS.get(schema)?.id;
  if (id === undefined) throw new Error('the schema of a body has no name');
  return { $ref: refTo(id) };
}

/** A schema in its place, for parameters. */
const inlineSchema = (schema: ZodType): Json => withoutIdentity(z.toJSONSchema(schema, OPTIONS));

function withoutIdentity(schema: Json): Json {
  const { $schema: _dialect, $id: _id, ...rest } = schema;
  return rest;
}

const headerOf = (description: string, schema: Json = { type: 'string' }): Json => ({ description, schema });

/** Every answer of the app has it; an answer of the Functions host does not. */
const INVOCATION = 'x-ms-invocation-id';

/** The headers of answers that mean something to the caller. */
const RESPONSE_HEADERS = {
  'Cache-Control': headerOf('For how long the answer may be kept.'),
  ETag: headerOf('Names the version that is stored.'),
  'Content-Disposition': headerOf('A name for the file.'),
  Link: headerOf('`rel="next"`: where there is more, what goes on with it.'),
  'Retry-After': headerOf('Seconds after which the request can be repeated.', {
    type: 'integer',
    minimum: 1,
  }),
  'WWW-Authenticate': headerOf('`Bearer`.'),
  'WebHook-Allowed-Origin': headerOf('The host name of the service.'),
  'ce-connectionState': headerOf('What later events of the connection carry: base64 of JSON.'),
  [INVOCATION]: headerOf('The invocation that has answered: operators find it in the log and in traces.'),
} satisfies Record<ResponseHeader, Json>;

/** A problem that a route can answer with, and its status. */
export type ProblemAt = readonly [status: number, code: ProblemCode];

/** Every problem of a route: of what it reads, of who may call, its own, and those of whatever needs a service. */
export function problemsOf(route: DocumentedRoute): readonly ProblemAt[] {
  const { access, inputs, unknown, problems = [] } = route;
  if (problems === 'never') return [];
  const { invalid = inputs.body ? [400, 413] : readsNamesStrictly(route) ? [400] : [] } = route;
  const codes = [
    ...(inputs.body ? (['length-required'] as const) : []),
    ...PROOFS[access].problems,
    ...(unknown === undefined || unknown === 'invalid-input' ? [] : [unknown]),
    ...problems,
    'internal-error',
    'temporarily-unavailable',
  ] as const satisfies readonly ProblemCode[];
  const all: ProblemAt[] = [
    ...[...invalid, ...(unknown === 'invalid-input' ? [404] : [])].map((status): ProblemAt => [
      status,
      'invalid-input',
    ]),
    ...codes.map((code): ProblemAt => [PROBLEMS[code].status, code]),
  ];
  return all.sort(([one], [other]) => one - other);
}

/** An answer of the API by its status, as the document has it. */
export interface DocumentedAnswer extends Pick<Answer, 'name' | 'description' | 'headers' | 'text'> {
  readonly content?: {
    readonly mediaType: 'application/json' | 'application/problem+json';
    readonly schema: ZodType;
    /** By name; a problem by its code. */
    readonly examples: Readonly<Record<string, unknown>>;
  };
}

const WITHOUT_KEY: DocumentedAnswer = {
  name: '401-without-key',
  description: 'No function key, or a wrong one: the Functions host answers.',
};

/** Every answer by its status, that of the Functions host included. */
export function answersOf(route: DocumentedRoute): Readonly<Record<number, DocumentedAnswer>> {
  const problems = problemsOf(route);
  const answers: Record<number, DocumentedAnswer> = {};
  for (const { status, schema, example, ...rest } of route.answers) {
    const content = schema && { mediaType: 'application/json' as const, schema, examples: { example } };
    answers[status] = { ...rest, ...(content && { content }) };
  }
  for (const status of new Set(problems.map(([status]) => status))) {
    answers[status] = problemAnswer(
      status,
      problems.filter(([at]) => at === status).map(([, code]) => code),
    );
  }
  if (route.authLevel === 'function') answers[401] ??= WITHOUT_KEY;
  return answers;
}

const problemAnswer = (status: number, codes: readonly ProblemCode[]): DocumentedAnswer => ({
  ...(codes.length === 1 && { name: `${status}-${codes[0]}` }),
  description: codes.map((code) => `\`${code}\`: ${PROBLEMS[code].meaning}`).join('\n\n'),
  headers: headersOf(status),
  content: {
    mediaType: 'application/problem+json',
    schema: PROBLEM,
    examples: Object.fromEntries(
      codes.map((code) => [code, problemDocument(code, PROBLEMS[code].example, status)]),
    ),
  },
});

const headersOf = (status: number): readonly ResponseHeader[] => {
  if (status === 401) return ['WWW-Authenticate'];
  return status === 429 || status === 503 ? ['Retry-After'] : [];
};

/** A reference where the answer has a name, or else the answer itself. */
const answerInPlace = (answer: DocumentedAnswer): Json =>
  answer.name === undefined ? describeAnswer(answer) : { $ref: `#/components/responses/${answer.name}` };

/** Every answer that has a name, by its name. */
const namedAnswers = (answers: readonly DocumentedAnswer[]): Readonly<Record<string, Json>> =>
  byName(
    answers.flatMap((one) => (one.name === undefined ? [] : [[one.name, describeAnswer(one)] as const])),
  );

/** The examples of all problems, by status and code. */
const problemExamples = (answers: readonly DocumentedAnswer[]): Readonly<Record<string, Json>> =>
  byName(
    answers
      .filter(isProblem)
      .flatMap(({ content }) => Object.values(content?.examples ?? {}))
      .map((value) => [exampleName(value), { value }] as const),
  );

function describeAnswer(answer: DocumentedAnswer): Json {
  const { description, headers = [], content, text } = answer;
  return {
    description,
    ...(answer !== WITHOUT_KEY && {
      headers: Object.fromEntries(
        [...headers, INVOCATION].map((name) => [name, { $ref: `#/components/headers/${name}` }]),
      ),
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
        ...(text !== undefined && {
          'text/plain': { schema: { type: 'string' }, examples: { example: { value: text } } },
        }),
      },
    }),
  };
}

const isProblem = ({ content }: DocumentedAnswer): boolean =>
  content?.mediaType === 'application/problem+json';

function exampleName(problem: unknown): string {
  const { status, code } = problem as { status: number; code: string };
  return `${status}-${code}`;
}

/** In the order of the names, so that a new route does not move what was there. */
const byName = (entries: readonly (readonly [string, Json])[]): Readonly<Record<string, Json>> =>
  Object.fromEntries([...entries].sort(([one], [other]) => (one < other ? -1 : 1)));

const SECURITY_SCHEMES = {
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
  signIn: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description:
      'An access token of Entra ID with the app role `Chat.Agent` (to negotiate as an agent) or `Chat.Operator` (for that and all ' +
      'routes of operators), where `ENTRA_AUDIENCE` is set. The function key goes first if both are given.',
  },
} as const satisfies Json;

/** An operation object of OpenAPI 3.1. */
function describeOperation(route: DocumentedRoute): Json {
  const { id, tag, summary, description, access, inputs } = route;
  const { params, headers, query, body } = inputs;
  const parameters = [
    ...parametersIn('path', params?.shape),
    ...parametersIn('header', headers?.shape),
    ...parametersIn('query', query?.shape),
  ];
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description !== undefined && { description }),
    security: PROOFS[access].security,
    ...(parameters.length > 0 && { parameters }),
    ...(body && {
      requestBody: {
        required: body.required,
        content: {
          'application/json': {
            schema: schemaReference(body.schema),
            examples: { example: { value: body.example } },
          },
          ...(body.plainText && { 'text/plain': { schema: { type: 'string' } } }),
        },
      },
    }),
    responses: Object.fromEntries(
      Object.entries(answersOf(route)).map(([status, answer]) => [status, answerInPlace(answer)]),
    ),
  };
}

/** Described by their schemas. */
const parametersIn = (place: 'path' | 'header' | 'query', shape: Readonly<Record<string, ZodType>> = {}) =>
  Object.entries(shape).map(([name, field]) => {
    const { description, ...schema } = inlineSchema(field);
    const required = !z.object({ [name]: field }).safeParse({}).success;
    return { name, in: place, description, ...(required && { required }), schema };
  });

type Components = 'schemas' | 'responses' | 'examples' | 'headers' | 'securitySchemes';

export interface OpenApiDocument {
  readonly openapi: string;
  readonly info: Json;
  readonly servers: readonly Json[];
  readonly tags: readonly Json[];
  readonly paths: Readonly<Record<string, Json>>;
  readonly components: Readonly<Record<Components, Json>>;
}

const TAGS: Readonly<Record<Tag, string>> = {
  Customers: 'For chat widgets and the backends of sites.',
  Agents: "For the backends of agents' desks; `my-capacity` for the desks themselves.",
  Conversations: "For agents' desks. A customer can read its own conversation.",
  'Closed conversations': 'For operators: finding what is over, and taking a copy of what was said.',
  Settings: 'For operators.',
  'Dead letters': 'For operators: what cannot be handled before somebody mends it.',
  'Personal data': 'For operators: what is stored about people, and its end.',
  Service: 'For Azure.',
};

/** These routes as an OpenAPI 3.1 document, made from the schemas that read the requests and write the answers. */
export function openApiDocument(routes: readonly DocumentedRoute[]): OpenApiDocument {
  const answers = routes.flatMap((route) => Object.values(answersOf(route)));
  return {
    openapi: '3.1.0',
    info: {
      title: 'Chat disconnect detection',
      version: '1.0.0',
      description:
        'What is said over the sockets (messages, pushes, `leave`) is not HTTP: see docs/API.md. Times are ISO 8601 in ' +
        'UTC, durations ISO 8601. Members that a reader does not know are to be ignored: answers may gain some within ' +
        '`v1`. Errors are problem documents (RFC 9457); programs branch on `code`. Pages of other origins that the host lets in ' +
        'can read `ETag`, `Link`, `Retry-After`, `Content-Disposition`, `WWW-Authenticate` and `x-ms-invocation-id`, which every answer of the ' +
        'app has: tell it to operators, who find the request by it.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/api', description: 'The function app that serves this document.' }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths: pathsOf(routes),
    components: {
      schemas: namedSchemas(),
      responses: namedAnswers(answers),
      examples: problemExamples(answers),
      headers: RESPONSE_HEADERS,
      securitySchemes: SECURITY_SCHEMES,
    },
  };
}

function pathsOf(routes: readonly DocumentedRoute[]): Readonly<Record<string, Json>> {
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: describeOperation(route) };
  }
  return paths;
}
