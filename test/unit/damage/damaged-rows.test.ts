import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TableClient } from '@azure/data-tables';
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import {
  createParticipantLimits,
  createRateLimiter,
  createSocketBound,
  createTickets,
} from '../../../shared/access/caller-guard';
import {
  createTableCustomerIndex,
  customerRow,
  indexedRow,
  partitionsOf,
  wayBackOf,
  wayBackRow,
} from '../../../shared/access/customers-table';
import { createLogger } from '../../../shared/app/log';
import { createVerifiedAgentCapacity } from '../../../shared/capacity/capacity-service';
import { agentRow, createTableAgentCapacity, holdingRow } from '../../../shared/capacity/capacity-table';
import {
  eraseExpired,
  forgetClosed,
  listOlder,
} from '../../../shared/closed-conversations/closed-conversations-service';
import {
  closedRow,
  createTableClosedConversations,
  dayProgressRow,
  olderRow,
} from '../../../shared/closed-conversations/closed-conversations-table';
import { loadIfAny } from '../../../shared/conversation/conversation-service';
import {
  conversationRow,
  createTableConversationStore,
  createTableWorkList,
  entryRow,
  entryRowKey,
  progressRow,
  tombstoneRow,
  workListKeys,
  workListRow,
} from '../../../shared/conversation/conversation-table';
import { MINUTE } from '../../../shared/conversation/time';
import { createDamageReport, purgeDeadLetters } from '../../../shared/dead-letters/dead-letters-service';
import {
  createRowCheck,
  createTableDeadLetters,
  deadLetterRow,
} from '../../../shared/dead-letters/dead-letters-table';
import { createTimerPurge } from '../../../shared/deadlines/durable-timers';
import { createTablePurgePlace, purgePlaceRow } from '../../../shared/deadlines/timer-purge-table';
import { createEraser } from '../../../shared/personal-data/erase-service';
import { createTableErasures, erasureRow } from '../../../shared/personal-data/erasures-table';
import {
  findInPolicyDocument,
  NO_RULES,
  parseStoredPolicies,
  policyDocumentView,
} from '../../../shared/policies/policy-document-parser';
import { createSettingsSource } from '../../../shared/policies/settings-service';
import { createTableSettingsStore, overrideRow, policiesRow } from '../../../shared/policies/settings-table';
import { maintain } from '../../../shared/reconciliation/maintenance-service';
import { reconcile } from '../../../shared/reconciliation/reconcile-service';
import type { Keys } from '../../../shared/storage/table';
import { signatureGuard } from '../../../shared/web-pubsub/webhook-routes';
import { DEFAULTS } from '../../support/domain/policies';
import { MemoryWorld } from '../../support/memory-ports';
import { memoryTables } from '../../support/memory-tables';
import type * as FunctionsCore from '../../support/functions-core';
import { PACE } from '../../support/pace';
import { partOf } from '../../support/part-of';
import { CALL, serviceOver } from '../../support/service';
import { PROFILE } from '../application/scene';
import { ACCESS_KEY, call, eventHeaders, HUB, request } from '../handlers/request';

jest.mock(
  '@azure/functions-core',
  () => jest.requireActual<typeof FunctionsCore>('../../support/functions-core').functionsCore,
  { virtual: true },
);

/**
 * Every column of every row, damaged in turn: what still works? Nothing may fail without a dead letter or a line that names the
 * row, and a row that is not the record of a conversation may keep nobody from anything. The columns are those of the codecs.
 * Tables are over memory: what is asked here takes tens of thousands of requests.
 */

const OWN = 'conversation-0001';
const OTHER = 'conversation-0002';
const CLOSED = 'conversation-0003';
const ERASED = 'conversation-0004';
const ANN = { agentId: 'ann', agentName: 'Ann' };
const CUSTOMER_ID = 'erika@example.org';
const CUSTOMER_KEYS = ['a-key-of-the-index-of-customers-000000'];

