import { WebPubSubClient, WebPubSubJsonReliableProtocol, type SendMessageError } from 'web-pubsub-client-1-0';
import { type End, type Entry, type Input, type Problem, type Stored, type View } from './messages';

/** Times in milliseconds. Tests have shorter ones. */
export interface Pace {
  /** A ping after so much: one small frame to the service, which answers with one. */
  readonly ping: number;
  /** A ping that nothing has answered for so long means that the line is silent. */
  readonly answer: number;
  /** Another attempt after so much, while those before are still waited for. */
  readonly attempt: number;
  /** No request is waited for longer. */
  readonly request: number;
}

/**
 * A silent line is known at the latest after `ping` + `answer` and half a second, in which the look at it comes: 11.5 s.
 *
 * How soon a line that is back can be used, at the latest: another attempt begins every 1.65 s (`attempt` and a tenth, see `#pause`),
 * and the one that is answered takes nine round trips (three to connect and ask, two for `negotiate` with its preflight, four for
 * the socket and its first frame). Whatever began before 6 s (`request`) has been given up. So it is 1.65 s and what the network and
 * the app need: 2.6 s at 100 ms there and back. At most five attempts are under way (`request` by the shortest `attempt`, 1.2 s), so
 * that one of a browser's six connections to a host is left.
 */
export const PACE: Pace = { ping: 5_000, answer: 6_000, attempt: 1_500, request: 6_000 };

/** What the page says about its customer; the fields of `POST /v1/negotiate`. */
export interface Customer {
  readonly name?: string;
  readonly locale?: string;
  readonly queue?: string;
  readonly workstream?: string;
  readonly channelInstance?: string;
  readonly context?: Readonly<Record<string, string>>;
}

export interface LineOptions {
  /** The app's address, without `/api`. */
  readonly api: string;
  readonly customer: () => Customer;
  /** The ticket of before, and where the new one is kept; `undefined` forgets it. */
  readonly ticket: { get(): string | undefined; set(ticket: string | undefined): void };
  /** Asks the site's backend for the ticket of the customer whom it has signed in. */
  readonly signIn: (() => Promise<string>) | undefined;
  /** The id of a reconnect link, until it is used. */
  readonly link: { get(): string | undefined; drop(): void };
  readonly pace: Pace;
  /** What is to be sent, the oldest first. */
  readonly waiting: () => readonly Entry[];
  /** Up to which place of the transcript everything is here. */
  readonly loaded: () => number;
  readonly isLeaving: () => boolean;
  /** The conversation of the ticket of before is known to have ended. */
  readonly isOver: () => boolean;
  readonly tell: (input: Input) => void;
}

interface Access {
  readonly conversationId: string;
  readonly url: string;
  readonly ticket: string;
}

/** A problem document of the API, or the refusal of an event. */
interface Refusal extends Partial<End> {
  readonly code?: string;
  readonly detail?: string;
  readonly field?: string;
  readonly endReason?: string;
  readonly conversationId?: string;
  readonly messageId?: string;
  readonly retryAfterSeconds?: number;
}

/** What came of asking for a socket; nothing if nobody has answered. */
type Answer =
  | { readonly access: Access }
  | { readonly afterSeconds: number }
  | { readonly ended: Refusal; readonly ticket: string | undefined }
  | { readonly problem: Problem }
  | 'nothing';

/** What came of sending an event: `lost` if the service has not said. */
type Arrival = 'sent' | 'failed' | 'lost';

/** What has come over HTTP, from whomever. */
interface Answered {
  readonly status: number;
  readonly body: unknown;
  readonly afterSeconds: number | undefined;
}

/** A notification of the app, as far as it is looked at. */
type Push = Refusal &
  Stored & { readonly type: string; readonly agentName?: string; readonly position?: number };

/**
 * The customer's line to the app. It notices when it has become silent, which neither the browser nor the Web PubSub client do
 * for minutes: a socket whose network is gone stays open, and nothing arrives. It then opens another socket, reads what was
 * missed and sends what waits, under the same ids. Any socket that is open keeps the conversation going.
 */
