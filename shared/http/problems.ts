import { z } from 'zod';
import {
  AccessDeniedError,
  AppError,
  ContentionError,
  ErasedError,
  InvalidInputError,
  LengthRequiredError,
  ownError,
  TooManyRequestsError,
} from '../app/errors';
import type { Logger } from '../app/log';
import { CONVERSATION_STATES, END_REASONS } from '../conversation/conversation';
import type { Refusal } from '../conversation/decision';
import { named } from './fields';

/** What a customer can do whose conversation has ended. */
export const RETURN_OPTIONS = ['new-conversation', 'redirect'] as const;

/** The services that the app needs, as its errors name them. */
export const DEPENDENCY_NAMES = ['table-storage', 'durable-functions', 'web-pubsub'] as const;

export const DEPENDENCIES = z.array(
  z.object({
    name: z.enum(DEPENDENCY_NAMES),
    status: z.enum(['ok', 'failed']),
    ms: z.int().min(0).describe('How long it took, in tens of milliseconds.'),
  }),
);

const MEMBERS = z.object({
  detail: z.string().describe('For people who read logs; may change.'),
  field: z.string().optional().describe('`invalid-input`: the offending part of the request.'),
  state: z.enum(CONVERSATION_STATES).optional().describe('The state of the conversation.'),
  action: z.string().optional().describe('What an agent asked for, and the state does not allow.'),
  reason: z.enum(END_REASONS).optional().describe('`conversation-ended`: why.'),
  options: z
    .array(z.enum(RETURN_OPTIONS))
    .optional()
    .describe('`conversation-ended`: what a customer can do next, the best first.'),
  redirectUrl: z.string().optional().describe('Where `redirect` leads.'),
  conversationId: z
    .string()
    .optional()
    .describe('`conversation-ended`, from `negotiate`: the conversation, if the ticket still reads it.'),
  retryAfterSeconds: z.int().min(1).optional().describe('Like `Retry-After`: the same may succeed then.'),
  dependencies: DEPENDENCIES.optional().describe(
    '`not-ready`: what the app needs, and whether it does its part.',
  ),
  invocationId: z
    .string()
    .optional()
    .describe(
      'Tell it to operators: the log and the traces of this request have it. The header `x-ms-invocation-id`, too.',
    ),
});

/** The members of a problem document that are its own, not its code's. */
export type ProblemMembers = Omit<z.output<typeof MEMBERS>, 'options' | 'dependencies'> & {
  readonly options?: readonly (typeof RETURN_OPTIONS)[number][];
  readonly dependencies?: readonly z.output<typeof DEPENDENCIES>[number][];
};

interface Meaning {
  readonly status: number;
  /** In one sentence, for whoever gets it. */
  readonly meaning: string;
  /** Its `detail` is the one that is answered, where the moment has no better one. */
  readonly example: ProblemMembers;
}

