import { Line, newId, PACE, type LineOptions, type Pace } from './line';
import {
  failed,
  lastSequence,
  next,
  NOTHING,
  unread,
  unstored,
  waiting,
  type Chat,
  type Input,
  type Written,
} from './messages';
import { BEAT, Tabs } from './tabs';

export interface ConversationOptions extends Pick<LineOptions, 'api' | 'customer' | 'signIn'> {
  /** Called after every change, with what has caused it where it was one thing. */
  readonly changed: (chat: Chat, input?: Input) => void;
  /**
   * The site's own id of its customer; none for a visitor. What is kept for one customer is found by nobody else, nor by the same
   * one with `signIn` if it was kept without. With `signIn` and no id, each tab has a conversation of its own, as long as the tab
   * is there.
   */
  readonly customerId?: string;
  readonly pace?: Partial<Pace> & { readonly beat?: number };
}

/** Storage that browsers may refuse: then it lasts as long as what is returned. */
export function stored(storage: () => Storage, key: string) {
  let own: string | undefined;
  return {
    get(): string | undefined {
      try {
        return storage().getItem(key) ?? undefined;
      } catch {
        return own;
      }
    },
    set(value: string | undefined): void {
      own = value;
      try {
        if (value === undefined) storage().removeItem(key);
        else storage().setItem(key, value);
      } catch {
        // As long as the page.
      }
    },
  };
}

/** Prevents: the next person at this browser finds the chat of the one before, or what was written in it. */
function forget(api: string, isForgotten: (owner: string) => boolean): void {
  for (const storage of [() => localStorage, () => sessionStorage]) {
    try {
      for (const key of Object.keys(storage())) {
        const [what, of, ...owner] = key.split(' ');
        if (/^chat-(ticket|name|unsent|read)$/.test(what!) && of === api && isForgotten(owner.join(' ')))
          storage().removeItem(key);
      }
    } catch {
      // Nothing is kept.
    }
  }
}

/** The parameter of a reconnect link. */
const LINK = 'oc.reconnectid';

function linkOfPage(): LineOptions['link'] {
  let id = new URL(location.href).searchParams.get(LINK) ?? undefined;
  return {
    get: () => id,
    drop() {
      if (id === undefined) return;
      id = undefined;
      const url = new URL(location.href);
      url.searchParams.delete(LINK);
      history.replaceState(history.state, '', url);
    },
  };
}

/** What is told of the app, by whoever has the line. */
const OF_LINE: ReadonlySet<Input['type']> = new Set([
  ...(['opened', 'lost', 'view', 'entry', 'assigned', 'queued'] as const),
  ...(['typing', 'ended', 'nothing', 'expired', 'problem'] as const),
]);

/** What could not be sent before the page was loaded, and in which conversation it was written. */
interface Unsent {
  readonly conversationId?: string | undefined;
  readonly inputs: readonly Written[];
}

/** What could not be sent for so long is not wanted any more, in milliseconds. */
const UNSENT_FOR = 24 * 60 * 60_000;

/** Of this version; anything else is nothing. */
function unsentOf(text: string | undefined): Unsent | undefined {
  try {
    const { conversationId, inputs } = JSON.parse(text ?? '{}') as Unsent;
    const wanted = inputs.filter(({ at }) => Date.now() - Date.parse(at) < UNSENT_FOR);
    return { conversationId, inputs: wanted };
  } catch {
    return undefined;
  }
}

/** Behind what was read of a conversation that has ended. */
const OVER = ' over';

/** Typing is told no more often, in milliseconds. */
const TYPING_EVERY = 3_000;

/**
 * One customer's conversation in this tab, without any looks. All tabs hear the same and come to the same; the one that leads has
 * the line. What the customer writes is kept until it is stored, also while there is no line, or the page is closed.
 */
export class Conversation {
  readonly #options: ConversationOptions;
  chat: Chat = NOTHING;
  readonly #tabs: Tabs<Input, Chat>;
  #line: Line | undefined;
  readonly #ticket: ReturnType<typeof stored>;
  readonly #unsent: ReturnType<typeof stored>;
  readonly #seen: ReturnType<typeof stored>;
  readonly #name: ReturnType<typeof stored>;
  readonly #link = linkOfPage();
  #restored: Unsent | undefined;
  readonly #closing = new AbortController();
  #typedAt = 0;
  #isKept = false;
  #opened: () => void = () => undefined;

