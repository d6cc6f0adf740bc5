import { describe, expect, it } from '@jest/globals';
import { loadConfig, POLICY_SETTINGS } from '../../shared/app/config';
import { ConfigurationError } from '../../shared/app/errors';
import { parseIsoDuration } from '../../shared/conversation/time';
import { parsePolicyDocument } from '../../shared/policies/policy-document-parser';
import { DEFAULTS } from '../support/domain/policies';
import { partOf } from '../support/part-of';

const SIGNING_KEY = 'q8Xz1mWv7Ub3Kd0Lr5Ty9Ng2Hc6Pf4Js';
const OLDER_KEY = 'b2Nf7Vx0Za9Mk4Qw6Er1Ts8Yu3Io5PlD';

const VALID = {
  WEB_PUBSUB_CONNECTION_STRING: 'Endpoint=https://chat.webpubsub.azure.com;AccessKey=PRIMARY;Version=1.0;',
  WEBHOOK_GUARD: 'signature',
  CONVERSATION_TABLES_CONNECTION_STRING: 'UseDevelopmentStorage=true',
  TICKET_SIGNING_KEY: SIGNING_KEY,
};
const ENTRA = {
  WEB_PUBSUB_ENDPOINT: 'https://chat.webpubsub.azure.com',
  CONVERSATION_TABLES_ENDPOINT: 'https://account.table.core.windows.net',
  WEBHOOK_GUARD: 'entra',
  WEBHOOK_TOKEN_TENANT_ID: '11111111-2222-3333-4444-555555555555',
  WEBHOOK_TOKEN_AUDIENCE: 'api://chat-webhook',
  WEBHOOK_TOKEN_CALLER: '66666666-7777-8888-9999-000000000000',
  TICKET_SIGNING_KEY: SIGNING_KEY,
};

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

type Env = Record<string, string | undefined>;

function problemsOf(env: Env): string {
  try {
    loadConfig(env);
  } catch (thrown) {
    if (thrown instanceof ConfigurationError) return thrown.message;
    throw thrown;
  }
  throw new Error('the configuration was accepted');
}

