import { createHash } from 'node:crypto';
import { z, type ZodObject, type ZodType } from 'zod';
import { type Access, ACCESS } from '../access/authorisation';
import { AccessDeniedError, InvalidInputError, LengthRequiredError } from '../app/errors';
import type { Call, DurableCall } from '../app/call';
import type { LoggerOf } from '../app/log';
import { MALFORMED, UNKNOWN, wordsFor } from '../app/wording';
import type { Participant } from '../conversation/conversation';
import { type ProblemCode, problemDocument, problemOf, refuse, Refused } from './problems';

/** What parsers and routes need of a request; `HttpRequest` of `@azure/functions` fits. */
export interface HttpInput {
  readonly method: string;
  /** As it was called; what only stands in for a request may have none. */
  readonly url?: string;
  readonly headers: { get(name: string): string | null };
  readonly query: { get(name: string): string | null; keys(): Iterable<string> };
  readonly params: Readonly<Record<string, string>>;
  arrayBuffer(): Promise<ArrayBuffer>;
  /** The body as it comes in, where the request has one. */
  readonly body?: AsyncIterable<Uint8Array> | null;
}

/** What routes answer; `HttpResponseInit` of `@azure/functions` takes it. */
export interface HttpOutput<B extends string | Uint8Array = string> {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: B;
}

/** Who calls with a ticket: a customer of one conversation, or an agent with a name. */
export type Caller =
  | Extract<Participant, { role: 'customer' }>
  | (Extract<Participant, { role: 'agent' }> & { readonly agentName: string });
export type AgentCaller = Extract<Caller, { role: 'agent' }>;

/** Whom a token of Entra ID names, as the agent that it is here. */
export type SignedIn = Omit<AgentCaller, 'role'> & { readonly roles: readonly ('agent' | 'operator')[] };

/** Checks at a desk's or an operator's route what the Functions host cannot: a key or a token. */
export interface SignIn {
  /**
   * Whom the token names; undefined where a key was given, which names nobody.
   * @throws AccessDeniedError, DependencyError 503 while the keys of the authority cannot be read
   */
  callerOf(
    request: Pick<HttpInput, 'headers' | 'query'>,
    access: AccessWithSignIn,
  ): Promise<SignedIn | undefined>;
}

/** What every route needs. */
export interface RouteServices {
  readonly loggerOf: LoggerOf;
  readonly tickets: {
    /** Who holds the `Authorization: Bearer` ticket of a request. @throws AccessDeniedError 401, TooManyRequestsError */
    callerOf(headers: HttpInput['headers']): Promise<Caller>;
  };
  /** Where Entra ID signs agents and operators in. Without it the host has checked the function key. */
  readonly signIn?: SignIn | undefined;
}

const TICKET = { ticket: [] };
const FUNCTION_KEY = [{ functionKey: [] }, { functionKeyInQuery: [] }];
const REFUSED_TICKET = ['not-authenticated', 'not-allowed', 'too-many-requests'] as const;
const BY_TICKET = { authLevel: 'anonymous', security: [TICKET], problems: REFUSED_TICKET } as const;
const BY_KEY = { authLevel: 'function', security: FUNCTION_KEY, problems: [] } as const;
const BY_KEY_OR_TOKEN = {
  authLevel: 'function',
  security: [...FUNCTION_KEY, { signIn: [] }],
  problems: ['not-authenticated', 'not-allowed'],
} as const;

/**
 * How an access is proved: what the Functions host checks before the app runs (`authLevel`), what OpenAPI says of it, and
 * what is answered to whoever does not have it.
 */
export const PROOFS = {
  anyone: { authLevel: 'anonymous', security: [], problems: [] },
  'anyone, or a customer with a ticket': { ...BY_TICKET, security: [{}, TICKET] },
  'an agent with a ticket': BY_TICKET,
  'an agent or the customer with a ticket': BY_TICKET,
  "the desk's backend, or a signed-in agent": BY_KEY_OR_TOKEN,
  'an operator': BY_KEY_OR_TOKEN,
  "the site's backend": BY_KEY,
  'the function key': BY_KEY,
  /** The route checks the proof. */
  'the function key and a proof of the service': { ...BY_KEY, problems: ['not-authenticated'] },
} as const satisfies Record<
  Access,
  Pick<Route, 'authLevel'> & { security: readonly object[]; problems: readonly ProblemCode[] }
