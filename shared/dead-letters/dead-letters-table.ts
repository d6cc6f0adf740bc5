import { odata, type TableClient, type TableEntity } from '@azure/data-tables';
import { z } from 'zod';
import { decodeCustomer } from '../access/customers-table';
import { collisionPause } from '../app/collision-pause';
import { ContentionError } from '../app/errors';
import { decodeAgent, decodeHolding } from '../capacity/capacity-table';
import { CONVERSATION_ID, DEADLINE_KINDS } from '../conversation/conversation';
import { decodeConversation, decodeEntry } from '../conversation/conversation-table';
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
import type { TableClients } from '../storage/table-clients';
import { decodeOverride, decodePolicies } from '../policies/settings-table';
import {
  DEAD_LETTER_KINDS,
  DEAD_LETTER_STATES,
  type DeadLetter,
  deadLetterId,
  type DeadLetters,
  type Failing,
  type StoredDeadLetter,
} from './dead-letter';

export const deadLetterRow = row(
  z.object({
    id: column('rowKey', z.string()),
    conversationId: z.string().optional(),
    kind: z.enum(DEAD_LETTER_KINDS),
    row: z.string().optional(),
    code: z.string(),
    untold: z.literal(true).optional(),
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

/**
 * Reads a row once more, as its own table does: its keys say which one that is. One that is gone is no damage any more.
 * @throws StoredRowError as long as it cannot be read, DependencyError
 */
export function createRowCheck(
  tables: Pick<TableClients, 'conversations' | 'agentCapacity' | 'customers' | 'settings'>,
  parsePolicies: (document: unknown) => unknown,
): DeadLetters['checkRow'] {
  const { conversations, agentCapacity, customers, settings } = tables;
  const known: readonly [RegExp, TableClient, (entity: object) => unknown][] = [
    [/\/conversation$/, conversations, decodeConversation],
    [/\/entry\./, conversations, decodeEntry],
    [/\/agent$/, agentCapacity, decodeAgent],
    [/\/holding\./, agentCapacity, decodeHolding],
    [/\/latest$/, customers, decodeCustomer],
    [/^policies\//, settings, (entity) => decodePolicies(entity, parsePolicies)],
    [/^automated-messages\//, settings, decodeOverride],
  ];
  return async (name) => {
    const [, table, decode] = known.find(([pattern]) => pattern.test(name)) ?? [];
    const [partitionKey = '', rowKey = ''] = name.split('/');
    const entity = table && (await getRow(table, 'read row', { partitionKey, rowKey }));
    if (entity !== undefined) decode?.(entity);
  };
}

/** The timer, reconciliation and the webhook may find the same conversation in the same moment. */
const ATTEMPTS = 8;

/** Dead letters in Table Storage: one row for each conversation and cause. */
export function createTableDeadLetters(
  table: TableClient,
  checkRow: DeadLetters['checkRow'] = () => Promise.resolve(),
): DeadLetters {
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
    checkRow,

    async file(failing, at) {
      for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
        const row = await read(deadLetterId(failing));
        // One that cannot be read itself is written anew: it must not keep the failure from being told.
        const [known] = readableRows(row ? [row] : [], decodeDeadLetter).readable;
        // Prevents: two that find the same failure write one over the other, and a failure is not counted.
        if ((await write(nextLetter(failing, known, at), row?.etag)) === 'written')
          return isTold(known) ? 'counted' : 'opened';
        await collisionPause(attempt);
      }
      throw new ContentionError(ATTEMPTS);
    },

    async load(id) {
      const row = await read(id);
      if (row === undefined) return undefined;
      const [known] = readableRows([row], decodeStored).readable;
      return known ?? { letter: letterOfId(id, Date.parse(row.timestamp ?? '')), etag: row.etag };
    },

    async list({ state, ...page }) {
      // One whose state cannot be read is not over.
      const inState = state === 'resolved' ? "state eq 'resolved'" : "not (state eq 'resolved')";
      const filter = odata`PartitionKey eq ${DEAD_LETTER_PARTITION} and ` + inState;
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

const LETTER_ID =
  /^(.+?)\.(unreadable-row|record-too-large|deadline-failed|check-failed)(?:\.([a-z-]+)\.(\d+))?$/;

/** What its id tells of a letter whose own row cannot be read: what it is about, which is enough to try it again. */
function letterOfId(id: string, writtenAt: Instant): DeadLetter {
  const [, of = id, kind, deadlineKind, number] = LETTER_ID.exec(id) ?? [];
  const deadline = DEADLINE_KINDS.find((one) => one === deadlineKind);
  return {
    id,
    ...(CONVERSATION_ID.test(of) ? { conversationId: of } : { row: of.replace('.', '/') }),
    kind: DEAD_LETTER_KINDS.find((one) => one === kind) ?? 'unreadable-row',
    ...(deadline && { deadline: { kind: deadline, number: Number(number) } }),
    code: 'stored-row-unusable',
    state: 'open',
    firstSeen: writtenAt,
    lastSeen: writtenAt,
    count: 1,
  };
}

const isTold = (known: DeadLetter | undefined): boolean => known?.state === 'open' && known.untold !== true;

const nextLetter = (
  { untold, ...failing }: Failing,
  known: DeadLetter | undefined,
  at: Instant,
): DeadLetter => ({
  id: deadLetterId(failing),
  ...failing,
  ...(untold && !isTold(known) && { untold }),
  state: 'open',
  firstSeen: known?.firstSeen ?? at,
  lastSeen: at,
  count: (known?.count ?? 0) + 1,
});
