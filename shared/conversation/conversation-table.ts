import { createHash } from 'node:crypto';
import { odata, type TableClient, type TableEntity, type TransactionAction } from '@azure/data-tables';
import { z } from 'zod';
import { collisionPause } from '../app/collision-pause';
import {
  ContentionError,
  DependencyError,
  ErasedError,
  RecordTooLargeError,
  StoredRowError,
} from '../app/errors';
import { closedConversation, type ClosedConversations } from '../closed-conversations/closed-conversation';
import { AUTOMATED_MESSAGE_TRIGGERS } from '../automated-messages/automated-message';
import { firstRows, readableRows, readPage } from '../storage/pages';
import {
  answering,
  column,
  CONFLICTS,
  double,
  encodedJson,
  getRow,
  ignoreDamage,
  instant,
  instantInJson,
  int32,
  json,
  type Keys,
  NOT_FOUND,
  type OnDamage,
  readOrTell,
  row,
  rowName,
  tableCall,
  textsByName,
} from '../storage/table';
import {
  type Absence,
  ALLOWANCE_REASONS,
  CHANNELS,
  CLOSE_REASONS,
  type Conversation,
  CONVERSATION_STATES,
  conversationOf,
  type ConversationRecord,
  DEADLINE_KINDS,
  DEVICE_CLASSES,
  END_REASONS,
  REQUEUE_REASONS,
} from './conversation';
import type { ConversationStore } from './ports';
import { type Instant, type Milliseconds, MINUTE } from './time';
import type { MessageEntry, NoticeEntry, TranscriptEntry } from './transcript';
import { type WorkList, type WorkListItem, workListItem } from './work-list';

const text = z.string();

/** What agents have added to the wait. Rows of version 2 that are older have one key instead of a list. */
const extension = z.codec(
  z.looseObject({ latestKey: text.optional() }),
  z.object({
    // More than any policy allows; a deadline that is put off without bounds is no date any more.
    by: z.int32().min(0),
    keys: z.array(text),
    at: instantInJson,
  }),
  {
    decode: ({ latestKey, ...stored }) =>
      ({ ...(latestKey !== undefined && { keys: [latestKey] }), ...stored }) as never,
    encode: (value) => value,
  },
);

const TEN_YEARS: Milliseconds = 10 * 365 * 24 * 60 * MINUTE;

/** What was added to a wait by itself. */
const allowance = z.object({
  // An outage may last for long, but a deadline that is put off without bounds is no date any more.
  by: z.int().min(0).max(TEN_YEARS),
  until: instantInJson,
  outages: z.int(),
  returns: z.int(),
  at: instantInJson,
  because: z.enum(ALLOWANCE_REASONS),
});

const sharedTimer = z.object({ number: z.int(), wakesAt: instantInJson, startedBy: text.optional() });

/** What is past stands as JSON in one column, for nobody filters by it. Its moments stay ISO 8601 text. */
const pastDisconnection = z.object({
  number: z.int(),
  since: instant,
  deadline: instant,
  reason: z.enum(['not-yet-connected', 'connection-lost']),
  lostConnectionId: text.optional(),
  inferred: z.int().optional(),
  extension: extension.optional(),
  allowance: allowance.optional(),
  newsAt: instant.optional(),
  timer: sharedTimer.optional(),
  outcome: z.enum(['reconnected', 'expired', 'ended']),
  endedAt: instant,
  reconnectedBy: text.optional(),
});
const absence = z.object({
  number: z.int(),
  since: instantInJson,
  deadline: instantInJson,
  reason: z.enum(['not-yet-connected', 'connection-lost']),
  device: z.enum(DEVICE_CLASSES),
  policy: z.enum(['grace', 'reconnectTimeLimit']).optional(),
  rule: text.optional(),
  moves: z
    .array(
      z.object({ at: instantInJson, to: instantInJson, because: z.enum(['agent', ...ALLOWANCE_REASONS]) }),
    )
    .optional(),
  outcome: z.enum(['reconnected', 'expired', 'ended']).optional(),
  endedAt: instantInJson.optional(),
} satisfies Record<keyof Absence, z.ZodType>);
/**
 * In a column of its own, also of what is kept of a closed conversation. For figures only: what cannot be read, because
 * another version has written it, say, is as none, and keeps nobody from the conversation.
 */