describe('a usable configuration', () => {
  it('needs four settings; everything else has a default [R24 R82]', () => {
    expect(loadConfig(VALID)).toEqual({
      policyBase: DEFAULTS,
      policyBaseWritten: {},
      agentCapacityUnits: 100,
      webPubSub: {
        connection: { connectionString: VALID.WEB_PUBSUB_CONNECTION_STRING },
        hub: 'chat',
        host: 'chat.webpubsub.azure.com',
        otherHosts: [],
        socketOrigin: 'wss://chat.webpubsub.azure.com',
      },
      site: 'all',
      telemetry: undefined,
      webhookGuard: { type: 'signature', accessKeys: ['PRIMARY'] },
      rateLimits: { negotiate: 120, ticket: 600, socketsPerAddress: 200, trustedProxies: 0 },
      tables: { connectionString: 'UseDevelopmentStorage=true' },
      ticketSigningKeys: [VALID.TICKET_SIGNING_KEY],
      ticketLifetimes: { agent: 12 * HOUR, customer: 90 * DAY },
      customerIndexKeys: [],
      reconciliation: { schedule: '0 * * * * *', overdueAfter: 20_000, compareEvery: 8 },
      identityClientId: undefined,
    });
  });

  const COLLECTOR = { OTEL_EXPORTER_OTLP_ENDPOINT: 'https://collector.example' };
  const TRACES = { exporter: 'otlp', ratio: 1 };
  const METRICS = { exporter: 'otlp', every: 60_000, temporality: 'delta' };
  it.each([
    [COLLECTOR, { traces: TRACES, metrics: METRICS }],
    [
      { ...COLLECTOR, OTEL_TRACES_SAMPLER_ARG: '0.05' },
      { traces: { ...TRACES, ratio: 0.05 }, metrics: METRICS },
    ],
    [{ OTEL_TRACES_EXPORTER: 'console' }, { traces: { ...TRACES, exporter: 'console' } }],
    [
      { OTEL_METRICS_EXPORTER: 'console', OTEL_METRIC_EXPORT_INTERVAL: '5000' },
      { metrics: { ...METRICS, exporter: 'console', every: 5_000 } },
    ],
    [{ ...COLLECTOR, OTEL_TRACES_EXPORTER: 'none' }, { metrics: METRICS }],
    [{ ...COLLECTOR, OTEL_METRICS_EXPORTER: 'none' }, { traces: TRACES }],
    [
      { ...COLLECTOR, OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: 'cumulative' },
      { traces: TRACES, metrics: { ...METRICS, temporality: 'cumulative' } },
    ],
    [{ ...COLLECTOR, OTEL_TRACES_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'none' }, undefined],
  ])('sends traces and metrics only where it is told to: %j [R333]', (given, expected) => {
    const named = expected && { ...expected, serviceName: 'chat-disconnect-detection' };
    expect(loadConfig({ ...VALID, ...given }).telemetry).toEqual(named);
  });

  it('refuses an exporter without its collector, and an address with a password', () => {
    for (const name of ['OTEL_TRACES_EXPORTER', 'OTEL_METRICS_EXPORTER']) {
      expect(problemsOf({ ...VALID, [name]: 'otlp' })).toContain(
        `${name} "otlp" needs OTEL_EXPORTER_OTLP_ENDPOINT`,
      );
    }
    expect(problemsOf({ ...VALID, OTEL_EXPORTER_OTLP_ENDPOINT: 'https://a:secret@b.example' })).toMatch(
      /OTEL_EXPORTER_OTLP_ENDPOINT is malformed(?!.*secret)/,
    );
  });

  it('can do without any key, with identities instead', () => {
    expect(loadConfig({ ...ENTRA, AZURE_CLIENT_ID: ENTRA.WEBHOOK_TOKEN_TENANT_ID })).toMatchObject({
      webPubSub: { connection: { endpoint: ENTRA.WEB_PUBSUB_ENDPOINT }, host: 'chat.webpubsub.azure.com' },
      webhookGuard: {
        type: 'entra',
        tenantId: ENTRA.WEBHOOK_TOKEN_TENANT_ID,
        audience: 'api://chat-webhook',
        authority: 'https://login.microsoftonline.com',
      },
      tables: { endpoint: ENTRA.CONVERSATION_TABLES_ENDPOINT },
      identityClientId: ENTRA.WEBHOOK_TOKEN_TENANT_ID,
    });
  });

  it('may name other hosts of the service', () => {
    const { otherHosts } = loadConfig({
      ...VALID,
      WEB_PUBSUB_OTHER_HOSTS: 'Chat.Contoso.com, r-1.example',
    }).webPubSub;
    expect(otherHosts).toEqual(['chat.contoso.com', 'r-1.example']);
  });

  it('may name the authority of a national cloud', () => {
    const authority = 'https://login.partner.microsoftonline.cn/';
    expect(loadConfig({ ...ENTRA, WEBHOOK_TOKEN_AUTHORITY: authority }).webhookGuard).toMatchObject({
      authority: 'https://login.partner.microsoftonline.cn',
    });
  });

  it('signs agents and operators in with Entra ID where a tenant is named, and has the keys that it compares', () => {
    expect(loadConfig(VALID).signIn).toBeUndefined();
    const tenant = { ENTRA_TENANT_ID: 'AAAAAAAA-bbbb-CCCC-dddd-EEEEEEEEEEEE', ENTRA_AUDIENCE: 'api://chat' };
    expect(loadConfig({ ...VALID, ...tenant }).signIn).toEqual({
      tenantId: 'aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee',
      audience: 'api://chat',
      authority: 'https://login.microsoftonline.com',
      deskKeys: [],
      operatorKeys: [],
    });
    const [one, two] = ['q7Rk2mXw9TbL4vZs', 'Zx81kQm3vT7pLw2RbN6yHc4JdF9gSa5UeXoP0iMnB1tWqYrK'];
    const more = {
      DESK_KEYS: `${one}, ${two}`,
      OPERATOR_KEYS: two,
      ENTRA_AUTHORITY: 'https://login.example/',
    };
    expect(loadConfig({ ...VALID, ...tenant, ...more }).signIn).toMatchObject({
      authority: 'https://login.example',
      deskKeys: [one, two],
      operatorKeys: [two],
    });
  });

  it.each([
    [{ ENTRA_TENANT_ID: ENTRA.WEBHOOK_TOKEN_TENANT_ID }, 'ENTRA_TENANT_ID needs ENTRA_AUDIENCE, too'],
    [{ ENTRA_AUDIENCE: 'api://chat' }, 'ENTRA_AUDIENCE needs ENTRA_TENANT_ID, too'],
    [{ DESK_KEYS: 'x'.repeat(16) }, 'DESK_KEYS needs ENTRA_TENANT_ID, too'],
    [{ OPERATOR_KEYS: 'x'.repeat(16) }, 'OPERATOR_KEYS needs ENTRA_TENANT_ID, too'],
    [{ ENTRA_TENANT_ID: 'contoso' }, 'ENTRA_TENANT_ID is malformed: give a GUID'],
    [
      { DESK_KEYS: `${'x'.repeat(16)},short` },
      'DESK_KEYS is malformed: give one or more keys of at least 16',
    ],
    [{ OPERATOR_KEYS: `${'x'.repeat(16)},` }, 'OPERATOR_KEYS is malformed'],
    [
      { DESK_KEYS: '@Microsoft.KeyVault(SecretUri=https://v/secrets/s)' },
      'DESK_KEYS is a Key Vault reference',
    ],
  ])('does not half sign in: %j', (env, problem) => {
    const problems = problemsOf({ ...VALID, ...env });
    expect(problems).toContain(problem);
    for (const value of Object.values(env).filter((text) => text.includes('xxx'))) {
      expect(problems).not.toContain(value);
    }
  });

  it('may have older keys beside the current ones, for rotation', () => {
    const config = loadConfig({
      ...VALID,
      WEB_PUBSUB_CONNECTION_STRING_SECONDARY:
        'Endpoint=https://chat.webpubsub.azure.com;AccessKey=SECONDARY;',
      TICKET_SIGNING_KEY_PREVIOUS: OLDER_KEY,
    });
    expect(config.webhookGuard).toMatchObject({ accessKeys: ['PRIMARY', 'SECONDARY'] });
    expect(config.ticketSigningKeys).toEqual([SIGNING_KEY, OLDER_KEY]);
  });

  it('may have several keys of the index of customers, the newest first [R206]', () => {
    const keysOf = (text: string) => loadConfig({ ...VALID, CUSTOMER_INDEX_KEYS: text }).customerIndexKeys;
    expect(keysOf(`${SIGNING_KEY}, ${OLDER_KEY}`)).toEqual([SIGNING_KEY, OLDER_KEY]);
    expect(keysOf(SIGNING_KEY)).toEqual([SIGNING_KEY]);
    for (const keys of ['short', `${SIGNING_KEY},short`, `${SIGNING_KEY},`])
      expect(problemsOf({ ...VALID, CUSTOMER_INDEX_KEYS: keys })).toMatch(
        /CUSTOMER_INDEX_KEYS is malformed: give secrets/,
      );
    for (const keys of ['x'.repeat(40), `${SIGNING_KEY},${'x'.repeat(40)}`])
      expect(problemsOf({ ...ENTRA, CUSTOMER_INDEX_KEYS: keys })).toMatch(
        /CUSTOMER_INDEX_KEYS has a key that others can guess/,
      );
  });

  it.each([
    ['PT1S', 1_000],
    ['PT3M', 180_000],
    ['PT1M4.25S', 64_250],
    ['PT1H30M', 5_400_000],
    ['P1D', 86_400_000],
    ['P0DT24H', 86_400_000],
    [' PT3M ', 180_000],
    ['', 180_000],
  ])('reads DISCONNECT_GRACE "%s" [R25]', (text, length) => {
    expect(loadConfig({ ...VALID, DISCONNECT_GRACE: text }).policyBase.grace).toBe(length);
  });

  it('can turn limits off, for a gateway that has its own', () => {
    const limits = {
      NEGOTIATE_RATE_LIMIT: '0',
      TICKET_RATE_LIMIT: '0',
      SOCKETS_PER_ADDRESS: '0',
      TRUSTED_PROXIES: '2',
    };
    const { rateLimits } = loadConfig({ ...VALID, ...limits });
    expect(rateLimits).toEqual({ negotiate: 0, ticket: 0, socketsPerAddress: 0, trustedProxies: 2 });
  });

  it('knows the caller and the tenant of tokens in small letters, as tokens have them', () => {
    const letters = 'AAAAAAAA-BBBB-CCCC-DDDD-EEEEEEEEEEEE';
    const { webhookGuard } = loadConfig({
      ...ENTRA,
      WEBHOOK_TOKEN_TENANT_ID: letters,
      WEBHOOK_TOKEN_CALLER: letters,
    });
    const known = letters.toLowerCase();
    expect(webhookGuard).toMatchObject({ tenantId: known, callerObjectId: known });
  });

  it.each([
    [{ SITE: 'widget' }, 'widget'],
    [{ SITE: 'none' }, 'none'],
    [{ SITE: '' }, 'all'],
  ])('serves what %j says [R248]', (settings, site) => {
    expect(loadConfig({ ...VALID, ...settings }).site).toBe(site);
  });

  it.each([
    [
      { WEB_PUBSUB_CONNECTION_STRING: 'Endpoint=http://localhost;AccessKey=K;Port=8080;Version=1.0;' },
      'ws://localhost:8080',
    ],
    [
      { WEB_PUBSUB_CONNECTION_STRING: 'Endpoint=https://Chat.example:444/;AccessKey=PRIMARY;' },
      'wss://chat.example:444',
    ],
    [{ WEB_PUBSUB_CONNECTION_STRING: undefined, ...ENTRA }, 'wss://chat.webpubsub.azure.com'],
  ])('knows where sockets are opened: %j [R246]', (settings, origin) => {
    expect(
      loadConfig({ ...VALID, ...settings, CONVERSATION_TABLES_ENDPOINT: undefined }).webPubSub.socketOrigin,
    ).toBe(origin);
  });

  it('may have reconciliation run at another pace', () => {
    const settings = { RECONCILE_OVERDUE_AFTER: 'PT5S', RECONCILE_COMPARE_EVERY: '1' };
    expect(
      loadConfig({ ...VALID, ...settings, RECONCILE_SCHEDULE: '*/10 * * * mon-fri *' }).reconciliation,
    ).toEqual({ schedule: '*/10 * * * mon-fri *', overdueAfter: 5_000, compareEvery: 1 });
  });

  it('says what applies where no rule of the policy table does', () => {
    const config = loadConfig({
      ...VALID,
      DISCONNECT_GRACE: 'PT10S',
      AGENT_DISCONNECT_GRACE: 'PT24H',
      OUTAGE_ALLOWANCE: 'PT0S',
      LOSS_NEWS_AFTER: 'PT1M',
      CONNECTIONS_PER_CONVERSATION: '200',
      WAIT_EXTENSION_MAX: 'PT0S',
      OPEN_AUTO_CLOSE: 'P60D',
      OPEN_AUTO_CLOSE_WHILE_CONNECTED: 'true',
      WRAP_UP_AUTO_CLOSE: 'PT1S',
      WAITING_AUTO_CLOSE: 'never',
      WRAP_UP_CAPACITY: 'PT30S',
      CONVERSATION_CAPACITY_UNITS: '0',
      AGENT_CAPACITY_UNITS: '1000',
      RECONNECT_ENABLED: 'true',
      RECONNECT_TIME_LIMIT: 'P7D',
      RECONNECT_PORTAL_URL: 'https://shop.example/chat',
      RECONNECT_REDIRECT_URL: 'http://localhost:3000/bye',
      READ_AFTER_END: 'PT0S',
      RETENTION: 'never',
    });
    expect(config.policyBase).toEqual({
      grace: 10_000,
      agentGrace: 86_400_000,
      offerTimeout: 30_000,
      outageAllowance: 0,
      lossNewsAfter: 60_000,
      connections: 200,
      maxExtension: 0,
      openAutoClose: 60 * 86_400_000,
      openAutoCloseWhileConnected: true,
      wrapUpAutoClose: 1_000,
      waitingAutoClose: 'never',
      wrapUpCapacity: 30_000,
      capacityUnits: 0,
      reconnect: true,
      reconnectTimeLimit: 7 * 86_400_000,
      reconnectPortalUrl: 'https://shop.example/chat',
      reconnectRedirectUrl: 'http://localhost:3000/bye',
      readAfterEnd: 0,
      retention: 'never',
    });
    expect(config.agentCapacityUnits).toBe(1_000);
  });

  it('keeps its lengths of time as they are written [R215]', () => {
    const written = {
      DISCONNECT_GRACE: 'PT180S',
      LOSS_NEWS_AFTER: 'PT0M',
      AGENT_DISCONNECT_GRACE: 'PT24H',
      OFFER_TIMEOUT: 'PT060S',
      OUTAGE_ALLOWANCE: 'PT60M',
      WAIT_EXTENSION_MAX: ' PT1800S ',
      OPEN_AUTO_CLOSE: 'PT1440M',
      WRAP_UP_AUTO_CLOSE: 'PT90M',
      WAITING_AUTO_CLOSE: 'PT48H',
      WRAP_UP_CAPACITY: 'PT60S',
      RECONNECT_TIME_LIMIT: 'PT36H',
      READ_AFTER_END: 'P0DT24H',
      RETENTION: 'PT720H',
    };
    const texts = Object.values(written).map((text) => text.trim());
    const { policyBaseWritten } = loadConfig({ ...VALID, ...written });
    expect(Object.values(policyBaseWritten).sort()).toEqual(texts.sort());
    expect(policyBaseWritten).toMatchObject({
      grace: 'PT180S',
      wrapUpCapacity: 'PT60S',
      retention: 'PT720H',
    });
  });

  it.each(['always', 'none', ' none '])('may have WRAP_UP_CAPACITY "%s"', (word) => {
    const { wrapUpCapacity } = loadConfig({ ...VALID, WRAP_UP_CAPACITY: word }).policyBase;
    expect(wrapUpCapacity).toBe(word.trim());
  });

  it('can offer reconnection without a page that a link would lead to', () => {
    expect(loadConfig({ ...VALID, RECONNECT_ENABLED: 'true' }).policyBase).toMatchObject({
      reconnect: true,
      reconnectPortalUrl: undefined,
    });
  });

  it('cannot be changed afterwards', () => {
    expect(Object.isFrozen(loadConfig(VALID))).toBe(true);
  });

  it('reads keys whatever the case of their names', () => {
    const string = 'endpoint=https://chat.webpubsub.azure.com;ACCESSKEY=PRIMARY';
    expect(loadConfig({ ...VALID, WEB_PUBSUB_CONNECTION_STRING: string }).webhookGuard).toMatchObject({
      accessKeys: ['PRIMARY'],
    });
  });
});

