/** The levels of the Functions host, quietest last. */
export const logLevels = ['trace', 'debug', 'information', 'warning', 'error', 'critical', 'none'] as const;
export type LogLevel = (typeof logLevels)[number];

export type Log = (level: LogLevel, source: string, message: string) => void;

/** Writes one line per message to stderr; stdout is kept for the single line that says the host is ready. */
export function createLog(minimum: LogLevel): Log {
  return (level, source, message) => {
    if (logLevels.indexOf(level) < logLevels.indexOf(minimum)) return;
    // Many lines begin with the name of their function already.
    const line = message.startsWith(`${source}: `) ? message : `${source}: ${message}`;
    process.stderr.write(`[${level}] ${line.replaceAll(/\s*\n\s*/g, ' | ')}\n`);
  };
}
