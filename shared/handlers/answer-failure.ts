import type { Refusal } from '../domain/decision';
import { AccessDeniedError, AppError, InvalidInputError, toError } from '../errors';
import { problem, statusOfFailure, type HttpOutput } from '../inbound/http';
import type { Logger } from '../logging';

const REFUSAL_STATUS: Readonly<Record<Refusal['code'], number>> = {
  'conversation-not-found': 404,
  'conversation-ended': 409,
  'too-many-connections': 429,
  'assigned-to-other-agent': 409,
  'not-assigned-to-you': 409,
  'illegal-transition': 409,
};

/** The problem document of a refusal by the rules. An ended conversation names what the widget can do next. */
export function answerRefusal({ code, detail, state, endReason }: Refusal): HttpOutput {
  const options = code === 'conversation-ended' ? { options: ['new-conversation'] } : {};
  const retry: Record<string, string> = code === 'too-many-connections' ? { 'retry-after': '60' } : {};
  return problem(REFUSAL_STATUS[code], code, detail, { state, reason: endReason, ...options }, retry);
}

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
    logger.warn(`${name}: refused a request that is not allowed`, { code, detail: message });
    const challenge: Record<string, string> = status === 401 ? { 'www-authenticate': 'Bearer' } : {};
    return problem(status, code, message, {}, challenge);
  }
  const error = toError(thrown);
  const code = thrown instanceof AppError ? thrown.code : 'unexpected';
  const cause = error.cause instanceof Error ? error.cause.message : undefined;
  logger.error(`${name}: failed`, { code, detail: error.message, cause });
  return statusOfFailure(thrown) === 503
    ? problem(503, 'temporarily-unavailable', 'Please repeat the request.', {}, { 'retry-after': '1' })
    : problem(500, 'internal-error', 'The request could not be handled.');
}
