import { createHash } from 'node:crypto';
import type { TableClient } from '@azure/data-tables';
import { z } from 'zod';
import type { CustomerIndex } from '../../application/ports/customer-index';
import { SCHEMA_VERSION, writerFor } from './columns';
import { checkFits, readRow, rowName } from './stored-row';
import { tableCall } from './table-call';

const ROW_KEY = 'latest';
const columns = z.object({ conversationId: z.string() });

/** Customer ids are the site's own and may be anything, a mail address for one: the key is their hash. */
const partitionOf = (customerId: string): string => createHash('sha256').update(customerId).digest('hex');

/** The latest conversation of each authenticated customer: one row per customer. */
export function createTableCustomerIndex(table: TableClient): CustomerIndex {
  return {
    latestConversationOf: (customerId) =>
      tableCall(
        table,
        'read customer',
        async () => readRow(columns, await table.getEntity(partitionOf(customerId), ROW_KEY)).conversationId,
        (code) => (code === 'ResourceNotFound' ? { answer: undefined } : undefined),
      ),

    remember: async (customerId, conversationId) => {
      const keys = { partitionKey: partitionOf(customerId), rowKey: ROW_KEY };
      const write = writerFor(rowName(keys));
      const entity = checkFits({
        ...keys,
        schemaVersion: write.int32('schemaVersion', SCHEMA_VERSION),
        conversationId,
      });
      await tableCall(table, 'remember customer', () => table.upsertEntity(entity, 'Replace'));
    },
  };
}
