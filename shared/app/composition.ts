import { occasions } from '../conversation/time';
import { randomUUID } from 'node:crypto';
import { DefaultAzureCredential, ManagedIdentityCredential, type TokenCredential } from '@azure/identity';
import { createTableCustomerIndex } from '../access/customers-table';
import { reconnectUrlBy } from '../access/negotiate-routes';
import {
  createParticipantLimits,
  createRateLimiter,
  createRefusalSampler,
  createSocketBound,
  createTickets,
  createVisitorNumbers,
  limitedHandshakes,
  limitedTickets,
  socketGroupsOf,
  TOLD_EVERY,
} from '../access/caller-guard';
import { createSignIn } from '../access/sign-in-guard';
import { createVerifiedAgentCapacity } from '../capacity/capacity-service';
import { createTableAgentCapacity } from '../capacity/capacity-table';
import { eraseExpired, forgetClosed, listOlder } from '../closed-conversations/closed-conversations-service';
import { createTableClosedConversations } from '../closed-conversations/closed-conversations-table';
import {
  type ConversationServiceDependencies,
  createConversations,
  loadIfAny,
} from '../conversation/conversation-service';
import { createTableConversationStore, createTableWorkList } from '../conversation/conversation-table';
import { createDamageReport, createQuarantine, purgeDeadLetters } from '../dead-letters/dead-letters-service';
import { createRowCheck, createTableDeadLetters } from '../dead-letters/dead-letters-table';
import { createActivities } from '../deadlines/deadline-activities';
import { askTaskHub, createTimerPurge, durableTimers, durableTimerTraces } from '../deadlines/durable-timers';
import { createReadiness } from '../health/health-service';
import { createTablePurgePlace } from '../deadlines/timer-purge-table';
import { createEraser } from '../personal-data/erase-service';
import { createTableErasures } from '../personal-data/erasures-table';
import {
  findInPolicyDocument,
  NO_RULES,
  parseStoredPolicies,
  policyDocumentView,
} from '../policies/policy-document-parser';
import { createSettingsSource } from '../policies/settings-service';
import { createTableSettingsStore } from '../policies/settings-table';
import { maintain } from '../reconciliation/maintenance-service';
import { reconcile } from '../reconciliation/reconcile-service';
import type { ReconcileReport } from '../reconciliation/report';
import { createSiteFiles } from '../site/site-files';
import { createTableClients } from '../storage/table-clients';
import {
  createClientUrl,
  createGroupListing,
  createServiceClient,
  createWebPubSubParticipants,
  type ServiceConnection,
} from '../web-pubsub/participants-client';
import { entraGuard, signatureGuard, TYPING_EVERY } from '../web-pubsub/webhook-routes';
import { type Availability, watchAvailability } from './availability';
import type { DurableCall } from './call';
import { type Config, type Connection, loadConfig } from './config';
import { ownError } from './errors';
import { createLogger, type LoggerOf } from './log';
import type { Services } from './routes';
import { partOf } from './settings-reader';

/** An id that no conversation and no agent has: what is asked only to see whether it is answered. */
const NOBODY = 'readiness';

/** Of one instance, the latest: a connection that is forgotten may be told of once more. */
const CONNECTIONS_REMEMBERED = 10_000;

/** Hears of what was saved, and of runs of reconciliation. Never throws. */
type Watch = ConversationServiceDependencies['watch'] & {
  readonly reconciled?: (report: ReconcileReport) => void;
};

