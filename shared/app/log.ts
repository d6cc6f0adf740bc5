import type { Call, LogSink } from './call';

/**
 * The logger that handlers use: a message and a few ids. Values of other types have no place in a log line, which
 * keeps texts, names and tokens out (invariant 9).
 */
export interface Logger {
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A warning of which anybody may cause as many as they like: only so many are written, see `createLogger`. */
  refusal(message: string, fields: LogFields): void;
}

export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** Made when there is something to log. */
export type LoggerOf = (call: Call) => Logger;

/** Whether one more line of this kind is written now: how many have been left out since the last one, or undefined: no. */
export type Sampler = (kind: string) => number | undefined;

/**
 * One line per entry: the message, then the fields as JSON, and last the invocation, which its caller may have been told.
 * Refusals are of one kind if they have the message and the `fault` in common.
 */
export function createLogger(sink: LogSink, sample: Sampler = () => 0): Logger {
  const { invocationId } = sink;
  const line = (message: string, fields?: LogFields) =>
    fields === undefined && invocationId === undefined
      ? message
      : `${message} ${JSON.stringify({ ...fields, invocationId })}`;
  return {
    info: (message, fields) => sink.info(line(message, fields)),
    warn: (message, fields) => sink.warn(line(message, fields)),
    error: (message, fields) => sink.error(line(message, fields)),
    refusal: (message, fields) => {
      const leftOut = sample(`${message} ${fields['fault'] ?? ''}`);
      if (leftOut === undefined) return;
      sink.warn(line(message, leftOut === 0 ? fields : { ...fields, leftOut }));
    },
  };
}
