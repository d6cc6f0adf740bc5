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
import { createConversationService } from '../conversation/conversation-service';
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

/**
 * The only place that builds clients and puts the parts together. Clients are shared by all invocations of a
 * process; what needs the invocation's durable client or log is built per invocation and holds no state.
 */
function compose(config: Config) {
  let shared: TokenCredential | undefined;
  const credential = (): TokenCredential =>
    (shared ??=
      config.identityClientId === undefined
        ? new DefaultAzureCredential()
        : new ManagedIdentityCredential({ clientId: config.identityClientId }));
  const withCredential = (connection: Connection) =>
    'endpoint' in connection ? { ...connection, credential: credential() } : connection;

  const now = () => Date.now();
  const refusals = createRefusalSampler(now);
  const loggerFor = (sink: LogSink) => createLogger(sink, refusals);
  const tables = createTableClients(withCredential(config.tables));
  const store = createTableConversationStore(tables.conversations);
  const workList = createTableWorkList(tables.workList);
  const customers = createTableCustomerIndex(tables.customers);
  const deadLetters = createTableDeadLetters(tables.deadLetters);
  const settingsStore = createTableSettingsStore(tables.settings, {
    parse: (value) => parsePolicyDocument(value, 'document'),
    view: policyDocumentView,
  });
  const settingsSource = createSettingsSource({ store: settingsStore, base: config.policyBase, now });
  const capacity = createVerifiedAgentCapacity({
    ledger: createTableAgentCapacity(tables.agentCapacity, { defaultTotal: config.agentCapacityUnits, now }),
    holds: async ({ agentId, conversationId, assignment }) => {
      const hold = (await store.load(conversationId))?.conversation.capacityHold;
      return hold?.agentId === agentId && hold.assignment === assignment;
    },
    now,
  });
  const service = webPubSubClient(config, credential);
  const participants = createWebPubSubParticipants(service);
  const { rateLimits } = config;
  const limits = createParticipantLimits({ perMinute: rateLimits.ticket, now });
  const newConversations = createRateLimiter({ perMinute: rateLimits.negotiate, now });
  const signingKeys = config.ticketSigningKeys;
  const tickets = limitedTickets(
    createTickets({ signingKeys, lifetime: config.ticketLifetime, now }),
    limits,
  );
  const guard =
    config.webhookGuard.type === 'signature'
      ? signatureGuard(config.webhookGuard.accessKeys)
      : entraGuard(config.webhookGuard);

  const conversationService = (durable: DurableClient, sink: LogSink) =>
    createConversationService({
      store,
      workList,
      participants,
      timers: createDurableDeadlineTimers(durable),
      capacity,
      settings: settingsSource(loggerFor(sink)),
      now,
    });

  const filing = (sink: LogSink) => ({ deadLetters, now, logger: loggerFor(sink) });
  /** For events from outside. */
  const guardedService = (durable: DurableClient, sink: LogSink) =>
    quarantining(conversationService(durable, sink), filing(sink));
  /** For what files its failures itself. */
  const handling = (durable: DurableClient, sink: LogSink) => ({
    service: conversationService(durable, sink),
    store,
    workList,
    ...filing(sink),
  });

  return {
    reconcileSchedule: config.reconciliation.schedule,
    webPubSubEvents: (durable: DurableClient, sink: LogSink) => {
      const conversations = guardedService(durable, sink);
      return {
        service: conversations,
        agentSockets: createAgentSockets({ service: conversations, capacity, participants }),
        guard,
        limits,
        hub: config.webPubSub.hub,
        serviceHost: config.webPubSub.host,
        logger: loggerFor(sink),
      };
    },
    negotiation: (sink: LogSink) => ({
      store,
      customers,
      settings: settingsSource(loggerFor(sink)),
      tickets,
      clientUrl: createClientUrl(service),
      newConversationId: randomUUID,
      newConversations,
      trustedProxies: rateLimits.trustedProxies,
      logger: loggerFor(sink),
    }),
    /** For deadlines and for replays. */
    handling,
    reconcile: (durable: DurableClient, sink: LogSink) =>
      loggable(() => reconcile({ ...handling(durable, sink), pace: config.reconciliation })),
    deadLetters: filing,
    purge: (durable: DurableClient, sink: LogSink) =>
      loggable(async () => {
        const logger = loggerFor(sink);
        const purged = await Promise.allSettled([
          purgeDeadLetters(deadLetters, now(), logger),
          purgeFinishedTimers(durable, now(), logger),
        ]);
        for (const one of purged) if (one.status === 'rejected') throw one.reason;
      }),
    agentActions: guardedService,
    conversations: (sink: LogSink) => ({
      store,
      workList,
      tickets,
      settings: settingsSource(loggerFor(sink)),
      newKey: randomUUID,
      logger: loggerFor(sink),
    }),
    agents: (sink: LogSink) => ({ capacity, tickets, logger: loggerFor(sink) }),
    settings: (sink: LogSink) => ({
      settings: settingsSource(loggerFor(sink)),
      settingsStore,
      policyBase: config.policyBase,
      conversations: store,
      tickets,
      logger: loggerFor(sink),
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
