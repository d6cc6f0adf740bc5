import { isoLength } from '../core/format';
import type {
  Absence,
  AgentLoad,
  Colleague,
  Conversation,
  ConversationView,
  Entry,
  Push,
  Refused,
  WorkListItem,
} from '../core/model';

/** Of the agent's own socket. */
export type LineState = 'connecting' | 'online' | 'lost' | 'refused';

/** A loss is shown when it has lasted so long: a page change is none. */
export const SHOWN_AFTER_MS = 2_000;
/** "Back after 0:42" is shown for so long. */
export const BACK_SHOWN_MS = 60_000;
/** What the operations page looks back on. */
const EPISODES_KEPT_MS = 3_600_000;

/** Something that happened in a conversation besides what is in its transcript. */
export interface Mark {
  readonly at: string;
  readonly kind: 'lost' | 'back' | 'extended' | 'agent' | 'queue';
  readonly text: string;
  /** Of a loss and a return: milliseconds. */
  readonly length?: number;
}

/** A conversation on the work list. */
export interface Row extends WorkListItem {
  /** Whether its customer's loss has lasted long enough to be shown. */
  readonly lost: boolean;
  readonly back?: { readonly number: number; readonly absentFor: number } | undefined;
  readonly agentName?: string;
  readonly agentAway?: boolean;
  /** The last absence of an agent, of this conversation's or of one who had it, or may have it: its assignment may be told later. */
  readonly agentLost?: { readonly agentId: string; readonly number: number; readonly since: string };
  readonly unread: number;
  /** What is unread, by its numbers: what is told and read counts once. */
  readonly unseen: readonly number[];
  readonly marks: readonly Mark[];
  /** Of the newest push that has moved its state: an older one that comes later is no news. */
  readonly movedAt: string;
  /** The highest number of an absence that is over, of the customer and of agents: a late word of it begins none. */
  readonly finished: number;
  readonly agentFinished: number;
  /** The deadline that was told last: the beginning of that absence may be told later. */
  readonly extended?: Pick<Absence, 'number' | 'deadline'>;
}

/** A loss that agents were told of. */
export interface Episode {
  readonly conversationId: string;
  readonly customerName: string;
  readonly number: number;
  readonly since: string;
  readonly deadline: string;
  readonly extended: boolean;
  readonly outcome: 'running' | 'returned' | 'expired' | 'ended';
  readonly endedAt?: string;
}

export type Delivery = 'sending' | 'sent' | 'failed' | 'refused';
export interface Outgoing {
  readonly conversationId: string;
  readonly messageId: string;
  readonly text: string;
  readonly at: string;
  readonly delivery: Delivery;
  readonly reason?: string;
}

/** The conversation that is looked at. */
export interface Opened {
  readonly id: string;
  readonly conversation?: Conversation;
  readonly entries: readonly Entry[];
  /** Nothing is missing up to this entry. What was pushed may be far behind it. */
  readonly readTo: number;
  readonly hasMore: boolean;
  readonly unreadable: number;
  readonly error?: string;
}

export interface DeskState {
  readonly me: { readonly agentId: string; readonly name: string };
  readonly line: LineState;
  /** Why there is no line, and none is tried for any more. */
  readonly refusal?: string | undefined;
  /** Whether nobody can see the page: another tab, another window. */
  readonly isHidden: boolean;
  /** Whether the list has been read. */
  readonly isLoaded: boolean;
  /** Why the list cannot be read. */
  readonly listError?: string | undefined;
  /** Whether it is not tried again by itself. */
  readonly isListRefused?: boolean;
  readonly rows: ReadonlyMap<string, Row>;
  /** Conversations that are closed, the latest of them: news of before put none back on the list. */
  readonly closed: ReadonlySet<string>;
  /** The last entry that the agent has seen, by conversation. */
  readonly seen: ReadonlyMap<string, number>;
  /** Names of agents. */
  readonly names: ReadonlyMap<string, string>;
  readonly episodes: readonly Episode[];
  readonly outbox: readonly Outgoing[];
  readonly opened?: Opened;
  readonly load?: AgentLoad;
  /** Until when somebody types, by conversation. */
  readonly typing: ReadonlyMap<string, number>;
  /** The latest thing that is told once: what has become of somebody's action, or of a colleague's. */
  readonly notice?: { readonly text: string; readonly isError: boolean; readonly at: number };
}

