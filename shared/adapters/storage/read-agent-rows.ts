import { odata, type TableClient } from '@azure/data-tables';
import type { LedgerHolding } from '../../application/ports/capacity-ledger';
import { DependencyError } from '../../errors';
import { AGENT_ROW_KEY, decodeAgent, decodeHolding, isHolding } from './agent-capacity-row';
import { firstRows } from './first-rows';
import { tableCall } from './table-call';

/** More conversations than an agent can have. */
const MOST_ROWS = 2_000;

/** The rows of one agent. */
export interface AgentRows {
  /** Undefined as long as nobody has set it. */
  readonly totalUnits?: number;
  /** Of the agent's row; undefined as long as there is none. */
  readonly etag?: string;
  readonly holdings: readonly LedgerHolding[];
}

/**
 * One request as a rule. The agent's row is the first of its partition: whatever was reserved before it was read is
 * among the holdings, whatever comes after it changes its ETag, even if the answer comes in parts.
 * @throws DependencyError, StoredRowError
 */
export async function readAgentRows(table: TableClient, agentId: string): Promise<AgentRows> {
  const operation = 'read capacity';
  const { rows, token } = await tableCall(table, operation, () =>
    firstRows(table, { filter: odata`PartitionKey eq ${agentId}`, limit: MOST_ROWS }),
  );
  // Prevents: holdings behind a partial answer are not counted, and their units are taken twice.
  if (token !== undefined) throw new DependencyError('table-storage', operation);
  const agent = rows.find((row) => 'rowKey' in row && row.rowKey === AGENT_ROW_KEY);
  return {
    ...(agent !== undefined && { ...decodeAgent(agent), etag: etagOf(agent) }),
    holdings: rows.filter(isHolding).map((row) => ({ ...decodeHolding(row), version: etagOf(row) })),
  };
}

const etagOf = (row: object): string => ('etag' in row ? String(row.etag) : '');
