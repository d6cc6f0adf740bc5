import { isoLength } from '../core/format';
import type {
  AgentLoad,
  Conversation,
  ConversationView,
  Entry,
  Push,
  Refused,
  WorkListItem,
} from '../core/model';

/** Of the agent's own socket. */
export type LineState = 'connecting' | 'online' | 'lost';

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
  readonly unread: number;
  readonly marks: readonly Mark[];
  /** Of the newest push that has moved its state: an older one that comes later is no news. */
  readonly movedAt: string;
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
  readonly hasMore: boolean;
  readonly unreadable: number;
  readonly error?: string;
}

export interface DeskState {
  readonly me: { readonly agentId: string; readonly name: string };
  readonly line: LineState;
  /** Whether nobody can see the page: another tab, another window. */
  readonly isHidden: boolean;
  /** Whether the list has been read. */
  readonly isLoaded: boolean;
  readonly rows: ReadonlyMap<string, Row>;
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
  | { readonly type: 'line'; readonly line: LineState }
  | { readonly type: 'me'; readonly agentId: string; readonly name: string }
  | { readonly type: 'looked'; readonly isHidden: boolean }
  | {
      readonly type: 'listed';
      readonly items: readonly WorkListItem[];
      /** Pushes that came while the list was being read: the list may be older, or newer. */
      readonly since?: readonly Push[];
      readonly now: number;
    }
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

