import type { TableClient } from '@azure/data-tables';
import type { CustomerIndex } from '../../application/ports/customer-index';
import { customerKeys, decodeCustomer, encodeCustomer } from './customer-row';
import { tableCall } from './table-call';

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