export const absencesColumn = json(z.array(absence)).optional().catch(undefined);
const pastAgentDisconnection = z.object({
  number: z.int(),
  agentId: text,
  since: instant,
  deadline: instant,
  allowance: allowance.optional(),
  outcome: z.enum(['returned', 'requeued']),
  endedAt: instant,
  reconnectedBy: text.optional(),
  byAccepting: z.literal(true).optional(),
});
const recentMessage = z.object({
  id: text,
  by: text,
  sequence: z.int(),
  at: instantInJson,
  unnamed: z.object({ digest: text, occurredAt: instantInJson }).optional(),
  receivedAt: instantInJson.optional(),
});
const recentNotice = z.object({
  cause: text,
  sequence: z.int(),
  at: instantInJson,
  trigger: z.enum(AUTOMATED_MESSAGE_TRIGGERS),
  recipient: z.enum(['agent', 'customer']),
  text,
});

/**
 * The row of a conversation. Everything an operator asks for is a column of its own; JSON holds only lists, the context
 * and what is past. Defaults are what a row of version 1 means, which knew neither channels nor capacity nor automatic
 * closure.
 */
const conversationColumns = z.object({
  id: column('partitionKey', text),
  channel: z.enum(CHANNELS).default('live-chat'),
  state: z.enum(CONVERSATION_STATES),
  /** Missing in version 1, see `decodeConversation`. */
  stateSince: instant.optional(),
  customer: z.object({
    queue: text,
    name: column('customerName', text),
    locale: text,
    workstream: text.default('default'),
    channelInstance: text.default('default'),
    context: json(textsByName),
  }),
  device: z.enum(DEVICE_CLASSES).default('unknown'),
  agent: z
    .object({
      id: column('agentId', text),
      name: column('agentName', text),
      assignedAt: column('agentAssignedAt', instant),
      acceptedAt: instant.optional(),
      offerExpiresAt: instant.optional(),
    })
    .optional(),
  previousAgent: z
    .object({ id: column('previousAgentId', text), name: column('previousAgentName', text) })
    .optional(),
  assignmentCount: int32.default(0),
  capacityHold: z
    .object({
      assignment: column('capacityAssignment', int32),
      agentId: column('capacityAgentId', text),
      units: column('capacityUnits', int32),
      releaseAt: column('capacityReleaseAt', instant.optional()),
    })
    .optional(),
  releasedHold: json(z.object({ agentId: text, assignment: z.int(), units: z.int() })).optional(),
  agentDisconnection: z
    .object({
      number: column('agentDisconnectionNumber', int32),
      agentId: column('agentDisconnectionAgentId', text),
      since: column('agentDisconnectionSince', instant),
      deadline: column('agentDisconnectionDeadline', instant),
      allowance: column('agentDisconnectionAllowance', json(allowance).optional()),
    })
    .optional(),
  lastAgentDisconnection: encodedJson(pastAgentDisconnection).optional(),
  agentDisconnectionCount: int32.default(0),
  requeue: json(
    z.object({
      at: instantInJson,
      reason: z.enum(REQUEUE_REASONS),
      agentId: text.optional(),
      ofOffer: z.literal(true).optional(),
      formerQueue: text.optional(),
    }),
  ).optional(),
  queuePosition: json(z.object({ position: z.int(), at: instantInJson })).optional(),
  linkUse: json(z.object({ count: z.int(), at: instantInJson, key: text.optional() })).optional(),
  liveConnectionIds: json(z.array(text)),
  endedConnectionIds: json(z.array(text)),
  disconnection: z
    .object({
      number: column('disconnectionNumber', int32),
      since: column('disconnectionSince', instant),
      deadline: column('disconnectionDeadline', instant),
      reason: column('disconnectionReason', z.enum(['not-yet-connected', 'connection-lost'])),
      lostConnectionId: text.optional(),
      inferred: column('disconnectionInferred', int32.optional()),
      extension: column('disconnectionExtension', json(extension).optional()),
      allowance: column('disconnectionAllowance', json(allowance).optional()),
      newsAt: column('disconnectionNewsAt', instant.optional()),
      timer: column('disconnectionTimer', json(sharedTimer).optional()),
    })
    .optional(),
  lastDisconnection: encodedJson(pastDisconnection).optional(),
  disconnectionCount: int32,
  absences: absencesColumn,
  knockedAt: instant.optional(),
  lastSignOfLife: instant,
  smallestEventDelay: double.optional(),
  recentMessages: json(z.array(recentMessage)),
  olderMessages: text.optional(),
  recentNotices: json(z.array(recentNotice)).default([]),
  lastSequence: int32,
  end: z
    .object({
      reason: column('endReason', z.enum(END_REASONS)),
      at: column('endedAt', instant),
      agentId: column('endedByAgentId', text.optional()),
      redirectUrl: column('endRedirectUrl', text.optional()),
    })
    .optional(),
  closedAt: instant.optional(),
  closeReason: z.enum(CLOSE_REASONS).optional(),
  autoClosure: z
    .object({ number: column('autoClosureNumber', int32), deadline: column('autoCloseAt', instant) })
    .optional(),
  autoClosureCount: int32.default(0),
  createdAt: instant,
} satisfies Record<keyof ConversationRecord, z.ZodType>);