>;

const WITH_SIGN_IN = ["the desk's backend, or a signed-in agent", 'an operator'] as const;
export type AccessWithSignIn = (typeof WITH_SIGN_IN)[number];
const hasSignIn = (access: Access): access is AccessWithSignIn =>
  (WITH_SIGN_IN as readonly Access[]).includes(access);

/**
 * What the host is to check before the app runs. It cannot take a key or a token: where Entra ID signs in, it lets everybody
 * through to the routes that take both, and `signIn`, the same that decides this, checks them.
 */
export const levelOf = (
  { access, authLevel }: Pick<Route, 'access' | 'authLevel'>,
  { signIn }: RouteServices,
) => (signIn !== undefined && hasSignIn(access) ? 'anonymous' : authLevel);

/** Whom `run` is told to be called by. */
type CallerWith<A extends Access> = A extends 'an agent with a ticket'
  ? AgentCaller
  : A extends 'an agent or the customer with a ticket'
    ? Caller
    : A extends "the desk's backend, or a signed-in agent"
      ? SignedIn | undefined
      : undefined;

export type Tag =
  | 'Customers'
  | 'Agents'
  | 'Conversations'
  | 'Closed conversations'
  | 'Settings'
  | 'Dead letters'
  | 'Personal data'
  | 'Service';

/** A header of an answer, by its name in the document. */
export type ResponseHeader =
  | 'Cache-Control'
  | 'ETag'
  | 'Content-Disposition'
  | 'Link'
  | 'Retry-After'
  | 'WWW-Authenticate'
  | 'WebHook-Allowed-Origin'
  | 'ce-connectionState'
  | 'x-ms-invocation-id';

/** What a route answers when all is well. */
export interface Answer<R extends ZodType = ZodType> {
  readonly status: 200 | 204 | 304;
  readonly description: string;
  /** The view: `run` gives what it decodes to, the caller gets what it encodes to, and nothing that it does not have. */
  readonly schema?: R;
  /** As the caller gets it. */
  readonly example?: unknown;
  readonly headers?: readonly ResponseHeader[];
  /** Of an answer that can be plain text as well (`asText`): as the caller gets it. */
  readonly text?: string;
  /** Answers with the same name are the same; the document holds them once. */
  readonly name?: string;
}

export const answer = <R extends ZodType>(
  description: string,
  schema: R,
  example: z.input<R>,
  more: Pick<Answer, 'headers' | 'name' | 'text'> = {},
): Answer<R> => ({ status: 200, description, schema, example, ...more });

export const withoutContent = (
  description: string,
  more: Partial<Pick<Answer, 'status' | 'headers'>> = {},
): Answer<z.ZodUndefined> => ({ status: 204, description, ...more });

export interface Body<B extends ZodType = ZodType> {
  readonly schema: B;
  readonly example: unknown;
  /** Whether an empty body will not do. */
  readonly required: boolean;
  /** Largest body, in bytes. */
  readonly limit?: number;
  /** Can be sent as plain text, too. */
  readonly plainText?: boolean;
}

export const body = <B extends ZodType>(
  schema: B,
  example: z.input<B>,
  more: Partial<Pick<Body, 'required' | 'limit' | 'plainText'>> = {},
): Body<B> => ({ schema, example, required: true, ...more });

/** What `run` gives where the answer has headers. */
class WithHeaders<T> {
  constructor(
    readonly value: T,
    readonly headers: Readonly<Record<string, string>>,
  ) {}
}
export const withHeaders = <T>(value: T, headers: Readonly<Record<string, string>>): WithHeaders<T> =>
  new WithHeaders(value, headers);

/** What `run` gives where the answer is plain text. */
class PlainText {
  constructor(
    readonly text: string,
    readonly headers: Readonly<Record<string, string>>,
  ) {}
}
export const asText = (text: string, headers: Readonly<Record<string, string>>): PlainText =>
  new PlainText(text, headers);

