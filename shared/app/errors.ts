/**
 * Every failure the product raises on purpose. `code` is stable and machine-readable; `retryable` says whether the
 * same call may succeed later; `cause` keeps what was underneath. Messages never contain secrets or message text.
 */
export class AppError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly retryable: boolean,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** A request that cannot be understood. Thrown by parsers only; `field` names the offending part. */
export class InvalidInputError extends AppError {
  constructor(
    readonly field: string,
    readonly detail: string,
    readonly status: 400 | 404 | 413 = 400,
    cause?: unknown,
    /** The part of the field that the product has named, where the rest is a name of the sender's. For logs. */
    readonly place = field,
  ) {
    super('invalid-input', `${field}: ${detail}`, false, { cause });
  }
}

/** A body was announced in chunks, of unknown length, and none has come: the Functions host drops such bodies. */
export class LengthRequiredError extends AppError {
  constructor() {
    super('length-required', 'Send the body with a Content-Length.', false);
  }
}

/** A user event whose sender, not the service, has got it wrong: the sender is told, by the ids that can be read. */
export class UserEventError extends InvalidInputError {
  constructor(
    field: string,
    detail: string,
    readonly ids: {
      readonly conversationId?: string | undefined;
      readonly messageId?: string | undefined;
      readonly event?: 'typing';
    },
  ) {
    super(field, detail);
  }
}

/** Nobody proved who is calling (401), or the proven caller may not do this (403). */
export class AccessDeniedError extends AppError {
  constructor(
    readonly status: 401 | 403,
    detail: string,
    options?: ErrorOptions,
  ) {
    super(status === 401 ? 'not-authenticated' : 'not-allowed', detail, false, options);
  }
}

/** A caller asks more often than it may. The same call will succeed after `retryAfterSeconds`. */
export class TooManyRequestsError extends AppError {
  constructor(readonly retryAfterSeconds: number) {
    super('too-many-requests', 'There are too many requests; slow down.', true);
  }
}

/** A service the product depends on did not do its part. The same call may succeed later. */
export class DependencyError extends AppError {
  /** Whether the service works for nobody, as far as one call can tell; else its answer was about what it was asked. */
  readonly isDown: boolean;

  constructor(
    readonly dependency: 'table-storage' | 'web-pubsub' | 'durable-functions' | 'token-authority',
    operation: string,
    options?: ErrorOptions & { readonly isDown?: boolean },
  ) {
    super('dependency-failed', `${dependency} failed at ${operation}`, true, options);
    this.isDown = options?.isDown ?? true;
  }
}

/** Whether an answer with this status says that the service works for nobody: of the others, each is about one request. */
export const isDownAt = (status: number | undefined): boolean =>
  status === undefined || status >= 500 || [401, 403, 408, 429].includes(status);

/** The clock of this machine and that of the storage differ. The same call may succeed elsewhere, or later. */
export class ClockError extends AppError {
  constructor(differenceMs: number) {
    const seconds = Math.round(differenceMs / 1_000);
    super(
      'clock-wrong',
      `the clock differs from the storage's by ${seconds} s: no deadline is acted on`,
      true,
    );
  }
}

/** Whether everything else would fail as well: a service is down, or this machine's clock is wrong. */
export const isOutage = (thrown: unknown): boolean =>
  thrown instanceof ClockError || (thrown instanceof DependencyError && thrown.isDown);

/** Others were faster at every attempt, or too many wait already. The same call may succeed later. */
export class ContentionError extends AppError {
  constructor(why: number | string) {
    const detail = typeof why === 'string' ? why : `the conversation changed under each of ${why} attempts`;
    super('too-much-contention', detail, true);
  }
}

/** A stored row that no version of the reader understands, or a value that no row can hold. */
export class StoredRowError extends AppError {
  constructor(
    /** Partition key and row key: ids and numbers, never text of a participant. */
    readonly row: string,
    detail: string,
    options?: ErrorOptions,
    code: 'stored-row-unusable' | 'record-too-large' = 'stored-row-unusable',
  ) {
    super(code, `${row}: ${detail}`, false, options);
  }
}

/** The conversation was erased: nothing is left of it, and nothing can be stored under its id again. */
export class ErasedError extends AppError {
  constructor() {
    super('conversation-erased', 'the conversation was erased', false);
  }
}

/** A record that would not fit into its row, or into one transaction. Nothing was stored. */
export class RecordTooLargeError extends StoredRowError {
  constructor(row: string, detail: string) {
    super(row, detail, undefined, 'record-too-large');
  }
}

/** A setting is missing or malformed. Stops the app at start; lists every problem at once. */
export class ConfigurationError extends AppError {
  constructor(problems: readonly string[]) {
    super(
      'configuration-invalid',
      `The configuration is not usable:\n${problems.map((p) => `  - ${p}`).join('\n')}`,
      false,
    );
  }
}

/** Whatever was thrown, as an Error. */
export const toError = (thrown: unknown): Error =>
  thrown instanceof Error ? thrown : new Error(String(thrown));

/**
 * What nobody has thought of: a mistake of ours, or an error of a library. Its message may hold a key, a token or what
 * somebody wrote, so it is dropped, and with it the cause. What is left is for whoever has to find the mistake: its class,
 * the system's code, and the place in our code.
 */
export class UnexpectedError extends AppError {
  constructor(thrown: unknown) {
    super('unexpected', traceOf(thrown), false);
  }
}

/** Whatever was thrown, as an error that may be logged, answered and stored. */
export const ownError = (thrown: unknown): AppError =>
  thrown instanceof AppError ? thrown : new UnexpectedError(thrown);

/** `TypeError at decide/end.js:12` */
function traceOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return `not an error but ${typeof thrown}`;
  const name = /^[A-Za-z]{1,40}$/.test(thrown.name) ? thrown.name : 'Error';
  const [code] = ('code' in thrown && /^[A-Z][A-Z0-9_]{1,40}$/.exec(String(thrown.code))) || [];
  const place = placeOf(thrown);
  return [name, code, place && `at ${place}`].filter((part) => part !== undefined).join(' ');
}

/** The first file of ours in the stack. Its first lines are the message: nothing but a file and a line is taken. */
function placeOf({ stack }: Error): string | undefined {
  const calls = String(stack)
    .split('\n')
    .filter((line) => line.startsWith('    at ') && line.length < 500 && !/node_modules|node:/.test(line));
  return /([\w-]+\/[\w.-]+\.[cm]?[jt]s:\d+):\d+\)?$/.exec(calls[0] ?? '')?.[1];
}