export const conversationRow = row(conversationColumns);

/** RowKey of the record; its transcript entries follow it in the same partition. */
export const CONVERSATION_ROW_KEY = 'conversation';
export const conversationKeys = (id: string): Keys => ({ partitionKey: id, rowKey: CONVERSATION_ROW_KEY });

/** Stands in place of the record of an erased conversation, so that no ticket opens it anew. Nothing in it is personal. */
export const tombstoneRow = row(z.object({ erasedAt: instant }));
export const encodeTombstone = (id: string, erasedAt: Instant): TableEntity & Keys =>
  tombstoneRow.encode(conversationKeys(id), { erasedAt });
export const isTombstone = (entity: object): boolean => 'erasedAt' in entity && !('state' in entity);

/** @throws StoredRowError when the conversation would not fit into its row. */
export const encodeConversation = (conversation: Conversation): TableEntity & Keys =>
  conversationRow.encode(conversationKeys(conversation.id), conversation);

/** @throws StoredRowError naming the row and the column that cannot be read, or the rule that the record breaks. */
export function decodeConversation(entity: object): Conversation {
  const record = conversationRow.decode(entity);
  // Version 1 did not write since when a state lasts.
  const stateSince = record.stateSince ?? record.closedAt ?? record.createdAt;
  const conversation = conversationOf({ ...record, stateSince });
  if ('breaks' in conversation) throw new StoredRowError(rowName(entity), `state: ${conversation.breaks}`);
  return conversation;
}

const ENTRY_PREFIX = 'entry.';
const ENTRY_DIGITS = 12;
const SEQUENCE = /^entry\.(\d{12})$/;

/** The sequence number in the key of a row, if it is one of an entry. */
function sequenceOf({ rowKey }: { readonly rowKey?: string }): number[] {
  const [, digits] = SEQUENCE.exec(rowKey ?? '') ?? [];
  return digits === undefined ? [] : [Number(digits)];
}

/** RowKey of an entry. Padded, so that the order of keys is the order of sequence numbers. */
export const entryRowKey = (sequence: number): string =>
  ENTRY_PREFIX + String(sequence).padStart(ENTRY_DIGITS, '0');
/** Behind the RowKey of every entry. */
const ENTRY_ROW_KEYS_END = `${ENTRY_PREFIX}~`;

const NO_SEQUENCE = `not that of an entry, with a sequence number of ${ENTRY_DIGITS} digits`;
const sequence = z.codec(
  text,
  z
    .int(NO_SEQUENCE)
    .min(1, NO_SEQUENCE)
    .max(10 ** ENTRY_DIGITS - 1, NO_SEQUENCE),
  { decode: (key) => Number(SEQUENCE.exec(key)?.[1] ?? Number.NaN), encode: entryRowKey },
);
const authorRole = <T extends string>(role: T) => column('authorRole', z.literal(role));
const authorName = column('authorName', text);
const author = z.discriminatedUnion('role', [
  z.object({ role: authorRole('customer'), name: authorName }),
  z.object({ role: authorRole('agent'), id: column('authorId', text), name: authorName }),
  z.object({ role: authorRole('system') }),
]);
const ofEveryEntry = { sequence: column('rowKey', sequence), at: instant, author, text };