/** What the document says of a route; most of it is what the route does as well. */
interface Described<C extends ProblemCode> {
  /** Unique; the name of the function, where that has one method. */
  readonly id: string;
  /** The name of a function that has several methods. */
  readonly functionName?: string;
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE' | 'OPTIONS';
  /** Below `/api`; parts in braces are parameters. */
  readonly path: `/${string}`;
  readonly tag: Tag;
  readonly summary: string;
  /** What the summary leaves open, in Markdown. */
  readonly description?: string;
  /** The answer where a part of the path names nothing that exists; otherwise a malformed one is 400. */
  readonly unknown?: C;
  /** Problems that `run` answers with, besides those of access and of input. `never`: it cannot even fail. */
  readonly problems?: readonly C[] | 'never';
  /** The answer is the same at every call: it is made once, and callers may keep it for so many seconds. */
  readonly keptFor?: number;
  /** Statuses of `invalid-input`, where they are not those of the parameters and the body. */
  readonly invalid?: readonly number[];
}

type Shape = Readonly<Record<string, ZodType>>;

/** The parts of a request that a route reads. */
interface Inputs<P extends Shape, Q extends Shape, H extends Shape, B extends ZodType> {
  readonly params?: ZodObject<P>;
  readonly query?: ZodObject<Q>;
  /** By their names in the document. */
  readonly headers?: ZodObject<H>;
  readonly body?: Body<B>;
}

type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;

/** What an answer with this schema is made from: values of the domain. */
export type Shown<R extends ZodType> = DeepReadonly<z.output<R>>;

/** What `run` may give: what the answer shows, or one of the problems that the route lists. */
type Result<R extends ZodType, N, C extends ProblemCode> =
  Shown<R> | WithHeaders<Shown<R>> | PlainText | Refused<C> | (N extends string ? undefined : never);

interface Outcomes<R extends ZodType, N extends string | undefined> {
  readonly answer: Answer<R>;
  /** Where `run` can also give undefined, for 204: when. */
  readonly nothing?: N;
}

type CallOf<D extends boolean> = D extends true ? DurableCall : Call;

/** A route of the API: what it is, what it says of itself and what it does. `S`: the services that it needs. */
export interface Route<S = never, D extends boolean = boolean> extends Described<ProblemCode> {
  readonly access: Access;
  readonly functionName: string;
  readonly authLevel: 'anonymous' | 'function';
  /** Whether the function has the durable client among its inputs. */
  readonly durable: D;
  readonly inputs: Inputs<Shape, Shape, Shape, ZodType>;
  readonly answers: readonly Answer[];
  /** Parses, checks who calls, runs, encodes. Never throws. */
  readonly handle: (request: HttpInput, services: S, call: CallOf<D>) => Promise<HttpOutput>;
}

interface Definition<A extends Access, D extends boolean, C extends ProblemCode> extends Described<C> {
  readonly access: A;
  readonly durable?: D;
}

/** A route whose parameters and body are parsed before it runs. */
export function route<
  S,
  A extends Access,
  D extends boolean = false,
  C extends ProblemCode = never,
  P extends Shape = Record<never, ZodType>,
  Q extends Shape = Record<never, ZodType>,
  H extends Shape = Record<never, ZodType>,
  B extends ZodType = z.ZodUndefined,
  R extends ZodType = z.ZodUndefined,
  N extends string | undefined = undefined,
>(
  definition: Definition<A, D, C> &
    Inputs<P, Q, H, B> &
    Outcomes<R, N> & {
      readonly run: (
        input: {
          readonly caller: CallerWith<NoInfer<A>>;
          readonly params: z.output<ZodObject<NoInfer<P>>>;
          readonly query: z.output<ZodObject<NoInfer<Q>>>;
          readonly headers: z.output<ZodObject<NoInfer<H>>>;
          readonly body: z.output<NoInfer<B>>;
        },
        services: S,
        call: CallOf<NoInfer<D>>,
      ) => Promise<Result<NoInfer<R>, NoInfer<N>, NoInfer<C>>>;
    },
): Route<S & RouteServices, D> {
  const { access, params, query, headers, body, run } = definition;
  return made(definition, async (request, services: S & RouteServices, call: CallOf<D>) => {
    const caller = (await callerOf(access, request, services)) as CallerWith<A>;
    const path = params && pathOf(params, request, definition.unknown);
    if (path instanceof Refused) return path;
    const input = {
      caller,
      params: path,
      query: query && parseWith(query, given(Object.keys(query.shape), request.query), 'query'),
      body: body && parseWith(body.schema, await readJson(request, body.limit), 'body'),
      headers: headers && parseWith(headers, given(Object.keys(headers.shape), request.headers)),
    };
    return run(input as Parameters<typeof run>[0], services, call);
  });
}

