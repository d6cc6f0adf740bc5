import fc from 'fast-check';
import {
  AUTOMATED_MESSAGE_TRIGGERS,
  type MessageOverride,
  type Recipient,
} from '../../../shared/automated-messages/automated-message';
import type { CapacityHolding } from '../../../shared/capacity/capacity';
import type {
  ClosedConversation,
  DayProgress,
  OlderProgress,
} from '../../../shared/closed-conversations/closed-conversation';
import {
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
} from '../../../shared/conversation/conversation';
import type { MessageEntry, NoticeEntry, TranscriptEntry } from '../../../shared/conversation/transcript';
import type { WorkListItem } from '../../../shared/conversation/work-list';
import {
  DEAD_LETTER_KINDS,
  DEAD_LETTER_STATES,
  type DeadLetter,
} from '../../../shared/dead-letters/dead-letter';

/**
 * What stands in each field: an arbitrary, the fields of an object, or `list` and its elements. A field that is added to
 * the domain does not compile until it is here, too, nor does one that may be missing without its `maybe`.
 */
type Field<T> =
  | fc.Arbitrary<T>
  | ([T] extends [readonly (infer E)[]] ? List<Field<E>> : [T] extends [object] ? Fields<T> : never);
type Fields<T> = {
  [K in keyof T]-?: object extends Pick<T, K> ? Maybe<Field<Exclude<T[K], undefined>>> : Field<T[K]>;
};
interface Maybe<F> {
  readonly maybe: F;
}
interface List<F> {
  readonly each: F;
  readonly maxLength: number;
}
const maybe = <F>(field: F): Maybe<F> => ({ maybe: field });
const list = <F>(each: F, maxLength = 10): List<F> => ({ each, maxLength });

function arbitraryOf(field: object): fc.Arbitrary<unknown> {
  if (field instanceof fc.Arbitrary) return field;
  if ('each' in field) {
    const { each, maxLength } = field as List<object>;
    return fc.array(arbitraryOf(each), { maxLength });
  }
  const fields = Object.entries(field as Record<string, object>);
  return fc.record(
    Object.fromEntries(
      fields.map(([name, one]) => [name, arbitraryOf('maybe' in one ? (one.maybe as object) : one)]),
    ),
    {
      requiredKeys: fields.filter(([, one]) => !('maybe' in one)).map(([name]) => name),
      noNullPrototype: true,
    },
  );
}
const record = <T extends object>(fields: Fields<T>): fc.Arbitrary<T> =>
  arbitraryOf(fields) as fc.Arbitrary<T>;

export const id = fc.stringMatching(/^[a-z0-9][a-z0-9-]{6,62}[a-z0-9]$/);
const text = fc.string({ unit: 'binary', maxLength: 200 });
export const instant = fc.integer({ min: Date.UTC(1970, 0, 1), max: Date.UTC(9999, 11, 31) });
const count = fc.integer({ min: 0, max: 2 ** 31 - 1 });
const endReason = fc.constantFrom(...END_REASONS);
const state = fc.constantFrom(...CONVERSATION_STATES);
const channel = fc.constantFrom(...CHANNELS);
const trigger = fc.constantFrom(...AUTOMATED_MESSAGE_TRIGGERS);
const recipient = fc.constantFrom<Recipient[]>('agent', 'customer');

const allowance = {
  by: fc.integer({ min: 0, max: 10 * 365 * 86_400_000 }),
  until: instant,
  outages: count,
  returns: count,
  at: instant,
  because: fc.constantFrom(...ALLOWANCE_REASONS),
};
const disconnection = {
  number: count,
  since: instant,
  deadline: instant,
  reason: fc.constantFrom('not-yet-connected' as const, 'connection-lost' as const),
  lostConnectionId: maybe(text),
  inferred: maybe(count),
  extension: maybe({ by: count, keys: list(text, 3), at: instant }),
  allowance: maybe(allowance),
  newsAt: maybe(instant),
  timer: maybe({ number: count, wakesAt: instant, startedBy: maybe(text) }),
};
const absence = {
  ...{ number: count, since: instant, deadline: instant },
  reason: fc.constantFrom('not-yet-connected' as const, 'connection-lost' as const),
  device: fc.constantFrom(...DEVICE_CLASSES),
  policy: maybe(fc.constantFrom('grace' as const, 'reconnectTimeLimit' as const)),
  rule: maybe(text),
  moves: maybe(
    list({ at: instant, to: instant, because: fc.constantFrom('agent' as const, ...ALLOWANCE_REASONS) }, 4),
  ),
  outcome: maybe(fc.constantFrom('reconnected' as const, 'expired' as const, 'ended' as const)),
  endedAt: maybe(instant),
};
const agentDisconnection = {
  ...{ number: count, agentId: text, since: instant, deadline: instant },
  allowance: maybe(allowance),
};
const hold = { agentId: text, assignment: count, units: count };

