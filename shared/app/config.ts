import { type Milliseconds, MINUTE, SECOND } from '../conversation/time';
import type { PolicyValues } from '../policies/policy';
import { ConfigurationError } from './errors';
import {
  type Form,
  GUID,
  HTTPS_ORIGIN,
  matching,
  partOf,
  SCHEDULE,
  SECRET,
  SettingsReader,
  STORAGE_STRING,
  URL_FORM,
  WEB_PUBSUB_STRING,
} from './settings-reader';

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

/** How a client proves itself to an Azure service: a connection string with a key, or the app's identity. */
export type Connection = { readonly connectionString: string } | { readonly endpoint: string };

/** Everything the product reads from its environment. README has the table of settings. */
export interface Config {
  /** What applies where no rule of the policy table does. */
  readonly policyBase: PolicyValues;
  /** `AGENT_CAPACITY_UNITS`: the capacity of an agent for whom none is set. */
  readonly agentCapacityUnits: number;
  readonly webPubSub: {
    readonly connection: Connection;
    readonly hub: string;
    /** Host name of the service, which its events name as their origin. */
    readonly host: string;
  };
  /** `WEBHOOK_GUARD`: what proves that an event comes from the service. There is no "none". */
  readonly webhookGuard:
    | { readonly type: 'signature'; readonly accessKeys: readonly string[] }
    | {
        readonly type: 'entra';
        readonly tenantId: string;
        readonly audience: string;
        readonly callerObjectId: string;
        readonly authority: string;
      };
  readonly rateLimits: {
    /** `NEGOTIATE_RATE_LIMIT`: new conversations per minute, client address and instance; 0 is no limit. */
    readonly negotiate: number;
    /** `TICKET_RATE_LIMIT`: requests per minute, customer's ticket and instance; 0 is no limit. */
    readonly ticket: number;
    /** `TRUSTED_PROXIES`: how many proxies of the deployer's own stand between the clients and the platform. */
    readonly trustedProxies: number;
  };
  readonly tables: Connection;
  /** The first key signs tickets, all are accepted. */
  readonly ticketSigningKeys: readonly [string, ...string[]];
  readonly ticketLifetime: Milliseconds;
  /** What was lost is made up for. */
  readonly reconciliation: {
    /** `RECONCILE_SCHEDULE`: NCRONTAB, six fields, UTC. */
    readonly schedule: string;
    /** `RECONCILE_OVERDUE_AFTER`: how late a timer may be. */
    readonly overdueAfter: Milliseconds;
    /** `RECONCILE_COMPARE_EVERY`: minutes in which every conversation is compared with the service once. */
    readonly compareEvery: number;
  };
  /** `AZURE_CLIENT_ID`: the user-assigned identity, where there is one. */
  readonly identityClientId: string | undefined;
}