/** All that happens to a desk. `now` is the server's clock. */
export type DeskEvent =
  | { readonly type: 'line'; readonly line: LineState; readonly refusal?: string | undefined }
  | { readonly type: 'me'; readonly agentId: string; readonly name: string }
  | { readonly type: 'looked'; readonly isHidden: boolean }
  | {
      readonly type: 'listed';
      readonly items: readonly WorkListItem[];
      /** Pushes that came while the list was being read: the list may be older, or newer. */
      readonly since?: readonly Push[];
      readonly now: number;
    }
  | { readonly type: 'unlisted'; readonly error: string; readonly isFinal: boolean }
  | { readonly type: 'named'; readonly agents: readonly Pick<Colleague, 'agentId' | 'name'>[] }
  /** What was seen before the page was loaded again. */
  | { readonly type: 'remembered'; readonly seen: ReadonlyMap<string, number> }
  | { readonly type: 'push'; readonly push: Push; readonly now: number }
  | { readonly type: 'typing'; readonly conversationId: string; readonly until: number }
  | { readonly type: 'settled'; readonly conversationId: string; readonly number: number }
  /** A return is no news any more. */
  | { readonly type: 'calm'; readonly conversationId: string; readonly number: number }
  | { readonly type: 'opened'; readonly id: string | undefined }
  | {
      readonly type: 'viewed';
      readonly view: ConversationView;
      readonly isRest: boolean;
      /** Pushes that came while it was being read. */
      readonly since?: readonly Push[];
      readonly now: number;
    }
  | { readonly type: 'unread-view'; readonly id: string; readonly error: string }
  | { readonly type: 'sending'; readonly message: Outgoing }
  | {
      readonly type: 'delivery';
      readonly messageId: string;
      readonly delivery: Delivery;
      readonly reason?: string;
    }
  | { readonly type: 'refused'; readonly refused: Refused }
  | { readonly type: 'load'; readonly load: AgentLoad }
  | { readonly type: 'notice'; readonly text: string; readonly isError: boolean; readonly now: number };

export const EMPTY: DeskState = {
  me: { agentId: '', name: '' },
  line: 'connecting',
  isHidden: false,
  isLoaded: false,
  rows: new Map(),
  closed: new Set(),
  seen: new Map(),
  names: new Map(),
  episodes: [],
  outbox: [],
  typing: new Map(),
};

/** The state after all of them. Pure; the rows that nothing happened to stay the same objects. */
export function reduceAll(state: DeskState, events: readonly DeskEvent[]): DeskState {
  const draft = new Draft(state);
  for (const event of events) reduce(draft, event);
  return draft.state;
}

const CLOSED_KEPT = 1_000;
const NOTHING_UNREAD = { unread: 0, unseen: [] } as const;

/** Copies the list of rows once for all events of a frame. */
class Draft {
  private rows: Map<string, Row> | undefined;
  constructor(private current: DeskState) {}

  get state(): DeskState {
    return this.rows === undefined ? this.current : { ...this.current, rows: this.rows };
  }

  set(more: Partial<DeskState>): void {
    this.current = { ...this.current, ...more };
  }

  row(id: string): Row | undefined {
    return (this.rows ?? this.current.rows).get(id);
  }

  put(row: Row): void {
    this.own().set(row.conversationId, row);
  }

  change(id: string, change: (row: Row) => Partial<Row>): void {
    const row = this.row(id);
    if (row !== undefined) this.put({ ...row, ...change(row) });
  }

  close(id: string): void {
    if (this.row(id) !== undefined) this.own().delete(id);
    const { closed } = this.current;
    if (!closed.has(id)) this.set({ closed: new Set([...closed, id].slice(-CLOSED_KEPT)) });
  }

  /** What is shown of the conversation that is looked at is seen. */
  look(): void {
    const { opened, isHidden, seen } = this.current;
    if (opened === undefined || isHidden) return;
    if ((this.row(opened.id)?.unread ?? 0) > 0) this.change(opened.id, () => NOTHING_UNREAD);
    this.see(opened.id, opened.readTo, seen);
  }

  see(id: string, sequence: number, seen = this.current.seen): void {
    if (sequence > (seen.get(id) ?? 0)) this.set({ seen: new Map(seen).set(id, sequence) });
  }

