import type { Api } from '../core/api';
import { type Drafts, replyTo } from '../core/drafts';
import type {
  AgentAccess,
  AgentLoad,
  Colleague,
  Conversation,
  ConversationView,
  Page,
  Push,
  Refused,
  WorkListItem,
} from '../core/model';
import { isFinal, Persistent } from '../core/persistent';
import { messageOf, Problem } from '../core/problem';
import type { ServerClock } from '../core/server-clock';
import { AgentLine } from './agent-line';
import {
  BACK_SHOWN_MS,
  type DeskEvent,
  type DeskState,
  type Outgoing,
  type Row,
  SHOWN_AFTER_MS,
} from './state';
import { Store } from './store';

/** What an agent can do to a conversation by a request. */
export type Action =
  'offer' | 'accept' | 'decline' | 'release' | 'transfer' | 'end' | 'close' | 'extend-wait' | 'end-wait';

export interface DeskOptions {
  readonly negotiate: () => Promise<AgentAccess>;
  /** The API for whoever has that ticket. */
  readonly apiFor: (ticket: (again: boolean) => Promise<string>) => Api;
  readonly name: string;
  readonly clock: ServerClock;
  readonly drafts: Drafts;
}

/** Rows that are shown at most; who has more waiting has another problem. */
const MOST_ROWS = 2_000;
/** The list is a copy, and a push can be lost: it is read again now and then. */
const LIST_AGAIN_MS = 120_000;
/** Without a socket in this time the list is read all the same. */
const LIST_WITHOUT_LINE_MS = 5_000;
/** Messages of a colleague's conversation are not pushed to this agent. */
const COLLEAGUES_AGAIN_MS = 5_000;
const SEEN_KEPT = 5_000;
/** A typing event says that somebody has typed just now. */
const TYPING_SHOWN_MS = 6_000;
const TYPING_EVERY_MS = 3_000;

/** An agent at work: the list, the socket, and what the agent does. */
export class Desk {
  readonly store = new Store();
  readonly api: Api;
  readonly drafts: Drafts;
  private readonly line: AgentLine;
  private access: Promise<AgentAccess> | undefined;
  /** A URL opens one socket; the ticket stays good. */
  private urlIsUsed = false;
  private readonly seen = new Set<string>();
  /** Pushes that came while something was being read, for each reading. */
  private readonly readings = new Set<Push[]>();
  private readonly list = new Persistent((isCurrent) => this.readList(isCurrent), {
    againMs: LIST_AGAIN_MS,
    failed: (thrown) =>
      this.store.dispatch({ type: 'unlisted', error: messageOf(thrown), isFinal: isFinal(thrown) }),
  });
  private readonly load = new Persistent(() => this.readLoad());
  private readonly names = new Persistent(() => this.readNames());
  private readonly opened = new Persistent(() => this.readOpened());
  private readonly others = new Persistent((isCurrent) => this.readOthers(isCurrent));
  /** Conversations of which what is new has to be read, besides the one that is looked at. */
  private readonly due = new Set<string>();
  /** Whether pushes of this agent's conversations may be lost. */
  private hasGap = false;
  private readonly timers = new Set<ReturnType<typeof setInterval>>();
  private viewing: ReturnType<typeof setTimeout> | undefined;
  private readingOthers: ReturnType<typeof setTimeout> | undefined;
  private typedAt = 0;

  constructor(private readonly options: DeskOptions) {
    this.drafts = options.drafts;
    this.api = options.apiFor(async (again) => (await this.signedIn(again)).ticket);
    this.line = new AgentLine({
      url: async () => {
        const { url } = await this.signedIn(this.urlIsUsed);
        this.urlIsUsed = true;
        return url;
      },
      onState: (line, refusal) => {
        this.store.dispatch({
          type: 'line',
          line,
          refusal: refusal === undefined ? undefined : messageOf(refusal),
        });
        // What was pushed meanwhile is lost: read it.
        if (line === 'online') this.catchUp();
      },
      onData: (data) => this.receive(data),
    });
    let { seen, closed } = this.state;
    this.store.subscribe((state) => {
      if (state.seen !== seen) keepSeen(state);
      if (state.closed !== closed) for (const id of state.closed) this.drafts.set(replyTo(id), undefined);
      ({ seen, closed } = state);
    });
  }

