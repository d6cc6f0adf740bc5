import { createHash } from 'node:crypto';
import type { TableClient, TableEntity } from '@azure/data-tables';
import { z } from 'zod';
import type { CustomerIndex } from '../conversation/ports';
import { checkFits, readRow, rowName, SCHEMA_VERSION, writerFor } from '../storage/rows';
import { tableCall } from '../storage/table';

const columns = z.object({ conversationId: z.string() });

/** Customer ids are the site's own and may be anything, a mail address for one: the key is their hash. */
export const customerKeys = (customerId: string) => ({
  partitionKey: createHash('sha256').update(customerId).digest('hex'),
  rowKey: 'latest',
});

/** @throws StoredRowError */
export function encodeCustomer(customerId: string, conversationId: string): TableEntity {
  const keys = customerKeys(customerId);
  const write = writerFor(rowName(keys));
  return checkFits({
    ...keys,
    schemaVersion: write.int32('schemaVersion', SCHEMA_VERSION),
    conversationId,
  });
}

/** The customer's latest conversation. @throws StoredRowError naming the row and the column that cannot be read. */
export const decodeCustomer = (entity: object): string => readRow(columns, entity).conversationId;

/** The latest conversation of each authenticated customer: one row per customer. */
export function createTableCustomerIndex(table: TableClient): CustomerIndex {
  return {
    latestConversationOf: (customerId) =>
      tableCall(
        table,
        'read customer',
        async () => {
          const { partitionKey, rowKey } = customerKeys(customerId);
          return decodeCustomer(await table.getEntity(partitionKey, rowKey));
        },
        (code) => (code === 'ResourceNotFound' ? { answer: undefined } : undefined),
      ),

    remember: async (customerId, conversationId) => {
      const entity = encodeCustomer(customerId, conversationId);
      await tableCall(table, 'remember customer', () => table.upsertEntity(entity, 'Replace'));
    },
  };
}
