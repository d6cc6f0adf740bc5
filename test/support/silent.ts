import type { Logger } from '../../shared/app/log';

/** A logger that keeps nothing, where the log is not what a test looks at. */
export const silent: Logger = {
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  refusal: () => undefined,
};
