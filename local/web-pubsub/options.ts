import type { AttemptReport } from './upstream/deliver';
import { consoleLog, type Log } from './log';
import { realTime, type After } from './time';

/** Fixed so that everybody's local settings agree. It protects nothing; never use it outside your machine. */
export const DEVELOPMENT_ACCESS_KEY = 'local-development-only-access-key-do-not-deploy';

export const SYSTEM_EVENTS = ['connect', 'connected', 'disconnected'] as const;
export type SystemEvent = (typeof SYSTEM_EVENTS)[number];

export interface WebPubSubOptions {
  /** 0, the default, takes a free port. */
  port?: number;
  hub: string;
  /** The app's webhook. `{hub}` and `{event}` are replaced; during validation `{event}` is `validate`. */
  handlerUrl: string;
  accessKey?: string;
  secondaryAccessKey?: string;
  systemEvents?: readonly SystemEvent[];
  /** `*` (the default), one name, or names separated by commas. */
  userEventPattern?: string;
  recoveryWindowMs?: number;
  retryDelaysMs?: readonly number[];
  /** How long one event may take, repeats and their delays included. */
  eventTimeoutMs?: number;
  /** Added to the clock that `ce-time` is read from, to play a service whose clock is wrong. */
  clockOffsetMs?: number;
  /** How the service waits for a window, a pause or a limit to be over; a test hands in time that it turns itself. */
  after?: After;
  /** Called after every attempt to hand an event to the webhook. */
  onEvent?: (attempt: AttemptReport) => void;
  /** Where one-line warnings go; stderr unless told otherwise. */
  log?: Log;
}

export type Settings = Required<Omit<WebPubSubOptions, 'onEvent'>> & Pick<WebPubSubOptions, 'onEvent'>;

export function settingsFrom(options: WebPubSubOptions): Settings {
  if (!/^[A-Za-z][A-Za-z0-9_]{0,127}$/.test(options.hub)) {
    throw new Error(
      `hub: "${options.hub}" is not a hub name (a letter, then letters, digits or underscores).`,
    );
  }
  if (!URL.canParse(options.handlerUrl.replaceAll(/[{}]/g, '')) || !/^https?:/.test(options.handlerUrl)) {
    throw new Error('handlerUrl: expected an http or https URL.');
  }
  const accessKey = options.accessKey ?? DEVELOPMENT_ACCESS_KEY;
  return {
    port: options.port ?? 0,
    hub: options.hub,
    handlerUrl: options.handlerUrl,
    accessKey,
    secondaryAccessKey: options.secondaryAccessKey ?? `secondary-${accessKey}`,
    systemEvents: options.systemEvents ?? SYSTEM_EVENTS,
    userEventPattern: options.userEventPattern ?? '*',
    recoveryWindowMs: options.recoveryWindowMs ?? 30_000,
    retryDelaysMs: options.retryDelaysMs ?? [1000, 3000, 5000],
    eventTimeoutMs: options.eventTimeoutMs ?? 100_000,
    clockOffsetMs: options.clockOffsetMs ?? 0,
    after: options.after ?? realTime,
    onEvent: options.onEvent,
    log: options.log ?? consoleLog('warning'),
  };
}