/** A route that reads the request itself, because it has more to do with one that it cannot read. */
export const routeOfRequest = <
  S,
  A extends Access,
  D extends boolean = false,
  C extends ProblemCode = never,
  R extends ZodType = z.ZodUndefined,
  N extends string | undefined = undefined,
>(
  definition: Definition<A, D, C> &
    Inputs<Shape, Shape, Shape, ZodType> &
    Outcomes<R, N> & {
      readonly run: (
        request: HttpInput,
        services: S,
        call: CallOf<NoInfer<D>>,
      ) => Promise<Result<NoInfer<R>, NoInfer<N>, NoInfer<C>>>;
    },
): Route<S & RouteServices, D> =>
  made(definition, (request, services: S & RouteServices, call: CallOf<D>) =>
    definition.run(request, services, call),
  );

function made<S extends RouteServices, D extends boolean>(
  definition: Definition<Access, D, ProblemCode> &
    Inputs<Shape, Shape, Shape, ZodType> &
    Outcomes<ZodType, string | undefined>,
  run: (request: HttpInput, services: S, call: CallOf<D>) => Promise<unknown>,
): Route<S, D> {
  const { id, functionName = id, access, durable = false, nothing, keptFor, ...described } = definition;
  const { params, query, headers, body } = definition;
  const answer: Answer =
    keptFor === undefined ? definition.answer : { ...definition.answer, headers: ['ETag', 'Cache-Control'] };
  const notModified = { status: 304, description: 'It is the one that `If-None-Match` names.' } as const;
  let kept: HttpOutput | undefined;
  return {
    ...described,
    id,
    functionName,
    access,
    authLevel: PROOFS[access].authLevel,
    durable: durable as D,
    inputs: {
      ...(params && { params }),
      ...(query && { query }),
      ...(headers && { headers }),
      ...(body && { body }),
    },
    answers: [
      answer,
      ...(nothing === undefined ? [] : [withoutContent(nothing)]),
      ...(keptFor === undefined ? [] : [{ ...notModified, headers: answer.headers ?? [] }]),
    ],
    handle: async (request, services, call) => {
      const answered = async (): Promise<HttpOutput> => {
        try {
          if (readsNamesStrictly(definition)) refuseUnknownNames(request.query, namesOf(definition));
          if (kept !== undefined) return unlessKnown(kept, request.headers);
          const made = answerTo(await run(request, services, call), answer, call);
          if (keptFor === undefined) return made;
          return unlessKnown((kept = keepable(made, keptFor)), request.headers);
        } catch (thrown) {
          return problemAnswer(problemOf(thrown, functionName, services.loggerOf(call)), call);
        }
      };
      return identified(await answered(), call);
    },
  };
}

/**
 * The answer with the id of its invocation, which whoever got it can tell operators. The header is the host's own name for it.
 * Prevents: an answer without content has no other headers, and a page of another origin cannot read this one.
 */
export const identified = <B extends string | Uint8Array>(
  answer: HttpOutput<B>,
  { log: { invocationId } }: Call,
): HttpOutput<B> =>
  invocationId === undefined
    ? answer
    : { ...answer, headers: { ...EXPOSED, ...answer.headers, [INVOCATION]: invocationId } };

const INVOCATION = 'x-ms-invocation-id';

/** A problem document. The seconds after which the same may succeed are in `Retry-After`, too. */
export function problemAnswer(
  { code, members, status, headers }: Refused,
  { log: { invocationId } }: Call,
): HttpOutput {
  const { retryAfterSeconds } = members;
  const all = {
    ...headers,
    ...(retryAfterSeconds !== undefined && { 'retry-after': `${retryAfterSeconds}` }),
  };
  const told = { ...members, ...(invocationId !== undefined && { invocationId }) };
  return jsonAnswer(status, problemDocument(code, told, status), all, 'application/problem+json');
}
/** What Azure calls, it calls with whatever it likes: an event must not be lost for a parameter of the webhook's URL. */
export const readsNamesStrictly = ({ tag }: { readonly tag: Tag }): boolean => tag !== 'Service';

/** The names that a query may have: besides the route's own, that of the function key, which the host reads. */
const namesOf = ({ access, query }: { readonly access: Access } & Inputs<Shape, Shape, Shape, ZodType>) => [
  ...Object.keys(query?.shape ?? {}),
  ...(PROOFS[access].authLevel === 'function' ? ['code'] : []),
];