/** Refusals by the rules of the domain. */
const REFUSALS: Readonly<Record<Refusal['code'], Meaning>> = {
  'conversation-not-found': {
    status: 404,
    meaning: 'There is no such conversation.',
    example: { detail: 'There is no such conversation.' },
  },
  'conversation-ended': {
    status: 409,
    meaning: 'The conversation is over. `reason` says why, `options` what a customer can do next.',
    example: {
      detail: 'The conversation has ended.',
      state: 'WrapUp',
      action: 'accept',
      reason: 'customer-disconnected',
      options: ['new-conversation'],
    },
  },
  'too-many-connections': {
    status: 429,
    meaning: 'The customer has too many open sockets.',
    example: { detail: 'A conversation has at most 20 connections.', retryAfterSeconds: 60 },
  },
  'too-many-messages': {
    status: 429,
    meaning:
      'This side writes more messages than are taken in a few seconds. `retryAfterSeconds` says when to go on.',
    example: {
      detail: 'At most 20 messages are taken in 10 seconds.',
      state: 'Active',
      retryAfterSeconds: 4,
    },
  },
  'conversation-full': {
    status: 409,
    meaning: 'The transcript takes no more messages. The conversation can still end; a new one goes on.',
    example: { detail: 'A conversation has at most 10000 entries; start a new one.', state: 'Active' },
  },
  'assigned-to-other-agent': {
    status: 409,
    meaning: 'Another agent has the conversation.',
    example: { detail: 'The conversation is assigned to another agent.', state: 'Active', action: 'accept' },
  },
  'not-assigned-to-you': {
    status: 409,
    meaning: 'The conversation is only offered to the agent, who has to accept it first.',
    example: {
      detail: 'The conversation is offered to you; accept it first.',
      state: 'Active',
      action: 'end',
    },
  },
  'illegal-transition': {
    status: 409,
    meaning: 'The state of the conversation does not allow the action.',
    example: {
      detail: 'A conversation in state Open does not allow this.',
      state: 'Open',
      action: 'end',
    },
  },
  'agent-at-capacity': {
    status: 409,
    meaning: 'The agent has too few free units of capacity.',
    example: {
      detail: 'The agent has not the 20 free units of capacity that the conversation takes.',
      state: 'Open',
      action: 'accept',
    },
  },
  'customer-is-connected': {
    status: 409,
    meaning: 'The customer is there, so nobody is waited for, and a reconnect link opens nothing.',
    example: {
      detail: 'The customer is connected: nobody is waited for.',
      state: 'Active',
      action: 'end-wait',
    },
  },
  'reconnect-disabled': {
    status: 409,
    meaning: 'Policy does not allow reconnection to this conversation, or names no page for its link.',
    example: { detail: 'Reconnection to a previous chat is off for this conversation.' },
  },
  'reconnect-link-used': {
    status: 409,
    meaning: 'The reconnect link has been used: it opens the conversation once.',
    example: {
      detail: 'The link, or one that was given with it, has been used. A link opens the conversation once.',
    },
  },
  'sign-in-required': {
    status: 403,
    meaning: 'The workstream is for customers whom the site has signed in (`POST /v1/customers/negotiate`).',
    example: { detail: 'The workstream is for customers whom the site has signed in.' },
  },
  'extension-too-long': {
    status: 409,
    meaning: 'Agents have added to this wait what policy allows.',
    example: {
      detail: 'Agents can add PT30M to a wait in all; PT5M is left.',
      state: 'Active',
      action: 'extend-wait',
    },
  },
  'conversation-too-large': {
    status: 413,
    meaning: 'The record of the conversation has no room for this. Operators find it among the dead letters.',
    example: { detail: 'The conversation has no room for this. Repeating the request will not help.' },
  },
  'precondition-failed': {
    status: 412,
    meaning:
      'Another version is stored than the one that `If-Match` or `If-None-Match` names. Read it, and try again.',
    example: { detail: 'The conversation has changed since the version that If-Match names.' },
  },
};

/** Every `code` of a problem document, with its meaning. */
export const PROBLEMS = {
  ...REFUSALS,
  'invalid-input': {
    status: 400,
    meaning: 'The request cannot be understood. `field` names the offending part.',
    example: { detail: 'body.name: must be one line', field: 'body.name' },
  },
  'length-required': {
    status: 411,
    meaning: 'The body was sent in chunks (`Transfer-Encoding`), and the host has dropped it.',
    example: { detail: 'Send the body with a Content-Length.' },
  },
  'not-authenticated': {
    status: 401,
    meaning: 'There is no proof of who is calling: no ticket, a bad one or one that has expired.',
    example: { detail: 'The ticket is not valid or has expired.' },
  },
  'not-allowed': {
    status: 403,
    meaning: 'The caller is known and may not do this.',
    example: { detail: 'Only agents may do this.' },
  },
  'too-many-requests': {
    status: 429,
    meaning: 'The caller asks more often than it may. Repeat the request after `Retry-After`.',
    example: { detail: 'There are too many requests; slow down.', retryAfterSeconds: 2 },
  },
  'page-not-found': {
    status: 404,
    meaning: 'There is no such page or file, or the pages are switched off (`SITE`).',
    example: { detail: 'There is no such page.' },
  },
  'dead-letter-not-found': {
    status: 404,
    meaning: 'There is no such dead letter.',
    example: { detail: 'There is no such dead letter.' },
  },
  'still-failing': {
    status: 409,
    meaning:
      'The conversation still cannot be handled: what is broken has to be mended first. Counted as a failure.',
    example: { detail: 'The conversation still fails: stored-row-unusable at …/conversation.' },
  },
  'override-not-found': {
    status: 404,
    meaning: 'There is no such override of an automated message.',
    example: { detail: 'There is no such override.' },
  },
  'precondition-required': {
    status: 428,
    meaning: 'The request has to say which version it replaces.',
    example: {
      detail:
        'Say which version is replaced: If-Match with its ETag, or If-None-Match: * where there is none yet.',
    },
  },
  'internal-error': {
    status: 500,
    meaning: 'A fault of the product. Repeating the request will not help.',
    example: { detail: 'The request could not be handled.' },
  },
  'not-ready': {
    status: 503,
    meaning: 'Something that the app needs does not do its part: `dependencies` says what.',
    example: {
      detail: 'Not everything that the app needs works.',
      retryAfterSeconds: 5,
      dependencies: [
        { name: 'table-storage', status: 'failed', ms: 3_000 },
        { name: 'durable-functions', status: 'ok', ms: 20 },
        { name: 'web-pubsub', status: 'ok', ms: 30 },
      ],
    },
  },
  'temporarily-unavailable': {
    status: 503,
    meaning: 'Something that the product depends on did not do its part. Repeat the request.',
    example: { detail: 'Please repeat the request.' },
  },
} satisfies Readonly<Record<string, Meaning>>;

