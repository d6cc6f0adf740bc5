export const LOG_LEVELS = ['error', 'warning', 'info'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Takes one line without keys, tokens or query strings. */
export type Log = (level: LogLevel, line: string) => void;

export function consoleLog(threshold: LogLevel): Log {
  return (level, line) => {
    if (LOG_LEVELS.indexOf(level) <= LOG_LEVELS.indexOf(threshold)) {
      process.stderr.write(`[web-pubsub] ${level}: ${line.replaceAll(/[\r\n]+/g, ' ')}\n`);
    }
  };
}
