import type { Milliseconds } from '../conversation/time';
import { type PolicyValues, readLengths, type Written } from '../policies/policy';
import type { SitePart } from '../site/site';
import { ConfigurationError } from './errors';
import {
  AUTHORITY,
  duration,
  durationOr,
  flag,
  type Form,
  FUNCTION_KEYS,
  GUID,
  HTTPS_ORIGIN,
  matching,
  partOf,
  SCHEDULE,
  SECRET,
  SECRETS,
  type Setting,
  SettingsReader,
  type SettingWithDefault,
  STORAGE_STRING,
  URL_FORM,
  WEB_PUBSUB_STRING,
  wholeNumber,
} from './settings-reader';

const required = (form: Form<string>, about: string, note = 'required'): Setting<string> => ({
  about,
  form,
  note,
});
const optional = <T>(form: Form<T>, about: string): Setting<T> => ({ about, form });
const withDefault = (form: Form<string>, fallback: string, about: string): SettingWithDefault<string> => ({
  about,
  form,
  fallback,
});

/** Only what is given can contradict: the default of what depends on the grace period goes with it. */
const LONGER_GRACE = 'or `DISCONNECT_GRACE` if that is longer';

/** How long somebody is waited for, and what closes by itself. A rule of the policy table goes before each of them. */
export const POLICY_SETTINGS = {
  DISCONNECT_GRACE: duration(
    'PT3M',
    'PT1S',
    'PT24H',
    'Grace period: how long a customer may be without a connection before the conversation ends.',
  ),
  LOSS_NEWS_AFTER: duration(
    'PT2S',
    'PT0S',
    'PT1M',
    'How long a customer must be gone before agents are told: a reload is no news. The wait counts from the loss all the same.',
  ),
  CONNECTIONS_PER_CONVERSATION: wholeNumber(
    '20',
    1,
    200,
    'How many sockets (tabs, devices) the customer of a conversation may open.',
  ),
  AGENT_DISCONNECT_GRACE: duration(
    'PT1M',
    'PT1S',
    'PT24H',
    'How long an agent may be without a connection before the conversation goes back to its queue.',
  ),
  OFFER_TIMEOUT: durationOr(
    ['never'],
    'PT30S',
    'PT1S',
    'PT24H',
    'How long an offer waits for its agent to accept before the conversation goes back to its queue.',
  ),
  OUTAGE_ALLOWANCE: duration(
    'PT1M',
    'PT0S',
    'PT1H',
    'How long somebody may still come back after an outage that lasted over the deadline: the app, the storage or the ' +
      'socket service did not work. Never longer than the wait itself. `PT0S`: not at all.',
  ),
  WAIT_EXTENSION_MAX: duration(
    'PT30M',
    'PT0S',
    'PT24H',
    'What agents can add to one wait, all extensions together.',
  ),
  OPEN_AUTO_CLOSE: durationOr(
    ['never'],
    'PT20M',
    'PT1S',
    'P60D',
    'A live chat in `Open` is closed after this time without activity; at least `DISCONNECT_GRACE`.',
    LONGER_GRACE,
  ),
  OPEN_AUTO_CLOSE_WHILE_CONNECTED: flag(
    'Whether `OPEN_AUTO_CLOSE` also closes a live chat whose customer is connected.',
  ),
  WRAP_UP_AUTO_CLOSE: durationOr(
    ['never'],
    'PT15M',
    'PT1S',
    'P60D',
    'A live chat in `WrapUp` is closed after this time.',
  ),
  WAITING_AUTO_CLOSE: durationOr(
    ['never'],
    'P1D',
    'PT1S',
    'P60D',
    'A persistent chat in `Waiting` is closed after this time without activity.',
  ),
  WRAP_UP_CAPACITY: durationOr(
    ['always', 'none'],
    'always',
    'PT30S',
    'PT1H',
    "How long a conversation in `WrapUp` takes units of its agent's capacity.",
  ),
  CONVERSATION_CAPACITY_UNITS: wholeNumber(
    '20',
    0,
    100,
    "How many units of an agent's capacity a conversation takes; at most `AGENT_CAPACITY_UNITS`.",
  ),
  RECONNECT_ENABLED: flag('Whether customers can reconnect to a previous chat.'),
  RECONNECT_TIME_LIMIT: duration(
    'PT30M',
    'PT1M',
    'P7D',
    'How long they can; with `RECONNECT_ENABLED` at least `DISCONNECT_GRACE`. It takes its place once an agent has accepted.',
    LONGER_GRACE,
  ),
  RECONNECT_PORTAL_URL: optional(URL_FORM, 'The page with the widget: a reconnect link leads to it.'),
  RECONNECT_REDIRECT_URL: optional(URL_FORM, 'Where a customer is sent who comes back after the time limit.'),
  RETENTION: durationOr(
    ['never'],
    'P90D',
    'P1D',
    'P3650D',
    'How long after its closing a conversation is stored; then it is erased. `never`: it is kept. At least `READ_AFTER_END`.',
  ),
  READ_AFTER_END: duration(
    'P1D',
    'PT0S',
    'P30D',
    'How long after the end a customer can read its conversation with its ticket, unless it has ended it itself. `PT0S`: not ' +
      'at all.',
  ),
};

