import { createHash } from 'node:crypto';
import type { TableClient, TableEntity } from '@azure/data-tables';
import { z } from 'zod';
import type { CustomerIndex } from '../conversation/ports';
import { getRow, type Keys, row, tableCall } from '../storage/table';

const customerRow = row(z.object({ conversationId: z.string() }));

/** Customer ids are the site's own and may be anything, a mail address for one: the key is their hash. */
const customerKeys = (customerId: string): Keys => ({
  partitionKey: createHash('sha256').update(customerId).digest('hex'),
  rowKey: 'latest',
});

/** @throws StoredRowError */
export const encodeCustomer = (customerId: string, conversationId: string): TableEntity & Keys =>
  customerRow.encode(customerKeys(customerId), { conversationId });

/** The customer's latest conversation. @throws StoredRowError naming the row and the column that cannot be read. */
export const decodeCustomer = (entity: object): string => customerRow.decode(entity).conversationId;

/** The latest conversation of each authenticated customer: one row per customer. */
export function createTableCustomerIndex(table: TableClient): CustomerIndex {
  return {
    async latestConversationOf(customerId) {
      const entity = await getRow(table, 'read customer', customerKeys(customerId));
      return entity && decodeCustomer(entity);
    },

    remember: async (customerId, conversationId) => {
      const entity = encodeCustomer(customerId, conversationId);
      await tableCall(table, 'remember customer', () => table.upsertEntity(entity, 'Replace'));
    },
  };
}