/** Where the search for older ones has left off: behind everything. */
const TOKEN = Buffer.from(JSON.stringify({ nextPartitionKey: 'z', nextRowKey: 'z' })).toString('base64url');

let now = Date.parse('2026-03-01T10:00:00Z');
const clock = () => now;
const tables = memoryTables(clock);
const { clients } = tables;

/** A task hub in which nothing has finished. */
const NO_TIMERS = {
  getStatusBy: async () => [],
  purgeInstanceHistory: () => Promise.reject(new Error('nothing is due')),
};

/** A process that has just started. */
function start() {
  const world = new MemoryWorld();
  world.now = clock;
  const lines: string[] = [];
  const keep = (...parts: unknown[]) => void lines.push(parts.join(' '));
  const logger = createLogger({ info: keep, warn: keep, error: keep });
  const loggerOf = () => logger;
  const deadLetters = createTableDeadLetters(
    clients.deadLetters,
    createRowCheck(clients, parseStoredPolicies),
  );
  const onDamage = createDamageReport({ deadLetters, now: clock });
  const store = createTableConversationStore(clients.conversations, onDamage);
  const format = { parse: parseStoredPolicies, view: policyDocumentView, find: findInPolicyDocument };
  const settingsStore = createTableSettingsStore(clients.settings, format, onDamage);
  const policyBase = { ...DEFAULTS, retention: MINUTE };
  const settings = createSettingsSource({ store: settingsStore, base: policyBase, now: clock, loggerOf });
  const capacity = createVerifiedAgentCapacity({
    ledger: createTableAgentCapacity(clients.agentCapacity, { defaultTotal: 100, now: clock, onDamage }),
    holds: async (claim) => {
      const hold = (await loadIfAny(store, claim.conversationId))?.conversation.capacityHold;
      return hold?.agentId === claim.agentId && hold.assignment === claim.assignment;
    },
    now: clock,
  });
  const { participants, timers } = world;
  const closedConversations = createTableClosedConversations(
    clients.closedConversations,
    clients.conversations,
  );
  const workList = createTableWorkList(clients.workList, closedConversations);
  const ports = { store, workList, participants, timers, capacity, settings, deadLetters, now: clock };
  const service = serviceOver(ports);
  const tickets = createTickets({
    signingKeys: ['k'.repeat(40)],
    lifetimes: { agent: 60 * MINUTE, customer: 60 * MINUTE },
    now: clock,
  });
  const customers = createTableCustomerIndex(
    clients.customers,
    { keys: CUSTOMER_KEYS, now: clock },
    onDamage,
  );
  const conversations = () => service;
  const erasures = createTableErasures(clients);
  const eraser = createEraser({
    ...{ erasures, conversations, customers, workList, participants, loggerOf, now: clock },
    timerTraces: () => ({ remove: async () => 'removed' }),
    forget: [forgetClosed(closedConversations)],
  });
  const deps = {
    ...ports,
    ...{
      settingsStore,
      policyBase,
      tickets,
      loggerOf,
      logger,
      service,
      conversations,
      customers,
      closedConversations,
    },
    ...{ erasures, eraser },
    guard: signatureGuard([ACCESS_KEY]),
    hub: HUB,
    serviceHosts: ['chat.webpubsub.azure.com'],
    heard: () => false,
    sockets: createSocketBound({ perAddress: 0, listed: async () => [], now: clock }),
    socketGroups: () => [],
    visitorNumber: () => undefined,
    clientUrl: async () => 'wss://example.test/client/hubs/chat?access_token=x',
    newConversationId: () => 'conversation-0009',
    newConversations: createRateLimiter({ perMinute: 0, now: clock }),
    limits: createParticipantLimits({ perMinute: 0, now: clock }),
    trustedProxies: 0,
    pace: PACE,
  };
  world.open(OWN, 'tab-a');
  world.open(OTHER, 'tab-b');
  const storedPolicies = async () => ({
    ...((await settingsStore.loadPolicies())?.document ?? NO_RULES),
    base: policyBase,
  });
  const purgeTimers = createTimerPurge(clock, createTablePurgePlace(clients.workList));
  const purge = () =>
    maintain(
      [
        { name: 'dead-letters', run: (until) => purgeDeadLetters(deadLetters, clock, until) },
        { name: 'older', run: (until) => listOlder(deps, CALL, until) },
        {
          name: 'expired',
          run: (until) => eraseExpired({ ...deps, storedPolicies, eraser: eraser(CALL) }, CALL, until),
        },
        { name: 'finished-timers', run: (until) => purgeTimers(NO_TIMERS, until) },
      ],
      { now: clock, logger },
    );
  return { deps, lines, purge };
}
type Started = ReturnType<typeof start>;

