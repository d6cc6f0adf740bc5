import { schemaReference, type Json } from './json-schema';
import type { Answer, ResponseHeader } from './operation';

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