export type ProblemCode = keyof typeof PROBLEMS;
const CODES = Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]];

/** A problem document (RFC 9457). */
export const PROBLEM = named(
  'Problem',
  z.object({
    type: z.string().regex(/^urn:chat-disconnect:problem:[a-z-]+$/),
    title: z.string(),
    status: z.int().min(400).max(599),
    code: z.enum(CODES).describe('Stable: programs branch on it.'),
    ...MEMBERS.shape,
  }),
);

/** The members of a problem document. */
export const problemDocument = (
  code: ProblemCode,
  members: ProblemMembers,
  status: number = PROBLEMS[code].status,
) => ({
  type: `urn:chat-disconnect:problem:${code}`,
  title: code.replaceAll('-', ' '),
  status,
  code,
  ...members,
});

/** A problem that a route answers with. `detail` is for people who read logs. */
export class Refused<C extends ProblemCode = ProblemCode> {
  constructor(
    readonly code: C,
    readonly members: ProblemMembers,
    readonly status: number = PROBLEMS[code].status,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {}
}

/** The answer of a route that is a problem: one of those that the route lists. */
export const refuse = <C extends ProblemCode>(code: C, detail = PROBLEMS[code].example.detail): Refused<C> =>
  new Refused(code, { detail });

/** Of a change that names the version which it replaces. */
export const anotherVersion = () =>
  refuse('precondition-failed', 'Another version is stored: read it, and try again.');

/**
 * The answer of a route to a refusal by the rules. An ended conversation names what the widget can do next.
 * @throws Error when the refusal has none of these codes: the document of the API does not have it, so it is our mistake.
 */
export function refuseAs<C extends Refusal['code']>(
  { code, endReason, ...members }: Refusal,
  ...codes: readonly C[]
): Refused<C> {
  const known = codes.find((one) => one === code);
  if (known === undefined) throw new Error(`a refusal that the route does not list: ${code}`);
  return new Refused(known, { ...members, reason: endReason });
}

/** Headers that nobody but the service sends. */
const OF_THE_SERVICE = /^(ce-|WebHook-)/;

/**
 * The answer to what a route has thrown: nothing goes unanswered, and no detail of a failure of ours leaves the process.
 * `name` is the function's, for the log.
 */
export function problemOf(thrown: unknown, name: string, logger: Logger): Refused {
  if (thrown instanceof InvalidInputError) {
    const { status, field, message: detail, code, place } = thrown;
    // Deeper than this, names can be those of the sender: of context variables, for one.
    const known = place.split('.').slice(0, 2).join('.');
    // Alerts tell by it what no visitor can cause. Whatever they type, and their socket URLs, are in bodies.
    const fault = OF_THE_SERVICE.test(known) ? 'settings' : undefined;
    const fields = { code, status, field: known, fault };
    logger.refusal(`${name}: refused a request that cannot be understood`, fields);
    return new Refused('invalid-input', { detail, field }, status);
  }
  if (thrown instanceof LengthRequiredError) return refuse('length-required');
  if (thrown instanceof ErasedError) return refuse('conversation-not-found');
  if (thrown instanceof AccessDeniedError) {
    const { status, message: detail } = thrown;
    logger.refusal(`${name}: refused a request that is not allowed`, { code: thrown.code, detail });
    if (status === 403) return new Refused('not-allowed', { detail });
    return new Refused('not-authenticated', { detail }, status, { 'www-authenticate': 'Bearer' });
  }
  if (thrown instanceof TooManyRequestsError) {
    // Not logged: a line for every refused request would be the next thing that a flood fills up.
    const { message: detail, retryAfterSeconds } = thrown;
    return new Refused('too-many-requests', { detail, retryAfterSeconds });
  }
  const { code, message, cause } = ownError(thrown);
  const because = cause instanceof Error ? cause.message : undefined;
  // Prevents: one visitor with many sockets wakes whoever is on call: nothing is down while others are faster. The alert
  // "webhook-failing" counts these lines, so each is written.
  if (thrown instanceof ContentionError) logger.warn(`${name}: contention`, { code });
  else logger.error(`${name}: failed`, { code, detail: message, cause: because });
  // The same call may succeed later where a service did not do its part, and where others were faster.
  return thrown instanceof AppError && thrown.retryable
    ? new Refused('temporarily-unavailable', { detail: 'Please repeat the request.' }, 503, {
        'retry-after': '1',
      })
    : refuse('internal-error');
}