interface Answer {
  readonly status?: number;
}
type Ask = (started: Started) => Promise<Answer>;
let agentTicket: Promise<{ readonly ticket: string }> | undefined;
/** All of this happens within minutes: one ticket does. */
const agentHeaders = async ({ deps }: Started) => {
  agentTicket ??= deps.tickets.issue({ role: 'agent', ...ANN });
  return { authorization: `Bearer ${(await agentTicket).ticket}` };
};
const byAgent =
  (route: string, conversationId?: string, parts: object = {}): Ask =>
  async (started) => {
    const params: Record<string, string> = conversationId === undefined ? {} : { conversationId };
    return call(route, request({ headers: await agentHeaders(started), params, ...parts }), started.deps);
  };
const withKey =
  (route: string, parts: object = {}): Ask =>
  ({ deps }) =>
    call(route, request(parts), deps);
const event =
  (conversationId: string, connectionId: string, name: string, data?: object): Ask =>
  ({ deps }) => {
    const kind = data === undefined ? 'sys' : 'user';
    const headers = eventHeaders({ name, kind, connectionId, userId: `customer.${conversationId}` });
    return call('web-pubsub-events', request({ headers, body: data ?? {} }), deps);
  };
let said = 0;
const saying =
  (conversationId: string, connectionId: string): Ask =>
  (started) =>
    event(conversationId, connectionId, 'message', { text: 'hello', messageId: `said-${(said += 1)}` })(
      started,
    );

/** What is asked; the name of what may fail if the record of that conversation is damaged begins with it. */
const ASKED: Readonly<Record<string, Ask>> = {
  'own: connected': event(OWN, 'tab-a', 'connected'),
  'own: message': saying(OWN, 'tab-a'),
  'own: read': byAgent('read-conversation', OWN),
  'own: negotiate': async (started) => {
    const caller = { role: 'customer', conversationId: OWN } as const;
    const authorization = `Bearer ${(await started.deps.tickets.issue(caller)).ticket}`;
    return call('negotiate', request({ headers: { authorization }, body: {} }), started.deps);
  },
  'own: export': withKey('export-conversation', { params: { conversationId: OWN } }),
  'own: explain policies': byAgent('explain-policies', OWN),
  'other: connected': event(OTHER, 'tab-b', 'connected'),
  'other: message': saying(OTHER, 'tab-b'),
  'other: accept': byAgent('accept-conversation', OTHER),
  'other: read': byAgent('read-conversation', OTHER),
  'other: release': byAgent('release-conversation', OTHER),
  'other: disconnected': event(OTHER, 'tab-z', 'disconnected'),
  'closed: transcript': withKey('download-transcript', { params: { conversationId: CLOSED } }),
  'erased: negotiate': async (started) => {
    const caller = { role: 'customer', conversationId: ERASED } as const;
    const authorization = `Bearer ${(await started.deps.tickets.issue(caller)).ticket}`;
    return call('negotiate', request({ headers: { authorization }, body: {} }), started.deps);
  },
  'list-conversations': byAgent('list-conversations'),
  'list of my own': byAgent('list-conversations', undefined, { query: { agentId: 'me' } }),
  'my-capacity': byAgent('my-capacity'),
  'set-capacity': withKey('set-capacity', { params: { agentId: 'bob' }, body: { capacityUnits: 50 } }),
  'negotiate-customer': withKey('negotiate-customer', { body: { customerId: CUSTOMER_ID, name: 'Erika' } }),
  'negotiate-customer anew': withKey('negotiate-customer', {
    body: { customerId: CUSTOMER_ID, name: 'Erika', choice: 'new' },
  }),
  'negotiate-customer, another one': withKey('negotiate-customer', {
    body: { customerId: 'max', name: 'Max' },
  }),
  'negotiate-agent': withKey('negotiate-agent', { body: { agentId: 'ann', name: 'Ann' } }),
  'read-policies': withKey('read-policies'),
  'list-automated-messages': withKey('list-automated-messages'),
  'list-dead-letters': withKey('list-dead-letters'),
  'list-closed-conversations': withKey('list-closed-conversations'),
  'list-closed-conversations of an agent': withKey('list-closed-conversations', {
    query: { agentId: 'ann' },
  }),
  'replay-dead-letter': withKey('replay-dead-letter', { params: { deadLetterId: `${OTHER}.check-failed` } }),
  'export-customer': withKey('export-customer', { body: { customerId: CUSTOMER_ID } }),
};

