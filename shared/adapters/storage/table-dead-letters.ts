import { odata, type TableClient } from '@azure/data-tables';
import type { DeadLetters, StoredDeadLetter } from '../../application/ports/dead-letters';
import { collisionPause } from '../../collision-pause';
import { deadLetterId, type DeadLetter, type Failing } from '../../domain/dead-letter';
import type { Instant } from '../../domain/time';
import { ContentionError } from '../../errors';
import { DEAD_LETTER_PARTITION, deadLetterKeys, decodeDeadLetter, encodeDeadLetter } from './dead-letter-row';
import { readPage } from './read-page';
import { readableRows } from './readable-rows';
import { isConflict, tableCall } from './table-call';

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
