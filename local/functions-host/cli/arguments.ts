import { parseArgs } from 'node:util';
import { parseDuration } from './duration';
import { HostError } from './host-error';
import { logLevels, type LogLevel } from './log';

export interface HostArguments {
  readonly appDirectory: string;
  readonly port: number;
  readonly settingsFile?: string;
  readonly logLevel: LogLevel;
  /** What a killed host had in hand is out of sight for this long, from when it took it. */
  readonly invisibilityMs: number;
  /** The timer functions of the host after a killed one wait for this long, from the kill. */
  readonly timerLeaseMs: number;
  /** Of the starts that overlap with another one, every so-manieth is put off; 0: none. */
  readonly deferredStarts: number;
}

const usage =
  'Usage: tsx local/functions-host/main.ts --app <dir> [--port 7071] [--settings <local.settings.json>] [--log-level warning] [--invisibility PT300S] [--timer-lease PT60S] [--deferred-starts 20]';

/** Reads the command line; a mistake is a HostError that says what would be right. */
export function parseArguments(argv: readonly string[]): HostArguments {
  let values;
  try {
    ({ values } = parseArgs({
      args: [...argv],
      options: {
        app: { type: 'string' },
        port: { type: 'string', default: '7071' },
        settings: { type: 'string' },
        'log-level': { type: 'string', default: 'warning' },
        invisibility: { type: 'string', default: 'PT300S' },
        'timer-lease': { type: 'string', default: 'PT60S' },
        'deferred-starts': { type: 'string', default: '20' },
      },
    }));
  } catch (error) {
    throw new HostError(`${(error as Error).message}\n${usage}`);
  }
  if (!values.app) throw new HostError(`--app is missing.\n${usage}`);

  const port = Number(values.port);
  if (!/^\d+$/.test(values.port) || port > 65_535) {
    throw new HostError(`--port must be 0 to 65535, but is '${values.port}'.`);
  }
  const logLevel = logLevels.find((level) => level === values['log-level']);
  if (!logLevel) throw new HostError(`--log-level must be one of ${logLevels.join(', ')}.`);

  const durationOf = (name: 'invisibility' | 'timer-lease'): number => {
    const duration = parseDuration(values[name]);
    if (duration !== undefined) return duration;
    throw new HostError(`--${name} must be an ISO 8601 duration such as PT5S, but is '${values[name]}'.`);
  };
  const deferredStarts = Number(values['deferred-starts']);
  if (!/^\d+$/.test(values['deferred-starts'])) {
    throw new HostError(`--deferred-starts must be a whole number, but is '${values['deferred-starts']}'.`);
  }
  return {
    ...{ appDirectory: values.app, port, settingsFile: values.settings, logLevel, deferredStarts },
    invisibilityMs: durationOf('invisibility'),
    timerLeaseMs: durationOf('timer-lease'),
  };
}
