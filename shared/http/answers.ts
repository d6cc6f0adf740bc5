import { AccessDeniedError, InvalidInputError, ownError, TooManyRequestsError } from '../app/errors';
import type { Logger } from '../app/log';
import type { Refusal } from '../conversation/decision';
import { type HttpOutput, problem, statusOfFailure } from './request';

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

/** The problem document of a refusal by the rules. An ended conversation names what the widget can do next. */
export function answerRefusal(refusal: Refusal): HttpOutput {
  const { code, detail, endReason, ...more } = refusal;
  const members = { ...more, reason: endReason };
  return problem(REFUSAL_STATUS[code], code, detail, members, retryAfter(refusal.retryAfterSeconds));
}

const retryAfter = (seconds: number | undefined): Record<string, string> =>
  seconds === undefined ? {} : { 'retry-after': `${seconds}` };

/**
 * Runs a handler and turns whatever it throws into an answer: nothing hangs, nothing goes unanswered, and no
 * detail of a failure of ours leaves the process.
 */
export async function answering(
  name: string,
  logger: Logger,
  run: () => Promise<HttpOutput>,
): Promise<HttpOutput> {
  try {
    return await run();
  } catch (thrown) {
    return answerFailure(name, logger, thrown);
  }
}

function answerFailure(name: string, logger: Logger, thrown: unknown): HttpOutput {
  if (thrown instanceof InvalidInputError) {
    const { status, code, field, message } = thrown;
    return problem(status, code, message, { field });
  }
  if (thrown instanceof AccessDeniedError) {
    const { status, code, message } = thrown;
    logger.refusal(`${name}: refused a request that is not allowed`, { code, detail: message });
    const challenge: Record<string, string> = status === 401 ? { 'www-authenticate': 'Bearer' } : {};
    return problem(status, code, message, {}, challenge);
  }
  if (thrown instanceof TooManyRequestsError) {
    // Not logged: a line for every refused request would be the next thing that a flood fills up.
    const { code, message, retryAfterSeconds } = thrown;
    return problem(429, code, message, { retryAfterSeconds }, retryAfter(retryAfterSeconds));
  }
  const { code, message, cause } = ownError(thrown);
  const because = cause instanceof Error ? cause.message : undefined;
  logger.error(`${name}: failed`, { code, detail: message, cause: because });
  return statusOfFailure(thrown) === 503
    ? problem(503, 'temporarily-unavailable', 'Please repeat the request.', {}, retryAfter(1))
    : problem(500, 'internal-error', 'The request could not be handled.');
}