export class Line {
  readonly #options: LineOptions;
  #generation = 0;
  #client: WebPubSubClient | undefined;
  /** Sockets that are given up, and closed when the next one is open. */
  readonly #retired = new Set<WebPubSubClient>();
  #isOnline = false;
  #isSending = false;
  #isLeaving = false;
  /** The generation that reads the transcript; whether something has happened that it may not have read. */
  #loading = 0;
  #loadsAgain = false;
  /** When the timer was last there, and how often it was late since the last frame or ping. */
  #ticked = Date.now();
  #late = 0;
  #waitsForLink = 0;
  /** When the last frame came, when the first ping went out that nothing has answered, when the browser said: offline. */
  #heard = 0;
  #pinged = 0;
  #offlineSince = 0;
  #unanswered = 0;
  #access: Access | undefined;
  /** The end that was told while the transcript was read. */
  #ended: Refusal | undefined;
  #signingIn: Promise<string> | undefined;
  #watch: ReturnType<typeof setInterval> | undefined;
  readonly #wakers = new Set<() => void>();
  readonly #linkUse = newId();

  constructor(options: LineOptions) {
    this.#options = options;
  }

  /** Opens the line, and keeps it open until `close`. */
  open(): void {
    if (this.#generation > 0) return;
    this.#watch = setInterval(() => this.#tick(), this.#options.pace.answer / 12);
    this.#heard = this.#ticked = Date.now();
    void this.#connect();
    // Another tab's line was open until now, and this one takes its place unseen, if it can.
    void this.#pause(2 * this.#options.pace.attempt, false).then(() => {
      if (!this.#isOnline && this.#generation < Infinity)
        this.#options.tell({ type: 'lost', at: this.#heard });
    });
  }

  /**
   * Prevents: timers of a hidden page run once a minute and those of a frozen one not at all, so this one may come before the ping
   * or the frame that is due, and a line that is good would be replaced. Late twice with neither is another matter.
   */
  #tick(): void {
    const wasThere = this.#isWatching();
    this.#ticked = Date.now();
    if (wasThere || ++this.#late > 1) this.check();
  }