  /** Counts what is not seen yet. */
  count(id: string, sequences: readonly number[]): void {
    const from = this.current.seen.get(id) ?? 0;
    this.change(id, (row) => {
      const unseen = [...new Set([...row.unseen, ...sequences])].filter((sequence) => sequence > from);
      return { unseen, unread: unseen.length };
    });
  }

  replace(rows: Map<string, Row>): void {
    this.rows = rows;
  }

  private own(): Map<string, Row> {
    return (this.rows ??= new Map(this.current.rows));
  }
}

function reduce(draft: Draft, event: DeskEvent): void {
  const { state } = draft;
  switch (event.type) {
    case 'line':
      return draft.set({ line: event.line, refusal: event.refusal });
    case 'me':
      return draft.set({ me: { agentId: event.agentId, name: event.name } });
    case 'load':
      return draft.set({ load: event.load });
    case 'looked':
      draft.set({ isHidden: event.isHidden });
      return draft.look();
    case 'listed':
      return listed(draft, event.items, event.since, event.now);
    case 'unlisted':
      return draft.set({ listError: event.error, isListRefused: event.isFinal });
    case 'named':
      return named(draft, event.agents);
    case 'remembered':
      for (const [id, sequence] of event.seen) draft.see(id, sequence);
      return undefined;
    case 'push':
      return reducePush(draft, event.push, event.now);
    case 'typing':
      return draft.set({ typing: new Map(state.typing).set(event.conversationId, event.until) });
    case 'settled':
      return draft.change(event.conversationId, ({ disconnection, lost }) => ({
        lost: lost || disconnection?.number === event.number,
      }));
    case 'calm':
      return draft.change(event.conversationId, ({ back }) => ({
        back: back?.number === event.number ? undefined : back,
      }));
    case 'opened':
      if (event.id === state.opened?.id) return undefined;
      draft.set({
        opened:
          event.id === undefined
            ? undefined
            : { id: event.id, entries: [], readTo: 0, hasMore: false, unreadable: 0 },
      });
      return draft.look();
    case 'viewed':
      return viewed(draft, event);
    case 'unread-view':
      if (state.opened?.id === event.id) draft.set({ opened: { ...state.opened, error: event.error } });
      return undefined;
    case 'sending':
      return draft.set({
        outbox: [
          ...state.outbox.filter(({ messageId }) => messageId !== event.message.messageId),
          event.message,
        ],
      });
    case 'delivery':
      return deliver(draft, event.messageId, event.delivery, event.reason);
    case 'refused': {
      const { messageId, detail } = event.refused;
      if (messageId !== undefined) deliver(draft, messageId, 'refused', detail);
      return undefined;
    }
    case 'notice':
      return draft.set({ notice: { text: event.text, isError: event.isError, at: event.now } });
  }
}

function deliver(draft: Draft, messageId: string, delivery: Delivery, reason?: string): void {
  const rank = (of: Delivery) => (of === 'refused' ? 2 : of === 'sent' ? 1 : 0);
  draft.set({
    outbox: draft.state.outbox.map((message) =>
      // A message that is stored is not "failed" because the answer to its repetition was lost.
      message.messageId !== messageId || rank(message.delivery) > rank(delivery)
        ? message
        : { ...message, delivery, ...(reason !== undefined && { reason }) },
    ),
  });
}

function listed(
  draft: Draft,
  items: readonly WorkListItem[],
  since: readonly Push[] | undefined,
  now: number,
): void {
  const { rows: before, names, closed } = draft.state;
  const open = items.filter(({ conversationId }) => !closed.has(conversationId));
  draft.replace(
    new Map(
      open.map((item) => [
        item.conversationId,
        rowOf(item, draft.row(item.conversationId), { now, names, since }),
      ]),
    ),
  );
  for (const push of since ?? []) replay(draft, push, before.get(push.conversationId), now);
  draft.set({ isLoaded: true, listError: undefined });
}

/** What came while something was being read happens to what was read, which may be older. */
function replay(draft: Draft, push: Push, known: Row | undefined, now: number): void {
  reducePush(draft, push, now);
  // Prevents: what a row has marked when the push came is marked again.
  if (known !== undefined) draft.change(known.conversationId, () => ({ marks: known.marks }));
}

