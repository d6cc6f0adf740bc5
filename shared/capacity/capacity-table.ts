import { odata, type TableClient, type TableEntity, type TransactionAction } from '@azure/data-tables';
import { z } from 'zod';
import { collisionPause } from '../app/collision-pause';
import { ContentionError, DependencyError, StoredRowError } from '../app/errors';
import type { Instant } from '../conversation/time';
import {
  answering,
  CONFLICTS,
  ignoreDamage,
  getRow,
  instant,
  int32,
  type Keys,
  natural,
  NOT_FOUND,
  type OnDamage,
  readOrTell,
  row,
  tableCall,
} from '../storage/table';
import { firstRows } from '../storage/pages';
import {
  type CapacityClaim,
  type CapacityHolding,
  type CapacityLedger,
  fits,
  type LedgerHolding,
} from './capacity';

/** RowKey of the agent's own row. Its ETag guards every reservation. */
const AGENT_ROW_KEY = 'agent';
const PREFIX = 'holding.';
/** Padded, so that a conversation's holdings are in order; a 32-bit number has no more. */
const DIGITS = 10;

/**
 * The row of an agent. Without a total as long as nobody has set one: the default may change. The name is the one
 * that was given last with a request for a socket; without it nothing is lost.
 */
const agentColumns = z.object({
  totalUnits: int32.optional(),
  name: z.string().optional(),
});
export const agentRow = row(agentColumns);
type StoredAgent = z.output<typeof agentColumns>;

export const holdingRow = row(
  z.object({
    conversationId: z.string(),
    assignment: int32,
    // A negative number would make room for others.
    units: natural,
    reservedAt: instant,
  } satisfies Record<keyof CapacityHolding, z.ZodType>),
);

const holdingKeys = ({ agentId, conversationId, assignment }: CapacityClaim): Keys => ({
  partitionKey: agentId,
  rowKey: `${PREFIX}${conversationId}.${String(assignment).padStart(DIGITS, '0')}`,
});

export const encodeAgent = (agentId: string, agent: StoredAgent): TableEntity & Keys =>
  agentRow.encode({ partitionKey: agentId, rowKey: AGENT_ROW_KEY }, agent);

export const encodeHolding = (
  { agentId, ...claim }: CapacityClaim,
  units: number,
  reservedAt: Instant,
): TableEntity & Keys =>
  holdingRow.encode(holdingKeys({ agentId, ...claim }), { ...claim, units, reservedAt });

const isHolding = ({ rowKey }: { readonly rowKey?: unknown }): boolean =>
  typeof rowKey === 'string' && rowKey.startsWith(PREFIX);

/** @throws StoredRowError naming the row and the column that cannot be read. */
export const decodeAgent = (entity: object) => agentRow.decode(entity);
/** @throws StoredRowError naming the row and the column that cannot be read. */
export const decodeHolding = (entity: object): CapacityHolding => holdingRow.decode(entity);

/** Rows that are read at a time. */
const PAGE = 2_000;

/** Of all agents together: what is beyond them is left out of the list. */
const MOST_ROWS = 20_000;

const HOLDING_KEY = /^holding\.(.+)\.(\d{10})$/;

/**
 * What is known of a holding whose row cannot be read: whose it is stands in its key. Units that nobody can read count for
 * nothing: an agent is not kept from work by one row.
 */
function holdingOfKey({ rowKey, units }: { rowKey?: string; units?: unknown }): CapacityHolding[] {
  const [, conversationId, assignment] = HOLDING_KEY.exec(rowKey ?? '') ?? [];
  if (conversationId === undefined) return [];
  const known = natural.safeDecode(units);
  return [
    { conversationId, assignment: Number(assignment), units: known.success ? known.data : 0, reservedAt: 0 },
  ];
}

/** The rows of one agent. */
export interface AgentRows {
  readonly agent: StoredAgent;
  /** Of the agent's row; undefined as long as there is none. */
  readonly etag?: string;
  /** The agent's row cannot be read: its total is the default, and the row is left as it is. */
  readonly isDamaged?: true;
  readonly holdings: readonly LedgerHolding[];
}