  constructor(options: ConversationOptions) {
    this.#options = options;
    const { api, pace, customerId = '' } = options;
    const owner = (options.signIn ? '+' : '-') + customerId;
    forget(api, (other) => other !== owner);
    const isOfTab = owner === '+';
    const kept = (what: string) =>
      stored(() => (isOfTab ? sessionStorage : localStorage), `chat-${what} ${api} ${owner}`);
    this.#ticket = kept('ticket');
    this.#unsent = kept('unsent');
    this.#seen = kept('read');
    this.#name = kept('name');
    this.#start();
    this.#tabs = new Tabs({
      name: `chat ${api} ${isOfTab ? newId() : owner}`,
      takes: () => this.#link.get() !== undefined,
      beat: pace?.beat ?? BEAT,
      lead: () => this.#lead(),
      hear: (input) => {
        // Prevents: a tab that opens a link, or leads already, takes what the last line has told for its own.
        if (!this.#knowsBetter() || !OF_LINE.has(input.type)) this.#apply(input);
      },
      state: () => this.chat,
      learn: (chat) => {
        if (this.#knowsBetter()) return;
        const isSame = (this.chat.conversationId ?? chat.conversationId) === chat.conversationId;
        const own = unstored(this.chat);
        this.chat = (isSame ? own : own.map(failed)).reduce<Chat>(next, chat);
        options.changed(this.chat);
        if (chat.phase === 'open') this.#opened();
        this.#restore();
      },
      asked: () => this.#line?.check(),
    });
    const { signal } = this.#closing;
    addEventListener('online', () => this.#line?.wake(), { signal });
    addEventListener('offline', () => this.#line?.offline(), { signal });
    const shown = () => {
      this.#tabs.shown(!document.hidden);
      if (!document.hidden) this.#line?.wake();
    };
    document.addEventListener('visibilitychange', shown, { signal });
    document.addEventListener('resume', () => this.#line?.wake(), { signal });
    const hidden = ({ persisted }: PageTransitionEvent) => {
      this.#isKept = persisted;
      this.#tabs.leave();
    };
    addEventListener('pagehide', hidden, { signal });
    const back = ({ persisted }: PageTransitionEvent) => {
      if (!persisted) return;
      // Meanwhile it has ended, or was forgotten, and perhaps somebody else is here.
      if (this.chat.phase !== 'idle' && this.#ticket.get() === undefined) {
        this.#start();
        options.changed(this.chat, { type: 'forgotten' });
      }
      this.#tabs.join();
    };
    addEventListener('pageshow', back, { signal });
  }

  /** With what this browser has kept for this customer. */
  #start(): void {
    const isKept = (this.#ticket.get() ?? this.#link.get()) !== undefined;
    this.chat = isKept ? { ...NOTHING, phase: 'opening', read: parseInt(this.#seen.get() ?? '0') } : NOTHING;
    this.#restored = unsentOf(this.#unsent.get());
  }

  #isGoingOn(): boolean {
    return !['idle', 'ended', 'stuck'].includes(this.chat.phase);
  }

  /** This page has no chat any more. What goes on goes on in another tab, or when it is made again. */
  close(): void {
    this.#closing.abort();
    this.#isKept = false;
    this.#tabs.leave();
  }

  /** Whether the line is in this tab. */
  get leads(): boolean {
    return this.#line !== undefined;
  }

  /** The customer wants to chat, perhaps under a name. After an end it is a new conversation. */
  begin(name?: string): void {
    if (name) this.#name.set(name);
    this.#tell({ type: 'begun' });
  }

  /** The site has signed its customer out: nothing of a chat is left in this browser, whomever it was for. */
  forget(): void {
    forget(this.#options.api, () => true);
    this.#tell({ type: 'forgotten' });
  }

  /** Shown at once, sent when there is a line. */
  say(text: string): void {
    this.#tell({ type: 'written', messageId: newId(), text, at: new Date().toISOString() });
  }

  /** The same message again: it is stored once. */
  retry(messageId: string): void {
    this.#tell({ type: 'delivery', messageId, delivery: 'sending' });
  }

  typing(): void {
    if (Date.now() - this.#typedAt < TYPING_EVERY || this.chat.agent === undefined) return;
    this.#typedAt = Date.now();
    this.#tell({ type: 'customer-types' });
  }

  /** Ends the conversation, as soon as there is a line. */
  leave(): void {
    this.#tell({ type: 'leaving' });
  }

  /** The customer has seen everything that is here. */
  read(): void {
    const { read, phase, endSeen } = this.chat;
    const sequence = lastSequence(this.chat);
    if (sequence > read || (phase === 'ended' && !endSeen)) this.#tell({ type: 'read', sequence });
  }

  #tell(input: Input): void {
    this.#apply(input);
    this.#tabs.tell(input);
  }

  #apply(input: Input): void {
    // Prevents: what was written before the page was loaded is lost when its conversation does not go on.
    if (['ended', 'nothing', 'expired'].includes(input.type)) this.#restore(true);
    const before = this.chat;
    this.chat = next(before, input);
    if (input.type === 'opened' || input.type === 'linked') this.#opened();
    if (input.type === 'forgotten') this.#restored = undefined;
    if (this.chat.entries !== before.entries || this.chat.phase !== before.phase) this.#keep();
    if (this.#line !== undefined && input.type === 'customer-types') this.#line.typing();
    if (this.chat === before) return;
    this.#options.changed(this.chat, input);
    if (input.type === 'opened') this.#restore();
    if (this.#line === undefined) return;
    switch (input.type) {
      case 'begun':
        if (before.phase !== 'stuck') for (const kept of [this.#ticket, this.#seen]) kept.set(undefined);
        return this.#openLine();
      case 'written':
      case 'delivery':
        return void this.#line.send();
      case 'leaving':
        return void this.#line.leave();
      case 'read':
        return this.#hasRead(input.sequence);
      case 'ended':
        this.#hasRead(this.chat.read);
        return this.#line.close();
      case 'forgotten':
        this.#drop();
        return this.#line.close();
      default:
      // Nothing to do for the line.
    }
  }

  /** After the end the ticket opens nothing any more; it reads what the customer has not seen yet. */
  #hasRead(sequence: number): void {
    const isOver = this.chat.phase === 'ended';
    if (isOver && this.chat.endSeen && unread(this.chat) === 0) this.#drop();
    else this.#seen.set(sequence + (isOver ? OVER : ''));
  }

  #drop(): void {
    for (const kept of [this.#ticket, this.#seen, this.#name]) kept.set(undefined);
  }

  /** Whether what another tab tells of the app is not for this one. */
  #knowsBetter(): boolean {
    return this.#line !== undefined || this.#link.get() !== undefined;
  }

  /** Prevents: what is written into a silent line is lost when the page is loaded again. */
  #keep(): void {
    const { conversationId } = this.chat;
    const inputs = [...(this.#restored?.inputs ?? []), ...unstored(this.chat)];
    const unsent: Unsent = { conversationId: this.#restored?.conversationId ?? conversationId, inputs };
    this.#unsent.set(inputs.length === 0 ? undefined : JSON.stringify(unsent));
  }

  /** Prevents: what was written in one conversation is sent into the next. */
  #restore(isGone = false): void {
    const { phase, conversationId } = this.chat;
    const restored = this.#restored;
    if (restored === undefined || !(isGone || phase === 'open' || phase === 'lost')) return;
    this.#restored = undefined;
    const isSame = !isGone && (restored.conversationId ?? conversationId) === conversationId;
    for (const input of restored.inputs) this.#tell(isSame ? input : failed(input));
  }

  #lead(): (why: 'left' | 'taken') => void {
    this.#openLine();
    return (why) => {
      const isOpen = new Promise<void>((resolve) => (this.#opened = resolve));
      if (why === 'left' && !this.#isKept) this.#line?.close();
      else this.#line?.handOver(isOpen);
      this.#line = undefined;
    };
  }

  #openLine(): void {
    const { api, customer, signIn, pace } = this.#options;
    this.#line = new Line({
      api,
      customer: () => ({ name: this.#name.get(), ...customer() }),
      signIn,
      ticket: this.#ticket,
      link: this.#link,
      pace: { ...PACE, ...pace },
      waiting: () => waiting(this.chat),
      loaded: () => this.chat.loaded,
      isLeaving: () => this.chat.leaving === true,
      isOver: () => this.#seen.get()?.endsWith(OVER) === true,
      tell: (input) => this.#tell(input),
    });
    if (this.#isGoingOn()) this.#line.open();
  }
}
