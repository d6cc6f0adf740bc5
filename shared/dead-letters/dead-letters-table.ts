import { odata, type TableClient, type TableEntity } from '@azure/data-tables';
import { z } from 'zod';
import { collisionPause } from '../app/collision-pause';
import { ContentionError } from '../app/errors';
import { DEADLINE_KINDS } from '../conversation/conversation';
import type { Instant } from '../conversation/time';
import {
  answering,
  column,
  CONFLICTS,
  getRow,
  instant,
  int32,
  type Keys,
  row,
  tableCall,
} from '../storage/table';
import { readableRows, readPage } from '../storage/pages';
import {
  DEAD_LETTER_KINDS,
  DEAD_LETTER_STATES,
  type DeadLetter,
  deadLetterId,
  type DeadLetters,
  type Failing,
  type StoredDeadLetter,
} from './dead-letter';

const deadLetterRow = row(
  z.object({
    id: column('rowKey', z.string()),
    conversationId: z.string(),
    kind: z.enum(DEAD_LETTER_KINDS),
    row: z.string().optional(),
    code: z.string(),
    state: z.enum(DEAD_LETTER_STATES),
    deadline: z
      .object({
        kind: column('deadlineKind', z.enum(DEADLINE_KINDS)),
        number: column('deadlineNumber', int32),
      })
      .optional(),
    firstSeen: instant,
    lastSeen: instant,
    count: int32,
    resolvedAt: instant.optional(),
  } satisfies Record<keyof DeadLetter, z.ZodType>),
);

/** One partition: there are few, and operators and reconciliation read them all. */
export const DEAD_LETTER_PARTITION = 'dead-letters';
const deadLetterKeys = (id: string): Keys => ({ partitionKey: DEAD_LETTER_PARTITION, rowKey: id });

/** @throws StoredRowError */
export const encodeDeadLetter = (letter: DeadLetter): TableEntity & Keys =>
  deadLetterRow.encode(deadLetterKeys(letter.id), letter);

/** @throws StoredRowError naming the row and the column that cannot be read. */
export const decodeDeadLetter = (entity: object): DeadLetter => deadLetterRow.decode(entity);

/** The timer, reconciliation and the webhook may find the same conversation in the same moment. */
const ATTEMPTS = 8;

/** Dead letters in Table Storage: one row for each conversation and cause. */
export function createTableDeadLetters(table: TableClient): DeadLetters {
  const read = (id: string) => getRow(table, 'read dead letter', deadLetterKeys(id));
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
      answering(CONFLICTS, 'changed'),
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
        answering(CONFLICTS, undefined),
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