/**
 * One request as a rule, and one more for each thousand rows. The agent's row is the first of its partition: whatever was
 * reserved before it was read is among the holdings, whatever comes after it changes its ETag, even if the answer comes in
 * parts. Rows that cannot be read are told, and block nobody.
 * @throws DependencyError
 */
async function readAgentRows(table: TableClient, agentId: string, onDamage: OnDamage): Promise<AgentRows> {
  const operation = 'read capacity';
  const filter = odata`PartitionKey eq ${agentId}`;
  const rows: object[] = [];
  let token: string | undefined;
  // Prevents: holdings behind a partial answer are not counted, and their units are taken twice.
  do {
    const from = token === undefined ? {} : { token };
    const page = await tableCall(table, operation, () => firstRows(table, { filter, limit: PAGE, ...from }));
    if (page.rows.length === 0 && page.token !== undefined)
      throw new DependencyError('table-storage', operation);
    rows.push(...page.rows);
    token = page.token;
  } while (token !== undefined);
  return agentRowsOf(rows, onDamage);
}

async function agentRowsOf(rows: readonly object[], onDamage: OnDamage): Promise<AgentRows> {
  const agent = rows.find((row) => 'rowKey' in row && row.rowKey === AGENT_ROW_KEY);
  const told = async <T, U>(row: object, read: (row: object) => T, instead: U): Promise<T | U> =>
    readOrTell(row, read, onDamage).catch((thrown: unknown) => {
      if (thrown instanceof StoredRowError) return instead;
      throw thrown;
    });
  const holdings: LedgerHolding[] = [];
  for (const row of rows.filter(isHolding)) {
    const version = etagOf(row);
    const read = await told(row, (one) => [decodeHolding(one)], holdingOfKey(row));
    holdings.push(...read.map((holding) => ({ ...holding, version })));
  }
  if (agent === undefined) return { agent: {}, holdings };
  const read = await told(agent, decodeAgent, undefined);
  return { agent: read ?? {}, ...(read === undefined && { isDamaged: true }), etag: etagOf(agent), holdings };
}

const etagOf = (row: object): string => ('etag' in row ? String(row.etag) : '');

/** Enough for every tab of an agent to accept in the same moment. */
const ATTEMPTS = 24;

/**
 * Agents' capacity in Table Storage: one partition per agent, with the agent's row and one row per holding.
 * `reserve` is one query and one transaction, `release` one delete.
 */
