import { type TableClient, type TransactionAction } from '@azure/data-tables';
import type { CapacityClaim } from '../../application/ports/agent-capacity';
import type { CapacityLedger, LedgerHolding } from '../../application/ports/capacity-ledger';
import { collisionPause } from '../../collision-pause';
import { fits } from '../../domain/agent-capacity';
import type { Instant } from '../../domain/time';
import { ContentionError } from '../../errors';
import { encodeAgent, encodeHolding, holdingKeys } from './agent-capacity-row';
import { readAgentRows, type AgentRows } from './read-agent-rows';
import { isConflict, tableCall } from './table-call';

/** Enough for every tab of an agent to accept in the same moment. */
const ATTEMPTS = 24;

/**
 * Agents' capacity in Table Storage: one partition per agent, with the agent's row and one row per holding.
 * `reserve` is one query and one transaction, `release` one delete.
 */
export function createTableAgentCapacity(
  table: TableClient,
  /** `defaultTotal`: the units of an agent for whom none are set. */
  options: { readonly defaultTotal: number; readonly now: () => Instant },
): CapacityLedger {
  const loadOf = async (agentId: string) => {
    const { totalUnits = options.defaultTotal, holdings } = await readAgentRows(table, agentId);
    return { agentId, totalUnits, holdings };
  };

  return {
    loadOf,

    async reserve(claim, units) {
      for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
        const rows = await readAgentRows(table, claim.agentId);
        const held = rows.holdings.find(isOf(claim));
        const others = rows.holdings.filter((holding) => holding !== held);
        const { totalUnits = options.defaultTotal } = rows;
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

    // Without an ETag: a reservation under way finds another one than it has read, and reads again.
    async setTotal(agentId, totalUnits) {
      await tableCall(table, 'set capacity', () =>
        table.upsertEntity(encodeAgent(agentId, totalUnits), 'Replace'),
      );
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
const guard = (agentId: string, { totalUnits, etag }: AgentRows): TransactionAction =>
  etag === undefined
    ? ['create', encodeAgent(agentId, totalUnits)]
    : ['update', encodeAgent(agentId, totalUnits), 'Replace', { etag }];

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
    (code) => (isConflict(code) ? { answer: 'conflict' } : undefined),
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
    (code) => {
      if (code === 'ResourceNotFound') return { answer: 'released' };
      return isConflict(code) ? { answer: 'reserved-again' } : undefined;
    },
  );
