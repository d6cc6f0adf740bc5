import { beforeAll, describe, expect, it } from '@jest/globals';
import type { TableClient, TableEntity } from '@azure/data-tables';
import { createParticipantLimits, createRateLimiter, createTickets } from '../../shared/access/caller-guard';
import { createTableCustomerIndex, encodeCustomer, partitionsOf } from '../../shared/access/customers-table';
import { createTableClosedConversations } from '../../shared/closed-conversations/closed-conversations-table';
import { createLogger } from '../../shared/app/log';
import { createVerifiedAgentCapacity } from '../../shared/capacity/capacity-service';
import { createTableAgentCapacity, encodeAgent } from '../../shared/capacity/capacity-table';
import {
  createTableConversationStore,
  createTableWorkList,
  entryRowKey,
  workListKeys,
} from '../../shared/conversation/conversation-table';
import { MINUTE } from '../../shared/conversation/time';
import { createDamageReport } from '../../shared/dead-letters/dead-letters-service';
import { createRowCheck, createTableDeadLetters } from '../../shared/dead-letters/dead-letters-table';
import {
  findInPolicyDocument,
  parsePolicyDocument,
  policyDocumentView,
} from '../../shared/policies/policy-document-parser';
import { createSettingsSource } from '../../shared/policies/settings-service';
import {
  createTableSettingsStore,
  encodeOverride,
  encodePolicies,
} from '../../shared/policies/settings-table';
import { reconcile } from '../../shared/reconciliation/reconcile-service';
import { DEFAULTS } from '../support/domain/policies';
import { MemoryWorld } from '../support/memory-ports';
import { PACE } from '../support/pace';
import { serviceOver } from '../support/service';
import { PROFILE } from '../unit/application/scene';
import { call, request } from '../unit/handlers/request';
import { startTables, type Tables } from './storage/tables';

/**
 * Every column of every row, damaged in turn in the real storage: what still works? Nothing may fail for ever without a
 * dead letter that names the row, and a row that is not the record of a conversation may keep nobody from anything.
 */

const ID = 'conversation-0001';
const OTHER = 'conversation-0002';
const ANN = { agentId: 'ann', agentName: 'Ann' };
const CUSTOMER_ID = 'erika@example.org';

let tables: Tables;
let now = Date.parse('2026-03-01T10:00:00Z');

const parse = (value: unknown) => parsePolicyDocument(value, 'document');

/** A process that has just started. */
function process() {
  const world = new MemoryWorld();
  const clock = () => now;
  const lines: string[] = [];
  const keep = (line: unknown) => void lines.push(String(line));
  const logger = createLogger({ info: keep, warn: keep, error: keep });
  const deadLetters = createTableDeadLetters(tables.deadLetters, createRowCheck(tables, parse));
  const onDamage = createDamageReport({ deadLetters, now: clock });
  const store = createTableConversationStore(tables.conversations, onDamage);
  const format = { parse, view: policyDocumentView, find: findInPolicyDocument };
  const settingsStore = createTableSettingsStore(tables.settings, format, onDamage);
  const loggerOf = () => logger;
  const settings = createSettingsSource({ store: settingsStore, base: DEFAULTS, now: clock, loggerOf });
  const capacity = createVerifiedAgentCapacity({
    ledger: createTableAgentCapacity(tables.agentCapacity, { defaultTotal: 100, now: clock, onDamage }),
    holds: async (claim) => {
      const hold = (await store.load(claim.conversationId))?.conversation.capacityHold;
      return hold?.agentId === claim.agentId && hold.assignment === claim.assignment;
    },
    now: clock,
  });
  const { participants, timers } = world;
  const workList = createTableWorkList(
    tables.workList,
    createTableClosedConversations(tables.closedConversations, tables.conversations),
  );
  const ports = { store, workList, participants, timers, capacity, settings, deadLetters, now: clock };
  const service = serviceOver(ports);
  const lifetimes = { agent: 60 * MINUTE, customer: 60 * MINUTE };
  const tickets = createTickets({ signingKeys: ['k'.repeat(40)], lifetimes, now: clock });
  const deps = {
    ...ports,
    ...{ settingsStore, policyBase: DEFAULTS, tickets, loggerOf, logger, service },
    conversations: () => service,
    customers: createTableCustomerIndex(tables.customers, { keys: [], now: clock }, onDamage),
    clientUrl: async () => 'wss://example.test/client/hubs/chat?access_token=x',
    newConversationId: () => 'conversation-0009',
    newConversations: createRateLimiter({ perMinute: 0, now: clock }),
    limits: createParticipantLimits({ perMinute: 0, now: clock }),
    trustedProxies: 0,
    pace: PACE,
  };
  world.open(ID, 'tab-a');
  world.open(OTHER, 'tab-b');
  return { deps, lines, world };
}
type Started = ReturnType<typeof process>;

