import { namedAnswers, problemExamples, RESPONSE_HEADERS } from './describe-answer';
import { answersOf, describeOperation, type PathItem } from './describe-operation';
import { namedSchemas, type Json } from './json-schema';
import type { Operation } from './operation';
import { OPERATIONS } from './operations';
import { SECURITY_SCHEMES } from './security-schemes';

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
