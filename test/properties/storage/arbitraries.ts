import fc from 'fast-check';
import {
  AUTOMATED_MESSAGE_TRIGGERS,
  type MessageOverride,
  type Recipient,
} from '../../../shared/automated-messages/automated-message';
import type { CapacityHolding } from '../../../shared/capacity/capacity';
import {
  type Agent,
  type AgentDisconnection,
  type CapacityHold,
  CHANNELS,
  CLOSE_REASONS,
  type Conversation,
  CONVERSATION_STATES,
  type CustomerProfile,
  DEVICE_CLASSES,
  type Disconnection,
  END_REASONS,
  type PastAgentDisconnection,
  type PastDisconnection,
  REQUEUE_REASONS,
} from '../../../shared/conversation/conversation';
import { DEADLINE_KINDS } from '../../../shared/conversation/ids';
import type {
  Author,
  MessageEntry,
  NoticeEntry,
  TranscriptEntry,
} from '../../../shared/conversation/transcript';
import type { WorkListItem } from '../../../shared/conversation/work-list';
import {
  DEAD_LETTER_KINDS,
  DEAD_LETTER_STATES,
  type DeadLetter,
} from '../../../shared/dead-letters/dead-letter';

/** One arbitrary per field: a field added to the domain does not compile until it is stored, too. */
type Fields<T> = { [K in keyof T]-?: fc.Arbitrary<Exclude<T[K], undefined>> };

/** Records with and without each of the optional fields. */
const record = <T extends object>(fields: Fields<T>, optional: readonly (keyof T)[] = []): fc.Arbitrary<T> =>
  fc.record<Record<string, unknown>>(fields, {
    requiredKeys: Object.keys(fields).filter((key) => !optional.includes(key as keyof T)),
    noNullPrototype: true,
  }) as fc.Arbitrary<T>;

export const id = fc.stringMatching(/^[a-z0-9][a-z0-9-]{6,62}[a-z0-9]$/);
const text = fc.string({ unit: 'binary', maxLength: 200 });
const instant = fc.integer({ min: Date.UTC(1970, 0, 1), max: Date.UTC(9999, 11, 31) });
const count = fc.integer({ min: 0, max: 2 ** 31 - 1 });
const endReason = fc.constantFrom(...END_REASONS);
const state = fc.constantFrom(...CONVERSATION_STATES);
const channel = fc.constantFrom(...CHANNELS);
const trigger = fc.constantFrom(...AUTOMATED_MESSAGE_TRIGGERS);
const recipient = fc.constantFrom('agent', 'customer') as fc.Arbitrary<Recipient>;

const disconnectionFields: Fields<Disconnection> = {
  number: count,
  since: instant,
  deadline: instant,
  reason: fc.constantFrom('not-yet-connected', 'connection-lost'),
  lostConnectionId: text,
  inferred: count,
  extension: record<NonNullable<Disconnection['extension']>>({
    by: count,
    keys: fc.array(text, { maxLength: 3 }),
    at: instant,
  }),
};
const optionalOfDisconnection = ['lostConnectionId', 'inferred', 'extension'] as const;

const agentDisconnectionFields: Fields<AgentDisconnection> = {
  number: count,
  agentId: text,
  since: instant,
  deadline: instant,
};
const holdFields = { agentId: text, assignment: count, units: count };