/** Erasures work whatever is damaged; they come last, for they leave little. */
const ERASURES: Readonly<Record<string, Ask>> = {
  'erase the erased': withKey('erase-conversation', { params: { conversationId: ERASED } }),
  'erase the closed': withKey('erase-conversation', { params: { conversationId: CLOSED } }),
  'erase the customer': withKey('erase-customer', { body: { customerId: CUSTOMER_ID } }),
};

interface Damageable {
  readonly row: { readonly columns: readonly string[]; decode(entity: object): unknown };
  readonly table: TableClient;
  readonly keys: Keys;
  /** Beginnings of what may fail with a letter, and steps that may fail with a line. */
  readonly mayFail?: readonly string[];
}
let kinds: Readonly<Record<string, Damageable>>;
let intact: ReturnType<typeof tables.rows>;

beforeAll(async () => {
  const { deps, purge } = start();
  const { service } = deps;
  for (const [id, tab] of [
    [OWN, 'tab-a'],
    [OTHER, 'tab-b'],
    [CLOSED, 'tab-c'],
    [ERASED, 'tab-d'],
  ] as const) {
    await service.handle(id, { type: 'connect', conversationId: id, profile: PROFILE });
    await service.handle(id, { type: 'connected', connectionId: tab, occurredAt: now });
  }
  await deps.customers.remember(CUSTOMER_ID, [OWN], undefined);
  for (const id of [OWN, CLOSED]) await service.handle(id, { type: 'agent-accepted', ...ANN });
  for (const n of [1, 2, 3]) {
    const message = { connectionId: 'tab-a', messageId: `sent.m${n}.0123456789abcdef`, text: `message ${n}` };
    await service.handle(OWN, { type: 'customer-message', ...message });
  }
  await service.handle(CLOSED, { type: 'agent-ended', agentId: 'ann' });
  await service.handle(CLOSED, { type: 'agent-closed', agentId: 'ann' });
  await deps.eraser(CALL).eraseConversation(ERASED, 'request');
  await deps.capacity.setTotal('ann', 100);
  await deps.settingsStore.savePolicies(
    parseStoredPolicies({
      channels: { portal: 'persistent-chat' },
      rules: [{ id: 'long', when: {}, set: { grace: 'PT4H' } }],
    }),
    'create',
  );
  await deps.settingsStore.putOverride(
    {
      trigger: 'agent-left',
      channel: 'live-chat',
      channelInstance: 'shop',
      locale: 'de',
      text: 'Bis',
      active: true,
    },
    'create',
  );
  const failing = {
    conversationId: OTHER,
    kind: 'check-failed',
    row: `${OTHER}/conversation`,
    code: 'unexpected',
  } as const;
  await deps.deadLetters.file(failing, now);
  await deps.workList.setComparedUntil(now);
  await createTablePurgePlace(clients.workList).save({ to: now, width: MINUTE, doneAt: now });
  await deps.closedConversations.saveOlderProgress({ listed: 1, unreadable: 0, done: false });
  await purge();
  await deps.closedConversations.saveOlderProgress({
    listed: 1,
    unreadable: 0,
    done: false,
    continuationToken: TOKEN,
  });
  now += MINUTE;

  const rows = tables.rows();
  const first = (table: TableClient, fits: (keys: Keys) => boolean): { table: TableClient; keys: Keys } => {
    const found = rows[table.tableName]?.find(fits);
    if (found === undefined) throw new Error(`no such row in ${table.tableName}`);
    return { table, keys: { partitionKey: found.partitionKey, rowKey: found.rowKey } };
  };
  const at = (table: TableClient, { partitionKey, rowKey }: Keys) =>
    first(table, (keys) => keys.partitionKey === partitionKey && keys.rowKey === rowKey);
  const record = { partitionKey: OWN, rowKey: 'conversation' };
  const customer = partitionsOf(CUSTOMER_ID, CUSTOMER_KEYS).current;
  const c = clients;
  kinds = {
    'record of a conversation': { row: conversationRow, ...at(c.conversations, record), mayFail: ['own'] },
    tombstone: {
      row: tombstoneRow,
      ...at(c.conversations, { ...record, partitionKey: ERASED }),
      mayFail: ['erased'],
    },
    notice: { row: entryRow, ...at(c.conversations, { ...record, rowKey: entryRowKey(1) }) },
    message: { row: entryRow, ...at(c.conversations, { ...record, rowKey: entryRowKey(3) }) },
    'row of the work list': { row: workListRow, ...at(c.workList, workListKeys(OWN)) },
    'progress of reconciliation': {
      row: progressRow,
      ...first(c.workList, (keys) => keys.rowKey === 'progress'),
    },
    holding: { row: holdingRow, ...first(c.agentCapacity, (keys) => keys.rowKey.startsWith('holding.')) },
    agent: { row: agentRow, ...at(c.agentCapacity, { partitionKey: 'ann', rowKey: 'agent' }) },
    customer: { row: customerRow, ...at(c.customers, { partitionKey: customer, rowKey: 'latest' }) },
    'conversation of a customer': {
      row: indexedRow,
      ...first(c.customers, (keys) => keys.rowKey === `conversation.${OWN}`),
    },
    'way back to a customer': {
      row: wayBackRow,
      ...first(c.customers, (keys) => keys.partitionKey === wayBackOf(OWN)),
    },
    policies: {
      row: policiesRow,
      ...first(c.settings, (keys) => keys.rowKey === 'document'),
      mayFail: ['expired'],
    },
    'automated message': { row: overrideRow, ...first(c.settings, (keys) => keys.rowKey !== 'document') },
    'dead letter': { row: deadLetterRow, ...first(c.deadLetters, () => true) },
    'closed conversation': {
      row: closedRow,
      ...first(c.closedConversations, (keys) => keys.partitionKey.startsWith('day.')),
    },
    'closed conversation of an agent': {
      row: closedRow,
      ...first(c.closedConversations, (keys) => keys.partitionKey === 'agent.ann'),
    },
    'progress of a day': {
      row: dayProgressRow,
      ...first(c.closedConversations, (keys) => keys.partitionKey === 'progress'),
    },
    'progress of the older ones': {
      row: olderRow,
      ...first(c.closedConversations, (keys) => keys.partitionKey === 'older'),
    },
    'place of the removal of timers': {
      row: purgePlaceRow,
      ...first(c.workList, (keys) => keys.rowKey === 'finished-timers'),
    },
    erasure: { row: erasureRow, ...first(c.erasures, (keys) => keys.partitionKey === 'unfinished') },
  };
  intact = tables.rows();
});

