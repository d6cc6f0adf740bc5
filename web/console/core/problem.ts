/** An answer other than 2xx, or none. `message` is for the person at the console. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
    /** The offending part of what was sent. */
    readonly field?: string,
    readonly retryAfterSeconds?: number,
  ) {
    super(PLAIN[code] ?? detail);
  }
}

/** What people read instead of the API's own words, if those speak of the API. */
const PLAIN: Readonly<Record<string, string>> = {
  'no-answer': 'The server does not answer. Check your connection and try again.',
  'not-authenticated': 'Your sign-in has expired. Sign in again.',
  'not-allowed':
    'Your role does not allow this. An administrator assigns Chat.Agent or, for operators, Chat.Operator; sign in again afterwards.',
  'status-403': 'Something in front of the app lets nobody in (403): ask whoever runs it.',
  'assigned-to-other-agent': 'A colleague was faster: the conversation is theirs.',
  'agent-at-capacity': 'Not enough free capacity: end or close a conversation first.',
  'conversation-ended': 'The conversation is over already.',
  'conversation-not-found': 'There is no such conversation.',
  'customer-is-connected': 'The customer is there: nobody is waited for.',
  'extension-too-long': 'The wait cannot be extended any further.',
  'illegal-transition': 'That is not possible in the state in which the conversation is now.',
  'not-assigned-to-you': 'Accept the conversation first.',
  'precondition-failed': 'Somebody else has saved a change meanwhile. Read it, and try again.',
  'too-many-requests': 'That was too often. Wait a moment.',
  'temporarily-unavailable': 'The service is not available for a moment. Try again.',
};

/** What went wrong, in one line. */
export const messageOf = (thrown: unknown): string =>
  thrown instanceof Problem && thrown.field !== undefined
    ? `${thrown.field}: ${thrown.message}`
    : thrown instanceof Error
      ? thrown.message
      : String(thrown);