  get state(): DeskState {
    return this.store.state;
  }

  start(): void {
    this.line.start();
    const withoutLine = setTimeout(() => {
      if (this.state.line !== 'online') this.list.begin();
    }, LIST_WITHOUT_LINE_MS);
    this.timers.add(withoutLine);
    this.every(COLLEAGUES_AGAIN_MS, () => {
      const { opened, me } = this.state;
      const agent = opened?.conversation?.agent;
      if (opened?.error === undefined && opened && !document.hidden && agent?.id !== me.agentId)
        this.viewSoon();
    });
  }

  stop(): void {
    this.line.stop();
    for (const timer of this.timers) clearInterval(timer);
    clearTimeout(this.viewing);
    clearTimeout(this.readingOthers);
    for (const one of [this.list, this.load, this.names, this.opened, this.others]) one.stop();
  }

  /** Shows a conversation, or none. */
  open(id: string | undefined): void {
    this.store.dispatch({ type: 'opened', id });
    this.store.flush();
    this.opened.begin();
  }

  /** The next part of a long transcript, or what is missing behind the last entry. */
  more(): void {
    this.opened.begin();
  }

  /** Does it, or tells why not. */
  async act(action: Action, id: string, body: object = {}): Promise<boolean> {
    try {
      const headers: Record<string, string> =
        action === 'extend-wait' ? { 'idempotency-key': crypto.randomUUID() } : {};
      await this.api.post<{ conversation: Conversation }>(`/v1/conversations/${id}/${action}`, {
        body,
        headers,
      });
      return true;
    } catch (thrown) {
      this.tell(messageOf(thrown), true);
      return false;
    } finally {
      // Also after a refusal: somebody else has changed it.
      this.refresh(id);
      this.load.begin();
    }
  }

  /** Other agents who are there; none, if that cannot be read. */
  async colleagues(): Promise<readonly Colleague[]> {
    try {
      const { agents } = await this.api.get<{ agents: readonly Colleague[] }>('/v1/agents');
      return agents.filter(({ agentId, present }) => present && agentId !== this.state.me.agentId);
    } catch (thrown) {
      this.tell(messageOf(thrown), true);
      return [];
    }
  }

  /** Writes to the customer. With the id of a message that failed: the same message again. */
  async say(conversationId: string, text: string, messageId: string = crypto.randomUUID()): Promise<void> {
    const at = new Date(this.options.clock.now()).toISOString();
    const message: Outgoing = { conversationId, messageId, text, at, delivery: 'sending' };
    this.store.dispatch({ type: 'sending', message });
    try {
      await this.line.send('message', { conversationId, text, messageId });
      this.store.dispatch({ type: 'delivery', messageId, delivery: 'sent' });
    } catch {
      this.store.dispatch({ type: 'delivery', messageId, delivery: 'failed', reason: 'Not sent' });
    }
  }

  /** The agent types: told now and then, and never worth an error. */
  typing(conversationId: string): void {
    if (performance.now() - this.typedAt < TYPING_EVERY_MS) return;
    this.typedAt = performance.now();
    this.line.send('typing', { conversationId }).catch(() => undefined);
  }

  /** Replies that can still be sent, by the names of their customers. */
  get unsent(): string[] {
    const { rows, me } = this.state;
    return [...rows.values()].flatMap((row) =>
      row.state === 'Active' && row.agentId === me.agentId && this.drafts.get(replyTo(row.conversationId))
        ? [row.customerName]
        : [],
    );
  }

  tell(text: string, isError: boolean): void {
    this.store.dispatch({ type: 'notice', text, isError, now: this.options.clock.now() });
  }