export function createTableAgentCapacity(
  table: TableClient,
  /** `defaultTotal`: the units of an agent for whom none are set; `mostRows`: that the list of all agents is made of. */
  options: {
    readonly defaultTotal: number;
    readonly now: () => Instant;
    readonly onDamage?: OnDamage;
    readonly mostRows?: number;
  },
): CapacityLedger {
  const { onDamage = ignoreDamage } = options;
  const loadFrom = (agentId: string, { agent, holdings }: AgentRows) => {
    const { totalUnits = options.defaultTotal, ...known } = agent;
    return { agentId, totalUnits, ...known, holdings };
  };
  const loadOf = async (agentId: string) => loadFrom(agentId, await readAgentRows(table, agentId, onDamage));

  return {
    loadOf,

    async reserve(claim, units) {
      for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
        const rows = await readAgentRows(table, claim.agentId, onDamage);
        const held = rows.holdings.find(isOf(claim));
        const others = rows.holdings.filter((holding) => holding !== held);
        const { totalUnits = options.defaultTotal } = rows.agent;
        if (held?.units !== units && !fits({ totalUnits, holdings: others }, units)) return 'full';
        const holding = encodeHolding(claim, units, options.now());
        const saved = await submit(table, [
          guard(claim.agentId, rows),
          held === undefined ? ['create', holding] : ['update', holding, 'Replace', { etag: held.version }],
        ]);
        if (saved === 'saved') return 'reserved';
        await collisionPause(attempt);
      }
      throw new ContentionError(ATTEMPTS);
    },

    async release(claim) {
      await remove(table, claim, '*');
    },

    // Prevents: a claim is found stale, its conversation reserves it again and is saved, and then the units are given
    // away. A reservation changes the version, so what is deleted is what was found.
    releaseVersion: (claim, version) => remove(table, claim, version),

    // Without an ETag: a reservation under way finds another one than it has read, and reads again. The name stays.
    async setTotal(agentId, totalUnits) {
      await tableCall(table, 'set capacity', () =>
        table.upsertEntity(encodeAgent(agentId, { totalUnits }), 'Merge'),
      );
    },

    async noteAgent(agentId, name) {
      const row = encodeAgent(agentId, { name });
      // Prevents: every socket of an agent writes, and sends the reservations under way back to their read.
      if ((await getRow(table, 'note agent', row))?.['name'] === name) return;
      await tableCall(table, 'note agent', () => table.upsertEntity(row, 'Merge'));
    },

    async everyAgent() {
      const { rows, token } = await tableCall(table, 'list agents', () =>
        firstRows(table, { filter: odata`PartitionKey gt ${''}`, limit: options.mostRows ?? MOST_ROWS }),
      );
      const byAgent = new Map<string, Keys[]>();
      for (const one of rows as Keys[]) {
        const own = byAgent.get(one.partitionKey);
        if (own === undefined) byAgent.set(one.partitionKey, [one]);
        else own.push(one);
      }
      const last = (rows as Keys[]).at(-1);
      // Prevents: the list is cut off among the rows of an agent, who seems to have more room than is left.
      if (token !== undefined && last !== undefined) byAgent.delete(last.partitionKey);
      const agents = [...byAgent].map(async ([agentId, own]) =>
        loadFrom(agentId, await agentRowsOf(own, onDamage)),
      );
      return { agents: await Promise.all(agents), complete: token === undefined };
    },
  };
}

const isOf =
  ({ conversationId, assignment }: CapacityClaim) =>
  (holding: LedgerHolding): boolean =>
    holding.conversationId === conversationId && holding.assignment === assignment;

/**
 * Prevents: two conversations read the same free units and both take them. Every reservation writes the agent's row
 * under the ETag it has read, or creates it, so the slower one fails and reads again. A release needs no guard: who has
 * not seen it yet only believes that less is free.
 */
function guard(agentId: string, { agent, etag, isDamaged }: AgentRows): TransactionAction {
  const row = encodeAgent(agentId, agent);
  if (etag === undefined) return ['create', row];
  // What cannot be read is for whoever mends it: merged with nothing, the row has another ETag and the same columns.
  const { partitionKey, rowKey } = row;
  return isDamaged
    ? ['update', { partitionKey, rowKey }, 'Merge', { etag }]
    : ['update', row, 'Replace', { etag }];
}

/**
 * A conflict is also the answer to a request that the SDK repeated because its response was lost: read again, and the
 * holding is there.
 */
const submit = (table: TableClient, actions: TransactionAction[]): Promise<'saved' | 'conflict'> =>
  tableCall<'saved' | 'conflict'>(
    table,
    'reserve capacity',
    async () => {
      await table.submitTransaction(actions);
      return 'saved';
    },
    answering(CONFLICTS, 'conflict'),
  );

const remove = (
  table: TableClient,
  claim: CapacityClaim,
  etag: string,
): Promise<'released' | 'reserved-again'> =>
  tableCall<'released' | 'reserved-again'>(
    table,
    'release capacity',
    async () => {
      const { partitionKey, rowKey } = holdingKeys(claim);
      await table.deleteEntity(partitionKey, rowKey, { etag });
      return 'released';
    },
    (code) => answering(NOT_FOUND, 'released')(code) ?? answering(CONFLICTS, 'reserved-again')(code),
  );
