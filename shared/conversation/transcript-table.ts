import type { TableEntity } from '@azure/data-tables';
import { z } from 'zod';
import { StoredRowError } from '../app/errors';
import { AUTOMATED_MESSAGE_TRIGGERS } from '../automated-messages/automated-message';
import {
  checkFits,
  instantColumn,
  readRow,
  rowName,
  type RowWriter,
  SCHEMA_VERSION,
  writerFor,
} from '../storage/rows';
import { END_REASONS } from './conversation';
import type { Author, TranscriptEntry } from './transcript';

const PREFIX = 'entry.';
const DIGITS = 12;

/** RowKey of an entry. Padded, so that the order of keys is the order of sequence numbers. */
export const entryRowKey = (sequence: number): string => PREFIX + String(sequence).padStart(DIGITS, '0');
/** Behind the RowKey of every entry. */
export const ENTRY_ROW_KEYS_END = `${PREFIX}~`;

const commonColumns = {
  rowKey: z.string(),
  at: instantColumn,
  text: z.string(),
};
const entryColumns = z.discriminatedUnion('kind', [
  z.object({ ...commonColumns, kind: z.literal('message'), messageId: z.string() }),
  z.object({
    ...commonColumns,
    kind: z.literal('notice'),
    trigger: z.enum(AUTOMATED_MESSAGE_TRIGGERS),
    // What version 1 sent to everyone is for the customer; agents see every entry.
    recipient: z
      .enum(['agent', 'customer', 'everyone'])
      .transform((recipient) => (recipient === 'everyone' ? 'customer' : recipient)),
    reason: z.enum(END_REASONS).exactOptional(),
    disconnectionNumber: z.int().exactOptional(),
  }),
]);
const authorColumns = z.discriminatedUnion('authorRole', [
  z.object({ authorRole: z.literal('customer'), authorName: z.string() }),
  z.object({ authorRole: z.literal('agent'), authorId: z.string(), authorName: z.string() }),
  z.object({ authorRole: z.literal('system') }),
]);

/** @throws StoredRowError when the entry would not fit into its row. */
export function encodeEntry(conversationId: string, entry: TranscriptEntry): TableEntity {
  const keys = { partitionKey: conversationId, rowKey: entryRowKey(entry.sequence) };
  if (
    !Number.isInteger(entry.sequence) ||
    entry.sequence < 1 ||
    keys.rowKey.length > PREFIX.length + DIGITS
  ) {
    throw new StoredRowError(rowName(keys), `rowKey: not a sequence number of at most ${DIGITS} digits`);
  }
  const write = writerFor(rowName(keys));
  return checkFits({
    ...keys,
    schemaVersion: write.int32('schemaVersion', SCHEMA_VERSION),
    kind: entry.kind,
    at: write.instant('at', entry.at),
    ...writeAuthor(entry.author),
    text: entry.text,
    ...writeKind(entry, write),
  });
}

const writeAuthor = (author: Author) => ({
  authorRole: author.role,
  ...('id' in author && { authorId: author.id }),
  ...('name' in author && { authorName: author.name }),
});

const writeKind = (entry: TranscriptEntry, write: RowWriter) =>
  entry.kind === 'message'
    ? { messageId: entry.messageId }
    : {
        trigger: entry.trigger,
        recipient: entry.recipient,
        ...(entry.reason !== undefined && { reason: entry.reason }),
        ...(entry.disconnectionNumber !== undefined && {
          disconnectionNumber: write.int32('disconnectionNumber', entry.disconnectionNumber),
        }),
      };

/** @throws StoredRowError naming the row and the column that cannot be read. */
export function decodeEntry(entity: object): TranscriptEntry {
  const { rowKey, ...entry } = readRow(entryColumns, entity);
  const sequence = Number(rowKey.slice(PREFIX.length));
  if (!Number.isInteger(sequence) || rowKey !== entryRowKey(sequence)) {
    throw new StoredRowError(rowName(entity), 'rowKey: not that of an entry');
  }
  return { sequence, ...entry, author: readAuthor(entity) };
}

function readAuthor(entity: object): Author {
  const author = readRow(authorColumns, entity);
  switch (author.authorRole) {
    case 'customer':
      return { role: 'customer', name: author.authorName };
    case 'agent':
      return { role: 'agent', id: author.authorId, name: author.authorName };
    case 'system':
      return { role: 'system' };
  }
}
