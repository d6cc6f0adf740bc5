import type { DurableClient } from 'durable-functions';

/** Where log lines go; `InvocationContext` of `@azure/functions` fits. */
export interface LogSink {
  /** Of the invocation that it logs for: in its lines, in its answer and in its span. */
  readonly invocationId?: string;
  info(...args: unknown[]): void;
  warn(...args: unknown[]): void;
  error(...args: unknown[]): void;
}

/** What one invocation of a function brings along. Everything else is made once, when the app is loaded. */
export interface Call {
  readonly log: LogSink;
}

/** That of a function which has the durable client among its inputs. Only timers call the client. */
export interface DurableCall extends Call {
  readonly durable: DurableClient;
}
