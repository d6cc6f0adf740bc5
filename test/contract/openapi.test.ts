import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { z } from 'zod';
import { apiDocument, ROUTES } from '../../shared/app/routes';
import { answersOf } from '../../shared/http/openapi';
import type { HttpOutput } from '../../shared/http/route';
import { recordedFunction, recordedFunctions } from '../support/functions-core';
import { loadFunctions, ROOT, SETTINGS } from './functions-app';
import { problemsOfDocument } from './openapi-form';
import type * as FunctionsCore from '../support/functions-core';

jest.mock(
  '@azure/functions-core',
  () => jest.requireActual<typeof FunctionsCore>('../support/functions-core').functionsCore,
  { virtual: true },
);

beforeAll(async () => {
  Object.assign(process.env, SETTINGS);
  await loadFunctions();
});

/** The document as whoever asks for it gets it. */
const document = JSON.parse(JSON.stringify(apiDocument())) as Record<string, unknown>;

describe('the operations of the document', () => {
  it('are the HTTP functions of the app: method, route and who may call [R116]', () => {
    const functions = recordedFunctions()
      .filter(({ trigger }) => trigger.type === 'httpTrigger')
      // The files of the pages are no part of the API.
      .filter(({ name }) => name !== 'site')
      .flatMap(({ trigger: { methods, route, authLevel } }) =>
        (methods as string[]).map((method) => `${method} ${String(route)} ${String(authLevel)}`),
      );
    const operations = ROUTES.map(({ method, path, authLevel }) => `${method} ${path.slice(1)} ${authLevel}`);
    expect(functions.length).toBeGreaterThan(20);
    expect(operations.sort()).toEqual(functions.sort());
  });

  it('have the names of their functions, where those have one method', () => {
    const named = recordedFunctions()
      .filter(({ trigger }) => (trigger['methods'] as string[] | undefined)?.length === 1)
      .map(({ name, trigger }) => `${name} ${String(trigger['route'])}`);
    const ids = ROUTES.map(({ id, path }) => `${id} ${path.slice(1)}`);
    expect(ids).toEqual(expect.arrayContaining(named));
  });

  it.each(ROUTES.map((operation) => [operation.id, operation] as const))(
    'have examples that fit their schemas: %s',
    (_id, operation) => {
      const { body } = operation.inputs;
      if (body) expect(body.schema.safeParse(body.example).error).toBeUndefined();
      for (const [status, { content }] of Object.entries(answersOf(operation))) {
        for (const example of Object.values(content?.examples ?? {})) {
          const schema = content?.schema ?? z.never();
          expect([status, z.encode(schema, schema.parse(example))]).toEqual([status, example]);
        }
      }
    },
  );
});

describe('the document', () => {
  it('has the form of OpenAPI 3.1, and every reference in it leads somewhere', () => {
    expect(problemsOfDocument(document)).toEqual([]);
  });

  it('is what docs/openapi.json holds; otherwise run: npm run openapi', () => {
    const stored = JSON.parse(readFileSync(join(ROOT, 'docs', 'openapi.json'), 'utf8')) as unknown;
    expect(stored).toEqual(document);
  });

  it('is what the function answers with', async () => {
    const { HttpRequest, InvocationContext } = await import('@azure/functions');
    const asked = new HttpRequest({ method: 'GET', url: 'http://localhost/' });
    const answer = (await recordedFunction('openapi').handler(
      asked as never,
      new InvocationContext() as never,
    )) as HttpOutput;
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.body ?? '')).toEqual(document);
  });

  it('has no schema that no operation needs', () => {
    const text = JSON.stringify(document);
    const names = Object.keys((document['components'] as { schemas: object }).schemas);
    expect(names.filter((name) => !text.includes(`"#/components/schemas/${name}"`))).toEqual([]);
  });
});

describe('the check of the form', () => {
  const broken: readonly [problem: RegExp, breaks: (copy: Broken) => void][] = [
    [/leads nowhere/, (copy) => delete copy.components.schemas['Problem']],
    [/unknown member "sumary"/, (copy) => Object.assign(operationOf(copy), { sumary: 'x' })],
    [/"operationId" is used twice/, (copy) => Object.assign(operationOf(copy), { operationId: 'health' })],
    [/path parameter "conversationId"/, (copy) => Object.assign(operationOf(copy), { parameters: [] })],
    [/has no "responses"/, (copy) => delete operationOf(copy)['responses']],
    [/no security scheme "key"/, (copy) => Object.assign(operationOf(copy), { security: [{ key: [] }] })],
    [/no tag "Others"/, (copy) => Object.assign(operationOf(copy), { tags: ['Others'] })],
    [/unknown type "text"/, (copy) => Object.assign(copy.components.schemas, { Health: { type: 'text' } })],
    [
      /requires "x", which it does not have/,
      (copy) =>
        Object.assign(copy.components.schemas, {
          Health: { type: 'object', properties: {}, required: ['x'] },
        }),
    ],
  ];

  it.each(broken)('finds: %s', (problem, breaks) => {
    const copy = structuredClone(document) as unknown as Broken;
    breaks(copy);
    expect(problemsOfDocument(copy as unknown as Record<string, unknown>).join('\n')).toMatch(problem);
  });
});

interface Broken {
  readonly paths: Record<string, Record<string, Record<string, unknown>>>;
  readonly components: { readonly schemas: Record<string, unknown> };
}

function operationOf(copy: Broken): Record<string, unknown> {
  const operation = copy.paths['/v1/conversations/{conversationId}']?.['get'];
  if (operation === undefined) throw new Error('the operation to break is not there');
  return operation;
}