describe('a setting that is missing is named', () => {
  it.each([
    ['WEB_PUBSUB_CONNECTION_STRING', /WEB_PUBSUB_CONNECTION_STRING or WEB_PUBSUB_ENDPOINT is missing/],
    [
      'CONVERSATION_TABLES_CONNECTION_STRING',
      /CONVERSATION_TABLES_CONNECTION_STRING or CONVERSATION_TABLES_ENDPOINT is missing/,
    ],
    ['WEBHOOK_GUARD', /WEBHOOK_GUARD is missing: give "signature" or "entra"/],
    ['TICKET_SIGNING_KEY', /TICKET_SIGNING_KEY is missing: give a secret of at least 32 characters/],
  ])('%s', (name, message) => {
    expect(problemsOf({ ...VALID, [name]: undefined })).toMatch(message);
    expect(problemsOf({ ...VALID, [name]: '   ' })).toMatch(message);
  });

  it.each(['WEBHOOK_TOKEN_TENANT_ID', 'WEBHOOK_TOKEN_AUDIENCE'])('%s, for the guard "entra"', (name) => {
    expect(problemsOf({ ...ENTRA, [name]: undefined })).toContain(`${name} is missing: give `);
  });

  it('together with all the others', () => {
    const message = problemsOf({});
    for (const name of ['WEB_PUBSUB', 'WEBHOOK_GUARD', 'CONVERSATION_TABLES', 'TICKET_SIGNING_KEY']) {
      expect(message).toContain(name);
    }
  });
});