function named(draft: Draft, agents: readonly Pick<Colleague, 'agentId' | 'name'>[]): void {
  const names = new Map(draft.state.names);
  for (const { agentId, name } of agents) if (name !== undefined) names.set(agentId, name);
  draft.set({ names });
  for (const { conversationId, agentId = '', agentName } of draft.state.rows.values()) {
    const name = names.get(agentId);
    if (agentName === undefined && name !== undefined)
      draft.change(conversationId, () => ({ agentName: name }));
  }
}

/**
 * Whether what was read is older than the push that has moved the row. If the conversation had left the row's state after
 * that push, it would be in its present one since a later moment.
 */
const isOlder = ({ state, stateSince }: Pick<WorkListItem, 'state' | 'stateSince'>, row: Row): boolean =>
  state !== row.state && stateSince < row.movedAt;

const later = (one: string, other: string): string => (one > other ? one : other);

interface Reading {
  readonly now: number;
  readonly names: ReadonlyMap<string, string>;
  /** Pushes that came while it was being read. If there is none about a conversation, what was read is not older than its row. */
  readonly since: readonly Push[] | undefined;
}

/** A line of the list, with what the console knew of the conversation before. */
function rowOf(item: WorkListItem, before: Row | undefined, { now, names, since }: Reading): Row {
  const mayBeOlder = since?.some((push) => push.conversationId === item.conversationId) ?? true;
  if (before !== undefined && mayBeOlder && isOlder(item, before)) return before;
  const disconnection = absenceOf(item.disconnection, before);
  const isSame = disconnection !== undefined && before?.disconnection?.number === disconnection.number;
  // The one before is over. None at all says that of the last one, unless it was read before.
  const over = disconnection ? disconnection.number - 1 : mayBeOlder ? 0 : before?.disconnection?.number;
  const sameAgents = before?.agentId === item.agentId ? before : undefined;
  const agentName = sameAgents?.agentName ?? names.get(item.agentId ?? '');
  return {
    ...item,
    disconnection,
    lost: isRealLoss(disconnection) && ((isSame && before.lost) || hasLasted(disconnection.since, now)),
    unread: before?.unread ?? 0,
    unseen: before?.unseen ?? [],
    marks: before?.marks ?? [],
    movedAt: later(before?.movedAt ?? '', item.stateSince),
    finished: Math.max(before?.finished ?? 0, over ?? 0),
    agentFinished: before?.agentFinished ?? 0,
    ...(before?.extended && { extended: before.extended }),
    ...(before?.back && { back: before.back }),
    ...(agentName !== undefined && { agentName }),
    ...(sameAgents?.agentAway !== undefined && { agentAway: sameAgents.agentAway }),
    ...(before?.agentLost && { agentLost: before.agentLost }),
    ...(before && !sameAgents && isAgentAway({ ...before, agentId: item.agentId }) && { agentAway: true }),
  };
}

/** An absence as it was told or read, with the latest deadline of all: none becomes earlier. */
function absenceOf(told: Absence | undefined, row: Row | undefined): Absence | undefined {
  if (told === undefined || told.number <= (row?.finished ?? 0)) return undefined;
  const same = [row?.disconnection, row?.extended].filter((known) => known?.number === told.number);
  return {
    ...told,
    deadline: same.reduce((last, known) => later(last, known?.deadline ?? ''), told.deadline),
  };
}

const hasLasted = (since: string, now: number): boolean => now - Date.parse(since) >= SHOWN_AFTER_MS;

/** Whether whoever has the conversation now is away. */
const isAgentAway = ({ agentLost, agentId, agentFinished }: Row): boolean =>
  agentLost !== undefined && agentLost.agentId === agentId && agentLost.number > agentFinished;

/** The absence of an agent is over with what has happened later. */
const agentFinishedBy = ({ agentLost, agentFinished }: Row, at: string, agentId?: string): number =>
  agentLost !== undefined && agentLost.since <= at && (agentId ?? agentLost.agentId) === agentLost.agentId
    ? Math.max(agentFinished, agentLost.number)
    : agentFinished;

/** The first disconnection runs until the customer is connected for the first time: nobody is lost. */
const isRealLoss = (absence: Row['disconnection']): absence is NonNullable<Row['disconnection']> =>
  absence !== undefined && absence.number > 1;