const anyRecord = record<ConversationRecord>({
  id,
  channel,
  state,
  stateSince: instant,
  device: fc.constantFrom(...DEVICE_CLASSES),
  previousAgent: maybe({ id: text, name: text }),
  assignmentCount: count,
  capacityHold: maybe({ ...hold, releaseAt: maybe(instant) }),
  releasedHold: maybe(hold),
  agentDisconnection: maybe(agentDisconnection),
  lastAgentDisconnection: maybe({
    ...agentDisconnection,
    outcome: fc.constantFrom('returned' as const, 'requeued' as const),
    endedAt: instant,
    reconnectedBy: maybe(text),
    byAccepting: maybe(fc.constant(true as const)),
  }),
  agentDisconnectionCount: count,
  requeue: maybe({
    at: instant,
    reason: fc.constantFrom(...REQUEUE_REASONS),
    agentId: maybe(text),
    ofOffer: maybe(fc.constant(true as const)),
    formerQueue: maybe(text),
  }),
  queuePosition: maybe({ position: count, at: instant }),
  linkUse: maybe({ count, at: instant, key: maybe(text) }),
  recentNotices: list({ cause: text, sequence: count, at: instant, trigger, recipient, text }, 4),
  closeReason: maybe(fc.constantFrom(...CLOSE_REASONS)),
  autoClosure: maybe({ number: count, deadline: instant }),
  autoClosureCount: count,
  customer: {
    name: text,
    locale: text,
    queue: text,
    workstream: text,
    channelInstance: text,
    context: fc.dictionary(text, text, { maxKeys: 8, noNullPrototype: true }),
  },
  agent: maybe({
    id: text,
    name: text,
    assignedAt: instant,
    acceptedAt: maybe(instant),
    offerExpiresAt: maybe(instant),
  }),
  liveConnectionIds: list(text),
  endedConnectionIds: list(text),
  disconnection: maybe(disconnection),
  lastDisconnection: maybe({
    ...disconnection,
    outcome: fc.constantFrom('reconnected' as const, 'expired' as const, 'ended' as const),
    endedAt: instant,
    reconnectedBy: maybe(text),
  }),
  disconnectionCount: count,
  absences: maybe(list(absence, 5)),
  knockedAt: maybe(instant),
  lastSignOfLife: instant,
  // JSON has no -0.
  smallestEventDelay: maybe(fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0)),
  olderMessages: maybe(text),
  recentMessages: list({
    ...{ id: text, by: text, sequence: count, at: instant },
    unnamed: maybe({ digest: text, occurredAt: instant }),
    receivedAt: maybe(instant),
  }),
  lastSequence: count,
  end: maybe({ at: instant, reason: endReason, agentId: maybe(text), redirectUrl: maybe(text) }),
  closedAt: maybe(instant),
  createdAt: instant,
});

/** What a conversation always has in a state, and what it may have in it and not in every other. */
const OF_A_STATE = {
  Open: { has: [], may: [] },
  Waiting: { has: [], may: [] },
  Active: { has: ['agent'], may: ['capacityHold', 'agentDisconnection'] },
  WrapUp: { has: ['agent', 'end'], may: ['capacityHold'] },
  Closed: { has: ['end', 'closedAt'], may: ['agent', 'closeReason'] },
} satisfies Record<ConversationRecord['state'], object>;
const OF_STATES: readonly string[] = Object.values(OF_A_STATE).flatMap(({ has, may }) => [...has, ...may]);