  private async signedIn(again: boolean): Promise<AgentAccess> {
    if (again) this.access = undefined;
    this.access ??= this.options.negotiate();
    try {
      const access = await this.access;
      if (this.state.me.agentId !== access.agentId) {
        this.store.dispatch({ type: 'me', agentId: access.agentId, name: this.options.name });
        this.store.dispatch({ type: 'remembered', seen: keptSeen(access.agentId) });
        this.store.flush();
      }
      return access;
    } catch (thrown) {
      this.access = undefined;
      if (thrown instanceof Problem && thrown.status !== 0) this.tell(thrown.message, true);
      throw thrown;
    }
  }

  /** Tries again what was refused: somebody may have mended it. */
  again(): void {
    if (this.state.line === 'refused') this.line.again();
    else this.list.begin();
  }

  private catchUp(): void {
    this.hasGap = true;
    this.list.begin();
    this.load.begin();
    this.opened.begin();
  }

  private async readList(isCurrent: () => boolean): Promise<void> {
    const items: WorkListItem[] = [];
    await this.reading(async (since) => {
      let continuationToken: string | undefined;
      do {
        const page: Page<WorkListItem> = await this.api.get('/v1/conversations', {
          limit: 500,
          continuationToken,
        });
        if (!isCurrent()) return;
        items.push(...page.items);
        continuationToken = page.continuationToken;
      } while (continuationToken !== undefined && items.length < MOST_ROWS);
      this.store.dispatch({ type: 'listed', items, since, now: this.options.clock.now() });
    });
    if (!isCurrent()) return;
    for (const { conversationId, disconnection } of items) {
      if (disconnection !== undefined) this.settle(conversationId, disconnection.number, disconnection.since);
    }
    this.store.flush();
    const { rows, me, names } = this.state;
    const isNamed = ({ agentId, agentName }: Row) =>
      agentName ?? names.get(agentId ?? me.agentId) ?? !agentId;
    if (![...rows.values()].every(isNamed)) this.names.begin();
    if (!this.hasGap) return;
    this.hasGap = false;
    for (const { conversationId, state, agentId } of rows.values()) {
      if (state === 'Active' && agentId === me.agentId) this.refresh(conversationId);
    }
  }

  private async readNames(): Promise<void> {
    const { agents } = await this.api.get<{ agents: readonly Colleague[] }>('/v1/agents');
    this.store.dispatch({ type: 'named', agents });
  }

  private async readLoad(): Promise<void> {
    this.store.dispatch({ type: 'load', load: await this.api.get<AgentLoad>('/v1/my-capacity') });
  }

  /** What is missing of the conversation that is looked at. */
  private async readOpened(): Promise<void> {
    const { opened } = this.state;
    if (opened === undefined) return;
    try {
      await this.view(opened.id, opened.readTo || undefined);
    } catch (thrown) {
      this.store.dispatch({ type: 'unread-view', id: opened.id, error: messageOf(thrown) });
      if (!isFinal(thrown)) throw thrown;
    }
  }

  /** What is new in the others. */
  private async readOthers(isCurrent: () => boolean): Promise<void> {
    let failure: Error | undefined;
    for (const id of [...this.due]) {
      if (!isCurrent()) return;
      this.due.delete(id);
      try {
        let after = this.state.seen.get(id);
        do after = (await this.view(id, after)).nextAfter;
        while (after !== undefined);
      } catch (thrown) {
        if (isFinal(thrown)) continue;
        this.due.add(id);
        failure = thrown as Error;
      }
    }
    if (failure !== undefined) throw failure;
  }

  private async view(id: string, after?: number): Promise<ConversationView> {
    return this.reading(async (since) => {
      const view = await this.api.get<ConversationView>(`/v1/conversations/${id}`, { after, limit: 1_000 });
      const now = this.options.clock.now();
      this.store.dispatch({ type: 'viewed', view, isRest: after !== undefined, since, now });
      return view;
    });
  }

  /** Reads, and keeps what is pushed meanwhile: the answer may be older, or newer. */
  private async reading<T>(read: (since: readonly Push[]) => Promise<T>): Promise<T> {
    const since: Push[] = [];
    this.readings.add(since);
    try {
      return await read(since);
    } finally {
      this.readings.delete(since);
    }
  }