function viewed(draft: Draft, event: Extract<DeskEvent, { type: 'viewed' }>): void {
  const { view, isRest, since, now } = event;
  const { conversation: c } = view;
  const { opened, names, closed } = draft.state;
  const before = draft.row(c.id);
  const item = itemOf(c);
  const read = rowOf(item, before, { now, names, since });
  const came = since?.filter((push) => push.conversationId === c.id) ?? [];
  const isOld = c.state !== 'Closed' && (closed.has(c.id) || read === before);
  if (opened?.id === c.id) {
    const known = new Map((isRest ? opened.entries : []).map((entry) => [entry.sequence, entry]));
    for (const entry of view.transcript) known.set(entry.sequence, entry);
    // What was pushed while the answer was under way stays.
    for (const entry of opened.entries) if (!known.has(entry.sequence)) known.set(entry.sequence, entry);
    const { error: _, ...rest } = opened;
    // What has happened meanwhile is read again: until then the newer one stays.
    const mayBeOld = isOld || came.some(({ type }) => type !== 'message' && type !== 'notice');
    const entries = [...known.values()].sort((one, other) => one.sequence - other.sequence);
    draft.set({
      opened: {
        ...rest,
        conversation: mayBeOld ? (opened.conversation ?? c) : c,
        entries,
        readTo: gapless(entries, Math.max(opened.readTo, endOf(view))),
        hasMore: view.nextAfter !== undefined,
        unreadable: view.unreadable?.length ?? 0,
      },
    });
    for (const { messageId } of view.transcript) if (messageId) deliver(draft, messageId, 'sent');
  }
  if (c.state === 'Closed') return draft.close(c.id);
  if (!isOld) {
    draft.put({ ...read, ...(c.agent && { agentName: c.agent.name }) });
    for (const push of came) replay(draft, push, before, now);
  }
  news(draft, view);
}

const itemOf = (c: Conversation): WorkListItem => ({
  conversationId: c.id,
  channel: c.channel,
  state: c.state,
  queue: c.customer.queue,
  customerName: c.customer.name,
  agentId: c.agent?.id,
  accepted: c.agent?.accepted ?? false,
  createdAt: c.createdAt,
  stateSince: c.stateSince,
  disconnection: c.disconnection && {
    number: c.disconnection.number,
    since: c.disconnection.since,
    deadline: c.disconnection.deadline,
  },
  deadlines: c.agent?.offerExpiresAt ? [{ kind: 'offer', at: c.agent.offerExpiresAt }] : [],
});

/** The last entry that an answer has, or says that nobody can read. */
const endOf = ({ transcript, unreadable = [] }: ConversationView): number =>
  Math.max(0, transcript.at(-1)?.sequence ?? 0, ...unreadable);

/** How far nothing is missing. */
function gapless(entries: readonly Entry[], from: number): number {
  let to = from;
  for (const { sequence } of entries) if (sequence === to + 1) to = sequence;
  return to;
}

/** Counts what a customer of this agent has said, and nobody has told: up to what the agent has seen, or answered. */
function news(draft: Draft, { conversation: { id }, transcript }: ConversationView): void {
  const { me, opened, isHidden } = draft.state;
  const row = draft.row(id);
  if (opened?.id === id && !isHidden) return draft.look();
  if (row?.state !== 'Active' || !row.accepted || row.agentId !== me.agentId) return;
  const answered = transcript.findLast(({ author }) => author.role === 'agent' && author.id === me.agentId);
  if (answered !== undefined) draft.see(id, answered.sequence);
  const isSaid = ({ kind, author }: Entry) => kind === 'message' && author.role === 'customer';
  draft.count(
    id,
    transcript.filter(isSaid).map(({ sequence }) => sequence),
  );
}

const MARKS_KEPT = 30;
const withMark = (row: Row, mark: Mark): readonly Mark[] => [...row.marks.slice(1 - MARKS_KEPT), mark];

