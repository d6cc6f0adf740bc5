import type { TableClient } from '@azure/data-tables';
import { z } from 'zod';
import { getRow, instant, int32, type Keys, row, tableCall } from '../storage/table';
import { readableRows } from '../storage/pages';
import type { PurgePlace, PurgeProgress } from '../conversation/ports';

/** How far the removal of finished timers has come. Beside the work list, in the partition of reconciliation. */
export const purgePlaceRow = row(
  z.object({
    to: instant.optional(),
    width: int32.optional(),
    doneAt: instant.optional(),
  } satisfies Record<keyof PurgeProgress, z.ZodType>),
);
const KEYS: Keys = { partitionKey: 'reconciliation', rowKey: 'finished-timers' };

export function createTablePurgePlace(table: TableClient): PurgePlace {
  return {
    async load() {
      const entity = await getRow(table, 'read place of the removal', KEYS);
      // One that cannot be read is as none: what was looked at is looked at once more.
      return readableRows(entity ? [entity] : [], (one) => purgePlaceRow.decode(one)).readable[0] ?? {};
    },
    async save(progress) {
      const entity = purgePlaceRow.encode(KEYS, progress);
      await tableCall(table, 'save place of the removal', () => table.upsertEntity(entity, 'Replace'));
    },
  };
}
