import type { Refusal } from '../domain/decision';

/** The status of a refusal by the rules. */
export const REFUSAL_STATUS: Readonly<Record<Refusal['code'], number>> = {
  'conversation-not-found': 404,
  'conversation-ended': 409,
  'too-many-connections': 429,
  'too-many-messages': 429,
  'conversation-full': 409,
  'assigned-to-other-agent': 409,
  'not-assigned-to-you': 409,
  'illegal-transition': 409,
  'agent-at-capacity': 409,
  'customer-is-connected': 409,
  'extension-too-long': 409,
  'conversation-too-large': 413,
  'precondition-failed': 412,
};