function reducePush(draft: Draft, push: Push, now: number): void {
  const { conversationId: id, at } = push;
  const row = draft.row(id);
  const isOld = row !== undefined && at < row.movedAt;
  switch (push.type) {
    case 'conversation-opened':
      if (row !== undefined || draft.state.closed.has(id)) return;
      return draft.put({
        conversationId: id,
        channel: 'live-chat',
        state: 'Open',
        queue: push.queue,
        customerName: push.customerName,
        accepted: false,
        createdAt: at,
        stateSince: at,
        deadlines: [],
        lost: false,
        ...NOTHING_UNREAD,
        marks: [],
        movedAt: at,
        finished: 0,
        agentFinished: 0,
      });
    case 'customer-connected':
      // The first absence is over, and no other.
      return draft.change(id, ({ disconnection, lost, finished }) => ({
        finished: Math.max(finished, 1),
        ...((disconnection?.number ?? 1) > 1
          ? { disconnection, lost }
          : { disconnection: undefined, lost: false }),
      }));
    case 'connection-lost': {
      const { number, since } = push;
      const absence = absenceOf({ number, since, deadline: push.deadline }, row);
      if (row === undefined || absence === undefined || row.state === 'WrapUp') return;
      if ((row.disconnection?.number ?? 0) > number) return;
      const { deadline } = absence;
      const { back: _, ...without } = row;
      draft.put({
        ...without,
        disconnection: absence,
        finished: Math.max(row.finished, number - 1),
        lost: hasLasted(since, now),
        marks: withMark(row, { at: since, kind: 'lost', text: 'Connection lost' }),
      });
      return begin(
        draft,
        {
          conversationId: id,
          customerName: row.customerName,
          number,
          since,
          deadline,
          extended: row.extended?.number === number,
          outcome: 'running',
        },
        now,
      );
    }
    case 'customer-back': {
      const absentFor = isoLength(push.absentFor);
      finish(draft, id, push.number, 'returned', at);
      if (row === undefined || push.number <= row.finished || row.state === 'WrapUp') return;
      const isShown = absentFor >= SHOWN_AFTER_MS;
      const marks = isShown
        ? withMark(row, { at, kind: 'back', text: 'Back', length: absentFor })
        : row.marks.filter((mark, n) => n < row.marks.length - 1 || mark.kind !== 'lost');
      const { back: _, ...without } = row;
      return draft.put({
        ...without,
        disconnection: undefined,
        finished: push.number,
        lost: false,
        marks,
        ...(isShown && { back: { number: push.number, absentFor } }),
      });
    }
    case 'wait-extended': {
      const { number, because } = push;
      if (row === undefined || row.state === 'WrapUp') return;
      if (number <= row.finished || number < (row.extended?.number ?? 0)) return;
      // Two that overtake each other: the later deadline is in force.
      const known = row.extended?.number === number ? row.extended.deadline : '';
      const deadline = later(push.deadline, known);
      change(draft, id, number, (episode) => ({ ...episode, deadline, extended: true }));
      const text = because === 'agent' ? 'Wait extended' : 'Wait extended by itself: something did not work';
      const { disconnection } = row;
      return draft.put({
        ...row,
        extended: { number, deadline },
        disconnection:
          disconnection?.number === number
            ? { ...disconnection, deadline: later(disconnection.deadline, deadline) }
            : disconnection,
        marks: withMark(row, { at, kind: 'extended', text }),
      });
    }
    case 'conversation-assigned': {
      if (row === undefined || isOld) return;
      const { agentId, agentName, accepted } = push;
      // Who accepts is there; who is offered it need not be.
      const agentFinished = accepted ? agentFinishedBy(row, at, agentId) : row.agentFinished;
      return draft.put({
        ...row,
        state: 'Active',
        agentId,
        agentName,
        accepted,
        agentFinished,
        agentAway: isAgentAway({ ...row, agentId, agentFinished }),
        stateSince: row.state === 'Active' && row.agentId === agentId ? row.stateSince : at,
        deadlines: [],
        movedAt: at,
        // An acceptance is in the transcript already.
        marks: accepted ? row.marks : withMark(row, { at, kind: 'agent', text: `Offered to ${agentName}` }),
      });
    }
    case 'conversation-queued': {
      if (row === undefined || isOld) return;
      const { agentName: _, agentId, ...rest } = row;
      return draft.put({
        ...rest,
        state: 'Open',
        queue: push.queue,
        accepted: false,
        agentFinished: agentFinishedBy(row, at),
        agentAway: false,
        previousAgentId: agentId,
        stateSince: at,
        deadlines: [],
        ...NOTHING_UNREAD,
        movedAt: at,
        marks: withMark(row, { at, kind: 'queue', text: `Back in the queue "${push.queue}"` }),
      });
    }
    case 'conversation-waiting':
      if (isOld) return;
      return draft.change(id, () => ({
        state: 'Waiting',
        agentId: push.agentId,
        stateSince: at,
        movedAt: at,
      }));
    case 'agent-connection-lost': {
      // Of an agent who is back, or has the conversation no more.
      if (row === undefined || push.number <= row.agentFinished) return;
      const { agentId, number, since } = push;
      const agentLost = { agentId, number, since };
      if (agentId !== row.agentId) return draft.put({ ...row, agentLost });
      return draft.put({
        ...row,
        agentLost,
        agentAway: true,
        marks: withMark(row, { at, kind: 'agent', text: 'The agent has lost the connection' }),
      });
    }
    case 'agent-back':
      if (row === undefined || push.number <= row.agentFinished) return;
      return draft.put({
        ...row,
        agentFinished: push.number,
        agentAway: push.agentId === row.agentId ? false : (row.agentAway ?? false),
        marks: withMark(row, {
          at,
          kind: 'agent',
          text: 'The agent is back',
          length: isoLength(push.absentFor),
        }),
      });
    case 'conversation-ended':
      for (const episode of draft.state.episodes) {
        if (episode.conversationId !== id || episode.outcome !== 'running') continue;
        finish(draft, id, episode.number, push.reason === 'customer-disconnected' ? 'expired' : 'ended', at);
      }
      if (push.state === 'Closed') return draft.close(id);
      return draft.change(id, ({ finished, disconnection }) => ({
        state: 'WrapUp',
        stateSince: at,
        finished: Math.max(finished, disconnection?.number ?? 0),
        disconnection: undefined,
        lost: false,
        back: undefined,
        deadlines: [],
        movedAt: at,
      }));
    case 'conversation-closed':
      return draft.close(id);
    case 'message':
    case 'notice':
      return said(draft, push);
    case 'queue-position':
    case 'typing':
    case 'capacity-released':
      return;
  }
}

