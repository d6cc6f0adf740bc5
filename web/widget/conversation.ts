import { Line, newId, PACE, type LineOptions, type Pace } from './line';
import { lastSequence, next, NOTHING, waiting, type Chat, type Input } from './messages';
import { BEAT, Tabs } from './tabs';

export interface ConversationOptions extends Pick<LineOptions, 'api' | 'customer' | 'signIn'> {
  /** Called after every change, with what has caused it where it was one thing. */
  readonly changed: (chat: Chat, input?: Input) => void;
  readonly pace?: Partial<Pace> & { readonly beat?: number };
}

/** Under which name the ticket is kept: one conversation for all tabs of the site. */
export const ticketKey = (api: string): string => `chat-ticket ${api}`;

/** Storage that browsers may refuse: then it lasts as long as the page. */
function stored(storage: () => Storage, key: string) {
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

/** Typing is told no more often, in milliseconds. */
const TYPING_EVERY = 3_000;

/**
 * One customer's conversation in this tab, without any looks. All tabs hear the same and come to the same; the one that leads has
 * the line. What the customer writes is kept until it is stored, also while there is no line, or the page is loaded again.
 */
export class Conversation {
  readonly #options: ConversationOptions;
  chat: Chat = NOTHING;
  readonly #tabs: Tabs<Input, Chat>;
  #line: Line | undefined;
  readonly #ticket: ReturnType<typeof stored>;
  readonly #unsent: ReturnType<typeof stored>;
  readonly #seen: ReturnType<typeof stored>;
  readonly #link = linkOfPage();
  #typedAt = 0;
  #isKept = false;
  #opened: () => void = () => undefined;

  constructor(options: ConversationOptions) {
    this.#options = options;
    const { api, pace } = options;
    this.#ticket = stored(() => localStorage, ticketKey(api));
    this.#unsent = stored(() => sessionStorage, `chat-unsent ${api}`);
    this.#seen = stored(() => localStorage, `chat-read ${api}`);
    const isGoingOn = this.#ticket.get() !== undefined || this.#link.get() !== undefined;
    if (isGoingOn) this.chat = { ...NOTHING, phase: 'opening', read: Number(this.#seen.get() ?? 0) };
    this.#tabs = new Tabs({
      name: `chat ${api}`,
      beat: pace?.beat ?? BEAT,
      lead: () => this.#lead(),
      hear: (input) => this.#apply(input),
      state: () => this.chat,
      learn: (chat) => {
        const own = waiting(this.chat);
        this.chat = own.reduce(
          (known, { messageId = '', text, at }) => next(known, { type: 'written', messageId, text, at }),
          chat,
        );
        options.changed(this.chat);
      },
      asked: () => this.#line?.check(),
    });
    const unsent = JSON.parse(this.#unsent.get() ?? '[]') as Input[];
    // Whoever made this hears of it once it is made.
    queueMicrotask(() => unsent.forEach((input) => this.#tell(input)));
    addEventListener('online', () => this.#line?.wake());
    addEventListener('offline', () => this.#line?.offline());
    document.addEventListener('visibilitychange', () => {
      this.#tabs.shown(!document.hidden);
      if (!document.hidden) this.#line?.wake();
    });
    document.addEventListener('resume', () => this.#line?.wake());
    addEventListener('pagehide', ({ persisted }) => {
      this.#isKept = persisted;
      this.#tabs.leave();
    });
    addEventListener('pageshow', ({ persisted }) => persisted && this.#tabs.join());
  }

  /** Whether the line is in this tab. */
  get leads(): boolean {
    return this.#line !== undefined;
  }

  /** The customer wants to chat. After an end it is a new conversation. */
  begin(): void {
    this.#tell({ type: 'begun' });
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
    const sequence = lastSequence(this.chat);
    if (sequence > this.chat.read) this.#tell({ type: 'read', sequence });
  }

  #tell(input: Input): void {
    this.#apply(input);
    this.#tabs.tell(input);
  }

  #apply(input: Input): void {
    const before = this.chat;
    this.chat = next(before, input);
    if (input.type === 'opened') this.#opened();
    if (
      input.type === 'written' ||
      input.type === 'delivery' ||
      input.type === 'entry' ||
      input.type === 'view'
    )
      this.#keep();
    if (this.#line !== undefined && input.type === 'customer-types') this.#line.say('typing');
    if (this.chat === before) return;
    this.#options.changed(this.chat, input);
    if (this.#line === undefined) return;
    switch (input.type) {
      case 'begun':
        return this.#openLine();
      case 'written':
      case 'delivery':
        return void this.#line.send();
      case 'leaving':
        return this.#line.say('leave');
      case 'read':
        return this.#seen.set(String(input.sequence));
      case 'ended':
        this.#ticket.set(undefined); // it opens nothing any more
        this.#seen.set(undefined);
        return this.#line.close();
      default:
      // Nothing to do for the line.
    }
  }

  /** Prevents: what is written into a silent line is lost when the page is loaded again. */
  #keep(): void {
    const unsent = waiting(this.chat).map(({ messageId, text, at }) => ({
      type: 'written',
      messageId,
      text,
      at,
    }));
    this.#unsent.set(unsent.length === 0 ? undefined : JSON.stringify(unsent));
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
      customer,
      signIn,
      ticket: this.#ticket,
      link: this.#link,
      pace: { ...PACE, ...pace },
      waiting: () => waiting(this.chat),
      loaded: () => this.chat.loaded,
      isLeaving: () => this.chat.leaving === true,
      tell: (input) => this.#tell(input),
    });
    if (this.chat.phase !== 'idle' && this.chat.phase !== 'ended' && this.chat.phase !== 'stuck')
      this.#line.open();
  }
}
