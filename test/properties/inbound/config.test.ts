import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { loadConfig } from '../../../shared/app/config';
import { ConfigurationError } from '../../../shared/app/errors';
import { anyText, RUNS } from './arbitraries';

const VALUES: Readonly<Record<string, readonly string[]>> = {
  DISCONNECT_GRACE: ['PT3M', 'P1D', 'PT0S', 'P', 'PT1.5S'],
  OPEN_AUTO_CLOSE: ['never', 'P60D', 'PT0S'],
  WRAP_UP_CAPACITY: ['always', 'none', 'PT30S', 'PT2H'],
  AGENT_CAPACITY_UNITS: ['1', '1000', '1001', 'SECRET-UNITS'],
  NEGOTIATE_RATE_LIMIT: ['0', '100000', '100001'],
  TICKET_RATE_LIMIT: ['600', 'SECRET-RATE'],
  TRUSTED_PROXIES: ['0', '5', '6'],
  RECONCILE_SCHEDULE: ['*/5 * * * * *', '* * * * *'],
  RECONNECT_ENABLED: ['true', 'false', '1'],
  RECONNECT_PORTAL_URL: ['https://x.example', 'SECRET-NO-URL'],
  WEB_PUBSUB_HUB: ['chat', '1'],
  WEB_PUBSUB_CONNECTION_STRING: ['Endpoint=https://x.example;AccessKey=SECRET-ACCESS-KEY;', 'Endpoint=;'],
  WEB_PUBSUB_CONNECTION_STRING_SECONDARY: ['Endpoint=https://x.example;AccessKey=SECRET-SECOND-KEY;'],
  WEB_PUBSUB_ENDPOINT: ['https://x.example', 'http://x.example'],
  CONVERSATION_TABLES_CONNECTION_STRING: ['UseDevelopmentStorage=true', 'AccountName=SECRET-ACCOUNT'],
  CONVERSATION_TABLES_ENDPOINT: ['https://account.table.core.windows.net'],
  WEBHOOK_GUARD: ['signature', 'entra', 'none'],
  WEBHOOK_TOKEN_TENANT_ID: ['11111111-2222-3333-4444-555555555555'],
  WEBHOOK_TOKEN_AUDIENCE: ['api://chat'],
  WEBHOOK_TOKEN_AUTHORITY: ['https://login.example'],
  TICKET_SIGNING_KEY: ['SECRET-SIGNING-KEY-of-32-or-more-characters', 'SECRET-SHORT'],
  TICKET_SIGNING_KEY_PREVIOUS: ['SECRET-PREVIOUS-KEY-of-32-or-more-characters', 'SECRET-SHORT'],
  TICKET_LIFETIME: ['PT12H', 'P7D', 'P8D'],
  AZURE_CLIENT_ID: ['11111111-2222-3333-4444-555555555555', 'SECRET-NO-GUID'],
};

const environment = fc.record(
  Object.fromEntries(
    Object.entries(VALUES).map(([name, values]) => [
      name,
      fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...values) }, { weight: 1, arbitrary: anyText }),
    ]),
  ),
  { requiredKeys: [] },
);

describe('the configuration', () => {
  it('is usable, or the error names settings and repeats no value, whatever the environment', () => {
    fc.assert(
      fc.property(environment, (env) => {
        try {
          const config = loadConfig(env);
          expect(config.policyBase.grace).toBeGreaterThanOrEqual(1_000);
          expect(config.policyBase.grace).toBeLessThanOrEqual(86_400_000);
          const { openAutoClose, wrapUpCapacity } = config.policyBase;
          if (openAutoClose !== 'never') expect(openAutoClose).toBeGreaterThanOrEqual(1_000);
          if (typeof wrapUpCapacity === 'number') expect(wrapUpCapacity).toBeGreaterThanOrEqual(30_000);
          expect(config.agentCapacityUnits).toBeGreaterThanOrEqual(1);
          expect(config.agentCapacityUnits).toBeLessThanOrEqual(1_000);
          expect(config.rateLimits.negotiate).toBeLessThanOrEqual(100_000);
          expect(config.rateLimits.trustedProxies).toBeLessThanOrEqual(5);
          for (const key of config.ticketSigningKeys) expect(key.length).toBeGreaterThanOrEqual(32);
          const guard = config.webhookGuard;
          expect(guard.type === 'entra' ? guard.audience : guard.accessKeys[0]).toBeTruthy();
        } catch (thrown) {
          if (!(thrown instanceof ConfigurationError)) throw thrown;
          expect(thrown.message).toMatch(new RegExp(Object.keys(VALUES).join('|')));
          expect(thrown.message).not.toContain('SECRET');
        }
      }),
      RUNS,
    );
  });
});