describe('a key that others can guess [R190]', () => {
  const sample = 'local-development-only-change-me-0000000000';
  const local = {
    WEB_PUBSUB_CONNECTION_STRING: 'Endpoint=http://localhost;AccessKey=aaaaaaaa;Port=8080;',
  };
  const emulator =
    'DefaultEndpointsProtocol=http;AccountName=a;AccountKey=a;TableEndpoint=http://127.0.0.1:1/a';
  const cloud =
    'DefaultEndpointsProtocol=https;AccountName=a;AccountKey=c2VjcmV0;EndpointSuffix=core.windows.net';

  it.each<[string, string]>([
    ['the one of the sample', sample],
    ['the one of the sample, and something behind it', `${sample}-production`],
    ['one letter', 'x'.repeat(40)],
    ['two letters', 'ab'.repeat(20)],
    ['a word over and over', 'correct-horse-'.repeat(3)],
    ['digits over and over', '12345678901234567890123456789012'],
    ['letters of few kinds', 'abcdeabcedabdceabdecaebcdaebdcadebc'],
  ])('does not start the app against a service that is not on this machine: %s', (_, key) => {
    for (const name of ['TICKET_SIGNING_KEY', 'TICKET_SIGNING_KEY_PREVIOUS', 'CUSTOMER_INDEX_KEYS']) {
      const told = problemsOf({ ...VALID, [name]: key });
      expect(told).toContain(`${name} has a key that others can guess: give a random one`);
      expect(told).not.toContain(key);
    }
    const signIn = { ENTRA_TENANT_ID: ENTRA.WEBHOOK_TOKEN_TENANT_ID, ENTRA_AUDIENCE: 'api://chat' };
    for (const name of ['DESK_KEYS', 'OPERATOR_KEYS'])
      expect(problemsOf({ ...VALID, ...signIn, [name]: key })).toContain(
        `${name} has a key that others can guess`,
      );
    const string = `Endpoint=https://chat.webpubsub.azure.com;AccessKey=${key};`;
    for (const name of ['WEB_PUBSUB_CONNECTION_STRING', 'WEB_PUBSUB_CONNECTION_STRING_SECONDARY'])
      expect(problemsOf({ ...VALID, [name]: string })).toContain(`${name} has a key that others can guess`);
    expect(problemsOf({ ...ENTRA, TICKET_SIGNING_KEY: key })).toContain('TICKET_SIGNING_KEY has a key');
    const tables = {
      ...VALID,
      ...local,
      CONVERSATION_TABLES_CONNECTION_STRING: cloud,
      TICKET_SIGNING_KEY: key,
    };
    expect(problemsOf(tables)).toContain('TICKET_SIGNING_KEY has a key');
  });

  it.each(['UseDevelopmentStorage=true', emulator])('is enough for a local stack on %s', (tables) => {
    const settings = { ...VALID, ...local, CONVERSATION_TABLES_CONNECTION_STRING: tables };
    expect(loadConfig({ ...settings, TICKET_SIGNING_KEY: sample }).ticketSigningKeys).toEqual([sample]);
  });

  it.each([
    'UseDevelopmentStorage=true;DevelopmentStorageProxyUri=http://storage.example',
    'DefaultEndpointsProtocol=http;AccountName=a;AccountKey=a;TableEndpoint=http://127.0.0.1.host.example/a',
  ])('is not enough on %s', (tables) => {
    const settings = { ...VALID, ...local, CONVERSATION_TABLES_CONNECTION_STRING: tables };
    expect(problemsOf({ ...settings, TICKET_SIGNING_KEY: sample })).toContain('TICKET_SIGNING_KEY has a key');
  });

  it.each([SIGNING_KEY, '3f9c1b7ae05d82644fd1c9b3a7e6082d', 'MTIzNDU2Nzg5MGFiY2RlZmdoaWprbG1u'])(
    'is not one that was drawn: %s',
    (key) => {
      expect(loadConfig({ ...VALID, TICKET_SIGNING_KEY: key }).ticketSigningKeys).toEqual([key]);
    },
  );
});