function answerTo(result: unknown, { schema, status }: Answer, call: Call): HttpOutput {
  if (result instanceof Refused) return problemAnswer(result as Refused, call);
  if (result instanceof PlainText) {
    const { text, headers } = result;
    return {
      status: 200,
      headers: { 'content-type': 'text/plain; charset=utf-8', ...OF_EVERY_ANSWER, ...headers },
      body: text,
    };
  }
  const { value, headers } =
    result instanceof WithHeaders ? (result as WithHeaders<unknown>) : new WithHeaders(result, {});
  if (schema !== undefined && value !== undefined) return jsonAnswer(200, shown(schema, value), headers);
  return schema === undefined && status === 200 ? { status, headers } : { status: 204 };
}

/** Without it a browser shows a page of another origin none of these (Fetch, 3.2.3); who may read the answer at all, the host says. */
const EXPOSED = {
  'access-control-expose-headers':
    'ETag, Link, Retry-After, Content-Disposition, WWW-Authenticate, x-ms-invocation-id',
};

/** An answer that callers may keep, under a strong ETag. */
function keepable({ status, headers, body = '' }: HttpOutput, seconds: number): HttpOutput {
  const etag = `"${createHash('sha256').update(body).digest('base64url')}"`;
  return { status, headers: { ...headers, etag, 'cache-control': `public, max-age=${seconds}` }, body };
}

