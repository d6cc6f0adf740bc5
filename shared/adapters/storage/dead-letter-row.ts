import type { TableEntity } from '@azure/data-tables';
import { z } from 'zod';
import { DEAD_LETTER_KINDS, DEAD_LETTER_STATES, type DeadLetter } from '../../domain/dead-letter';
import { DEADLINE_KINDS } from '../../domain/ids';
import { instantColumn, SCHEMA_VERSION, writerFor } from './columns';
import { checkFits, readRow, rowName } from './stored-row';

const columns = z.object({
  rowKey: z.string(),
  conversationId: z.string(),
  kind: z.enum(DEAD_LETTER_KINDS),
  deadlineKind: z.enum(DEADLINE_KINDS).exactOptional(),
  deadlineNumber: z.int().exactOptional(),
  row: z.string().exactOptional(),
  code: z.string(),
  state: z.enum(DEAD_LETTER_STATES),
  firstSeen: instantColumn,
  lastSeen: instantColumn,
  count: z.int(),
  resolvedAt: instantColumn.exactOptional(),
});

/** One partition: there are few, and operators and reconciliation read them all. */
export const DEAD_LETTER_PARTITION = 'dead-letters';
export const deadLetterKeys = (id: string) => ({ partitionKey: DEAD_LETTER_PARTITION, rowKey: id });

/** @throws StoredRowError */
export function encodeDeadLetter(letter: DeadLetter): TableEntity {
  const { id, deadline, firstSeen, lastSeen, count, resolvedAt, ...texts } = letter;
  const keys = deadLetterKeys(id);
  const write = writerFor(rowName(keys));
  return checkFits({
    ...keys,
    schemaVersion: write.int32('schemaVersion', SCHEMA_VERSION),
    ...texts,
    ...(deadline && {
      deadlineKind: deadline.kind,
      deadlineNumber: write.int32('deadlineNumber', deadline.number),
    }),
    firstSeen: write.instant('firstSeen', firstSeen),
    lastSeen: write.instant('lastSeen', lastSeen),
    count: write.int32('count', count),
    ...(resolvedAt !== undefined && { resolvedAt: write.instant('resolvedAt', resolvedAt) }),
  });
}

/** @throws StoredRowError naming the row and the column that cannot be read. */
export function decodeDeadLetter(entity: object): DeadLetter {
  const { rowKey, deadlineKind, deadlineNumber, ...letter } = readRow(columns, entity);
  return {
    id: rowKey,
    ...letter,
    ...(deadlineKind !== undefined &&
      deadlineNumber !== undefined && { deadline: { kind: deadlineKind, number: deadlineNumber } }),
  };
}
