import { createHash } from 'node:crypto';
import type { TableClient, TableEntity } from '@azure/data-tables';
import { z } from 'zod';
import { StoredRowError } from '../app/errors';
import { CONVERSATION_ID } from '../conversation/conversation';
import type { CustomerIndex } from '../conversation/ports';
import {
  answering,
  CONFLICTS,
  getRow,
  ignoreDamage,
  json,
  type Keys,
  type OnDamage,
  row,
  tableCall,
} from '../storage/table';
import { readOrTell } from '../storage/pages';

const customerRow = row(
  z.object({
    conversationId: z.string(),
    /** Those before, the newest first; absent in rows of before. */
    earlier: json(z.array(z.string())).optional(),
  }),
);

/** Customer ids are the site's own and may be anything, a mail address for one: the key is their hash. */
const customerKeys = (customerId: string): Keys => ({
  partitionKey: createHash('sha256').update(customerId).digest('hex'),
  rowKey: 'latest',
});

/** @throws StoredRowError */
export const encodeCustomer = (
  customerId: string,
  [conversationId = '', ...earlier]: readonly string[],
): TableEntity & Keys => customerRow.encode(customerKeys(customerId), { conversationId, earlier });

/** The customer's conversations. @throws StoredRowError naming the row and the column that cannot be read. */
export function decodeCustomer(entity: object): readonly string[] {
  const { conversationId, earlier = [] } = customerRow.decode(entity);
  return [conversationId, ...earlier];
}

/** What is left of a row that cannot be read: whatever has the form of an id in one of its columns. */
function conversationIdsIn(entity: object): readonly string[] {
  const { conversationId, earlier } = entity as Record<string, unknown>;
  const ids = [conversationId, earlier].flatMap((column) =>
    typeof column === 'string' ? (column.match(/[a-z0-9-]+/g) ?? []) : [],
  );
  return [...new Set(ids.filter((id) => CONVERSATION_ID.test(id)))];
}

/** The conversations of each authenticated customer: one row per customer. */
export function createTableCustomerIndex(
  table: TableClient,
  onDamage: OnDamage = ignoreDamage,
): CustomerIndex {
  return {
    async conversationsOf(customerId) {
      const entity = await getRow(table, 'read customer', customerKeys(customerId));
      if (entity === undefined) return { conversationIds: [] };
      const conversationIds = await readOrTell(entity, decodeCustomer, onDamage).catch((thrown: unknown) => {
        if (!(thrown instanceof StoredRowError)) throw thrown;
        // Nobody is kept out by it: the next conversation of the customer writes the row anew.
        return conversationIdsIn(entity);
      });
      return { conversationIds, etag: entity.etag };
    },

    remember: (customerId, conversationIds, etag) => {
      const entity = encodeCustomer(customerId, conversationIds);
      return tableCall<'saved' | 'conflict'>(
        table,
        'remember customer',
        async () => {
          // Prevents: two negotiations read the same, and the slower one overwrites what the faster one has begun.
          await (etag === undefined
            ? table.createEntity(entity)
            : table.updateEntity(entity, 'Replace', { etag }));
          return 'saved';
        },
        answering(CONFLICTS, 'conflict'),
      );
    },
  };
}