  #isWatching(): boolean {
    return Date.now() - this.#ticked < this.#options.pace.answer / 2;
  }

  /** Looks at once whether the line is silent: the page is shown again, thaws, or another tab asks. */
  check(): void {
    const { answer, ping } = this.#options.pace;
    const now = Date.now();
    if (!this.#isWatching()) return;
    const isUnanswered = this.#pinged > 0 && now - this.#pinged > answer;
    // Neither frames nor pings: the socket is closed, and the client tries to get it back.
    const isStill = now - Math.max(this.#heard, this.#pinged) > ping + answer;
    if (this.#isOnline && (isUnanswered || isStill)) this.#replace();
  }

  /** The network may be another one: whoever waits for something tries again now. */
  wake(): void {
    if (this.#offlineSince > 0 && this.#isOnline) this.#replace();
    else this.check();
    this.#offlineSince = 0;
    for (const wake of [...this.#wakers]) wake();
  }

  /** The browser says that there is no network. */
  offline(): void {
    this.#offlineSince = Date.now();
    this.#lost();
  }

  /** Sends what waits. One after the other: the order in which they are stored is that in which they were written. */
  async send(): Promise<void> {
    const [client, generation, options] = [this.#client, this.#generation, this.#options];
    if (this.#isSending || !this.#isOnline || client === undefined) return;
    this.#isSending = true;
    for (let entry; (entry = options.waiting()[0]) !== undefined;) {
      const { text, messageId = '' } = entry;
      const delivery = await this.#deliver(client, generation, 'message', { text, messageId });
      // If the line has changed meanwhile, the new one sends it again.
      if (generation !== this.#generation) return;
      if (delivery === 'lost') return this.#replace();
      options.tell({ type: 'delivery', messageId, delivery });
    }
    this.#isSending = false;
    void this.leave();
  }

  /** Asks for the end, if it is wanted, until it is known. */
  async leave(): Promise<void> {
    const [client, generation] = [this.#client, this.#generation];
    if (this.#isLeaving || !this.#isOnline || client === undefined) return;
    this.#isLeaving = true;
    while (this.#options.isLeaving()) {
      const arrival = await this.#deliver(client, generation, 'leave', {});
      if (generation === this.#generation && arrival !== 'lost')
        await this.#pause(this.#options.pace.request);
      if (generation !== this.#generation) return;
      if (arrival === 'lost') return this.#replace();
    }
    this.#isLeaving = false;
  }

  /** Prevents: a socket that closes under a message makes it fail, though nobody has refused it. */
  async #deliver(client: WebPubSubClient, generation: number, event: string, data: object): Promise<Arrival> {
    for (let tries = 1; ; tries++) {
      try {
        await client.sendEvent(event, data, 'json');
        return 'sent';
      } catch (thrown) {
        if ((thrown as Partial<SendMessageError>).errorDetail === undefined) return 'lost';
        if (tries > 3) return 'failed';
      }
      await this.#pause(1_000);
      if (generation !== this.#generation) return 'lost';
    }
  }

  /** An event whose arrival nobody waits for. */
  typing(): void {
    if (this.#isOnline)
      this.#client?.sendEvent('typing', {}, 'json', { fireAndForget: true }).catch(() => undefined);
  }

  /** Goodbye, by a close frame of 1000: the app knows at once. */
  close(): void {
    this.#abandon();
    this.#stopRetired();
  }

  /** Another tab has the line now: this one is closed when that one is open. */
  handOver(isOpen: Promise<unknown>): void {
    this.#abandon();
    void isOpen.then(() => this.#stopRetired());
  }

  #abandon(): void {
    this.#retire();
    this.#generation = Infinity;
    this.#isOnline = false;
    clearInterval(this.#watch);
    for (const wake of [...this.#wakers]) wake();
  }

  #retire(): void {
    if (this.#client !== undefined) this.#retired.add(this.#client);
    this.#client = undefined;
  }

  /** One that is not open cannot be stopped: it is not known any more, and is closed once it is. */
  #stopRetired(): void {
    const retired = [...this.#retired];
    this.#retired.clear();
    for (const client of retired) client.stop();
  }

  #lost(): void {
    if (this.#isOnline) this.#options.tell({ type: 'lost', at: this.#heard });
  }

  /** Prevents: a socket is closed that was only thought dead, before its successor is open, and the app hears a goodbye. */
  #replace(): void {
    this.#lost();
    this.#retire();
    void this.#connect();
  }

  async #connect(): Promise<void> {
    if (this.#generation === Infinity) return;
    const generation = ++this.#generation;
    const isCurrent = () => generation === this.#generation;
    const options = this.#options;
    this.#isOnline = this.#isSending = this.#isLeaving = false;
    this.#ended = undefined;
    for (let tries = 0; isCurrent(); tries++) {
      const answer = await this.#firstAnswer(isCurrent);
      if (!isCurrent()) return;
      let pause = Math.min(tries, 6) * options.pace.attempt;
      if (answer === 'nothing') {
        this.close();
        return options.tell({ type: 'nothing' });
      } else if ('access' in answer) {
        this.#access = answer.access;
        options.ticket.set(answer.access.ticket);
        options.link.drop();
        if (await this.#openSocket(answer.access, isCurrent)) return;
      } else if ('problem' in answer) {
        this.close();
        return options.tell({ type: 'problem', fatal: true, problem: answer.problem });
      } else if ('ended' in answer) {
        const { ended, ticket } = answer;
        // Prevents: what was answered while nobody was here is lost with the ticket, because one read has failed.
        if (ended.conversationId && ticket) await this.#read(ended.conversationId, ticket);
        if (!isCurrent()) return;
        this.close();
        return options.tell(endOf(ended));
      } else pause = Math.max(pause, answer.afterSeconds * 1_000);
      await this.#pause(pause);
    }
  }

  /**
   * Asks for a socket until somebody answers. A request into a silent line is never answered, and one on a slow line needs its
   * time: so another one begins after a while, and the first answer counts.
   *
   * Prevents: browsers do not give up the preflight of a request that is given up, and six of them use up all that the browser
   * opens to one host; so a request that needs none finds out whether the line is back.
   */
  #firstAnswer(isCurrent: () => boolean): Promise<Answer> {
    return new Promise((resolve) => {
      let isAsking = false;
      let isAnswered = false;
      const ask = async () => {
        if (isAsking || isAnswered) return;
        isAsking = true;
        const answer = await this.#negotiate();
        isAsking = false;
        if (answer === undefined) return this.#noAnswer();
        isAnswered = true;
        resolve(answer);
      };
      const attempts = async () => {
        if (this.#access === undefined) void ask();
        for (let number = 1; isCurrent() && !isAnswered; number++) {
          if (this.#access !== undefined || number > 1) {
            void this.#fetch('health').then((answer) => (answer === undefined ? this.#noAnswer() : ask()));
          }
          await this.#pause(this.#options.pace.attempt * (number > 160 ? 6 : 1));
        }
      };
      void attempts();
    });
  }

  /** Nobody has ever answered here: perhaps nobody can. */
  #noAnswer(): void {
    if (++this.#unanswered !== 3 || this.#access !== undefined || isOffline()) return;
    this.#options.tell({ type: 'problem', fatal: false, problem: { kind: 'unreachable' } });
  }

  async #negotiate(): Promise<Answer | undefined> {
    const { ticket: tickets, signIn, link, customer } = this.#options;
    const reconnectId = link.get();
    // Prevents: somebody else has been signed in meanwhile, and this page goes on with the ticket of another customer.
    const kept = tickets.get() ?? this.#access?.ticket;
    let ticket = reconnectId === undefined ? kept : undefined;
    if (ticket === undefined && signIn !== undefined) {
      try {
        ticket = await (this.#signingIn ??= signIn());
      } catch (thrown) {
        this.#signingIn = undefined;
        const problem: Problem = { kind: 'callback', detail: String(thrown) };
        this.#options.tell({ type: 'problem', fatal: false, problem });
        return { afterSeconds: 5 };
      }
    }
    const answer = await this.#fetch('v1/negotiate', {
      method: 'POST',
      headers: {
        ...(ticket && { authorization: `Bearer ${ticket}` }),
        ...(reconnectId && { 'idempotency-key': this.#linkUse }),
      },
      body: JSON.stringify({ ...customer(), reconnectId }),
    });
    if (answer === undefined) return undefined;
    const { status, body, afterSeconds } = answer;
    if (status === 200 && isAccess(body)) return { access: body };
    const refusal = (body ?? {}) as Refusal;
    const { code, detail = '' } = refusal;
    if (reconnectId !== undefined && code === 'customer-is-connected') {
      // Perhaps by a tab of this browser, which is told so and lets go; the app may hear of that a little later.
      this.#options.tell({ type: 'linked' });
      return { afterSeconds: ++this.#waitsForLink > 3 ? (afterSeconds ?? 30) : 2 };
    }
    if (reconnectId !== undefined && isRefusalOfLink(status, refusal)) {
      link.drop(); // what this browser knows by itself still counts; if it is nothing, the customer decides
      if (tickets.get() !== undefined) return { afterSeconds: 0 };
      return code === 'conversation-ended' ? { ended: refusal, ticket } : 'nothing';
    }
    if (code === 'conversation-ended') return { ended: refusal, ticket };
    if (ticket !== undefined && (code === 'not-authenticated' || code === 'conversation-not-found')) {
      tickets.set((this.#signingIn = this.#access = undefined)); // it has expired: a new conversation begins
      // Prevents: an end that nobody has looked at for days begins a conversation that nobody wants.
      if (this.#options.isOver()) return 'nothing';
      if (ticket === kept) this.#options.tell({ type: 'expired' });
      return { afterSeconds: signIn ? 2 : 0 };
    }
    if (status === 429 || status >= 500) return { afterSeconds: afterSeconds ?? 2 };
    const problem: Problem =
      code === undefined
        ? { kind: 'address', detail: String(status) }
        : { kind: code === 'sign-in-required' ? 'sign-in' : 'refused', detail };
    // Prevents: somebody on the way (a firewall, the page of a hotel's network) answers once, and a conversation is given up.
    if (code === undefined && (tickets.get() ?? reconnectId ?? this.#access) !== undefined) {
      if (this.#access === undefined) this.#options.tell({ type: 'problem', fatal: false, problem });
      return { afterSeconds: afterSeconds ?? 2 };
    }
    return { problem };
  }

  /** Whether the socket has been opened. */
  #openSocket({ url, conversationId }: Access, isCurrent: () => boolean): Promise<boolean> {
    const { pace, tell } = this.#options;
    const protocol = WebPubSubJsonReliableProtocol();
    const isKnown = () => client === this.#client || this.#retired.has(client);
    // Prevents: a handshake that is over after its time gives the customer a second socket, and whoever waits another line.
    const isOwn = (): boolean => isCurrent() && client === this.#client;
    const client: WebPubSubClient = new WebPubSubClient(
      { getClientAccessUrl: async () => url },
      {
        autoReconnect: false,
        keepAliveIntervalInMs: pace.ping,
        keepAliveTimeoutInMs: 0,
        messageRetryOptions: { maxRetries: 0 }, // `#deliver` does it
        protocol: {
          name: protocol.name,
          // Prevents: a client that is given up tries to get its socket back, and browsers open one socket to a host at a time: an
          // attempt that hangs would hold up the new one.
          get isReliableSubProtocol() {
            // Asked when a socket is open, too. One that was given up before could not be stopped until then.
            if (!isKnown()) queueMicrotask(() => client.stop());
            return isOwn();
          },
          parseMessages: (input) => {
            if (isOwn()) this.#frame();
            return protocol.parseMessages(input);
          },
          writeMessage: (message) => {
            if (isOwn() && message.kind === 'ping' && this.#pinged === 0) {
              this.#pinged = Date.now();
              this.#late = 0;
            }
            return protocol.writeMessage(message);
          },
        },
      },
    );
    this.#client = client;
    const receive = ({ message }: { message: { data: unknown } }) => {
      if (isKnown()) this.#receive(message.data as Push, conversationId);
    };
    client.on('group-message', receive);
    client.on('server-message', receive);
    return new Promise((resolve) => {
      client.on('connected', () => {
        resolve(true);
        if (!isOwn()) return;
        this.#isOnline = true;
        this.#pinged = this.#late = 0;
        this.#stopRetired();
        tell({ type: 'opened', conversationId });
        void this.#load();
        void this.send();
      });
      client.on('stopped', () => {
        if (isOwn() && this.#isOnline) this.#replace();
      });
      const failed = () => {
        if (isOwn() && !this.#isOnline) {
          this.#client = undefined;
          // Prevents: a handshake that hangs holds up the next one for minutes, for browsers make one with a host at a time.
          (client as unknown as { _wsClient?: { close(): void } })._wsClient?.close();
        }
        resolve(false);
      };
      client.start().catch(failed);
      void this.#pause(pace.request, false).then(failed);
    });
  }

  #frame(): void {
    const now = Date.now();
    this.#heard = now;
    this.#pinged = this.#late = 0;
    // What comes a moment later is more than what was under way: the browser is wrong.
    if (this.#offlineSince > 0 && this.#isOnline && now - this.#offlineSince > 1_000) {
      this.#offlineSince = 0;
      this.#options.tell({ type: 'opened', conversationId: this.#access!.conversationId });
    }
  }

  #receive(push: Push, conversationId: string): void {
    const { tell, loaded } = this.#options;
    // A socket that is given up may be one of the conversation before.
    if (conversationId !== this.#access?.conversationId) return;
    switch (push?.type) {
      case 'message':
      case 'notice': {
        const isMissing = push.sequence > loaded() + 1;
        tell({ type: 'entry', entry: push });
        if (isMissing) void this.#load();
        return;
      }
      case 'typing':
        if (push.author?.role === 'agent') tell({ type: 'typing', at: Date.now() });
        return;
      case 'conversation-assigned':
        tell({ type: 'assigned', agent: push.agentName ?? '' });
        return void this.#load(); // how long a place is kept depends on the state
      case 'conversation-queued':
        tell({ type: 'queued' });
        return void this.#load();
      case 'queue-position':
        return tell({ type: 'queued', position: push.position! });
      case 'conversation-ended':
        return this.#end(push);
      case 'refused':
        if (push.messageId) {
          tell({ type: 'delivery', messageId: push.messageId, delivery: 'refused', because: push.code! });
        }
        if (push.code === 'conversation-ended') this.#end({ ...push, reason: push.endReason! });
    }
  }

  /** Prevents: what is still being read is lost with the ticket. */
  #end(ended: Refusal): void {
    this.#ended = ended;
    if (this.#loading !== this.#generation) this.#options.tell(endOf(ended));
  }

  /** Reads what is missing from the transcript: a socket brings nothing of before it was opened, and may lose a push. */
  async #load(): Promise<void> {
    const [generation, access] = [this.#generation, this.#access];
    if (access === undefined) return;
    this.#loadsAgain = true;
    if (this.#loading === generation) return;
    this.#loading = generation;
    while (generation === this.#generation && this.#loadsAgain) {
      this.#loadsAgain = false;
      await this.#read(access.conversationId, access.ticket);
    }
    if (this.#loading !== generation) return;
    this.#loading = 0;
    if (this.#ended !== undefined && generation === this.#generation) this.#end(this.#ended);
  }

  /** Until everything is here, or the app says that this ticket reads nothing. */
  async #read(id: string, ticket: string): Promise<void> {
    const [generation, { loaded, pace }] = [this.#generation, this.#options];
    for (let tries = 0; generation === this.#generation;) {
      const page = await this.#page(id, ticket, loaded());
      if (page === 'done') return;
      tries = page === 'more' ? 0 : tries + 1;
      if (page !== 'more') await this.#pause(Math.max(Math.min(tries, 6) * pace.attempt, page * 1_000));
    }
  }

  /** Whether that was all; or after how many seconds it may be asked again, for the app has not answered. */
  async #page(id: string, ticket: string, after: number): Promise<'done' | 'more' | number> {
    const generation = this.#generation;
    const headers = { authorization: `Bearer ${ticket}` };
    const answer = await this.#fetch(`v1/conversations/${id}?after=${after}`, { headers });
    if (answer === undefined || generation !== this.#generation) return 0;
    const { status, afterSeconds = 0, body } = answer;
    const { code, transcript } = (body ?? {}) as Partial<View & Refusal>;
    if (status !== 200 || transcript === undefined)
      return status >= 429 || code === undefined ? afterSeconds : 'done';
    const view = body as View;
    this.#options.tell({ type: 'view', view });
    return view.nextAfter === undefined ? 'done' : 'more';
  }

  /** Nothing if nobody has answered in time. */
  async #fetch(path: string, init?: RequestInit): Promise<Answered | undefined> {
    try {
      const signal = AbortSignal.timeout(this.#options.pace.request);
      const options = { cache: 'no-store', signal, ...init } as RequestInit;
      const response = await fetch(`${this.#options.api}/api/${path}`, options);
      const text = await response.text();
      const { headers, status } = response;
      const isJson = /\bjson\b/.test(headers.get('content-type') ?? '');
      const body: unknown = isJson ? JSON.parse(text) : undefined;
      // The header is there for pages of the app's own origin, and for what answers in its place.
      const after = (body as Refusal | undefined)?.retryAfterSeconds ?? Number(headers.get('retry-after'));
      return { status, body, afterSeconds: after > 0 ? Math.min(after, 300) : undefined };
    } catch {
      return undefined;
    }
  }

  /** Until the time is over, or the page is woken. */
  #pause(ms: number, canBeWoken = true): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.#wakers.delete(done);
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(done, ms * (0.8 + 0.3 * Math.random()));
      if (canBeWoken) this.#wakers.add(done);
    });
  }
}

/** The app itself says that the link opens nothing, and never will. */
const isRefusalOfLink = (status: number, { code, field = '' }: Refusal): boolean =>
  code !== undefined &&
  (status === 400
    ? field.includes('reconnectId')
    : (status > 400 && status < 410 && status !== 408) || status === 413);

const isAccess = (body: unknown): body is Access => typeof (body as Access | undefined)?.url === 'string';

const endOf = ({ reason = '', options = ['new-conversation'], redirectUrl }: Refusal): Input => ({
  type: 'ended',
  end: { reason, options, ...(redirectUrl !== undefined && { redirectUrl }) },
});

/** Only a browser knows. */
const isOffline = (): boolean =>
  (globalThis as { navigator?: { onLine?: boolean } }).navigator?.onLine === false;

/** `crypto.randomUUID` is for secure pages only. */
export const newId = (): string =>
  crypto.randomUUID?.() ??
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join(
    '',
  );