export const AGENT_SETTINGS = {
  AGENT_CAPACITY_UNITS: wholeNumber(
    '100',
    1,
    1_000,
    'How many units of capacity an agent has. `PUT /api/v1/agents/{agentId}/capacity` sets it for one agent.',
  ),
};

export const RECONCILIATION_SETTINGS = {
  RECONCILE_SCHEDULE: withDefault(SCHEDULE, '0 * * * * *', 'When reconciliation runs, in UTC.'),
  RECONCILE_OVERDUE_AFTER: duration(
    'PT20S',
    'PT1S',
    'PT1H',
    'How late a timer may be before reconciliation does its work.',
  ),
  RECONCILE_COMPARE_EVERY: wholeNumber(
    '8',
    1,
    1_440,
    'In how many minutes every conversation is compared with the service once.',
  ),
};

export const ACCESS_SETTINGS = {
  TICKET_SIGNING_KEY: required(SECRET, 'The key that signs tickets and reconnect links.'),
  TICKET_SIGNING_KEY_PREVIOUS: optional(
    SECRET,
    'A key that signed tickets before: it is still accepted. For rotation.',
  ),
  TICKET_LIFETIME: duration(
    'PT12H',
    'PT1M',
    'P7D',
    "How long an agent's ticket is valid. The desk's backend gets the next one at any time.",
  ),
  // Prevents: the ticket runs out while its customer is connected or waited for. No wait of a setting or policy is longer.
  CUSTOMER_TICKET_LIFETIME: duration(
    'P90D',
    'P60D',
    'P365D',
    "How long a customer's first ticket is valid, and with it every one that comes of it; a reconnect link is valid so long from " +
      'the beginning of the conversation. Its end revokes all of them.',
  ),
  CUSTOMER_INDEX_KEYS: optional(
    SECRETS,
    'What finds the conversations of a signed-in customer: of the ids that the site gives, digests under the first of these ' +
      'keys are stored. The others still find what was stored under them before. Without any, ids are digested without a key.',
  ),
  NEGOTIATE_RATE_LIMIT: wholeNumber(
    '120',
    0,
    100_000,
    'New conversations per minute from one client address, for each instance of the app. `0`: no limit.',
  ),
  TICKET_RATE_LIMIT: wholeNumber(
    '600',
    0,
    100_000,
    "Requests and handshakes per minute with one customer's ticket, at most 120 of them handshakes, for each instance of " +
      'the app; an agent has ten times as many. `0`: no limit.',
  ),
  SOCKETS_PER_ADDRESS: wholeNumber(
    '200',
    0,
    100_000,
    "Customers' sockets that may be open at once from one client address, over all instances; from an IPv6 /56 twice and " +
      'from a /48 four times as many. `0`: no limit.',
  ),
  TRUSTED_PROXIES: wholeNumber(
    '0',
    0,
    5,
    'How many proxies of your own stand in front of the app: it decides which entry of `X-Forwarded-For` is the client.',
  ),
};

const WITH_SIGN_IN = 'given with `ENTRA_TENANT_ID` only';