/** Without what its state does not have, and with what it has. */
export const conversation = anyRecord.map((any): Conversation => {
  const { has, may }: { has: readonly string[]; may: readonly string[] } = OF_A_STATE[any.state];
  const { createdAt: at, disconnection: away, ...rest } = any;
  const spare = { agent: { id: 'anna', name: 'Anna', assignedAt: at }, closedAt: at };
  const all = { ...spare, end: { at, reason: 'customer-ended' }, ...rest };
  const isKept = (name: string) =>
    has.includes(name) || (name in any && (may.includes(name) || !OF_STATES.includes(name)));
  const isLive = any.channel === 'live-chat' && (any.state === 'Open' || any.state === 'Active');
  const sound = conversationOf({
    ...(Object.fromEntries(Object.entries(all).filter(([name]) => isKept(name))) as typeof rest),
    createdAt: at,
    ...(any.state === 'Waiting' && { channel: 'persistent-chat' }),
    ...(isLive && { liveConnectionIds: away ? [] : ['connection', ...any.liveConnectionIds] }),
    ...(isLive && away && { disconnection: away }),
  });
  if ('breaks' in sound) throw new Error(sound.breaks);
  return sound;
});

const ofEveryEntry = {
  sequence: fc.integer({ min: 1, max: 999_999_999_999 }),
  at: instant,
  author: fc.oneof(
    record<{ role: 'customer'; name: string }>({ role: fc.constant('customer'), name: text }),
    record<{ role: 'agent'; id: string; name: string }>({ role: fc.constant('agent'), id: text, name: text }),
    fc.constant({ role: 'system' as const }),
  ),
  text,
};

export const entry: fc.Arbitrary<TranscriptEntry> = fc.oneof(
  record<MessageEntry>({ ...ofEveryEntry, kind: fc.constant('message'), messageId: text }),
  record<NoticeEntry>({
    ...ofEveryEntry,
    kind: fc.constant('notice'),
    trigger,
    recipient,
    reason: maybe(endReason),
    disconnectionNumber: maybe(count),
  }),
);

const deadline = { kind: fc.constantFrom(...DEADLINE_KINDS), number: count };

export const workListItem = record<WorkListItem>({
  conversationId: id,
  channel,
  state,
  stateSince: instant,
  previousAgentId: maybe(text),
  queuePosition: maybe(count),
  away: maybe(fc.constant(true as const)),
  deadlines: list({ ...deadline, at: instant }, 4),
  queue: text,
  customerName: text,
  agentId: maybe(text),
  accepted: fc.boolean(),
  createdAt: instant,
  disconnection: maybe({ number: count, since: instant, deadline: instant }),
});

export const agentTotal = record<{ totalUnits?: number; name?: string }>({
  totalUnits: maybe(count),
  name: maybe(text),
});

export const holding = record<CapacityHolding>({
  conversationId: id,
  assignment: count,
  units: count,
  reservedAt: instant,
});

/** Few values, so that places are often the same or nearly so. */
export const override = record<MessageOverride>({
  trigger,
  channel: maybe(channel),
  channelInstance: maybe(
    fc.oneof(fc.constantFrom('live-chat', 'de', '_', '-'), fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/)),
  ),
  locale: maybe(fc.constantFrom('de', 'DE', 'de-AT', 'De-at', 'zh-Hant-TW')),
  text: maybe(text),
  active: fc.boolean(),
});

export const deadLetter = record<DeadLetter>({
  id: text,
  conversationId: maybe(id),
  kind: fc.constantFrom(...DEAD_LETTER_KINDS),
  deadline: maybe(deadline),
  row: maybe(text),
  code: text,
  untold: maybe(fc.constant(true as const)),
  state: fc.constantFrom(...DEAD_LETTER_STATES),
  firstSeen: instant,
  lastSeen: instant,
  count,
  resolvedAt: maybe(instant),
});

export const closedConversation = record<ClosedConversation>({
  absences: maybe(list(absence, 5)),
  disconnections: maybe(count),
  knockedAt: maybe(instant),
  conversationId: id,
  createdAt: instant,
  endedAt: instant,
  closedAt: instant,
  reason: endReason,
  closeReason: maybe(fc.constantFrom(...CLOSE_REASONS)),
  agentId: maybe(text),
  queue: text,
  workstream: text,
  channelInstance: text,
  channel,
  device: fc.constantFrom(...DEVICE_CLASSES),
});
export const dayProgress = record<DayProgress & { readonly day: number; readonly rules: string }>({
  day: fc.nat(100_000),
  rules: text,
  nothingDueUntil: instant,
  continuationToken: maybe(text),
});
export const olderProgress = record<OlderProgress>({
  listed: count,
  unreadable: count,
  done: fc.boolean(),
  continuationToken: maybe(text),
});
