import type { Refusal } from '../domain/decision';
import { AccessDeniedError, InvalidInputError, ownError, TooManyRequestsError } from '../errors';
import { problem, statusOfFailure, type HttpOutput } from '../inbound/http';
import { REFUSAL_STATUS } from '../inbound/refusal-status';
import type { Logger } from '../logging';

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
