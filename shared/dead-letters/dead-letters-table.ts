import { odata, type TableClient, type TableEntity } from '@azure/data-tables';
import { z } from 'zod';
import { collisionPause } from '../app/collision-pause';
import { ContentionError } from '../app/errors';
import { DEADLINE_KINDS } from '../conversation/ids';
import type { Instant } from '../conversation/time';
import {
  checkFits,
  instantColumn,
  readableRows,
  readRow,
  rowName,
  SCHEMA_VERSION,
  writerFor,
} from '../storage/rows';
import { isConflict, readPage, tableCall } from '../storage/table';
import {
  DEAD_LETTER_KINDS,
  DEAD_LETTER_STATES,
  type DeadLetter,
  deadLetterId,
  type DeadLetters,
  type Failing,
  type StoredDeadLetter,
} from './dead-letter';

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

/** The timer, reconciliation and the webhook may find the same conversation in the same moment. */
const ATTEMPTS = 8;

/** Dead letters in Table Storage: one row for each conversation and cause. */
export function createTableDeadLetters(table: TableClient): DeadLetters {
  const read = (id: string) =>
    tableCall(
      table,
      'read dead letter',
      () => table.getEntity(DEAD_LETTER_PARTITION, id),
      (code) => (code === 'ResourceNotFound' ? { answer: undefined } : undefined),
    );
  /** `etag` undefined: only if there is none yet. */
  const write = (letter: DeadLetter, etag: string | undefined) => {
    const entity = encodeDeadLetter(letter);
    return tableCall<'written' | 'changed'>(
      table,
      'write dead letter',
      async () => {
        await (etag === undefined
          ? table.createEntity(entity)
          : table.updateEntity(entity, 'Replace', { etag }));
        return 'written';
      },
      (code) => (isConflict(code) ? { answer: 'changed' } : undefined),
    );
  };

  return {
    async file(failing, at) {
      for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
        const row = await read(deadLetterId(failing));
        // One that cannot be read itself is written anew: it must not keep the failure from being told.
        const [known] = readableRows(row ? [row] : [], decodeDeadLetter).readable;
        // Prevents: two that find the same failure write one over the other, and a failure is not counted.
        if ((await write(nextLetter(failing, known, at), row?.etag)) === 'written')
          return known?.state === 'open' ? 'counted' : 'opened';
        await collisionPause(attempt);
      }
      throw new ContentionError(ATTEMPTS);
    },

    async load(id) {
      const row = await read(id);
      return row && decodeStored(row);
    },

    async list({ state, ...page }) {
      const filter = odata`PartitionKey eq ${DEAD_LETTER_PARTITION} and state eq ${state}`;
      const { rows, next } = await readPage(table, 'list dead letters', { ...page, filter });
      const { readable: letters, unreadable } = readableRows(rows, decodeStored);
      return { letters, unreadable: unreadable.map(({ rowKey }) => rowKey), ...next };
    },

    async resolve({ letter, etag }, at) {
      // Prevents: a failure that was filed after the letter was read is marked as resolved.
      const written = await write({ ...letter, state: 'resolved', resolvedAt: at }, etag);
      return written === 'written' ? 'resolved' : 'changed';
    },

    async remove({ letter, etag }) {
      const { partitionKey, rowKey } = deadLetterKeys(letter.id);
      await tableCall<unknown>(
        table,
        'remove dead letter',
        () => table.deleteEntity(partitionKey, rowKey, { etag }),
        (code) => (isConflict(code) ? { answer: undefined } : undefined),
      );
    },
  };
}

const decodeStored = (row: object): StoredDeadLetter => ({
  letter: decodeDeadLetter(row),
  etag: (row as { etag: string }).etag,
});

const nextLetter = (failing: Failing, known: DeadLetter | undefined, at: Instant): DeadLetter => ({
  id: deadLetterId(failing),
  ...failing,
  state: 'open',
  firstSeen: known?.firstSeen ?? at,
  lastSeen: at,
  count: (known?.count ?? 0) + 1,
});