export const SIGN_IN_SETTINGS = {
  ENTRA_TENANT_ID: {
    ...optional(GUID, 'The tenant of Entra ID whose people are agents and operators.'),
    note: 'none: function keys alone, which the host checks',
  },
  ENTRA_AUDIENCE: {
    ...optional(
      matching(/^\S+$/, 'a client id, or an application id URI such as "api://<client id>"'),
      'The app registration that tokens are asked for. Its app roles `Chat.Agent` and `Chat.Operator` say who may what.',
    ),
    note: 'required with `ENTRA_TENANT_ID`',
  },
  ENTRA_AUTHORITY: withDefault(
    AUTHORITY,
    'https://login.microsoftonline.com',
    'The authority that issues the tokens; another one in national clouds.',
  ),
  DESK_KEYS: {
    ...optional(FUNCTION_KEYS, "What the desk's backend shows as its function key. Two while it changes."),
    note: WITH_SIGN_IN,
  },
  OPERATOR_KEYS: {
    ...optional(FUNCTION_KEYS, 'What operators show as their function key. Two while it changes.'),
    note: WITH_SIGN_IN,
  },
};

const ONE_OF = 'required: one of the two';
const FOR_ENTRA = 'required with `entra`';

export const SERVICE_SETTINGS = {
  WEB_PUBSUB_CONNECTION_STRING: required(WEB_PUBSUB_STRING, 'Azure Web PubSub, by an access key.', ONE_OF),
  WEB_PUBSUB_ENDPOINT: required(HTTPS_ORIGIN, "Azure Web PubSub, by the app's identity.", ONE_OF),
  WEB_PUBSUB_CONNECTION_STRING_SECONDARY: optional(
    WEB_PUBSUB_STRING,
    'With the second access key: its signatures are accepted as well. For rotation.',
  ),
  WEB_PUBSUB_HUB: withDefault(
    matching(/^[A-Za-z][A-Za-z0-9_]{0,127}$/, 'a hub name such as "chat"'),
    'chat',
    'The hub.',
  ),
  WEB_PUBSUB_OTHER_HOSTS: optional(
    matching(
      /^[a-z\d.-]+(\s*,\s*[a-z\d.-]+)*$/i,
      'host names such as "chat.contoso.com", separated by commas',
    ),
    'Other hosts by which clients reach the same service, such as custom domains: its events name the host that a client ' +
      'has come by, and their validation is answered for these, too.',
  ),
  WEBHOOK_GUARD: required(
    matching(/^(signature|entra)$/, '"signature" or "entra"'),
    'What proves that an event comes from Web PubSub: the `signature` of an access key, or an `entra` token of the ' +
      'service\'s identity. There is no "none".',
  ),
  WEBHOOK_TOKEN_TENANT_ID: required(GUID, 'The tenant that issues the token.', FOR_ENTRA),
  WEBHOOK_TOKEN_AUDIENCE: required(
    matching(/^\S+$/, 'the resource for which the event handler asks its token'),
    'The audience of the token.',
    FOR_ENTRA,
  ),
  WEBHOOK_TOKEN_CALLER: required(GUID, "The object id of the service's identity.", FOR_ENTRA),
  WEBHOOK_TOKEN_AUTHORITY: withDefault(
    URL_FORM,
    'https://login.microsoftonline.com',
    'The authority that issues the token; another one in national clouds.',
  ),
  CONVERSATION_TABLES_CONNECTION_STRING: required(
    STORAGE_STRING,
    'The storage account of the conversations, by a key.',
    ONE_OF,
  ),
  CONVERSATION_TABLES_ENDPOINT: required(
    HTTPS_ORIGIN,
    "The same by the app's identity: the URL of its table service.",
    ONE_OF,
  ),
  AZURE_CLIENT_ID: optional(GUID, 'The client id of a user-assigned identity, if the app has one.'),
};

export const SITE_SETTINGS = {
  SITE: withDefault(
    matching(/^(all|widget|none)$/, '"all", "widget" or "none"'),
    'all',
    'What `/api/site/` serves: `all` (the widget, the console of agents and operators, the page of the API, and on the local stack the pages to try it), ' +
      'the `widget` alone, or `none` of it.',
  ),
};

