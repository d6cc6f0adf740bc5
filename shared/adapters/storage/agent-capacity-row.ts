import type { TableEntity } from '@azure/data-tables';
import { z } from 'zod';
import type { CapacityClaim } from '../../application/ports/agent-capacity';
import type { Instant } from '../../domain/time';
import { instantColumn, SCHEMA_VERSION, writerFor } from './columns';
import { checkFits, readRow, rowName } from './stored-row';

/** RowKey of the agent's own row. Its ETag guards every reservation. */
export const AGENT_ROW_KEY = 'agent';
const PREFIX = 'holding.';
/** Padded, so that a conversation's holdings are in order; a 32-bit number has no more. */
const DIGITS = 10;

const agentColumns = z.object({ totalUnits: z.int().exactOptional() });
const holdingColumns = z.object({
  conversationId: z.string(),
  assignment: z.int(),
  // A negative number would make room for others.
  units: z.int().min(0),
  reservedAt: instantColumn,
});

export const holdingKeys = ({ agentId, conversationId, assignment }: CapacityClaim) => ({
  partitionKey: agentId,
  rowKey: `${PREFIX}${conversationId}.${String(assignment).padStart(DIGITS, '0')}`,
});

/** Without a total as long as nobody has set one: the default may change. */
export function encodeAgent(agentId: string, totalUnits: number | undefined): TableEntity {
  const keys = { partitionKey: agentId, rowKey: AGENT_ROW_KEY };
  const write = writerFor(rowName(keys));
  return checkFits({
    ...keys,
    schemaVersion: write.int32('schemaVersion', SCHEMA_VERSION),
    ...(totalUnits !== undefined && { totalUnits: write.int32('totalUnits', totalUnits) }),
  });
}

export function encodeHolding(claim: CapacityClaim, units: number, reservedAt: Instant): TableEntity {
  const keys = holdingKeys(claim);
  const write = writerFor(rowName(keys));
  return checkFits({
    ...keys,
    schemaVersion: write.int32('schemaVersion', SCHEMA_VERSION),
    conversationId: claim.conversationId,
    assignment: write.int32('assignment', claim.assignment),
    units: write.int32('units', units),
    reservedAt: write.instant('reservedAt', reservedAt),
  });
}

export const isHolding = ({ rowKey }: { readonly rowKey?: unknown }): boolean =>
  typeof rowKey === 'string' && rowKey.startsWith(PREFIX);

/** @throws StoredRowError naming the row and the column that cannot be read. */
export const decodeAgent = (entity: object) => readRow(agentColumns, entity);
/** @throws StoredRowError naming the row and the column that cannot be read. */
export const decodeHolding = (entity: object) => readRow(holdingColumns, entity);