/** The object graph: made once, when the app is loaded. What an invocation brings along is handed on as its `Call`. */
function compose(config: Config) {
  const { now } = Date;
  const availability = watchAvailability(now);
  const { tables, webPubSub } = clientsOf(config, availability);
  const { rateLimits, webhookGuard, policyBase, policyBaseWritten } = config;
  /** Hears of nothing, unless a setting asks for figures. */
  const watch: Watch = {};

  const refusals = createRefusalSampler(now);
  const loggerOf: LoggerOf = ({ log }) => createLogger(log, refusals);
  const deadLetters = createTableDeadLetters(tables.deadLetters, createRowCheck(tables, parseStoredPolicies));
  const onDamage = createDamageReport({ deadLetters, now });
  const store = createTableConversationStore(tables.conversations, onDamage);
  const settingsStore = createTableSettingsStore(
    tables.settings,
    { parse: parseStoredPolicies, view: policyDocumentView, find: findInPolicyDocument },
    onDamage,
  );
  const closedConversations = createTableClosedConversations(
    tables.closedConversations,
    tables.conversations,
  );
  const shared = {
    store,
    closedConversations,
    workList: createTableWorkList(tables.workList, closedConversations),
    deadLetters,
    settings: createSettingsSource({
      store: settingsStore,
      base: policyBase,
      written: policyBaseWritten,
      now,
      loggerOf,
    }),
    capacity: createVerifiedAgentCapacity({
      ledger: createTableAgentCapacity(tables.agentCapacity, {
        defaultTotal: config.agentCapacityUnits,
        now,
        onDamage,
      }),
      holds: async ({ agentId, conversationId, assignment }) => {
        const hold = (await loadIfAny(store, conversationId))?.conversation.capacityHold;
        return hold?.agentId === agentId && hold.assignment === assignment;
      },
      now,
    }),
    participants: createWebPubSubParticipants(webPubSub),
    now,
    workingSince: availability.workingSince,
    answering: availability.answering,
    clock: availability.clock,
    loggerOf,
  };
  const purgeFinishedTimers = createTimerPurge(now, createTablePurgePlace(tables.workList));
  const storedPolicies = async () => ({
    ...((await settingsStore.loadPolicies())?.document ?? NO_RULES),
    base: policyBase,
  });
  const quarantine = createQuarantine(shared);
  const tickets = createTickets({
    signingKeys: config.ticketSigningKeys,
    lifetimes: config.ticketLifetimes,
    now,
  });
  const conversations = createConversations({
    ...shared,
    timers: durableTimers,
    quarantine,
    reconnectUrl: reconnectUrlBy(tickets),
    watch,
  });
  const customers = createTableCustomerIndex(
    tables.customers,
    { keys: config.customerIndexKeys, now },
    onDamage,
  );
  const erasures = createTableErasures(tables);
  const eraser = createEraser({
    ...shared,
    conversations,
    erasures,
    timerTraces: durableTimerTraces,
    customers,
    forget: [forgetClosed(closedConversations)],
  });
  const ofTickets = { perMinute: rateLimits.ticket, now };
  const limits = createParticipantLimits(ofTickets);
  const services: Services = {
    ...shared,
    conversations,
    settingsStore,
    policyBase,
    policyBaseWritten,
    visitorNumber: createVisitorNumbers(config.ticketSigningKeys[0], now),
    heard: occasions(TOLD_EVERY, now),
    isTypingNews: occasions(TYPING_EVERY, now, CONNECTIONS_REMEMBERED),
    customers,
    eraser,
    erasures,
    clientUrl: createClientUrl(webPubSub),
    socketGroups: (address, returning) => socketGroupsOf(address, config.ticketSigningKeys[0], returning),
    tickets: limitedTickets(tickets, limits),
    signIn: config.signIn && createSignIn(config.signIn),
    limits: limitedHandshakes(limits, ofTickets),
    sockets: createSocketBound({
      perAddress: rateLimits.socketsPerAddress,
      listed: createGroupListing(webPubSub),
      now,
    }),
    newConversations: createRateLimiter({ perMinute: rateLimits.negotiate, now }),
    newConversationId: randomUUID,
    trustedProxies: rateLimits.trustedProxies,
    guard:
      webhookGuard.type === 'signature' ? signatureGuard(webhookGuard.accessKeys) : entraGuard(webhookGuard),
    hub: config.webPubSub.hub,
    site: {
      files: createSiteFiles(),
      serves: config.site,
      origins: {
        sockets: [
          config.webPubSub.socketOrigin,
          ...config.webPubSub.otherHosts.map((host) => `wss://${host}`),
        ],
        signIn: config.signIn ? [new URL(config.signIn.authority).origin] : [],
      },
      signIn: config.signIn,
    },
    readiness: createReadiness(
      {
        'table-storage': () => store.load(NOBODY),
        'durable-functions': askTaskHub,
        'web-pubsub': () => shared.participants.isAgentPresent(NOBODY),
      },
      loggerOf,
    ),
    serviceHosts: [config.webPubSub.host, ...config.webPubSub.otherHosts],
  };
  /** For what files the failures of its conversations itself. */
  const filing = (call: DurableCall) => ({ ...shared, service: conversations(call), logger: loggerOf(call) });

  return {
    services,
    telemetry: config.telemetry,
    watchedBy: ({ saved, reconciled }: Required<Watch>) => void Object.assign(watch, { saved, reconciled }),
    activities: (call: DurableCall) => createActivities(filing(call)),
    reconcileSchedule: config.reconciliation.schedule,
    reconcile: (call: DurableCall) =>
      loggable(async () => {
        const report = await reconcile({ ...filing(call), pace: config.reconciliation });
        watch.reconciled?.(report);
      }),
    finishErasures: (call: DurableCall) => loggable(() => eraser(call).finishErasures()),
    /** The nightly removals; add a step for every other kind of thing that has to go. */
    purge: (call: DurableCall) =>
      loggable(() =>
        maintain(
          [
            { name: 'dead-letters', run: (until) => purgeDeadLetters(shared.deadLetters, now, until) },
            { name: 'older-closed-conversations', run: (until) => listOlder(shared, call, until) },
            {
              name: 'expired-conversations',
              run: (until) => eraseExpired({ ...shared, storedPolicies, eraser: eraser(call) }, call, until),
            },
            { name: 'finished-timers', run: (until) => purgeFinishedTimers(call.durable, until) },
          ],
          { now, logger: loggerOf(call) },
        ),
      ),
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

function clientsOf(config: Config, { policiesOf }: Availability) {
  let shared: TokenCredential | undefined;
  const credential = (): TokenCredential =>
    (shared ??=
      config.identityClientId === undefined
        ? new DefaultAzureCredential()
        : new ManagedIdentityCredential({ clientId: config.identityClientId }));
  const withCredential = (connection: Connection) =>
    'endpoint' in connection ? { ...connection, credential: credential() } : connection;
  return {
    tables: createTableClients(withCredential(config.tables), {}, { policies: policiesOf('storage') }),
    webPubSub: createServiceClient(
      serviceConnectionOf(config.webPubSub.connection, credential),
      config.webPubSub.hub,
      policiesOf('web-pubsub'),
    ),
  };
}

function serviceConnectionOf(connection: Connection, credential: () => TokenCredential): ServiceConnection {
  if ('endpoint' in connection) return { endpoint: connection.endpoint, credential: credential() };
  const part = (name: string) => partOf(connection.connectionString, name);
  const endpoint = new URL(part('Endpoint') ?? '');
  endpoint.port = part('Port') ?? endpoint.port;
  return { endpoint: endpoint.href, accessKey: part('AccessKey') ?? '' };
}

/** Built when the app is loaded: a missing or malformed setting stops the app at start, by name. */
export const composition = compose(loadConfig(process.env));
