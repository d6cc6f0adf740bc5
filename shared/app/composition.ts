import { randomUUID } from 'node:crypto';
import { DefaultAzureCredential, ManagedIdentityCredential, type TokenCredential } from '@azure/identity';
import { WebPubSubServiceClient } from '@azure/web-pubsub';
import type { DurableClient } from 'durable-functions';
import { createTableCustomerIndex } from '../access/customers-table';
import {
  createParticipantLimits,
  createRateLimiter,
  createRefusalSampler,
  limitedTickets,
} from '../access/limit-guard';
import { createTickets } from '../access/ticket-guard';
import { createVerifiedAgentCapacity } from '../capacity/capacity-service';
import { createTableAgentCapacity } from '../capacity/capacity-table';
import { type ConversationService, createConversationService } from '../conversation/conversation-service';
import { createTableConversationStore } from '../conversation/conversation-table';
import { createTableWorkList } from '../conversation/work-list-table';
import { purgeDeadLetters, quarantining } from '../dead-letters/dead-letters-service';
import { createTableDeadLetters } from '../dead-letters/dead-letters-table';
import { createDurableDeadlineTimers, purgeFinishedTimers } from '../deadlines/durable-timers';
import { parsePolicyDocument, policyDocumentView } from '../policies/policy-document-parser';
import { createSettingsSource } from '../policies/settings-service';
import { createTableSettingsStore } from '../policies/settings-table';
import { reconcile } from '../reconciliation/reconcile-service';
import { createTableClients } from '../storage/table-clients';
import { createAgentSockets } from '../web-pubsub/agent-sockets-service';
import { createClientUrl, createWebPubSubParticipants } from '../web-pubsub/participants-client';
import { entraGuard, signatureGuard } from '../web-pubsub/webhook-routes';
import { type Config, type Connection, loadConfig } from './config';
import { ownError } from './errors';
import { createLogger, type LogSink } from './log';
import type { DurableServices, Services } from './routes';

/** What one invocation brings along. */
export interface Call {
  readonly log: LogSink;
}
export interface DurableCall extends Call {
  readonly durable: DurableClient;
}

/** The object graph: built once when the app is loaded, but for what needs the log or the durable client of a call. */
function compose(config: Config) {
  const { tables, webPubSub } = clientsOf(config);
  const now = () => Date.now();
  const { rateLimits, webhookGuard, policyBase } = config;
  const refusals = createRefusalSampler(now);
  const limits = createParticipantLimits({ perMinute: rateLimits.ticket, now });
  const store = createTableConversationStore(tables.conversations);
  const settingsStore = createTableSettingsStore(tables.settings, {
    parse: (value) => parsePolicyDocument(value, 'document'),
    view: policyDocumentView,
  });
  const settingsSource = createSettingsSource({ store: settingsStore, base: policyBase, now });
  const shared = {
    store,
    settingsStore,
    limits,
    now,
    workList: createTableWorkList(tables.workList),
    customers: createTableCustomerIndex(tables.customers),
    deadLetters: createTableDeadLetters(tables.deadLetters),
    capacity: createVerifiedAgentCapacity({
      ledger: createTableAgentCapacity(tables.agentCapacity, {
        defaultTotal: config.agentCapacityUnits,
        now,
      }),
      holds: async ({ agentId, conversationId, assignment }) => {
        const hold = (await store.load(conversationId))?.conversation.capacityHold;
        return hold?.agentId === agentId && hold.assignment === assignment;
      },
      now,
    }),
    participants: createWebPubSubParticipants(webPubSub),
    clientUrl: createClientUrl(webPubSub),
    tickets: limitedTickets(
      createTickets({ signingKeys: config.ticketSigningKeys, lifetime: config.ticketLifetime, now }),
      limits,
    ),
    newConversations: createRateLimiter({ perMinute: rateLimits.negotiate, now }),
    newConversationId: randomUUID,
    trustedProxies: rateLimits.trustedProxies,
    policyBase,
    guard:
      webhookGuard.type === 'signature' ? signatureGuard(webhookGuard.accessKeys) : entraGuard(webhookGuard),
    hub: config.webPubSub.hub,
    serviceHosts: [config.webPubSub.host, ...config.webPubSub.otherHosts],
    pace: config.reconciliation,
  };

  type Bound = typeof shared & Services;
  type DurableBound = typeof shared & DurableServices & { readonly service: ConversationService };
  function bind(call: DurableCall): DurableBound;
  function bind(call: Call): Bound;
  function bind({ log, durable }: Call & Partial<DurableCall>): Bound | DurableBound {
    const logger = createLogger(log, refusals);
    const bound = { ...shared, logger, settings: settingsSource(logger) };
    if (durable === undefined) return bound;
    /** For deadlines and replays, which file their failures themselves. What an event does not need is not made for it. */
    const service = createConversationService({
      ...bound,
      get timers() {
        return createDurableDeadlineTimers(durable);
      },
    });
    /** For events from outside. */
    const conversations = quarantining(service, bound);
    return {
      ...bound,
      service,
      conversations,
      get agentSockets() {
        return createAgentSockets({ ...bound, service: conversations });
      },
    };
  }

  return {
    bind,
    reconcileSchedule: config.reconciliation.schedule,
    reconcile: (call: DurableCall) => loggable(() => reconcile(bind(call))),
    purge: (call: DurableCall) =>
      loggable(async () => {
        const { deadLetters, logger } = bind(call);
        const purged = await Promise.allSettled([
          purgeDeadLetters(deadLetters, now(), logger),
          purgeFinishedTimers(call.durable, now(), logger),
        ]);
        for (const one of purged) if (one.status === 'rejected') throw one.reason;
      }),
  };
}

/** What a timer throws, the host logs as it is. */
async function loggable<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (thrown) {
    throw ownError(thrown);
  }
}

function clientsOf(config: Config) {
  let shared: TokenCredential | undefined;
  const credential = (): TokenCredential =>
    (shared ??=
      config.identityClientId === undefined
        ? new DefaultAzureCredential()
        : new ManagedIdentityCredential({ clientId: config.identityClientId }));
  const withCredential = (connection: Connection) =>
    'endpoint' in connection ? { ...connection, credential: credential() } : connection;
  return {
    tables: createTableClients(withCredential(config.tables)),
    webPubSub: webPubSubClient(config, credential),
  };
}

function webPubSubClient(config: Config, credential: () => TokenCredential): WebPubSubServiceClient {
  const { connection, hub } = config.webPubSub;
  const retryOptions = { maxRetries: 2, retryDelayInMs: 200, maxRetryDelayInMs: 1_000 };
  if ('endpoint' in connection) {
    return new WebPubSubServiceClient(connection.endpoint, credential(), hub, { retryOptions });
  }
  const allowInsecureConnection = /Endpoint=http:/i.test(connection.connectionString);
  return new WebPubSubServiceClient(connection.connectionString, hub, {
    retryOptions,
    allowInsecureConnection,
  });
}

/** Built when the app is loaded: a missing or malformed setting stops the app at start, by name. */
export const composition = compose(loadConfig(process.env));
