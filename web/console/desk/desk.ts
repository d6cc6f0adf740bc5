import { type Api, messageOf, Problem } from '../core/api';
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
import type { ServerClock } from '../core/server-clock';
import { AgentLine } from './agent-line';
import { BACK_SHOWN_MS, type DeskEvent, type DeskState, type Outgoing, SHOWN_AFTER_MS } from './state';
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
}

/** Rows that are shown at most; who has more waiting has another problem. */
const MOST_ROWS = 2_000;
/** The list is a copy, and a push can be lost: it is read again now and then. */
const LIST_AGAIN_MS = 120_000;
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
  /** What is written and not sent yet, by conversation. */
  readonly drafts = new Map<string, string>();
  private readonly line: AgentLine;
  private access: Promise<AgentAccess> | undefined;
  /** A URL opens one socket; the ticket stays good. */
  private urlIsUsed = false;
  private readonly seen = new Set<string>();
  /** Pushes that came while the list was being read. */
  private since: Push[] | undefined;
  private readonly timers = new Set<ReturnType<typeof setInterval>>();
  private viewing: ReturnType<typeof setTimeout> | undefined;
  private typedAt = 0;

  constructor(private readonly options: DeskOptions) {
    this.api = options.apiFor(async (again) => (await this.signedIn(again)).ticket);
    this.line = new AgentLine({
      url: async () => {
        const { url } = await this.signedIn(this.urlIsUsed);
        this.urlIsUsed = true;
        return url;
      },
      onState: (line) => {
        this.store.dispatch({ type: 'line', line });
        // What was pushed meanwhile is lost: read it.
        if (line === 'online') void this.catchUp();
      },
      onData: (data) => this.receive(data),
    });
  }

  get state(): DeskState {
    return this.store.state;
  }

  start(): void {
    this.line.start();
    this.every(LIST_AGAIN_MS, () => void this.list());
    this.every(COLLEAGUES_AGAIN_MS, () => {
      const { opened, me } = this.state;
      const agent = opened?.conversation?.agent;
      if (opened !== undefined && !document.hidden && agent?.id !== me.agentId) this.viewSoon(opened.id);
    });
  }

  stop(): void {
    this.line.stop();
    for (const timer of this.timers) clearInterval(timer);
    clearTimeout(this.viewing);
  }

  /** Shows a conversation, or none. */
  async open(id: string | undefined): Promise<void> {
    this.store.dispatch({ type: 'opened', id });
    this.store.flush();
    if (id !== undefined) await this.view(id);
  }

  /** The next part of a long transcript, or what is missing behind the last entry. */
  async more(): Promise<void> {
    const { opened } = this.state;
    if (opened !== undefined) await this.view(opened.id, opened.entries.at(-1)?.sequence);
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
      void this.view(id);
      void this.readLoad();
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
        this.store.flush();
      }
      return access;
    } catch (thrown) {
      this.access = undefined;
      if (thrown instanceof Problem && thrown.status !== 0) this.tell(thrown.message, true);
      throw thrown;
    }
  }

  private async catchUp(): Promise<void> {
    await Promise.all([this.list(), this.readLoad(), this.opened()]);
  }

  private async opened(): Promise<void> {
    const { opened } = this.state;
    if (opened !== undefined) await this.view(opened.id, opened.entries.at(-1)?.sequence);
  }

  private async list(): Promise<void> {
    if (this.since !== undefined) return;
    this.since = [];
    try {
      const items: WorkListItem[] = [];
      let continuationToken: string | undefined;
      do {
        const page: Page<WorkListItem> = await this.api.get('/v1/conversations', {
          limit: 500,
          continuationToken,
        });
        items.push(...page.items);
        continuationToken = page.continuationToken;
      } while (continuationToken !== undefined && items.length < MOST_ROWS);
      const now = this.options.clock.now();
      this.store.dispatch({ type: 'listed', items, since: this.since, now });
      for (const { conversationId, disconnection } of items) {
        if (disconnection !== undefined)
          this.settle(conversationId, disconnection.number, disconnection.since);
      }
    } catch (thrown) {
      this.tell(messageOf(thrown), true);
    } finally {
      this.since = undefined;
    }
  }

  private async readLoad(): Promise<void> {
    try {
      this.store.dispatch({ type: 'load', load: await this.api.get<AgentLoad>('/v1/my-capacity') });
    } catch {
      // The meter keeps what it shows; the next change reads it again.
    }
  }

  private async view(id: string, after?: number): Promise<void> {
    try {
      const view = await this.api.get<ConversationView>(`/v1/conversations/${id}`, { after, limit: 1_000 });
      this.store.dispatch({
        type: 'viewed',
        view,
        isRest: after !== undefined,
        now: this.options.clock.now(),
      });
    } catch (thrown) {
      this.store.dispatch({ type: 'unread-view', id, error: messageOf(thrown) });
    }
  }

  /** Once for what comes at the same time. */
  private viewSoon(id: string): void {
    clearTimeout(this.viewing);
    this.viewing = setTimeout(() => void this.view(id, this.state.opened?.entries.at(-1)?.sequence), 100);
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
    this.since?.push(push);
    const now = this.options.clock.now();
    this.store.dispatch({ type: 'push', push, now } satisfies DeskEvent);
    this.follow(push);
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
        if (push.agentId === me.agentId) void this.view(id);
        break;
      case 'capacity-released':
        void this.readLoad();
        break;
      default:
    }
    if (opened?.id !== id) return;
    const isSaid = push.type === 'message' || push.type === 'notice';
    const last = opened.entries.at(-1)?.sequence ?? 0;
    if (!isSaid || push.sequence > last + 1) this.viewSoon(id);
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
