import type { PolicyValues } from './domain/policies/policy';
import { MINUTE, SECOND } from './domain/time';
import { matching, URL_FORM, type SettingsReader } from './settings';

const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** What applies where no rule of the policy table does. Problems are collected by the reader. */
export const readPolicyBase = (read: SettingsReader): PolicyValues => ({
  grace: read.duration('DISCONNECT_GRACE', 3 * MINUTE, SECOND, DAY),
  agentGrace: read.duration('AGENT_DISCONNECT_GRACE', MINUTE, SECOND, DAY),
  maxExtension: read.duration('WAIT_EXTENSION_MAX', 30 * MINUTE, 0, DAY),
  openAutoClose: read.durationOr('OPEN_AUTO_CLOSE', ['never'], 20 * MINUTE, SECOND, 60 * DAY),
  openAutoCloseWhileConnected: flag(read, 'OPEN_AUTO_CLOSE_WHILE_CONNECTED'),
  wrapUpAutoClose: read.durationOr('WRAP_UP_AUTO_CLOSE', ['never'], 15 * MINUTE, SECOND, 60 * DAY),
  waitingAutoClose: read.durationOr('WAITING_AUTO_CLOSE', ['never'], DAY, SECOND, 60 * DAY),
  wrapUpCapacity: read.durationOr('WRAP_UP_CAPACITY', ['always', 'none'], 'always', 30 * SECOND, HOUR),
  capacityUnits: read.wholeNumber('CONVERSATION_CAPACITY_UNITS', 20, 0, 100),
  reconnect: flag(read, 'RECONNECT_ENABLED'),
  reconnectTimeLimit: read.duration('RECONNECT_TIME_LIMIT', 30 * MINUTE, MINUTE, 7 * DAY),
  reconnectPortalUrl: read.optional('RECONNECT_PORTAL_URL', URL_FORM),
  reconnectRedirectUrl: read.optional('RECONNECT_REDIRECT_URL', URL_FORM),
});

const flag = (read: SettingsReader, name: string): boolean =>
  read.optional(name, matching(/^(true|false)$/, '"true" or "false"')) === 'true';
