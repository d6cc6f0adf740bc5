import { createHash } from 'node:crypto';
import type { TableEntity } from '@azure/data-tables';
import { z } from 'zod';
import { SCHEMA_VERSION, writerFor } from './columns';
import { checkFits, readRow, rowName } from './stored-row';

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