const DAMAGES = {
  'of another type': (value: unknown) => (typeof value === 'string' ? true : 'text'),
  'without sense': (value: unknown) => (typeof value === 'number' ? -1.5 : '{'),
  'of another time': (value: unknown) =>
    typeof value === 'number' ? 2 ** 31 - 1 : '9999-12-31T23:59:59.999Z',
  missing: () => undefined,
} as const;
type Damage = keyof typeof DAMAGES;

const damagedBy = (sound: Record<string, unknown>, column: string, damage: Damage) => {
  const { [column]: before, ...rest } = sound;
  const value = column === 'schemaVersion' && damage === 'without sense' ? 99 : DAMAGES[damage](before);
  return { ...rest, ...(value !== undefined && { [column]: value }) };
};

/** Of several that make a row unreadable with one and the same message, the first. */
async function differentDamages({ row, table, keys }: Damageable, column: string): Promise<Damage[]> {
  tables.putBack(intact);
  const sound = { ...(await table.getEntity(keys.partitionKey, keys.rowKey)) };
  const messages = new Set<string>();
  return (Object.keys(DAMAGES) as Damage[]).filter((damage) => {
    try {
      row.decode(damagedBy(sound, column, damage));
      return column in sound || damage !== 'missing';
    } catch (thrown) {
      const isNew = !messages.has(String(thrown));
      messages.add(String(thrown));
      return isNew;
    }
  });
}