/** Prevents: a flood of calls for the same document is paid for with its bytes (RFC 9110, section 13.1.2). */
function unlessKnown(answer: HttpOutput, headers: HttpInput['headers']): HttpOutput {
  const { etag = '', 'cache-control': control = '' } = answer.headers ?? {};
  const known = headers
    .get('if-none-match')
    ?.split(',')
    .map((one) => one.trim().replace(/^W\//, ''));
  if (!known?.some((one) => one === etag || one === '*')) return answer;
  return { status: 304, headers: { etag, 'cache-control': control, ...EXPOSED } };
}

/**
 * Conversations are personal: nothing may keep a copy. What people write is data: no browser may guess that it is a page.
 */
const OF_EVERY_ANSWER = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  ...EXPOSED,
};

/** An answer with a JSON body. */
const jsonAnswer = (
  status: number,
  value: unknown,
  headers: Readonly<Record<string, string>> = {},
  mediaType = 'application/json',
): HttpOutput => ({
  status,
  headers: { 'content-type': mediaType, ...OF_EVERY_ANSWER, ...headers },
  body: JSON.stringify(value),
});

/**
 * As the caller gets it. Bounds and patterns are promises of the document: a record that breaks one is shown as it is,
 * because whoever has to mend it must see it.
 */
export const shown = <R extends ZodType>(schema: R, value: unknown): z.input<R> =>
  z.encode(schema, value as z.output<R>, { skipChecks: true } as z.core.ParseContext<z.core.$ZodIssue>);

/** @throws AccessDeniedError, TooManyRequestsError, DependencyError */
async function callerOf(
  access: Access,
  request: HttpInput,
  { tickets, signIn }: RouteServices,
): Promise<Caller | SignedIn | undefined> {
  switch (access) {
    case 'an agent with a ticket':
    case 'an agent or the customer with a ticket': {
      const caller = await tickets.callerOf(request.headers);
      if (ACCESS[access][caller.role] !== 'yes') throw new AccessDeniedError(403, 'Only agents may do this.');
      // Whether there is such a conversation is nobody else's business: nothing is looked up.
      if (caller.role === 'customer' && caller.conversationId !== request.params['conversationId']) {
        throw new AccessDeniedError(403, 'The ticket is for another conversation.');
      }
      return caller;
    }
    default:
      return hasSignIn(access) ? signIn?.callerOf(request, access) : undefined;
  }
}

/** @throws InvalidInputError */
function pathOf(schema: ZodObject<Shape>, { params }: HttpInput, unknown: ProblemCode | undefined): unknown {
  if (unknown === undefined) return parseWith(schema, params, 'path');
  const read = schema.safeParse(params, { error: wordsFor });
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  if (unknown === 'invalid-input')
    throw new InvalidInputError(String(issue?.path[0]), `${issue?.message}`, 404);
  return refuse(unknown);
}

/**
 * The request's body as bytes.
 * @throws InvalidInputError 413 when it is larger than `limit` bytes; LengthRequiredError when it was sent and is lost
 */
export async function readBody(request: HttpInput, limit: number): Promise<Buffer> {
  const tooLarge = () => new InvalidInputError('body', `must be at most ${limit} bytes`, 413);
  const length = request.headers.get('content-length');
  if (Number(length) > limit) throw tooLarge();
  const bytes = await bytesOf(request, limit);
  if (bytes === undefined) throw tooLarge();
  // Prevents: what was asked for got lost on its way, and the request is answered as one that asks for nothing.
  const isLost =
    bytes.byteLength === 0 && length === null && request.headers.get('transfer-encoding') !== null;
  if (isLost) throw new LengthRequiredError();
  return bytes;
}

/** What has come; undefined as soon as it is more than `limit` bytes, whatever length was announced. */
async function bytesOf(request: HttpInput, limit: number): Promise<Buffer | undefined> {
  const { body } = request;
  if (!body) {
    const bytes = Buffer.from(await request.arrayBuffer());
    return bytes.byteLength > limit ? undefined : bytes;
  }
  const chunks: Uint8Array[] = [];
  let length = 0;
  // Leaving the loop cancels the stream.
  for await (const chunk of body) {
    length += chunk.byteLength;
    if (length > limit) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** @throws InvalidInputError naming `field` */
export function decodeUtf8(bytes: Uint8Array, field: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new InvalidInputError(field, 'must be UTF-8', 400, cause);
  }
}

/**
 * JSON text as a value; an empty text is an empty object.
 * @throws InvalidInputError naming `field` when it is not JSON
 */
export function parseJson(bytes: Uint8Array, field: string): unknown {
  const text = decodeUtf8(bytes, field);
  try {
    return text.trim() === '' ? {} : (JSON.parse(text) as unknown);
  } catch {
    // The parser's error repeats a part of the text: it is not kept.
    throw new InvalidInputError(field, 'must be JSON');
  }
}

/** Largest JSON body of a call of the API, in bytes, unless the route says otherwise. */
const JSON_BODY_LIMIT = 16 * 1024;

/** The JSON body of a call of the API; an empty one is an empty object. @throws InvalidInputError */
export const readJson = async (request: HttpInput, limit = JSON_BODY_LIMIT): Promise<unknown> =>
  parseJson(await readBody(request, limit), 'body');

/**
 * The value, if it has the form.
 * @throws InvalidInputError naming the first offending field below `root`; the value itself is never repeated
 */
export function parseWith<S extends ZodType>(schema: S, value: unknown, root?: string): z.output<S> {
  const result = schema.safeParse(value, { error: wordsFor });
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const place = [...(root === undefined ? [] : [root]), ...(issue?.path ?? [])].map(String);
  const unknown = issue?.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [];
  const field = [...place, ...unknown].join('.');
  throw new InvalidInputError(field, issue?.message ?? MALFORMED, 400, undefined, place.join('.'));
}

/** The JWT of `Authorization: Bearer`. @throws AccessDeniedError 401 which says whether there is none, or none of that form */
export function bearerOf(headers: HttpInput['headers'], what: 'ticket' | 'token'): string {
  const authorization = headers.get('authorization');
  if (authorization === null) throw new AccessDeniedError(401, `Authorization: Bearer <${what}> is missing.`);
  const token = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(authorization)?.[1];
  if (token === undefined) throw new AccessDeniedError(401, `Authorization must be "Bearer <${what}>".`);
  return token;
}

/**
 * Prevents: a misspelled parameter is taken for one that was left out, and the call does something else than was meant.
 * @throws InvalidInputError naming the first one that is not among the `known`
 */
export function refuseUnknownNames(query: HttpInput['query'], known: readonly string[]): void {
  const unknown = [...query.keys()].find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new InvalidInputError(`query.${unknown}`, UNKNOWN, 400, undefined, 'query');
}

/** Those of these values, by name, that are given. */
export const given = (
  names: readonly string[],
  values: { get(name: string): string | null },
): Record<string, string> =>
  Object.fromEntries(
    names.flatMap((name) => {
      const value = values.get(name);
      return value === null ? [] : [[name, value]];
    }),
  );
