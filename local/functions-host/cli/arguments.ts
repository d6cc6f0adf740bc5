import { parseArgs } from 'node:util';
import { HostError } from './host-error';
import { logLevels, type LogLevel } from './log';

export interface HostArguments {
  readonly appDirectory: string;
  readonly port: number;
  readonly settingsFile?: string;
  readonly logLevel: LogLevel;
}

const usage =
  'Usage: tsx local/functions-host/main.ts --app <dir> [--port 7071] [--settings <local.settings.json>] [--log-level warning]';

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

  return { appDirectory: values.app, port, settingsFile: values.settings, logLevel };
}
