import type { z, ZodType } from 'zod';
import type { Refusal } from '../conversation/decision';
import { REFUSAL_STATUS } from './answers';
import { PROBLEM, type ProblemCode, PROBLEMS } from './problems';

/** Who may call: anyone, whoever has a ticket, whoever has the function key. */
export type Access = 'anyone' | 'ticket' | 'anyone-or-ticket' | 'function-key';

export type Tag = 'Customers' | 'Agents' | 'Conversations' | 'Settings' | 'Dead letters' | 'Service';

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly description: string;
  readonly schema: ZodType;
  /** Path parameters always are. */
  readonly required?: boolean;
}

export interface Body {
  /** One of `SCHEMAS`. */
  readonly schema: ZodType;
  readonly example: unknown;
  /** Whether an empty body will not do. */
  readonly required: boolean;
  /** Other forms in which the same can be sent, besides JSON. */
  readonly plainText?: boolean;
}

/** A header of an answer, by its name in `RESPONSE_HEADERS`. */
export type ResponseHeader =
  'ETag' | 'Retry-After' | 'WWW-Authenticate' | 'WebHook-Allowed-Origin' | 'ce-connectionState';

export interface Answer {
  /** Answers with the same name are the same; the document holds them once. */
  readonly name?: string;
  readonly description: string;
  readonly headers?: readonly ResponseHeader[];
  readonly content?: {
    readonly mediaType: 'application/json' | 'application/problem+json';
    /** One of `SCHEMAS`. */
    readonly schema: ZodType;
    /** By name; a problem by its code. */
    readonly examples: Readonly<Record<string, unknown>>;
  };
}

/** What one method of one route does: a row of the table from which the OpenAPI document is made. */
export interface Operation {
  /** Unique; the name of the function, where that has one method. */
  readonly id: string;
  readonly method: 'get' | 'post' | 'put' | 'delete' | 'options';
  /** Below `/api`; parts in braces are parameters. */
  readonly path: `/${string}`;
  readonly tag: Tag;
  readonly summary: string;
  /** What the summary leaves open, in Markdown. */
  readonly description?: string;
  readonly security: Access;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: Body;
  /** By status. */
  readonly responses: Readonly<Record<number, Answer>>;
}

/** A JSON answer; the example has the form that the schema describes. */
export const answer = <S extends ZodType>(
  description: string,
  schema: S,
  example: z.output<S>,
  headers: readonly ResponseHeader[] = [],
): Answer => ({
  description,
  headers,
  content: { mediaType: 'application/json', schema, examples: { example } },
});

/** The same answer of several operations. */
export const named = (name: string, shared: Answer): Answer => ({ name, ...shared });

export const withoutContent = (description: string): Answer => ({ description });

/** A JSON body that is needed. */
export const body = <S extends ZodType>(schema: S, example: z.input<S>): Body => ({
  schema,
  example,
  required: true,
});

/** A JSON body that may be left out. */
export const optionalBody = <S extends ZodType>(schema: S, example: z.input<S>): Body => ({
  schema,
  example,
  required: false,
});

/** A problem that an operation can answer with, and its status. */
export type ProblemAt = readonly [status: number, code: ProblemCode];

export const REFUSED_BODY: readonly ProblemAt[] = [
  [400, 'invalid-input'],
  [413, 'invalid-input'],
];
export const REFUSED_QUERY: readonly ProblemAt[] = [[400, 'invalid-input']];
/** Of whoever has no ticket, or one that is not good for this. */
export const REFUSED_TICKET: readonly ProblemAt[] = [
  [401, 'not-authenticated'],
  [403, 'not-allowed'],
  [429, 'too-many-requests'],
];

/** Refusals by the rules, with the statuses they have everywhere. */
export const refusals = (...codes: readonly Refusal['code'][]): readonly ProblemAt[] =>
  codes.map((code) => [REFUSAL_STATUS[code], code]);

/** These problems, and those that every operation can have which needs the storage or the service. */
export function problems(...lists: readonly (readonly ProblemAt[])[]): Record<number, Answer> {
  const all: readonly ProblemAt[] = [
    ...lists.flat(),
    [500, 'internal-error'],
    [503, 'temporarily-unavailable'],
  ];
  const statuses = [...new Set(all.map(([status]) => status))].sort((one, other) => one - other);
  const codesOf = (status: number) => all.filter(([at]) => at === status).map(([, code]) => code);
  return Object.fromEntries(statuses.map((status) => [status, problemAnswer(status, codesOf(status))]));
}

function problemAnswer(status: number, codes: readonly ProblemCode[]): Answer {
  const examples = codes.map((code) => [code, exampleOf(status, code)] as const);
  return {
    ...(codes.length === 1 && { name: `${status}-${codes[0]}` }),
    description: codes.map((code) => `\`${code}\`: ${PROBLEMS[code].meaning}`).join('\n\n'),
    headers: headersOf(status),
    content: {
      mediaType: 'application/problem+json',
      schema: PROBLEM,
      examples: Object.fromEntries(examples),
    },
  };
}

const headersOf = (status: number): readonly ResponseHeader[] => {
  if (status === 401) return ['WWW-Authenticate'];
  return status === 429 || status === 503 ? ['Retry-After'] : [];
};

const exampleOf = (status: number, code: ProblemCode): z.output<typeof PROBLEM> => ({
  type: `urn:chat-disconnect:problem:${code}`,
  title: code.replaceAll('-', ' '),
  status,
  code,
  ...PROBLEMS[code].example,
});