export const conversation: fc.Arbitrary<Conversation> = record<Conversation>(
  {
    id,
    channel,
    state,
    stateSince: instant,
    device: fc.constantFrom(...DEVICE_CLASSES),
    previousAgent: record<NonNullable<Conversation['previousAgent']>>({ id: text, name: text }),
    assignmentCount: count,
    capacityHold: record<CapacityHold>({ ...holdFields, releaseAt: instant }, ['releaseAt']),
    releasedHold: record<NonNullable<Conversation['releasedHold']>>(holdFields),
    agentDisconnection: record<AgentDisconnection>(agentDisconnectionFields),
    lastAgentDisconnection: record<PastAgentDisconnection>(
      {
        ...agentDisconnectionFields,
        outcome: fc.constantFrom('returned', 'requeued'),
        endedAt: instant,
        reconnectedBy: text,
      },
      ['reconnectedBy'],
    ),
    agentDisconnectionCount: count,
    requeue: record<NonNullable<Conversation['requeue']>>(
      { at: instant, reason: fc.constantFrom(...REQUEUE_REASONS), agentId: text },
      ['agentId'],
    ),
    queuePosition: record<NonNullable<Conversation['queuePosition']>>({ position: count, at: instant }),
    recentNotices: fc.array(
      record<Conversation['recentNotices'][number]>({
        cause: text,
        sequence: count,
        at: instant,
        trigger,
        recipient,
        text,
      }),
      { maxLength: 4 },
    ),
    closeReason: fc.constantFrom(...CLOSE_REASONS),
    autoClosure: record<NonNullable<Conversation['autoClosure']>>({ number: count, deadline: instant }),
    autoClosureCount: count,
    customer: record<CustomerProfile>({
      name: text,
      locale: text,
      queue: text,
      workstream: text,
      channelInstance: text,
      context: fc.dictionary(text, text, { maxKeys: 8, noNullPrototype: true }),
    }),
    agent: record<Agent>({ id: text, name: text, assignedAt: instant, acceptedAt: instant }, ['acceptedAt']),
    liveConnectionIds: fc.array(text),
    endedConnectionIds: fc.array(text),
    disconnection: record<Disconnection>(disconnectionFields, optionalOfDisconnection),
    lastDisconnection: record<PastDisconnection>(
      {
        ...disconnectionFields,
        outcome: fc.constantFrom('reconnected', 'expired', 'ended'),
        endedAt: instant,
        reconnectedBy: text,
      },
      [...optionalOfDisconnection, 'reconnectedBy'],
    ),
    disconnectionCount: count,
    lastSignOfLife: instant,
    // JSON has no -0.
    smallestEventDelay: fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
    recentMessages: fc.array(
      record<Conversation['recentMessages'][number]>({ id: text, by: text, sequence: count, at: instant }),
    ),
    lastSequence: count,
    end: record<NonNullable<Conversation['end']>>(
      { at: instant, reason: endReason, agentId: text, redirectUrl: text },
      ['agentId', 'redirectUrl'],
    ),
    closedAt: instant,
    createdAt: instant,
  },
  [
    'agent',
    'previousAgent',
    'capacityHold',
    'releasedHold',
    'agentDisconnection',
    'lastAgentDisconnection',
    'requeue',
    'queuePosition',
    'disconnection',
    'lastDisconnection',
    'smallestEventDelay',
    'end',
    'closedAt',
    'closeReason',
    'autoClosure',
  ],
);

const entryFields = {
  sequence: fc.integer({ min: 1, max: 999_999_999_999 }),
  at: instant,
  author: fc.oneof(
    fc.record({ role: fc.constant('customer'), name: text }, { noNullPrototype: true }),
    fc.record({ role: fc.constant('agent'), id: text, name: text }, { noNullPrototype: true }),
    fc.constant({ role: 'system' }),
  ) as fc.Arbitrary<Author>,
  text,
};

export const entry: fc.Arbitrary<TranscriptEntry> = fc.oneof(
  record<MessageEntry>({ ...entryFields, kind: fc.constant('message'), messageId: text }),
  record<NoticeEntry>(
    {
      ...entryFields,
      kind: fc.constant('notice'),
      trigger,
      recipient,
      reason: endReason,
      disconnectionNumber: count,
    },
    ['reason', 'disconnectionNumber'],
  ),
);

const deadline = { kind: fc.constantFrom(...DEADLINE_KINDS), number: count };

export const workListItem: fc.Arbitrary<WorkListItem> = record<WorkListItem>(
  {
    conversationId: id,
    channel,
    state,
    stateSince: instant,
    previousAgentId: text,
    queuePosition: count,
    deadlines: fc.array(record<WorkListItem['deadlines'][number]>({ ...deadline, at: instant }), {
      maxLength: 4,
    }),
    queue: text,
    customerName: text,
    agentId: text,
    accepted: fc.boolean(),
    createdAt: instant,
    disconnection: record<NonNullable<WorkListItem['disconnection']>>({
      number: count,
      since: instant,
      deadline: instant,
    }),
  },
  ['agentId', 'previousAgentId', 'queuePosition', 'disconnection'],
);

export const agentTotal = record<{ totalUnits?: number }>({ totalUnits: count }, ['totalUnits']);

export const holding = record<CapacityHolding>({
  conversationId: id,
  assignment: count,
  units: count,
  reservedAt: instant,
});

/** Few values, so that places are often the same or nearly so. */
export const override = record<MessageOverride>(
  {
    trigger,
    channel,
    channelInstance: fc.oneof(
      fc.constantFrom('live-chat', 'de', '_', '-'),
      fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/),
    ),
    locale: fc.constantFrom('de', 'DE', 'de-AT', 'De-at', 'zh-Hant-TW'),
    text,
    active: fc.boolean(),
  },
  ['channel', 'channelInstance', 'locale', 'text'],
);

export const deadLetter = record<DeadLetter>(
  {
    id: text,
    conversationId: id,
    kind: fc.constantFrom(...DEAD_LETTER_KINDS),
    deadline: record<NonNullable<DeadLetter['deadline']>>(deadline),
    row: text,
    code: text,
    state: fc.constantFrom(...DEAD_LETTER_STATES),
    firstSeen: instant,
    lastSeen: instant,
    count,
    resolvedAt: instant,
  },
  ['deadline', 'row', 'resolvedAt'],
);