/**
 * Reads and checks the whole configuration once.
 * @throws ConfigurationError naming every missing or malformed variable and its accepted form, never its value
 */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const read = new SettingsReader(env);
  const webPubSub = readConnection(read, 'WEB_PUBSUB', WEB_PUBSUB_STRING);
  const previousKey = read.optional('TICKET_SIGNING_KEY_PREVIOUS', SECRET);
  const hub = matching(/^[A-Za-z][A-Za-z0-9_]{0,127}$/, 'a hub name such as "chat"');
  const policyBase = readPolicyBase(read);
  const config: Config = {
    policyBase,
    agentCapacityUnits: read.wholeNumber('AGENT_CAPACITY_UNITS', 100, 1, 1_000),
    webPubSub: {
      connection: webPubSub,
      hub: read.optional('WEB_PUBSUB_HUB', hub) ?? 'chat',
      host: hostOf(webPubSub),
    },
    webhookGuard: readGuard(read, webPubSub),
    rateLimits: {
      negotiate: read.wholeNumber('NEGOTIATE_RATE_LIMIT', 120, 0, 100_000),
      ticket: read.wholeNumber('TICKET_RATE_LIMIT', 600, 0, 100_000),
      trustedProxies: read.wholeNumber('TRUSTED_PROXIES', 0, 0, 5),
    },
    tables: readConnection(read, 'CONVERSATION_TABLES', STORAGE_STRING),
    ticketSigningKeys: [
      read.required('TICKET_SIGNING_KEY', SECRET),
      ...(previousKey === undefined ? [] : [previousKey]),
    ],
    ticketLifetime: read.duration(
      'TICKET_LIFETIME',
      Math.max(12 * 60 * MINUTE, policyBase.grace),
      MINUTE,
      7 * 24 * 60 * MINUTE,
    ),
    reconciliation: {
      schedule: read.optional('RECONCILE_SCHEDULE', SCHEDULE) ?? '0 * * * * *',
      overdueAfter: read.duration('RECONCILE_OVERDUE_AFTER', 30 * SECOND, SECOND, 60 * MINUTE),
      compareEvery: read.wholeNumber('RECONCILE_COMPARE_EVERY', 8, 1, 1_440),
    },
    identityClientId: read.optional('AZURE_CLIENT_ID', GUID),
  };
  if (config.ticketLifetime < policyBase.grace) {
    read.problems.push(
      'TICKET_LIFETIME must be at least DISCONNECT_GRACE: a ticket is what a customer comes back with',
    );
  }
  if (read.problems.length > 0) throw new ConfigurationError(read.problems);
  return Object.freeze(config);
}

/** `<prefix>_CONNECTION_STRING` or `<prefix>_ENDPOINT`, one of them. */
function readConnection(read: SettingsReader, prefix: string, form: Form): Connection {
  const [connectionString, endpoint] = [`${prefix}_CONNECTION_STRING`, `${prefix}_ENDPOINT`];
  if (read.has(connectionString) && read.has(endpoint)) {
    read.problems.push(`${connectionString} and ${endpoint} are both given: give one of them`);
  } else if (read.has(endpoint)) {
    return { endpoint: read.optional(endpoint, HTTPS_ORIGIN) ?? '' };
  } else if (read.has(connectionString)) {
    return { connectionString: read.optional(connectionString, form) ?? '' };
  } else {
    read.problems.push(
      `${connectionString} or ${endpoint} is missing: give ${form.says}, or the https URL of the service`,
    );
  }
  return { connectionString: '' };
}

function readGuard(read: SettingsReader, webPubSub: Connection): Config['webhookGuard'] {
  const type = read.required('WEBHOOK_GUARD', matching(/^(signature|entra)$/, '"signature" or "entra"'));
  if (type === 'entra') {
    const audience = matching(/^\S+$/, 'the resource for which the event handler asks its token');
    const authority =
      read.optional('WEBHOOK_TOKEN_AUTHORITY', URL_FORM) ?? 'https://login.microsoftonline.com';
    return {
      type,
      // Tokens have them in small letters.
      tenantId: read.required('WEBHOOK_TOKEN_TENANT_ID', GUID).toLowerCase(),
      audience: read.required('WEBHOOK_TOKEN_AUDIENCE', audience),
      callerObjectId: read.required('WEBHOOK_TOKEN_CALLER', GUID).toLowerCase(),
      authority: authority.replace(/\/$/, ''),
    };
  }
  const primary = 'connectionString' in webPubSub ? webPubSub.connectionString : '';
  const secondary = read.optional('WEB_PUBSUB_CONNECTION_STRING_SECONDARY', WEB_PUBSUB_STRING) ?? '';
  const accessKeys = [primary, secondary].flatMap((text) => partOf(text, 'AccessKey') ?? []);
  if (type === 'signature' && accessKeys.length === 0) {
    read.problems.push(
      'WEBHOOK_GUARD "signature" needs an AccessKey in WEB_PUBSUB_CONNECTION_STRING: give it, or use "entra"',
    );
  }
  return { type: 'signature', accessKeys };
}

function hostOf(connection: Connection): string {
  const url =
    'endpoint' in connection ? connection.endpoint : partOf(connection.connectionString, 'Endpoint');
  return url !== undefined && URL.canParse(url) ? new URL(url).hostname : '';
}