const agent = async ({ deps }: Started) => ({
  authorization: `Bearer ${(await deps.tickets.issue({ role: 'agent', ...ANN })).ticket}`,
});
const ofConversation = (id: string) => async (started: Started) =>
  request({ headers: await agent(started), params: { conversationId: id } });

/** What is asked, and what it is about. */
const ASKED: Readonly<Record<string, (started: Started) => Promise<{ status?: number }>>> = {
  'read-conversation': async (started) =>
    call('read-conversation', await ofConversation(ID)(started), started.deps),
  'accept another': async (started) => {
    const headers = await agent(started);
    return call('accept', request({ headers, params: { conversationId: OTHER } }), started.deps);
  },
  'release another': async (started) => {
    const headers = await agent(started);
    return call('release', request({ headers, params: { conversationId: OTHER } }), started.deps);
  },
  'list-conversations': async (started) =>
    call('list-conversations', request({ headers: await agent(started) }), started.deps),
  'my-capacity': async (started) =>
    call('my-capacity', request({ headers: await agent(started) }), started.deps),
  'set-capacity': async ({ deps }) =>
    call('set-capacity', request({ params: { agentId: 'bob' }, body: { capacityUnits: 50 } }), deps),
  'negotiate-customer': async ({ deps }) =>
    call('negotiate-customer', request({ body: { customerId: CUSTOMER_ID, name: 'Erika' } }), deps),
  'negotiate-customer anew': async ({ deps }) => {
    const body = { customerId: CUSTOMER_ID, name: 'Erika', choice: 'new' };
    return call('negotiate-customer', request({ body }), deps);
  },
  'read-policies': async ({ deps }) => call('read-policies', request(), deps),
  'explain-policies': async (started) =>
    call('explain-policies', await ofConversation(OTHER)(started), started.deps),
  'list-automated-messages': async ({ deps }) => call('list-automated-messages', request(), deps),
  'list-dead-letters': async ({ deps }) => call('list-dead-letters', request(), deps),
  'replay-dead-letter': async ({ deps }) => {
    const params = { deadLetterId: `${OTHER}.check-failed` };
    return call('replay-dead-letter', request({ params }), deps);
  },
};

interface Damaged {
  readonly table: TableClient;
  readonly keys: { readonly partitionKey: string; readonly rowKey: string };
}
let rows: Readonly<Record<string, Damaged>>;

const of = (table: TableClient, { partitionKey, rowKey }: Damaged['keys']): Damaged => ({
  table,
  keys: { partitionKey, rowKey },
});

beforeAll(async () => {
  tables = startTables();
  await tables.ensureTables();
  const { deps } = process();
  const { service } = deps;
  for (const [id, tab] of [
    [ID, 'tab-a'],
    [OTHER, 'tab-b'],
  ] as const) {
    await service.handle(id, { type: 'connect', conversationId: id, profile: PROFILE });
    await service.handle(id, { type: 'connected', connectionId: tab, occurredAt: now });
  }
  await service.handle(ID, { type: 'agent-accepted', ...ANN });
  for (const n of [1, 2, 3]) {
    const message = { connectionId: 'tab-a', messageId: `sent.m${n}.0123456789abcdef`, text: `message ${n}` };
    await service.handle(ID, { type: 'customer-message', ...message });
  }
  const override = {
    trigger: 'agent-left',
    channel: 'live-chat',
    channelInstance: 'shop',
    locale: 'de',
    text: 'Tschüss',
    active: true,
  } as const;
  const policies = {
    channels: { portal: 'persistent-chat' },
    rules: [{ id: 'long', when: {}, set: { grace: 'PT4H' } }],
  };
  const written: [TableClient, TableEntity][] = [
    [tables.customers, encodeCustomer(partitionsOf(CUSTOMER_ID, []).current, [ID, 'conversation-0003'])],
    [tables.settings, encodePolicies(policies)],
    [tables.settings, encodeOverride(override)],
    [tables.agentCapacity, encodeAgent('ann', 100)],
  ];
  for (const [table, row] of written) await table.upsertEntity(row, 'Replace');
  await deps.deadLetters.file(
    { conversationId: OTHER, kind: 'check-failed', row: `${OTHER}/conversation`, code: 'unexpected' },
    now,
  );
  await deps.workList.setComparedUntil(now);
  const conversation = { partitionKey: ID, rowKey: 'conversation' };
  rows = {
    record: of(tables.conversations, conversation),
    message: of(tables.conversations, { ...conversation, rowKey: entryRowKey(3) }),
    notice: of(tables.conversations, { ...conversation, rowKey: entryRowKey(1) }),
    'row of the work list': of(tables.workList, workListKeys(ID)),
    progress: of(tables.workList, { partitionKey: 'reconciliation', rowKey: 'progress' }),
    holding: of(tables.agentCapacity, { partitionKey: 'ann', rowKey: `holding.${ID}.0000000001` }),
    agent: of(tables.agentCapacity, { partitionKey: 'ann', rowKey: 'agent' }),
    customer: of(tables.customers, written[0]![1]),
    policies: of(tables.settings, written[1]![1]),
    override: of(tables.settings, written[2]![1]),
    'dead letter': of(tables.deadLetters, {
      partitionKey: 'dead-letters',
      rowKey: `${OTHER}.check-failed`,
    }),
  };
});

