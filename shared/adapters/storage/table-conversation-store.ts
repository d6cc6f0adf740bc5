import { odata, type TableClient, type TransactionAction } from '@azure/data-tables';
import type { ConversationStore } from '../../application/ports/conversation-store';
import type { Instant } from '../../domain/time';
import { RecordTooLargeError } from '../../errors';
import { CONVERSATION_ROW_KEY, decodeConversation, encodeConversation } from './conversation-row';
import { decodeEntry, encodeEntry, ENTRY_ROW_KEYS_END, entryRowKey } from './entry-row';
import { firstRows } from './first-rows';
import { rowName } from './stored-row';
import { isConflict, tableCall } from './table-call';

type Change = Parameters<ConversationStore['save']>[0];

/** The service's limit for one entity-group transaction. */
const TRANSACTION_ROWS = 100;

/**
 * Conversations in Table Storage: one partition per conversation, with the record and its transcript entries.
 * `load` is one request, `save` is one request.
 */
export function createTableConversationStore(table: TableClient): ConversationStore {
  return {
    load: (conversationId) =>
      tableCall(
        table,
        'load conversation',
        async () => {
          const entity = await table.getEntity(conversationId, CONVERSATION_ROW_KEY);
          return { conversation: decodeConversation(entity), etag: entity.etag, savedAt: savedAtOf(entity) };
        },
        (code) => (code === 'ResourceNotFound' ? { answer: undefined } : undefined),
      ),

    save: async (change) => {
      const actions = actionsOf(change);
      return tableCall<'saved' | 'conflict'>(
        table,
        'save conversation',
        async () => {
          await perform(table, actions);
          return 'saved';
        },
        (code) => (isConflict(code) ? { answer: 'conflict' } : undefined),
      );
    },

    transcript: (conversationId, { after, limit }) =>
      tableCall(table, 'read transcript', async () => {
        const filter = odata`PartitionKey eq ${conversationId} and RowKey gt ${entryRowKey(after)} and RowKey lt ${ENTRY_ROW_KEYS_END}`;
        const { rows } = await firstRows(table, { filter, limit });
        return rows.map(decodeEntry);
      }),
  };
}

/** The record first, under the ETag it was loaded with; then its new entries, which must not exist yet. */
function actionsOf({ before, after, entries }: Change): [TransactionAction, ...TransactionAction[]] {
  const record = encodeConversation(after);
  if (entries.length >= TRANSACTION_ROWS) {
    throw new RecordTooLargeError(
      rowName(record),
      `${entries.length} entries do not fit into one transaction`,
    );
  }
  return [
    before === undefined ? ['create', record] : ['update', record, 'Replace', { etag: before.etag }],
    ...entries.map((entry): TransactionAction => ['create', encodeEntry(after.id, entry)]),
  ];
}

/** One request on the wire: the plain operation when there is only one, otherwise a transaction. */
async function perform(
  table: TableClient,
  actions: [TransactionAction, ...TransactionAction[]],
): Promise<void> {
  const [[kind, record, mode, options], ...rest] = actions;
  if (rest.length > 0) await table.submitTransaction(actions);
  else if (kind === 'create') await table.createEntity(record);
  else await table.updateEntity(record, mode, options);
}

/** Table Storage stamps every row it writes. */
const savedAtOf = ({ timestamp }: { timestamp?: string }): Instant => Date.parse(timestamp ?? '');
