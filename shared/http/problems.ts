import { z } from 'zod';
import { CONVERSATION_STATES, END_REASONS } from '../conversation/conversation';
import type { Refusal } from '../conversation/decision';

/** What a customer can do whose conversation has ended. */
export const RETURN_OPTIONS = ['new-conversation', 'redirect'] as const;

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
  retryAfterSeconds: z.int().min(1).optional().describe('Like `Retry-After`: the same may succeed then.'),
});

/** The members of a problem document that are its own, not its code's. */
export type ProblemMembers = z.output<typeof MEMBERS>;

/** A problem document (RFC 9457). */
export const problemSchema = <C extends string>(codes: readonly [C, ...C[]]) =>
  z.object({
    type: z.string().regex(/^urn:chat-disconnect:problem:[a-z-]+$/),
    title: z.string(),
    status: z.int().min(400).max(599),
    code: z.enum(codes).describe('Stable: programs branch on it.'),
    ...MEMBERS.shape,
  });

interface Meaning {
  /** In one sentence, for whoever gets it. */
  readonly meaning: string;
  readonly example: ProblemMembers;
}

/** Refusals by the rules of the domain. */
const REFUSALS: Readonly<Record<Refusal['code'], Meaning>> = {
  'conversation-not-found': {
    meaning: 'There is no such conversation.',
    example: { detail: 'There is no such conversation.' },
  },
  'conversation-ended': {
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
    meaning: 'The customer has too many open sockets.',
    example: { detail: 'A conversation has at most 200 connections.', retryAfterSeconds: 60 },
  },
  'too-many-messages': {
    meaning:
      'This side writes more messages than are taken in a few seconds. `retryAfterSeconds` says when to go on.',
    example: {
      detail: 'At most 20 messages are taken in 10 seconds.',
      state: 'Active',
      retryAfterSeconds: 4,
    },
  },
  'conversation-full': {
    meaning: 'The transcript takes no more messages. The conversation can still end; a new one goes on.',
    example: { detail: 'A conversation has at most 10000 entries; start a new one.', state: 'Active' },
  },
  'assigned-to-other-agent': {
    meaning: 'Another agent has the conversation.',
    example: { detail: 'The conversation is assigned to another agent.', state: 'Active', action: 'accept' },
  },
  'not-assigned-to-you': {
    meaning: 'The conversation is only offered to the agent, who has to accept it first.',
    example: {
      detail: 'The conversation is offered to you; accept it first.',
      state: 'Active',
      action: 'end',
    },
  },
  'illegal-transition': {
    meaning: 'The state of the conversation does not allow the action.',
    example: {
      detail: 'A conversation in state Open does not allow this.',
      state: 'Open',
      action: 'end',
    },
  },
  'agent-at-capacity': {
    meaning: 'The agent has too few free units of capacity.',
    example: {
      detail: 'The agent has not the 20 free units of capacity that the conversation takes.',
      state: 'Open',
      action: 'accept',
    },
  },
  'customer-is-connected': {
    meaning: 'The customer is there, so nobody is waited for.',
    example: {
      detail: 'The customer is connected: nobody is waited for.',
      state: 'Active',
      action: 'end-wait',
    },
  },
  'extension-too-long': {
    meaning: 'Agents have added to this wait what policy allows.',
    example: {
      detail: 'Agents can add PT30M to a wait in all; PT5M is left.',
      state: 'Active',
      action: 'extend-wait',
    },
  },
  'conversation-too-large': {
    meaning: 'The record of the conversation has no room for this. Operators find it among the dead letters.',
    example: { detail: 'The conversation has no room for this. Repeating the request will not help.' },
  },
  'precondition-failed': {
    meaning:
      'Another version is stored than the one that `If-Match` or `If-None-Match` names. Read it, and try again.',
    example: { detail: 'The conversation has changed since the version that If-Match names.' },
  },
};

/** Every `code` of a problem document, with its meaning. */
export const PROBLEMS = {
  ...REFUSALS,
  'invalid-input': {
    meaning: 'The request cannot be understood. `field` names the offending part.',
    example: { detail: 'body.name: must be one line', field: 'body.name' },
  },
  'not-authenticated': {
    meaning: 'There is no proof of who is calling: no ticket, a bad one or one that has expired.',
    example: { detail: 'the ticket is not valid or has expired' },
  },
  'not-allowed': {
    meaning: 'The caller is known and may not do this.',
    example: { detail: 'only agents may do this' },
  },
  'too-many-requests': {
    meaning: 'The caller asks more often than it may. Repeat the request after `Retry-After`.',
    example: { detail: 'There are too many requests; slow down.', retryAfterSeconds: 2 },
  },
  'reconnect-disabled': {
    meaning: 'Policy does not allow reconnection to this conversation.',
    example: { detail: 'Reconnection to a previous chat is off for this conversation.' },
  },
  'dead-letter-not-found': {
    meaning: 'There is no such dead letter.',
    example: { detail: 'There is no such dead letter.' },
  },
  'still-failing': {
    meaning:
      'The conversation still cannot be handled: what is broken has to be mended first. Counted as a failure.',
    example: { detail: 'The conversation still fails: stored-row-unusable at …/conversation.' },
  },
  'override-not-found': {
    meaning: 'There is no such override of an automated message.',
    example: { detail: 'There is no such override.' },
  },
  'precondition-required': {
    meaning: 'The request has to say which version it replaces.',
    example: {
      detail:
        'Say which version is replaced: If-Match with its ETag, or If-None-Match: * where there is none yet.',
    },
  },
  'internal-error': {
    meaning: 'A fault of the product. Repeating the request will not help.',
    example: { detail: 'The request could not be handled.' },
  },
  'temporarily-unavailable': {
    meaning: 'Something that the product depends on did not do its part. Repeat the request.',
    example: { detail: 'Please repeat the request.' },
  },
} satisfies Readonly<Record<string, Meaning>>;

export type ProblemCode = keyof typeof PROBLEMS;

/** A problem document with one of these codes. */
export const PROBLEM = problemSchema(Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]]);