const DAMAGES = {
  'of another type': (value: unknown) => (typeof value === 'string' ? true : 'text'),
  'without sense': (value: unknown) => (typeof value === 'number' ? -1.5 : '{'),
  missing: () => undefined,
} as const;

const openLetters = async ({ deps }: Started) => {
  const { letters, unreadable } = await deps.deadLetters.list({ state: 'open', limit: 1_000 });
  return [...letters.map(({ letter }) => letter.row ?? letter.id), ...unreadable];
};

/** What was wrong with a damage: answers of 500 where there may be none, or without a letter. */
async function problemsWith(name: string, column: string, what: keyof typeof DAMAGES): Promise<string[]> {
  const { table, keys } = rows[name]!;
  const { partitionKey, rowKey } = keys;
  const intact = await everyRow();
  const {
    etag: _etag,
    timestamp: _timestamp,
    ...sound
  } = (await table.getEntity(partitionKey, rowKey)) as Record<string, unknown>;
  const value = DAMAGES[what](sound[column]);
  const { [column]: _column, ...rest } = sound;
  await table.upsertEntity({ ...rest, ...keys, ...(value !== undefined && { [column]: value }) }, 'Replace');
  const started = process();
  const problems: string[] = [];
  const rowOf = `${partitionKey}/${rowKey}`;
  for (const [asked, ask] of Object.entries(ASKED)) {
    const { status = 200 } = await ask(started);
    if (status < 500) continue;
    const isTold = (await openLetters(started)).includes(rowOf);
    if (name !== 'record' || !isTold) problems.push(`${asked} answers ${status}`);
  }
  // A round, and one more a minute later: with the one row damaged, everything else has its turn.
  for (let round = 0; round < 2; round += 1) {
    now += MINUTE;
    const report = await reconcile(started.deps);
    if (report.failed > 0) problems.push(`round ${round + 1} has failures`);
  }
  const log = started.lines.filter((line) => line.includes('Error at '));
  problems.push(...log);
  await restore(intact);
  return problems.map((problem) => `${name}, ${column} ${what}: ${problem}`);
}

type Rows = readonly { readonly table: TableClient; readonly row: TableEntity }[];

async function everyRow(): Promise<Rows> {
  const found: { table: TableClient; row: TableEntity }[] = [];
  const { ensureTables: _ensure, ...all } = tables;
  for (const table of Object.values(all) as TableClient[]) {
    for await (const row of table.listEntities({ disableTypeConversion: true })) {
      const { etag: _etag, timestamp: _timestamp, ...columns } = row;
      found.push({ table, row: columns as TableEntity });
    }
  }
  return found;
}

async function restore(intact: Rows): Promise<void> {
  const keyOf = ({ table, row }: Rows[number]) =>
    JSON.stringify([table.tableName, row.partitionKey, row.rowKey]);
  const kept = new Set(intact.map(keyOf));
  for (const one of await everyRow()) {
    if (!kept.has(keyOf(one))) await one.table.deleteEntity(one.row.partitionKey, one.row.rowKey);
  }
  for (const { table, row } of intact) await table.upsertEntity(row, 'Replace');
}

describe('one damaged row', () => {
  it.each([
    'record',
    'message',
    'notice',
    'row of the work list',
    'progress',
    'holding',
    'agent',
    'customer',
    'policies',
    'override',
    'dead letter',
  ])(
    'of the kind "%s" blocks nothing that is not its own, whichever column it is [R181]',
    async (name) => {
      const { table, keys } = rows[name]!;
      const entity = await table.getEntity(keys.partitionKey, keys.rowKey);
      const columns = Object.keys(entity).filter(
        (column) => !['partitionKey', 'rowKey', 'etag', 'timestamp', 'odata.metadata'].includes(column),
      );
      expect(columns).toContain('schemaVersion');
      const problems: string[] = [];
      for (const column of columns) {
        for (const what of Object.keys(DAMAGES) as (keyof typeof DAMAGES)[]) {
          problems.push(...(await problemsWith(name, column, what)));
        }
      }
      expect(problems).toEqual([]);
    },
    120_000,
  );
});