  drop(id: string): void {
    if (this.row(id) !== undefined) this.own().delete(id);
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
      return draft.set({ line: event.line });
    case 'me':
      return draft.set({ me: { agentId: event.agentId, name: event.name } });
    case 'load':
      return draft.set({ load: event.load });
    case 'looked':
      if (!event.isHidden && state.opened) draft.change(state.opened.id, () => ({ unread: 0 }));
      return draft.set({ isHidden: event.isHidden });
    case 'listed':
      return listed(draft, event.items, event.since ?? [], event.now);
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
      if (event.id !== undefined) draft.change(event.id, () => ({ unread: 0 }));
      return draft.set({
        opened:
          event.id === undefined ? undefined : { id: event.id, entries: [], hasMore: false, unreadable: 0 },
      });
    case 'viewed':
      return viewed(draft, event.view, event.isRest, event.now);
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

function listed(draft: Draft, items: readonly WorkListItem[], since: readonly Push[], now: number): void {
  const before = draft.state.rows;
  draft.replace(
    new Map(items.map((item) => [item.conversationId, rowOf(item, draft.row(item.conversationId), now)])),
  );
  for (const push of since) {
    const known = before.get(push.conversationId);
    reducePush(draft, push, now);
    // Prevents: what a row has counted when the push came is counted again.
    if (known !== undefined) draft.change(known.conversationId, () => countedOf(known));
  }
  draft.set({ isLoaded: true });
}

const countedOf = ({ unread, marks }: Row): Pick<Row, 'unread' | 'marks'> => ({ unread, marks });

/** A line of the list, with what the console knew of the conversation before. */
function rowOf(item: WorkListItem, before: Row | undefined, now: number): Row {
  const { disconnection } = item;
  const isSame = disconnection !== undefined && before?.disconnection?.number === disconnection.number;
  return {
    ...item,
    lost: isRealLoss(disconnection) && ((isSame && before.lost) || hasLasted(disconnection.since, now)),
    unread: before?.unread ?? 0,
    marks: before?.marks ?? [],
    movedAt: before?.movedAt ?? item.stateSince,
    ...(before?.back && { back: before.back }),
    ...(before?.agentName !== undefined &&
      before.agentId === item.agentId && { agentName: before.agentName }),
    ...(before?.agentAway !== undefined && { agentAway: before.agentAway }),
  };
}

const hasLasted = (since: string, now: number): boolean => now - Date.parse(since) >= SHOWN_AFTER_MS;

/** The first disconnection runs until the customer is connected for the first time: nobody is lost. */
const isRealLoss = (absence: Row['disconnection']): absence is NonNullable<Row['disconnection']> =>
  absence !== undefined && absence.number > 1;

function viewed(draft: Draft, view: ConversationView, isRest: boolean, now: number): void {
  const { conversation: c } = view;
  const { opened } = draft.state;
  if (opened?.id === c.id) {
    const known = new Map((isRest ? opened.entries : []).map((entry) => [entry.sequence, entry]));
    for (const entry of view.transcript) known.set(entry.sequence, entry);
    // What was pushed while the answer was under way stays.
    for (const entry of opened.entries) if (!known.has(entry.sequence)) known.set(entry.sequence, entry);
    const { error: _, ...rest } = opened;
    draft.set({
      opened: {
        ...rest,
        conversation: c,
        entries: [...known.values()].sort((one, other) => one.sequence - other.sequence),
        hasMore: view.nextAfter !== undefined,
        unreadable: view.unreadable?.length ?? 0,
      },
    });
    for (const { messageId } of view.transcript) if (messageId) deliver(draft, messageId, 'sent');
  }
  if (c.state === 'Closed') return draft.drop(c.id);
  const before = draft.row(c.id);
  if (before === undefined) return;
  const { disconnection } = c;
  draft.put({
    ...rowOf(
      {
        conversationId: c.id,
        channel: c.channel,
        state: c.state,
        queue: c.customer.queue,
        customerName: c.customer.name,
        agentId: c.agent?.id,
        accepted: c.agent?.accepted ?? false,
        createdAt: c.createdAt,
        stateSince: c.stateSince,
        disconnection: disconnection && {
          number: disconnection.number,
          since: disconnection.since,
          deadline: disconnection.deadline,
        },
        deadlines: c.agent?.offerExpiresAt ? [{ kind: 'offer', at: c.agent.offerExpiresAt }] : [],
      },
      before,
      now,
    ),
    ...(c.agent && { agentName: c.agent.name }),
  });
}

const MARKS_KEPT = 30;
const withMark = (row: Row, mark: Mark): readonly Mark[] => [...row.marks.slice(1 - MARKS_KEPT), mark];

function reducePush(draft: Draft, push: Push, now: number): void {
  const { conversationId: id, at } = push;
  const row = draft.row(id);
  const isOld = row !== undefined && at < row.movedAt;
  switch (push.type) {
    case 'conversation-opened':
      if (row !== undefined) return;
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
        unread: 0,
        marks: [],
        movedAt: at,
      });
    case 'customer-connected':
      return draft.change(id, () => ({ disconnection: undefined, lost: false }));
    case 'connection-lost': {
      const { number, since, deadline } = push;
      if (row === undefined || (row.disconnection?.number ?? 0) > number) return;
      const { back: _, ...without } = row;
      draft.put({
        ...without,
        disconnection: { number, since, deadline },
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
          extended: false,
          outcome: 'running',
        },
        now,
      );
    }
    case 'customer-back': {
      const absentFor = isoLength(push.absentFor);
      finish(draft, id, push.number, 'returned', at);
      if (row === undefined || (row.disconnection?.number ?? push.number) > push.number) return;
      const isShown = absentFor >= SHOWN_AFTER_MS;
      const marks = isShown
        ? withMark(row, { at, kind: 'back', text: 'Back', length: absentFor })
        : row.marks.filter((mark, n) => n < row.marks.length - 1 || mark.kind !== 'lost');
      const { back: _, ...without } = row;
      return draft.put({
        ...without,
        disconnection: undefined,
        lost: false,
        marks,
        ...(isShown && { back: { number: push.number, absentFor } }),
      });
    }
    case 'wait-extended': {
      const { number, deadline, because } = push;
      change(draft, id, number, (episode) => ({ ...episode, deadline, extended: true }));
      if (row?.disconnection?.number !== number) return;
      const text = because === 'agent' ? 'Wait extended' : 'Wait extended by itself: something did not work';
      return draft.put({
        ...row,
        disconnection: { ...row.disconnection, deadline },
        marks: withMark(row, { at, kind: 'extended', text }),
      });
    }
    case 'conversation-assigned': {
      if (row === undefined || isOld) return;
      const { agentId, agentName, accepted } = push;
      return draft.put({
        ...row,
        state: 'Active',
        agentId,
        agentName,
        accepted,
        agentAway: false,
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
        agentAway: false,
        previousAgentId: agentId,
        stateSince: at,
        deadlines: [],
        unread: 0,
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
    case 'agent-connection-lost':
      return draft.change(id, (row) => ({
        agentAway: true,
        marks: withMark(row, { at, kind: 'agent', text: 'The agent has lost the connection' }),
      }));
    case 'agent-back':
      return draft.change(id, (row) => ({
        agentAway: false,
        marks: withMark(row, {
          at,
          kind: 'agent',
          text: 'The agent is back',
          length: isoLength(push.absentFor),
        }),
      }));
    case 'conversation-ended':
      for (const episode of draft.state.episodes) {
        if (episode.conversationId !== id || episode.outcome !== 'running') continue;
        finish(draft, id, episode.number, push.reason === 'customer-disconnected' ? 'expired' : 'ended', at);
      }
      if (push.state === 'Closed') return draft.drop(id);
      return draft.change(id, () => ({
        state: 'WrapUp',
        stateSince: at,
        disconnection: undefined,
        lost: false,
        back: undefined,
        deadlines: [],
        movedAt: at,
      }));
    case 'conversation-closed':
      return draft.drop(id);
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
    if (!isOwn && (isHidden || opened?.id !== id)) draft.change(id, ({ unread }) => ({ unread: unread + 1 }));
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
  draft.set({ opened: { ...opened, entries } });
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