describe('a setting that is malformed is named with its accepted form, and its value is not repeated', () => {
  it.each<[string, string, Env?]>([
    ['DISCONNECT_GRACE', '180'],
    ['DISCONNECT_GRACE', 'P'],
    ['DISCONNECT_GRACE', 'PT'],
    ['DISCONNECT_GRACE', 'P1W'],
    ['DISCONNECT_GRACE', 'P1M'],
    ['DISCONNECT_GRACE', 'PT-3M'],
    ['DISCONNECT_GRACE', 'PT0S'],
    ['DISCONNECT_GRACE', 'PT0.999S'],
    ['DISCONNECT_GRACE', 'PT24H0.001S'],
    ['DISCONNECT_GRACE', `PT${'9'.repeat(400)}S`],
    ['AGENT_DISCONNECT_GRACE', 'PT0.5S'],
    ['AGENT_DISCONNECT_GRACE', 'never'],
    ['OUTAGE_ALLOWANCE', 'PT1H1S'],
    ['LOSS_NEWS_AFTER', 'PT1M1S'],
    ['LOSS_NEWS_AFTER', 'never'],
    ['CONNECTIONS_PER_CONVERSATION', '0'],
    ['CONNECTIONS_PER_CONVERSATION', '201'],
    ['WAIT_EXTENSION_MAX', 'PT24H1S'],
    ['OPEN_AUTO_CLOSE', 'PT0.5S'],
    ['OPEN_AUTO_CLOSE', 'always'],
    ['OPEN_AUTO_CLOSE_WHILE_CONNECTED', 'TRUE'],
    ['WRAP_UP_AUTO_CLOSE', 'P60DT1S'],
    ['WRAP_UP_AUTO_CLOSE', 'Never'],
    ['WAITING_AUTO_CLOSE', 'P61D'],
    ['WRAP_UP_CAPACITY', 'never'],
    ['WRAP_UP_CAPACITY', 'PT29S'],
    ['WRAP_UP_CAPACITY', 'PT61M'],
    ['CONVERSATION_CAPACITY_UNITS', '101'],
    ['CONVERSATION_CAPACITY_UNITS', '-1'],
    ['CONVERSATION_CAPACITY_UNITS', '1.5'],
    ['AGENT_CAPACITY_UNITS', '0'],
    ['AGENT_CAPACITY_UNITS', '1001'],
    ['NEGOTIATE_RATE_LIMIT', '100001'],
    ['NEGOTIATE_RATE_LIMIT', 'none'],
    ['TICKET_RATE_LIMIT', '-1'],
    ['SOCKETS_PER_ADDRESS', '-1'],
    ['TRUSTED_PROXIES', '6'],
    ['SITE', 'false'],
    ['SITE', 'All'],
    ['RECONCILE_SCHEDULE', '*/5 * * * *'],
    ['RECONCILE_SCHEDULE', '@hourly'],
    ['RECONCILE_OVERDUE_AFTER', 'PT0S'],
    ['RECONCILE_COMPARE_EVERY', '0'],
    ['RECONNECT_ENABLED', 'yes'],
    ['RECONNECT_TIME_LIMIT', 'PT59S'],
    ['RECONNECT_TIME_LIMIT', 'P7DT1S'],
    ['RETENTION', 'PT23H59M59S'],
    ['RETENTION', 'P3650DT1S'],
    ['RETENTION', 'Never'],
    ['RECONNECT_PORTAL_URL', 'shop.example/chat'],
    ['RECONNECT_REDIRECT_URL', 'javascript:alert(1)'],
    ['READ_AFTER_END', 'P30DT1S'],
    ['READ_AFTER_END', 'never'],
    ['TICKET_LIFETIME', 'PT59S'],
    ['TICKET_LIFETIME', 'P7DT1S'],
    ['CUSTOMER_TICKET_LIFETIME', 'P59D'],
    ['CUSTOMER_TICKET_LIFETIME', 'P365DT1S'],
    ['WEB_PUBSUB_HUB', 'hub with space'],
    ['WEB_PUBSUB_HUB', '1chat'],
    ['WEB_PUBSUB_CONNECTION_STRING', 'nonsense'],
    ['WEB_PUBSUB_ENDPOINT', 'http://chat.webpubsub.azure.com', { WEB_PUBSUB_CONNECTION_STRING: undefined }],
    ['WEB_PUBSUB_ENDPOINT', 'https://chat.example/path', { WEB_PUBSUB_CONNECTION_STRING: undefined }],
    ['CONVERSATION_TABLES_CONNECTION_STRING', 'nonsense'],
    [
      'CONVERSATION_TABLES_ENDPOINT',
      'account.table.core.windows.net',
      { CONVERSATION_TABLES_CONNECTION_STRING: undefined },
    ],
    ['WEB_PUBSUB_OTHER_HOSTS', 'https://chat.contoso.com'],
    ['WEB_PUBSUB_OTHER_HOSTS', 'chat.contoso.com,'],
    ['WEBHOOK_GUARD', 'none'],
    ['WEBHOOK_GUARD', 'Signature'],
    ['TICKET_SIGNING_KEY', 'too-short-a-secret'],
    ['TICKET_SIGNING_KEY_PREVIOUS', 'too-short-a-secret'],
    ['AZURE_CLIENT_ID', 'the-identity'],
    ['WEBHOOK_TOKEN_TENANT_ID', 'contoso.onmicrosoft.com', ENTRA],
    ['WEBHOOK_TOKEN_AUDIENCE', 'two words', ENTRA],
    ['WEBHOOK_TOKEN_AUTHORITY', 'login.microsoftonline.com', ENTRA],
    ['WEBHOOK_TOKEN_AUTHORITY', 'http://login.microsoftonline.com', ENTRA],
    ['RECONNECT_PORTAL_URL', 'http://shop.example/chat'],
    ['RECONNECT_PORTAL_URL', 'https://shop.example@other.example/chat'],
    ['RECONNECT_REDIRECT_URL', 'http://localhost:x@host.example/'],
    ['RECONNECT_REDIRECT_URL', 'https:\\\\shop.example\\'],
    ['CONVERSATION_TABLES_ENDPOINT', 'https://account.example@host.example', ENTRA],
    ['WEB_PUBSUB_ENDPOINT', 'https://chat.example?x@host.example', ENTRA],
  ])('%s=%s', (name, value, more = {}) => {
    const base = more === ENTRA ? {} : VALID;
    const message = problemsOf({ ...base, ...more, [name]: value });
    expect(message).toContain(`${name} is malformed: give `);
    // Shorter ones are part of the accepted forms, "P" for example.
    if (value.length > 3) expect(message).not.toContain(value);
  });

  it('both ways of reaching one service are one too many', () => {
    expect(problemsOf({ ...VALID, WEB_PUBSUB_ENDPOINT: 'https://x.example' })).toContain(
      'WEB_PUBSUB_CONNECTION_STRING and WEB_PUBSUB_ENDPOINT are both given: give one of them',
    );
  });

  it('the guard "signature" without any key to check with', () => {
    const { WEB_PUBSUB_ENDPOINT } = ENTRA;
    const env = { ...VALID, WEB_PUBSUB_CONNECTION_STRING: undefined, WEB_PUBSUB_ENDPOINT };
    expect(problemsOf(env)).toContain('AccessKey');
  });

  it.each<[string, string, Env?]>([
    ['WEB_PUBSUB_CONNECTION_STRING', 'AccountName=a;AccessKey=PRIMARY'],
    ['WEB_PUBSUB_CONNECTION_STRING', 'Endpoint=nonsense;AccessKey=PRIMARY'],
    ['WEB_PUBSUB_CONNECTION_STRING_SECONDARY', 'nonsense'],
    ['CONVERSATION_TABLES_CONNECTION_STRING', 'AccountName=account'],
    ['CONVERSATION_TABLES_CONNECTION_STRING', 'AccountName=account;AccountKey=SECRET'],
    ['WEB_PUBSUB_ENDPOINT', 'https://[', ENTRA],
    ['CONVERSATION_TABLES_ENDPOINT', 'https://[', ENTRA],
    ['WEBHOOK_TOKEN_AUTHORITY', 'https://[', ENTRA],
    ['WEBHOOK_TOKEN_TENANT_ID', '-'.repeat(36), ENTRA],
    ['AZURE_CLIENT_ID', 'f'.repeat(36)],
  ])('%s=%s', (name, value, base = VALID) => {
    expect(problemsOf({ ...base, [name]: value })).toContain(`${name} is malformed: give `);
  });

  it.each<[string, string, Env, Env]>([
    [
      'OPEN_AUTO_CLOSE',
      'DISCONNECT_GRACE',
      { OPEN_AUTO_CLOSE: 'PT2M59S' },
      { OPEN_AUTO_CLOSE: 'PT59M', DISCONNECT_GRACE: 'PT1H' },
    ],
    [
      'RETENTION',
      'READ_AFTER_END',
      { RETENTION: 'P1D', READ_AFTER_END: 'P2D' },
      { RETENTION: 'P29D', READ_AFTER_END: 'P30D' },
    ],
    [
      'RECONNECT_TIME_LIMIT',
      'DISCONNECT_GRACE',
      { RECONNECT_TIME_LIMIT: 'PT2M', RECONNECT_ENABLED: 'true' },
      { RECONNECT_TIME_LIMIT: 'PT59M', DISCONNECT_GRACE: 'PT1H', RECONNECT_ENABLED: 'true' },
    ],
    [
      'CONVERSATION_CAPACITY_UNITS',
      'AGENT_CAPACITY_UNITS',
      { AGENT_CAPACITY_UNITS: '19' },
      { AGENT_CAPACITY_UNITS: '50', CONVERSATION_CAPACITY_UNITS: '51' },
    ],
  ])('%s and %s contradict each other: one sentence, with both names [R121]', (one, other, ...envs) => {
    for (const env of envs) {
      const problems = problemsOf({ ...VALID, ...env })
        .split('\n')
        .slice(1);
      expect(problems).toHaveLength(1);
      expect(problems[0]).toMatch(new RegExp(`${one} must be at (least|most) ${other}: `));
    }
  });

  it.each<[string, Env]>([
    ['the defaults of what depends on it', { DISCONNECT_GRACE: 'P1D' }],
    ['the same with reconnection', { DISCONNECT_GRACE: 'P1D', RECONNECT_ENABLED: 'true' }],
    ['equal ones', { DISCONNECT_GRACE: 'PT5M', OPEN_AUTO_CLOSE: 'PT5M', RECONNECT_TIME_LIMIT: 'PT5M' }],
    ['no automatic closure', { DISCONNECT_GRACE: 'P1D', OPEN_AUTO_CLOSE: 'never' }],
    ['a time limit that is off', { RECONNECT_TIME_LIMIT: 'PT1M' }],
    ['an agent for one conversation', { AGENT_CAPACITY_UNITS: '20' }],
    ["an agent's ticket of a minute", { TICKET_LIFETIME: 'PT1M', DISCONNECT_GRACE: 'P1D' }],
  ])('a longer grace period contradicts nothing, nor does what is given equal or off: %s', (_what, env) => {
    const { grace, openAutoClose, reconnectTimeLimit, reconnect } = loadConfig({
      ...VALID,
      ...env,
    }).policyBase;
    expect(openAutoClose === 'never' || openAutoClose >= grace).toBe(true);
    expect(!reconnect || reconnectTimeLimit >= grace).toBe(true);
  });

  it("no wait that a setting or a policy can give is longer than a customer's ticket [R121]", () => {
    const shortest = loadConfig({ ...VALID, CUSTOMER_TICKET_LIFETIME: 'P60D' }).ticketLifetimes.customer;
    const days = partOf(
      [...Array(366).keys()].map((day) => `P${day}D`),
      7,
    );
    const accepts = (setting: string, text: string) => {
      try {
        loadConfig({ ...VALID, [setting]: text });
        return true;
      } catch {
        return false;
      }
    };
    // Nobody waits for an erasure.
    for (const name of Object.keys(POLICY_SETTINGS).filter((one) => one !== 'RETENTION')) {
      const longest = days.filter((text) => accepts(name, text)).at(-1) ?? 'P0D';
      expect(parseIsoDuration(longest)).toBeLessThanOrEqual(shortest);
    }
    for (const name of Object.keys(DEFAULTS).filter((one) => one !== 'retention')) {
      const isSet = (text: string) => {
        try {
          return Boolean(parsePolicyDocument({ rules: [{ id: 'r', when: {}, set: { [name]: text } }] }));
        } catch {
          return false;
        }
      };
      const longest = days.filter(isSet).at(-1) ?? 'P0D';
      expect(parseIsoDuration(longest)).toBeLessThanOrEqual(shortest);
    }
  });
});
