import { parseArgs } from 'node:util';
import { consoleLog, LOG_LEVELS, type LogLevel } from './log';
import { SYSTEM_EVENTS, type SystemEvent, type WebPubSubOptions } from './options';

export const USAGE = `Usage: tsx local/web-pubsub/main.ts --handler URL [options]
  --handler URL          the app's webhook; {hub} and {event} are replaced
  --port N               8080; 0 takes a free one
  --hub NAME             chat
  --access-key KEY       a fixed development key
  --recovery-window D    PT30S: how long a lost reliable connection may come back
  --user-events LIST     *: names of user events, separated by commas
  --system-events LIST   connect,connected,disconnected
  --log-level LEVEL      ${LOG_LEVELS.join(', ')} (warning)`;

/** Thrown for a command line that cannot be used; the message names the option. */
export class UsageError extends Error {}

export function cliOptions(args: string[]): WebPubSubOptions {
  const values = parsed(args);
  if (!values.handler) throw new UsageError('--handler is missing.');
  return {
    port: port(values.port),
    hub: values.hub,
    handlerUrl: values.handler,
    accessKey: values['access-key'],
    recoveryWindowMs: durationMs(values['recovery-window']),
    userEventPattern: values['user-events'],
    systemEvents: systemEvents(values['system-events']),
    log: consoleLog(logLevel(values['log-level'])),
  };
}

function parsed(args: string[]) {
  const text = (value?: string) => ({
    type: 'string' as const,
    ...(value === undefined ? {} : { default: value }),
  });
  try {
    return parseArgs({
      args,
      options: {
        port: text('8080'),
        hub: text('chat'),
        handler: { type: 'string' },
        'access-key': { type: 'string' },
        'recovery-window': text('PT30S'),
        'user-events': text('*'),
        'system-events': text(SYSTEM_EVENTS.join(',')),
        'log-level': text('warning'),
      },
    }).values as { handler?: string; 'access-key'?: string } & Record<
      'port' | 'hub' | 'recovery-window' | 'user-events' | 'system-events' | 'log-level',
      string
    >;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function port(text: string): number {
  const value = Number(text);
  if (!/^\d{1,5}$/.test(text) || value > 65_535)
    throw new UsageError(`--port: "${text}" is not a port number.`);
  return value;
}

/** ISO 8601 durations of hours, minutes and seconds. */
function durationMs(text: string): number {
  const [, hours, minutes, seconds] =
    /^PT(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?$/.exec(text) ?? [];
  if (hours === undefined && minutes === undefined && seconds === undefined) {
    throw new UsageError(`--recovery-window: "${text}" is not a duration such as PT30S or PT1M.`);
  }
  return Math.round((Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60 + Number(seconds ?? 0)) * 1000);
}

function systemEvents(text: string): SystemEvent[] {
  const names = text.split(',').map((name) => name.trim());
  return names
    .filter((name) => name !== '')
    .map((name) => {
      const event = SYSTEM_EVENTS.find((known) => known === name);
      if (!event) throw new UsageError(`--system-events: "${name}" is none of ${SYSTEM_EVENTS.join(', ')}.`);
      return event;
    });
}

function logLevel(text: string): LogLevel {
  const level = LOG_LEVELS.find((known) => known === text);
  if (!level) throw new UsageError(`--log-level: "${text}" is none of ${LOG_LEVELS.join(', ')}.`);
  return level;
}