/** A message or a notice of a conversation of this agent. */
function said(draft: Draft, push: Extract<Push, { type: 'message' | 'notice' }>): void {
  const { conversationId: id, at, sequence, text } = push;
  const { opened, me, typing, isHidden } = draft.state;
  if (push.type === 'message') {
    if (push.messageId !== undefined) deliver(draft, push.messageId, 'sent');
    const isOwn = push.author.role === 'agent' && 'id' in push.author && push.author.id === me.agentId;
    if (!isOwn && (isHidden || opened?.id !== id)) draft.count(id, [sequence]);
    if (push.author.role === 'customer' && typing.has(id)) {
      draft.set({ typing: new Map([...typing].filter(([typed]) => typed !== id)) });
    }
  }
  if (opened?.id !== id || opened.entries.some((entry) => entry.sequence === sequence)) return;
  const entry: Entry =
    push.type === 'message'
      ? {
          sequence,
          at,
          kind: 'message',
          author: push.author,
          text,
          ...(push.messageId !== undefined && { messageId: push.messageId }),
        }
      : { sequence, at, kind: 'notice', author: { role: 'system' }, text, trigger: push.trigger };
  const entries = [...opened.entries, entry];
  // Mostly the last one; what overtook another one is put in its place.
  if ((opened.entries.at(-1)?.sequence ?? 0) > sequence) entries.sort((a, b) => a.sequence - b.sequence);
  draft.set({ opened: { ...opened, entries, readTo: gapless(entries, opened.readTo) } });
  draft.look();
}

function begin(draft: Draft, episode: Episode, now: number): void {
  const { episodes } = draft.state;
  const isKnown = episodes.some(
    ({ conversationId, number }) => conversationId === episode.conversationId && number === episode.number,
  );
  if (isKnown) return;
  const recent = episodes.filter(
    ({ endedAt }) => endedAt === undefined || now - Date.parse(endedAt) < EPISODES_KEPT_MS,
  );
  draft.set({ episodes: [...recent, episode] });
}

function change(draft: Draft, id: string, number: number, to: (episode: Episode) => Episode): void {
  draft.set({
    episodes: draft.state.episodes.map((episode) =>
      episode.conversationId === id && episode.number === number && episode.outcome === 'running'
        ? to(episode)
        : episode,
    ),
  });
}

const finish = (
  draft: Draft,
  id: string,
  number: number,
  outcome: Episode['outcome'],
  endedAt: string,
): void => change(draft, id, number, (episode) => ({ ...episode, outcome, endedAt }));
