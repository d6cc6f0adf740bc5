import fc from 'fast-check';
import { type Config, loadConfig } from '../../../../shared/app/config';
import { ConfigurationError } from '../../../../shared/app/errors';
import { each, flat, someLongTexts } from '../long-texts';
import { mutatedText } from '../mutations';
import { must, readsOrRefuses, target, type Target } from '../target';

const GUID = '11111111-2222-3333-4444-555555555555';
const KEYS: Env = {
  WEB_PUBSUB_CONNECTION_STRING: 'Endpoint=https://x.example;AccessKey=SECRET-ACCESS-KEY;Version=1.0;',
  WEB_PUBSUB_CONNECTION_STRING_SECONDARY: 'Endpoint=https://x.example;AccessKey=SECRET-SECOND-KEY;',
  CONVERSATION_TABLES_CONNECTION_STRING:
    'DefaultEndpointsProtocol=https;AccountName=a;AccountKey=SECRET-ACCOUNT-KEY;',
  WEBHOOK_GUARD: 'signature',
};
const IDENTITY: Env = {
  WEB_PUBSUB_ENDPOINT: 'https://x.webpubsub.azure.com',
  CONVERSATION_TABLES_ENDPOINT: 'https://account.table.core.windows.net',
  WEBHOOK_GUARD: 'entra',
  WEBHOOK_TOKEN_TENANT_ID: GUID,
  WEBHOOK_TOKEN_AUDIENCE: 'api://chat',
  WEBHOOK_TOKEN_CALLER: GUID,
  WEBHOOK_TOKEN_AUTHORITY: 'https://login.example',
  AZURE_CLIENT_ID: GUID,
};
const COMMON: Env = {
  TICKET_SIGNING_KEY: 'SECRET-SIGNING-KEY-of-32-or-more-characters',
  TICKET_SIGNING_KEY_PREVIOUS: 'SECRET-PREVIOUS-KEY-of-32-or-more-characters',
  TICKET_LIFETIME: 'PT12H',
  CUSTOMER_TICKET_LIFETIME: 'P90D',
  WEB_PUBSUB_HUB: 'chat',
  DISCONNECT_GRACE: 'PT3M',
  AGENT_DISCONNECT_GRACE: 'PT1M',
  OFFER_TIMEOUT: 'PT30S',
  OUTAGE_ALLOWANCE: 'PT1M',
  LOSS_NEWS_AFTER: 'PT2S',
  CONNECTIONS_PER_CONVERSATION: '20',
  WAIT_EXTENSION_MAX: 'PT30M',
  OPEN_AUTO_CLOSE: 'never',
  OPEN_AUTO_CLOSE_WHILE_CONNECTED: 'false',
  WRAP_UP_AUTO_CLOSE: 'PT15M',
  WAITING_AUTO_CLOSE: 'P1D',
  WRAP_UP_CAPACITY: 'always',
  AGENT_CAPACITY_UNITS: '100',
  CONVERSATION_CAPACITY_UNITS: '20',
  RECONNECT_ENABLED: 'true',
  RECONNECT_TIME_LIMIT: 'PT30M',
  RECONNECT_PORTAL_URL: 'https://portal.example/chat',
  RECONNECT_REDIRECT_URL: 'https://portal.example/sorry',
  READ_AFTER_END: 'P1D',
  RETENTION: 'P90D',
  RECONCILE_SCHEDULE: '0 * * * * *',
  RECONCILE_OVERDUE_AFTER: 'PT20S',
  RECONCILE_COMPARE_EVERY: '8',
  NEGOTIATE_RATE_LIMIT: '120',
  TICKET_RATE_LIMIT: '600',
  SOCKETS_PER_ADDRESS: '200',
  TRUSTED_PROXIES: '0',
  SITE: 'all',
};
type Env = Readonly<Record<string, string>>;
const GOOD: readonly Env[] = [
  { ...COMMON, ...KEYS },
  { ...COMMON, ...IDENTITY },
];
const NAMES = [...new Set(GOOD.flatMap((env) => Object.keys(env)))];
const VALUES = [...new Set(GOOD.flatMap((env) => Object.values(env)))];

/** A usable environment, in which up to three settings are missing, bent, or have the value of another. */
const environment: fc.Arbitrary<Record<string, string | undefined>> = fc
  .tuple(
    fc.constantFrom(...GOOD),
    fc.array(
      fc.tuple(
        fc.constantFrom(...NAMES),
        fc.option(mutatedText(fc.constantFrom(...VALUES)), { nil: undefined }),
      ),
      { maxLength: 3 },
    ),
  )
  .map(([env, changes]) => ({ ...env, ...Object.fromEntries(changes) }));

function mustBeUsable({ policyBase, rateLimits, webhookGuard, ...config }: Config): void {
  const { grace, openAutoClose, wrapUpCapacity } = policyBase;
  must(grace >= 1_000 && grace <= 86_400_000, 'a grace period of a second to a day');
  must(openAutoClose === 'never' || openAutoClose >= grace, 'the grace period at least');
  must(typeof wrapUpCapacity !== 'number' || wrapUpCapacity >= 30_000, '30 seconds at least');
  must(config.agentCapacityUnits >= 1 && config.agentCapacityUnits <= 1_000, 'units');
  must(rateLimits.negotiate <= 100_000 && rateLimits.trustedProxies <= 5, 'limits');
  must(
    config.ticketSigningKeys.every((key) => key.length >= 32),
    'keys that nobody guesses',
  );
  must(
    Boolean(webhookGuard.type === 'entra' ? webhookGuard.audience : webhookGuard.accessKeys[0]),
    'a guard',
  );
}

export const CONFIGURATION: readonly Target[] = [
  target<Record<string, string | undefined>>({
    name: 'configuration',
    parsers: ['loadConfig'],
    inputs: environment,
    reads: (env) =>
      readsOrRefuses(
        () => mustBeUsable(loadConfig(env)),
        ConfigurationError,
        ({ message }) => {
          must(
            NAMES.some((name) => message.includes(name)),
            'names a setting',
          );
          must(!message.includes('SECRET'), 'repeats no value');
        },
      ),
    long: (characters) =>
      flat(NAMES, (name) =>
        flat(GOOD, (env) => each(someLongTexts(characters), (text) => ({ ...env, [name]: text }))),
      ),
  }),
];