const openLetters = async ({ deps }: Started) => {
  const { letters, unreadable } = await deps.deadLetters.list({ state: 'open', limit: 1_000 });
  return [...letters.map(({ letter }) => letter.row ?? letter.id), ...unreadable];
};

/** One damaged column: of which kind of row, and how. */
interface Case {
  readonly name: string;
  readonly column: string;
  readonly damage: Damage;
}

/** What is wrong with all of these at once; `isBrief`: only its own is asked. */
async function problemsWith(cases: readonly Case[], isBrief = false): Promise<string[]> {
  tables.putBack(intact);
  const begun = now;
  for (const { name, column, damage } of cases) {
    const { table, keys } = kinds[name]!;
    const sound = { ...(await table.getEntity(keys.partitionKey, keys.rowKey)) } as Record<string, unknown>;
    await table.upsertEntity({ ...damagedBy(sound, column, damage), ...keys }, 'Replace');
  }
  const mayFail = cases.flatMap(({ name }) => kinds[name]!.mayFail ?? []);
  const damaged = cases.map(({ name }) => `${kinds[name]!.keys.partitionKey}/${kinds[name]!.keys.rowKey}`);
  const started = start();
  const problems: string[] = [];
  const ask = async (asked: string, answer: Ask, isExempt = mayFail.some((one) => asked.startsWith(one))) => {
    const { status = 200 } = await answer(started);
    if (cases.length === 0 && status >= 400 && status !== EXPECTED[asked])
      problems.push(`${asked}: ${status}`);
    if (status < 500) return;
    const isTold = (await openLetters(started)).some((row) => damaged.includes(row));
    if (!isExempt || !isTold) problems.push(`${asked} answers ${status}${isTold ? '' : ' without a letter'}`);
  };
  for (const [asked, answer] of Object.entries(ASKED))
    if (!isBrief || asked.startsWith('own')) await ask(asked, answer);
  // A round, and one more a minute later: with the one row damaged, everything else has its turn.
  for (let round = 1; round <= 2; round += 1) {
    now += MINUTE;
    const report = await reconcile(started.deps);
    if (report.failed > 0) problems.push(`round ${round} has failures`);
  }
  await started.purge().catch(() => undefined);
  await started.deps.eraser(CALL).finishErasures();
  for (const [asked, answer] of Object.entries(ERASURES)) await ask(asked, answer, false);
  const isExpected = (line: string) =>
    line.startsWith('purge: failed') && mayFail.some((one) => line.includes(`"step":"${one}"`));
  const failures = /Error at |purge: failed|erasure: not finished/;
  problems.push(...started.lines.filter((line) => failures.test(line) && !isExpected(line)));
  const left = Object.values(tables.rows())
    .flat()
    .filter((row) => JSON.stringify(row).includes(OWN) && !('erasedAt' in row))
    .map(({ partitionKey, rowKey }) => `${partitionKey}/${rowKey}`)
    .filter((row) => !/^(unfinished|tombstones|begun\.)/.test(row));
  if (left.length > 0) problems.push(`the erased customer has left ${left.join(', ')}`);
  now = begun;
  return problems;
}