export const TELEMETRY_SETTINGS = {
  OTEL_EXPORTER_OTLP_ENDPOINT: optional(
    matching(/^https?:\/\/[^\s@?#]+$/, 'an http or https URL'),
    'The collector that traces and metrics are sent to, by OTLP over HTTP. The exporters add `/v1/traces` and `/v1/metrics`, and read ' +
      "`OTEL_EXPORTER_OTLP_HEADERS`. Without it there are none, and nothing of OpenTelemetry's SDK is loaded.",
  ),
  OTEL_TRACES_EXPORTER: optional(
    matching(/^(otlp|console|none)$/, '"otlp", "console" or "none"'),
    '`console`: spans are printed, for your own machine. `none`: there are no traces. `otlp`: they go to the collector, as they do without this setting.',
  ),
  OTEL_TRACES_SAMPLER_ARG: withDefault(
    matching(/^(0(\.\d{1,6})?|1(\.0{1,6})?)$/, 'a number from 0 to 1'),
    '1',
    'The share of traces that is kept, decided by the id of the trace.',
  ),
  OTEL_METRICS_EXPORTER: optional(
    matching(/^(otlp|console|none)$/, '"otlp", "console" or "none"'),
    'The same for metrics.',
  ),
  OTEL_METRIC_EXPORT_INTERVAL: withDefault(
    matching(/^[1-9]\d{3,6}$/, 'milliseconds, from 1000 on'),
    '60000',
    'How often metrics are sent or printed, in milliseconds.',
  ),
  OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: withDefault(
    matching(/^(delta|cumulative)$/, '"delta" or "cumulative"'),
    'delta',
    'What a metric says: how much since it was sent last (`delta`, as Azure Monitor takes it, and right for processes that come and go), or since the process ' +
      'has started (`cumulative`, for Prometheus).',
  ),
  OTEL_SERVICE_NAME: withDefault(
    matching(/^[\w.-]{1,100}$/, 'up to 100 letters, digits, dots, dashes and underscores'),
    'chat-disconnect-detection',
    'The name of the app in its traces and metrics.',
  ),
};

/** Every setting of the product, by its name in the environment. docs/CONFIGURATION.md is made from these. */
export const SETTINGS = {
  ...POLICY_SETTINGS,
  ...AGENT_SETTINGS,
  ...RECONCILIATION_SETTINGS,
  ...ACCESS_SETTINGS,
  ...SIGN_IN_SETTINGS,
  ...SITE_SETTINGS,
  ...TELEMETRY_SETTINGS,
  ...SERVICE_SETTINGS,
};
type Reader = SettingsReader<typeof SETTINGS>;

/** What applies where no rule of the policy table does. Problems are collected by the reader. */
const readPolicyBase = (read: Reader, grace = read.value('DISCONNECT_GRACE')): PolicyValues => ({
  grace,
  lossNewsAfter: read.value('LOSS_NEWS_AFTER'),
  connections: read.value('CONNECTIONS_PER_CONVERSATION'),
  agentGrace: read.value('AGENT_DISCONNECT_GRACE'),
  offerTimeout: read.value('OFFER_TIMEOUT'),
  outageAllowance: read.value('OUTAGE_ALLOWANCE'),
  maxExtension: read.value('WAIT_EXTENSION_MAX'),
  openAutoClose: read.optional('OPEN_AUTO_CLOSE') ?? atLeast(grace, read.fallback('OPEN_AUTO_CLOSE')),
  openAutoCloseWhileConnected: read.value('OPEN_AUTO_CLOSE_WHILE_CONNECTED'),
  wrapUpAutoClose: read.value('WRAP_UP_AUTO_CLOSE'),
  waitingAutoClose: read.value('WAITING_AUTO_CLOSE'),
  wrapUpCapacity: read.value('WRAP_UP_CAPACITY'),
  capacityUnits: read.value('CONVERSATION_CAPACITY_UNITS'),
  reconnect: read.value('RECONNECT_ENABLED'),
  reconnectTimeLimit:
    read.optional('RECONNECT_TIME_LIMIT') ?? atLeast(grace, read.fallback('RECONNECT_TIME_LIMIT')),
  reconnectPortalUrl: read.optional('RECONNECT_PORTAL_URL'),
  reconnectRedirectUrl: read.optional('RECONNECT_REDIRECT_URL'),
  readAfterEnd: read.value('READ_AFTER_END'),
  retention: read.value('RETENTION'),
});

/** The settings of the base that are lengths of time. */
const WRITTEN_AS = {
  grace: 'DISCONNECT_GRACE',
  lossNewsAfter: 'LOSS_NEWS_AFTER',
  agentGrace: 'AGENT_DISCONNECT_GRACE',
  offerTimeout: 'OFFER_TIMEOUT',
  outageAllowance: 'OUTAGE_ALLOWANCE',
  maxExtension: 'WAIT_EXTENSION_MAX',
  openAutoClose: 'OPEN_AUTO_CLOSE',
  wrapUpAutoClose: 'WRAP_UP_AUTO_CLOSE',
  waitingAutoClose: 'WAITING_AUTO_CLOSE',
  wrapUpCapacity: 'WRAP_UP_CAPACITY',
  reconnectTimeLimit: 'RECONNECT_TIME_LIMIT',
  readAfterEnd: 'READ_AFTER_END',
  retention: 'RETENTION',
} as const satisfies Record<keyof Written, keyof typeof POLICY_SETTINGS>;

/** How a client proves itself to an Azure service: a connection string with a key, or the app's identity. */
export type Connection = { readonly connectionString: string } | { readonly endpoint: string };

/** Everything the product reads from its environment. docs/CONFIGURATION.md has the table of settings. */
export interface Config {
  /** What applies where no rule of the policy table does. */
  readonly policyBase: PolicyValues;
  readonly policyBaseWritten: Written;
  /** `AGENT_CAPACITY_UNITS`: the capacity of an agent for whom none is set. */
  readonly agentCapacityUnits: number;
  readonly webPubSub: {
    readonly connection: Connection;
    readonly hub: string;
    /** Host name of the service, by which the app reaches it. */
    readonly host: string;
    /** `WEB_PUBSUB_OTHER_HOSTS`: by which clients reach it. */
    readonly otherHosts: readonly string[];
    /** Origin (`wss:`) of the sockets that the service opens under its own name. */
    readonly socketOrigin: string;
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
  /** How agents and operators sign in with Entra ID; undefined: function keys alone, which the host checks. */
  readonly signIn:
    | {
        readonly tenantId: string;
        readonly audience: string;
        readonly authority: string;
        readonly deskKeys: readonly string[];
        readonly operatorKeys: readonly string[];
      }
    | undefined;
  /** `SITE`: which of its own pages the app serves. */
  readonly site: SitePart;
  /** Where traces and metrics go; undefined: there are none. */
  readonly telemetry:
    | {
        readonly serviceName: string;
        readonly traces?: { readonly exporter: TelemetryExporter; readonly ratio: number };
        readonly metrics?: {
          readonly exporter: TelemetryExporter;
          readonly every: Milliseconds;
          readonly temporality: 'delta' | 'cumulative';
        };
      }
    | undefined;
  readonly rateLimits: {
    /** `NEGOTIATE_RATE_LIMIT`: new conversations per minute, client address and instance; 0 is no limit. */
    readonly negotiate: number;
    /** `TICKET_RATE_LIMIT`: requests per minute, customer's ticket and instance; 0 is no limit. */
    readonly ticket: number;
    /** `SOCKETS_PER_ADDRESS`: open customers' sockets of one client address; 0 is no limit. */
    readonly socketsPerAddress: number;
    /** `TRUSTED_PROXIES`: how many proxies of the deployer's own stand between the clients and the platform. */
    readonly trustedProxies: number;
  };
  readonly tables: Connection;
  /** The first key signs tickets, all are accepted. */
  readonly ticketSigningKeys: readonly [string, ...string[]];
  /** `CUSTOMER_INDEX_KEYS`: the first is written with, all are read with. */
  readonly customerIndexKeys: readonly string[];
  /** `TICKET_LIFETIME`, `CUSTOMER_TICKET_LIFETIME`. */
  readonly ticketLifetimes: { readonly agent: Milliseconds; readonly customer: Milliseconds };
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
  const read = new SettingsReader(SETTINGS, env);
  const webPubSub = readConnection(read, 'WEB_PUBSUB');
  const previousKey = read.optional('TICKET_SIGNING_KEY_PREVIOUS');
  const policyBase = readPolicyBase(read);
  const config: Config = {
    policyBase,
    policyBaseWritten:
      readLengths(
        Object.fromEntries(Object.entries(WRITTEN_AS).map(([policy, name]) => [policy, read.text(name)])),
      ).written ?? {},
    agentCapacityUnits: read.value('AGENT_CAPACITY_UNITS'),
    webPubSub: {
      connection: webPubSub,
      hub: read.value('WEB_PUBSUB_HUB'),
      host: hostOf(webPubSub),
      otherHosts:
        read
          .optional('WEB_PUBSUB_OTHER_HOSTS')
          ?.toLowerCase()
          .split(/[\s,]+/) ?? [],
      socketOrigin: socketOriginOf(webPubSub),
    },
    webhookGuard: readGuard(read, webPubSub),
    signIn: readSignIn(read),
    site: read.value('SITE') as SitePart,
    telemetry: readTelemetry(read),
    rateLimits: {
      negotiate: read.value('NEGOTIATE_RATE_LIMIT'),
      ticket: read.value('TICKET_RATE_LIMIT'),
      socketsPerAddress: read.value('SOCKETS_PER_ADDRESS'),
      trustedProxies: read.value('TRUSTED_PROXIES'),
    },
    tables: readConnection(read, 'CONVERSATION_TABLES'),
    ticketSigningKeys: [
      read.required('TICKET_SIGNING_KEY'),
      ...(previousKey === undefined ? [] : [previousKey]),
    ],
    customerIndexKeys: read.optional('CUSTOMER_INDEX_KEYS')?.split(/[\s,]+/) ?? [],
    ticketLifetimes: {
      agent: read.value('TICKET_LIFETIME'),
      customer: read.value('CUSTOMER_TICKET_LIFETIME'),
    },
    reconciliation: {
      schedule: read.value('RECONCILE_SCHEDULE'),
      overdueAfter: read.value('RECONCILE_OVERDUE_AFTER'),
      compareEvery: read.value('RECONCILE_COMPARE_EVERY'),
    },
    identityClientId: read.optional('AZURE_CLIENT_ID'),
  };
  read.problems.push(...contradictionsIn(config), ...guessableKeysIn(read, config));
  if (read.problems.length > 0) throw new ConfigurationError(read.problems);
  return Object.freeze(config);
}

/**
 * What no two settings can mean together, with both names. Those that may differ are none: a block of capacity that
 * outlasts the wrap-up puts its closure off (R54), and what is off in the base (`RECONNECT_ENABLED`, `never`) may be on by
 * a rule.
 */
function contradictionsIn({ policyBase, agentCapacityUnits }: Config): readonly string[] {
  const { grace, openAutoClose, reconnect, reconnectTimeLimit, capacityUnits, retention, readAfterEnd } =
    policyBase;
  const contradictions: readonly (readonly [boolean, string])[] = [
    [
      openAutoClose !== 'never' && openAutoClose < grace,
      'OPEN_AUTO_CLOSE must be at least DISCONNECT_GRACE: or a customer in the queue is closed away while it is waited for',
    ],
    [
      reconnect && reconnectTimeLimit < grace,
      'RECONNECT_TIME_LIMIT must be at least DISCONNECT_GRACE: it takes its place, and is to give customers more time',
    ],
    [
      retention !== 'never' && retention < readAfterEnd,
      'RETENTION must be at least READ_AFTER_END: or what a customer may read is erased',
    ],
    [
      capacityUnits > agentCapacityUnits,
      'CONVERSATION_CAPACITY_UNITS must be at most AGENT_CAPACITY_UNITS: or no agent can take a conversation',
    ],
  ];
  return contradictions.flatMap(([holds, problem]) => (holds ? [problem] : []));
}

/** Their names, where the app is not only this machine's: whoever guesses one of these keys signs tickets or events. */
function guessableKeysIn(
  read: Reader,
  { webPubSub, tables, customerIndexKeys, signIn }: Config,
): readonly string[] {
  if (LOOPBACK.test(hostOf(webPubSub.connection)) && isLocalStorage(tables)) return [];
  const accessKey = (name: 'WEB_PUBSUB_CONNECTION_STRING' | 'WEB_PUBSUB_CONNECTION_STRING_SECONDARY') =>
    [name, [partOf(read.text(name), 'AccessKey') ?? '']] as const;
  const keys = [
    ['TICKET_SIGNING_KEY', [read.text('TICKET_SIGNING_KEY')]],
    ['TICKET_SIGNING_KEY_PREVIOUS', [read.text('TICKET_SIGNING_KEY_PREVIOUS')]],
    ['CUSTOMER_INDEX_KEYS', customerIndexKeys],
    ['DESK_KEYS', signIn?.deskKeys ?? []],
    ['OPERATOR_KEYS', signIn?.operatorKeys ?? []],
    accessKey('WEB_PUBSUB_CONNECTION_STRING'),
    accessKey('WEB_PUBSUB_CONNECTION_STRING_SECONDARY'),
  ] as const;
  return keys.flatMap(([name, some]) =>
    some.some(isGuessable)
      ? [`${name} has a key that others can guess: give a random one; samples are for a local stack only`]
      : [],
  );
}

/** A sample's, a few characters, or a shorter text over and over. */
function isGuessable(key: string): boolean {
  if (/development-only|change-?me|^local-/i.test(key)) return true;
  const isPeriodic = (length: number) => key.startsWith(key.slice(length));
  const periods = Array.from({ length: Math.min(64, Math.floor(key.length / 2)) }, (_, i) => i + 1);
  return key.length > 0 && (new Set(key).size < 6 || periods.some(isPeriodic));
}

/** Whether the tables are those of an emulator on this machine. */
function isLocalStorage(tables: Connection): boolean {
  const string = 'connectionString' in tables ? tables.connectionString : '';
  const endpoint = partOf(string, 'TableEndpoint') ?? '';
  if (/^UseDevelopmentStorage=true/i.test(string))
    return partOf(string, 'DevelopmentStorageProxyUri') === undefined;
  return URL.canParse(endpoint) && LOOPBACK.test(new URL(endpoint).hostname);
}
const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

const atLeast = <T extends Milliseconds | string>(least: Milliseconds, length: T): T | Milliseconds =>
  typeof length === 'number' ? Math.max(least, length) : length;

/** `<prefix>_CONNECTION_STRING` or `<prefix>_ENDPOINT`, one of them. */
function readConnection(read: Reader, prefix: 'WEB_PUBSUB' | 'CONVERSATION_TABLES'): Connection {
  const connectionString = `${prefix}_CONNECTION_STRING` as const;
  const endpoint = `${prefix}_ENDPOINT` as const;
  if (read.has(connectionString) && read.has(endpoint)) {
    read.problems.push(`${connectionString} and ${endpoint} are both given: give one of them`);
  } else if (read.has(endpoint)) {
    return { endpoint: read.optional(endpoint) ?? '' };
  } else if (read.has(connectionString)) {
    return { connectionString: read.optional(connectionString) ?? '' };
  } else {
    const { says } = SETTINGS[connectionString].form;
    read.problems.push(
      `${connectionString} or ${endpoint} is missing: give ${says}, or the https URL of the service`,
    );
  }
  return { connectionString: '' };
}

function readGuard(read: Reader, webPubSub: Connection): Config['webhookGuard'] {
  const type = read.required('WEBHOOK_GUARD');
  if (type === 'entra') {
    return {
      type,
      // Tokens have them in small letters.
      tenantId: read.required('WEBHOOK_TOKEN_TENANT_ID').toLowerCase(),
      audience: read.required('WEBHOOK_TOKEN_AUDIENCE'),
      callerObjectId: read.required('WEBHOOK_TOKEN_CALLER').toLowerCase(),
      authority: read.value('WEBHOOK_TOKEN_AUTHORITY').replace(/\/$/, ''),
    };
  }
  const primary = 'connectionString' in webPubSub ? webPubSub.connectionString : '';
  const secondary = read.optional('WEB_PUBSUB_CONNECTION_STRING_SECONDARY') ?? '';
  const accessKeys = [primary, secondary].flatMap((text) => partOf(text, 'AccessKey') ?? []);
  if (type === 'signature' && accessKeys.length === 0) {
    read.problems.push(
      'WEBHOOK_GUARD "signature" needs an AccessKey in WEB_PUBSUB_CONNECTION_STRING: give it, or use "entra"',
    );
  }
  return { type: 'signature', accessKeys };
}

type TelemetryExporter = 'otlp' | 'console';

function readTelemetry(read: Reader): Config['telemetry'] {
  const hasEndpoint = read.has('OTEL_EXPORTER_OTLP_ENDPOINT');
  read.optional('OTEL_EXPORTER_OTLP_ENDPOINT');
  const exporterOf = (name: 'OTEL_TRACES_EXPORTER' | 'OTEL_METRICS_EXPORTER') => {
    const chosen = read.optional(name) ?? (hasEndpoint ? 'otlp' : 'none');
    if (chosen === 'otlp' && !hasEndpoint) {
      read.problems.push(`${name} "otlp" needs OTEL_EXPORTER_OTLP_ENDPOINT, too`);
    }
    return chosen === 'none' ? undefined : (chosen as TelemetryExporter);
  };
  const traces = exporterOf('OTEL_TRACES_EXPORTER');
  const metrics = exporterOf('OTEL_METRICS_EXPORTER');
  const ratio = Number(read.value('OTEL_TRACES_SAMPLER_ARG'));
  const every = Number(read.value('OTEL_METRIC_EXPORT_INTERVAL'));
  const preferred = read.value('OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE');
  const temporality = preferred === 'cumulative' ? preferred : 'delta';
  const serviceName = read.value('OTEL_SERVICE_NAME');
  if (traces === undefined && metrics === undefined) return undefined;
  return {
    serviceName,
    ...(traces && { traces: { exporter: traces, ratio } }),
    ...(metrics && { metrics: { exporter: metrics, every, temporality } }),
  };
}

/** Without a tenant nobody is asked for a token, and keys that the app would not look at are a mistake. */
function readSignIn(read: Reader): Config['signIn'] {
  const tenantId = read.optional('ENTRA_TENANT_ID')?.toLowerCase();
  const audience = read.optional('ENTRA_AUDIENCE');
  const [deskKeys = [], operatorKeys = []] = [read.optional('DESK_KEYS'), read.optional('OPERATOR_KEYS')];
  const authority = read.value('ENTRA_AUTHORITY').replace(/\/$/, '');
  if (read.has('ENTRA_TENANT_ID')) {
    if (!read.has('ENTRA_AUDIENCE')) read.problems.push('ENTRA_TENANT_ID needs ENTRA_AUDIENCE, too');
  } else {
    const alone = (['ENTRA_AUDIENCE', 'DESK_KEYS', 'OPERATOR_KEYS'] as const).filter((name) =>
      read.has(name),
    );
    for (const name of alone) read.problems.push(`${name} needs ENTRA_TENANT_ID, too`);
  }
  if (tenantId === undefined || audience === undefined) return undefined;
  return { tenantId, audience, authority, deskKeys, operatorKeys };
}

const hostOf = (connection: Connection): string => endpointOf(connection)?.hostname ?? '';

function socketOriginOf(connection: Connection): string {
  const { protocol, host } = endpointOf(connection) ?? { protocol: 'https:', host: '' };
  const port = 'connectionString' in connection ? partOf(connection.connectionString, 'Port') : undefined;
  return `${protocol.replace('http', 'ws')}//${host}${port === undefined ? '' : `:${port}`}`;
}

function endpointOf(connection: Connection): URL | undefined {
  const url =
    'endpoint' in connection ? connection.endpoint : partOf(connection.connectionString, 'Endpoint');
  return url !== undefined && URL.canParse(url) ? new URL(url) : undefined;
}