  /** Reads a conversation again, looked at or not. */
  private refresh(id: string): void {
    if (this.state.opened?.id === id) return this.viewSoon();
    this.due.add(id);
    clearTimeout(this.readingOthers);
    this.readingOthers = setTimeout(() => this.others.beginUnlessWaiting(), 100);
  }

  /** Once for what comes at the same time. */
  private viewSoon(): void {
    clearTimeout(this.viewing);
    this.viewing = setTimeout(() => this.opened.beginUnlessWaiting(), 100);
  }

  private receive(data: unknown): void {
    const push = data as Push | Refused;
    if (push.type === 'refused') return this.store.dispatch({ type: 'refused', refused: push });
    if (push.type === 'typing') {
      if (push.author.role === 'customer') this.typed(push.conversationId);
      return;
    }
    if (this.seen.has(push.id)) return;
    this.seen.add(push.id);
    if (this.seen.size > SEEN_KEPT) this.seen.delete(this.seen.values().next().value ?? '');
    for (const since of this.readings) since.push(push);
    if (!this.isKnown(push)) this.refresh(push.conversationId);
    const now = this.options.clock.now();
    this.store.dispatch({ type: 'push', push, now } satisfies DeskEvent);
    this.follow(push);
  }

  /** Whether its row is there; what its conversation was before this news nobody has told. */
  private isKnown({ type, conversationId }: Push): boolean {
    if (type === 'conversation-opened' || type === 'conversation-closed' || type === 'capacity-released')
      return true;
    if (!this.state.rows.has(conversationId)) this.store.flush();
    const { isLoaded, rows, closed } = this.state;
    return !isLoaded || rows.has(conversationId) || closed.has(conversationId);
  }

  /** A customer types: shown until that is old. */
  private typed(conversationId: string): void {
    const until = performance.now() + TYPING_SHOWN_MS;
    this.store.dispatch({ type: 'typing', conversationId, until });
    setTimeout(() => this.store.dispatch({ type: 'typing', conversationId, until }), TYPING_SHOWN_MS + 50);
  }

  /** What has to be read or waited for because of a push. */
  private follow(push: Push): void {
    const { opened, me } = this.state;
    const { conversationId: id } = push;
    switch (push.type) {
      case 'connection-lost':
        this.settle(id, push.number, push.since);
        break;
      case 'customer-back':
        setTimeout(
          () => this.store.dispatch({ type: 'calm', conversationId: id, number: push.number }),
          BACK_SHOWN_MS,
        );
        break;
      case 'conversation-assigned':
        // The deadline of the offer is not pushed.
        if (push.agentId === me.agentId) this.refresh(id);
        break;
      case 'capacity-released':
        this.load.begin();
        break;
      default:
    }
    if (opened?.id !== id) return;
    const isSaid = push.type === 'message' || push.type === 'notice';
    if (!isSaid || push.sequence > opened.readTo + 1) this.viewSoon();
  }

  private settle(conversationId: string, number: number, since: string): void {
    const wait = Date.parse(since) + SHOWN_AFTER_MS - this.options.clock.now();
    if (number < 2 || wait < -SHOWN_AFTER_MS) return;
    setTimeout(() => this.store.dispatch({ type: 'settled', conversationId, number }), Math.max(0, wait));
  }

  private every(ms: number, run: () => void): void {
    this.timers.add(setInterval(run, ms));
  }
}

const keyOf = (agentId: string): string => `console-seen-${agentId}`;

/** What this agent has seen in this tab, for when it is loaded again. */
function keepSeen({ me, seen, rows, isLoaded }: DeskState): void {
  const kept = [...seen].filter(([id]) => !isLoaded || rows.has(id));
  try {
    sessionStorage.setItem(keyOf(me.agentId), JSON.stringify(kept));
  } catch {
    // A full store: more is unread than there is.
  }
}

function keptSeen(agentId: string): ReadonlyMap<string, number> {
  try {
    return new Map(JSON.parse(sessionStorage.getItem(keyOf(agentId)) ?? '[]') as [string, number][]);
  } catch {
    return new Map();
  }
}