/** What is refused although nothing is damaged. */
const EXPECTED: Readonly<Record<string, number>> = { 'erased: negotiate': 409 };

/** Kinds that have nothing to do with one another are damaged together, each in its own column, to save time. */
const GROUPS: readonly (readonly string[])[] = [
  ['record of a conversation'],
  [
    ...['tombstone', 'notice', 'row of the work list', 'holding', 'customer', 'automated message'],
    ...['dead letter', 'closed conversation', 'progress of reconciliation', 'place of the removal of timers'],
  ],
  [
    ...['message', 'agent', 'conversation of a customer', 'closed conversation of an agent'],
    ...['progress of a day', 'progress of the older ones', 'erasure'],
  ],
  ['policies', 'way back to a customer'],
];

describe('one damaged row', () => {
  it.each(GROUPS.map((names) => [names.join(', '), names] as const))(
    'blocks nothing that is not its own, whichever column it is: %s [R226]',
    async (_title, names) => {
      const cases: Case[][] = [];
      for (const name of names) {
        const kind = kinds[name]!;
        expect(kind.row.columns).toContain('schemaVersion');
        const ofKind: Case[] = [];
        for (const [place, column] of kind.row.columns.entries()) {
          const damages = await differentDamages(kind, column);
          // Every column in every run; in the short ones one damage of each, another one than of the column before.
          const first = place % damages.length;
          for (const damage of partOf(
            [...damages.slice(first), ...damages.slice(0, first)],
            damages.length,
            1,
          ))
            ofKind.push({ name, column, damage });
        }
        ofKind.forEach((one, index) => (cases[index] ??= []).push(one));
      }
      const problems: string[] = [];
      // A record that cannot be read is the same to everybody else, whatever column it is.
      let isKnown = false;
      for (const together of cases) {
        const isUnreadable = names.length === 1 && !(await isReadable(together[0]!));
        const found = await problemsWith(together, isUnreadable && isKnown);
        isKnown ||= isUnreadable;
        const what = together.map(({ name, column, damage }) => `${name}.${column} ${damage}`).join(', ');
        problems.push(...found.map((problem) => `${what}: ${problem}`));
      }
      expect(problems).toEqual([]);
    },
    600_000,
  );

  it('is one of each kind that there is: a new codec has to be damaged as well [R226]', () => {
    const shared = join(__dirname, '../../../shared');
    const sources = readdirSync(shared, { recursive: true, encoding: 'utf8' });
    const codecs = sources
      .filter((name) => name.endsWith('-table.ts'))
      .flatMap((name) => readFileSync(join(shared, name), 'utf8').match(/ = row\(/g) ?? []);
    expect(new Set(Object.values(kinds).map(({ row }) => row)).size).toBe(codecs.length);
    expect(Object.keys(kinds).sort()).toEqual(GROUPS.flat().sort());
  });

  it('is not there: without damage everything is answered', async () => {
    expect(await problemsWith([])).toEqual([]);
  });
});

async function isReadable({ name, column, damage }: Case): Promise<boolean> {
  const { row, table, keys } = kinds[name]!;
  tables.putBack(intact);
  try {
    row.decode(damagedBy({ ...(await table.getEntity(keys.partitionKey, keys.rowKey)) }, column, damage));
    return true;
  } catch {
    return false;
  }
}
