const silent = (): void => undefined;

/** In place of `@azure/logger`, which writes nothing either unless it is switched on. */
export const createClientLogger = () => ({
  error: silent,
  warning: silent,
  info: silent,
  verbose: silent,
});