/** The row of an entry of the transcript. */
export const entryRow = row(
  z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('message'),
      ...ofEveryEntry,
      messageId: text,
    } satisfies Record<keyof MessageEntry, z.ZodType>),
    z.object({
      kind: z.literal('notice'),
      ...ofEveryEntry,
      trigger: z.enum(AUTOMATED_MESSAGE_TRIGGERS),
      // What version 1 sent to everyone is for the customer; agents see every entry.
      recipient: z.codec(z.enum(['agent', 'customer', 'everyone']), z.enum(['agent', 'customer']), {
        decode: (recipient) => (recipient === 'everyone' ? 'customer' : recipient),
        encode: (recipient) => recipient,
      }),
      reason: z.enum(END_REASONS).optional(),
      disconnectionNumber: int32.optional(),
    } satisfies Record<keyof NoticeEntry, z.ZodType>),
  ]),
);

/** @throws StoredRowError when the entry would not fit into its row. */
export const encodeEntry = (conversationId: string, entry: TranscriptEntry): TableEntity & Keys =>
  entryRow.encode({ partitionKey: conversationId, rowKey: entryRowKey(entry.sequence) }, entry);

/** @throws StoredRowError naming the row and the column that cannot be read. */
export const decodeEntry = (entity: object): TranscriptEntry => entryRow.decode(entity);

type Change = Parameters<ConversationStore['save']>[0];

/** Conversations of which a process knows that it has saved them last. */
const MOST_REMEMBERED = 5_000;
/** So many entries are passed over at once; of more, the rest by the next attempt. */
const STRAYS = 5_000;
/** The service's limit for one entity-group transaction. */
const TRANSACTION_ROWS = 100;

/**
 * Conversations in Table Storage: one partition per conversation, with the record and its transcript entries.
 * `load` is one request, `save` is one request.
 */
export function createTableConversationStore(
  table: TableClient,
  onDamage: OnDamage = ignoreDamage,
): ConversationStore {
  const savedHere = new Map<string, string>();
  const remember = (conversationId: string, etag: string) => {
    savedHere.delete(conversationId);
    savedHere.set(conversationId, etag);
    if (savedHere.size > MOST_REMEMBERED) for (const [oldest] of savedHere) return savedHere.delete(oldest);
    return true;
  };
  return {
    async load(conversationId) {
      const entity = await getRow(table, 'load conversation', conversationKeys(conversationId));
      if (entity === undefined) return undefined;
      // Prevents: the ticket of an erased conversation finds none, and begins it again.
      if (isTombstone(entity)) throw new ErasedError();
      const conversation = await readOrTell(entity, decodeConversation, onDamage);
      const isOurs = savedHere.get(conversationId) === entity.etag;
      // Table Storage stamps every row it writes.
      const savedAt = Date.parse(entity.timestamp ?? '');
      return { conversation, etag: entity.etag, savedAt, ...(!isOurs && { savedElsewhere: true }) };
    },

    save: async (change) => {
      const actions = actionsOf(change);
      const saved = await tableCall<{ readonly etag: string } | 'conflict' | 'exists'>(
        table,
        'save conversation',
        async () => {
          const written = await perform(table, actions);
          remember(change.after.id, written.etag);
          return written;
        },
        (code) =>
          answering(['EntityAlreadyExists'], 'exists')(code) ?? answering(CONFLICTS, 'conflict')(code),
      );
      if (saved !== 'exists') return saved;
      await passOverStrays(table, change);
      return 'conflict';
    },

    async findMessage(conversationId, { by, messageId }) {
      const of = odata`PartitionKey eq ${conversationId} and RowKey ge ${ENTRY_PREFIX} and RowKey lt ${ENTRY_ROW_KEYS_END}`;
      const [, agentId] = /^agent\.(.+)$/.exec(by) ?? [];
      const whose = agentId === undefined ? odata`authorRole eq ${by}` : odata`authorId eq ${agentId}`;
      const filter = `${of} and ${odata`messageId eq ${messageId}`} and ${whose}`;
      const operation = 'find message';
      const { rows, token } = await tableCall(table, operation, () => firstRows(table, { filter, limit: 1 }));
      const [sequence] = rows.flatMap(sequenceOf);
      // Prevents: an answer in too many parts passes for "not stored", and the message is stored twice.
      if (sequence === undefined && token !== undefined)
        throw new DependencyError('table-storage', operation);
      return sequence;
    },

    async transcript(conversationId, { after, limit }) {
      const filter = odata`PartitionKey eq ${conversationId} and RowKey gt ${entryRowKey(after)} and RowKey lt ${ENTRY_ROW_KEYS_END}`;
      const { rows, token } = await tableCall(table, 'read transcript', () =>
        firstRows(table, { filter, limit }),
      );
      const { readable: entries, unreadable } = readableRows(rows, decodeEntry);
      for (const { damage } of unreadable) await onDamage(damage);
      const nextAfter = token === undefined ? undefined : rows.flatMap(sequenceOf).at(-1);
      return {
        entries,
        unreadable: unreadable.flatMap(sequenceOf),
        ...(nextAfter !== undefined && { nextAfter }),
      };
    },
  };
}

