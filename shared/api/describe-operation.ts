import { answerInPlace } from './describe-answer';
import { inlineSchema, schemaReference, type Json } from './json-schema';
import type { Answer, Body, Operation, Parameter } from './operation';
import { SECURITY } from './security-schemes';

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