/**
 * Prevents: a record is deleted and begun anew, or mended by hand, its entries stay, and each save meets them for ever. What
 * was said stays as well: the record is told the last number, and whoever saves decides again. No more than that, since a
 * record that has changed meanwhile was met by another writer.
 */
async function passOverStrays(table: TableClient, { before, after, entries }: Change): Promise<void> {
  const [first] = entries;
  if (before === undefined || first === undefined) return;
  await tableCall<unknown>(
    table,
    'pass over stray entries',
    async () => {
      const filter = odata`PartitionKey eq ${after.id} and RowKey ge ${entryRowKey(first.sequence)} and RowKey lt ${ENTRY_ROW_KEYS_END}`;
      const { rows } = await firstRows(table, { filter, limit: STRAYS });
      const value = rows.flatMap(sequenceOf).at(-1);
      if (value === undefined) return;
      const lastSequence = { type: 'Int32', value } as const;
      const { etag } = before;
      await table.updateEntity({ ...conversationKeys(after.id), lastSequence }, 'Merge', { etag });
    },
    answering(CONFLICTS, undefined),
  );
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

/** One request on the wire: the plain operation when there is only one, otherwise a transaction. Gives the record's new ETag. */
async function perform(
  table: TableClient,
  actions: [TransactionAction, ...TransactionAction[]],
): Promise<{ readonly etag: string }> {
  const [[kind, record, mode, options], ...rest] = actions;
  const written = async () => {
    if (rest.length > 0) return (await table.submitTransaction(actions)).subResponses[0];
    return kind === 'create' ? table.createEntity(record) : table.updateEntity(record, mode, options);
  };
  return { etag: (await written())?.etag ?? '' };
}

const deadline = z.object({ kind: z.enum(DEADLINE_KINDS), number: z.int(), at: instantInJson });

/** The row of an item. Defaults are what a row of version 1 means. */
export const workListRow = row(
  z.object({
    conversationId: column('rowKey', z.string()),
    channel: z.enum(CHANNELS).default('live-chat'),
    state: z.enum(CONVERSATION_STATES),
    queue: z.string(),
    customerName: z.string(),
    agentId: z.string().optional(),
    accepted: z.boolean(),
    createdAt: instant,
    /** Missing in version 1, see `decodeWorkListItem`. */
    stateSince: instant.optional(),
    previousAgentId: z.string().optional(),
    queuePosition: z.int().optional(),
    away: z.literal(true).optional(),
    deadlines: json(z.array(deadline)).default([]),
    disconnection: z
      .object({
        number: column('disconnectionNumber', int32),
        since: column('disconnectionSince', instant),
        deadline: column('disconnectionDeadline', instant),
      })
      .optional(),
  } satisfies Record<keyof WorkListItem, z.ZodType>),
);

/**
 * Where an item lives: one of 16 partitions, chosen by a hash of the conversation id. One partition takes 2,000
 * rows a second; thousands of conversations that lose their customers at once must not queue for a single one.
 */
export const workListKeys = (conversationId: string): Keys => ({
  partitionKey: `shard-${createHash('sha256').update(conversationId).digest('hex').charAt(0)}`,
  rowKey: conversationId,
});

/** Of others that write the same row at the same time. */
const SETTLE_ATTEMPTS = 8;

/** How far reconciliation has come. Beside the list, in a partition of its own. */
export const progressRow = row(z.object({ comparedUntil: instant }));
const PROGRESS_KEYS: Keys = { partitionKey: 'reconciliation', rowKey: 'progress' };

/** @throws StoredRowError when the item would not fit into its row. */
export const encodeWorkListItem = (item: WorkListItem): TableEntity & Keys =>
  workListRow.encode(workListKeys(item.conversationId), item);

const asWritten = (item: WorkListItem | undefined): string | undefined =>
  item && JSON.stringify(encodeWorkListItem(item));

/** @throws StoredRowError naming the row and the column that cannot be read. */
export function decodeWorkListItem(entity: object): WorkListItem {
  const item = workListRow.decode(entity);
  return { ...item, stateSince: item.stateSince ?? item.createdAt };
}

/**
 * The work list in Table Storage: one row per conversation that is not closed, in 16 partitions.
 *
 * `put` and `remove` have no ETag: whoever has saved a change calls them in its turn (`ROW_TIME`). Everybody else settles the row.
 */
export function createTableWorkList(
  table: TableClient,
  closedConversations: Pick<ClosedConversations, 'put' | 'remove'>,
): WorkList {
  return {
    put: async (item) => {
      const entity = encodeWorkListItem(item);
      await tableCall(table, 'put work-list item', () => table.upsertEntity(entity, 'Replace'));
    },

    remove: async (conversationId, closed) => {
      // Prevents: the process dies in between, and nothing leads to the closed conversation any more.
      if (closed !== undefined) await closedConversations.put(closed);
      const { partitionKey, rowKey } = workListKeys(conversationId);
      await tableCall<unknown>(
        table,
        'remove work-list item',
        () => table.deleteEntity(partitionKey, rowKey),
        answering(NOT_FOUND, undefined),
      );
    },

    forget: (closed) =>
      closedConversations.remove(closed, closed.agentId === undefined ? [] : [closed.agentId]),

    settle: async (conversationId, load, shown) => {
      const operation = 'settle work-list item';
      const keys = workListKeys(conversationId);
      for (let attempt = 1; attempt <= SETTLE_ATTEMPTS; attempt += 1) {
        const row = await getRow(table, operation, keys);
        const { readable, unreadable } = readableRows(row ? [row] : [], decodeWorkListItem);
        const isOf = (conversation: Conversation | undefined) =>
          unreadable.length === 0 &&
          asWritten(readable[0]) === asWritten(conversation && workListItem(conversation));
        if (shown !== undefined && isOf(shown)) return;
        const conversation = await load();
        if (isOf(conversation)) return;
        const item = conversation && workListItem(conversation);
        const closed = conversation && closedConversation(conversation);
        // Prevents: the same as in `remove`.
        if (closed !== undefined) await closedConversations.put(closed);
        const write = async () => {
          const { etag = '' } = row ?? {};
          if (item === undefined) await table.deleteEntity(keys.partitionKey, keys.rowKey, { etag });
          else if (row === undefined) await table.createEntity(encodeWorkListItem(item));
          else await table.updateEntity(encodeWorkListItem(item), 'Replace', { etag });
          return true;
        };
        // Prevents: what was loaded is written over a row that somebody has written for a later version since.
        if (await tableCall<boolean>(table, operation, write, answering(CONFLICTS, false))) return;
        await collisionPause(attempt);
      }
      throw new ContentionError(SETTLE_ATTEMPTS);
    },

    list: async ({ state, agentId, queue, ...page }) => {
      const filter = [
        odata`PartitionKey ge 'shard-0' and PartitionKey le 'shard-f'`,
        ...(state === undefined ? [] : [odata`state eq ${state}`]),
        ...(agentId === undefined ? [] : [odata`agentId eq ${agentId}`]),
        ...(queue === undefined ? [] : [odata`queue eq ${queue}`]),
      ].join(' and ');
      const { rows, next } = await readPage(table, 'read work list', { ...page, filter });
      const { readable: items, unreadable } = readableRows(rows, decodeWorkListItem);
      return {
        items,
        unreadable: unreadable.map(({ rowKey, writtenAt }) => ({ conversationId: rowKey, writtenAt })),
        ...next,
      };
    },

    comparedUntil: async () => {
      const entity = await getRow(table, 'read progress', PROGRESS_KEYS);
      // One that cannot be read is written anew by the run that goes without it.
      return readableRows(entity ? [entity] : [], (row) => progressRow.decode(row)).readable[0]
        ?.comparedUntil;
    },

    setComparedUntil: async (comparedUntil) => {
      const entity = progressRow.encode(PROGRESS_KEYS, { comparedUntil });
      await tableCall(table, 'save progress', () => table.upsertEntity(entity, 'Replace'));
    },
  };
}
