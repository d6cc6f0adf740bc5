import { newId } from './line';

/** How often a tab that can be seen asks whether the leader is there, in milliseconds. */
export const BEAT = 5_000;
/** A leader that is hidden for longer has its timers slowed down by the browser to one a minute: it gives way. */
const HIDDEN = 240_000;

/** What one tab tells the others. */
type Note<M, S> =
  | { readonly kind: 'message'; readonly message: M }
  | { readonly kind: 'hello'; readonly from: string }
  | { readonly kind: 'state'; readonly to: string; readonly state: S }
  | { readonly kind: 'ask' }
  | { readonly kind: 'here'; readonly hiddenFor: number };

export interface TabsOptions<M, S> {
  /** Shared by the tabs that belong together. */
  readonly name: string;
  readonly beat: number;
  /** This tab knows what the leader does not: it leads from the beginning. */
  readonly takes: () => boolean;
  /** This tab is the leader from now on. Returns what to do when another one is: `left` if this page goes, or is kept. */
  readonly lead: () => (why: 'left' | 'taken') => void;
  readonly hear: (message: M) => void;
  /** What a new tab is told. */
  readonly state: () => S;
  readonly learn: (state: S) => void;
  /** Another tab asks: a moment to look after the line, which the timers of a hidden page leave to itself. */
  readonly asked: () => void;
}

/**
 * The tabs of one customer: all of them hear the same, and one of them leads. The lock passes on by itself when its tab is closed
 * or crashes. A tab that is frozen keeps it: when the leader does not answer, whoever can be seen takes it away.
 */
export class Tabs<M, S> {
  readonly #options: TabsOptions<M, S>;
  readonly #id = newId();
  #channel: BroadcastChannel | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  /** Waiting for the lock. */
  #queue: AbortController | undefined;
  #release: (() => void) | undefined;
  #stop: ReturnType<TabsOptions<M, S>['lead']> | undefined;
  #hiddenSince = 0;
  #waitsForBeat = false;

  constructor(options: TabsOptions<M, S>) {
    this.#options = options;
    this.join();
  }

  /** The page is there, or back. */
  join(): void {
    if (this.#channel !== undefined || this.#stop !== undefined) return;
    const { name, beat, lead, takes } = this.#options;
    // A page that is not secure has no locks: each tab is on its own.
    if (navigator.locks === undefined) return void (this.#stop = lead());
    this.#channel = new BroadcastChannel(name);
    this.#channel.onmessage = ({ data }: MessageEvent<Note<M, S>>) => this.#receive(data);
    this.#post({ kind: 'hello', from: this.#id });
    this.#timer = setInterval(() => this.#beat(), beat);
    void this.#compete(takes());
  }

  /** The page goes, or is kept for the way back, which an open channel and a lock would prevent: another tab leads. */
  leave(): void {
    clearInterval(this.#timer);
    this.#channel?.close();
    this.#channel = undefined;
    this.#queue?.abort();
    this.#queue = undefined;
    this.#stopLeading('left');
    this.#release?.();
  }

  tell(message: M): void {
    this.#post({ kind: 'message', message });
  }

  /** The page can be seen, or not any more. */
  shown(isShown: boolean): void {
    this.#hiddenSince = isShown ? 0 : Date.now();
    if (isShown) this.#beat();
  }

  #post(note: Note<M, S>): void {
    this.#channel?.postMessage(note);
  }

  #stopLeading(why: 'left' | 'taken'): void {
    const stop = this.#stop;
    this.#stop = undefined;
    stop?.(why);
  }

  async #compete(steal = false): Promise<void> {
    const { name, lead } = this.#options;
    this.#queue?.abort();
    const queue = (this.#queue = new AbortController());
    const leading = () =>
      new Promise<void>((resolve) => {
        if (this.#channel === undefined) return resolve();
        this.#release = resolve;
        this.#stop = lead();
      });
    const how = steal ? { steal } : { signal: queue.signal };
    await navigator.locks.request(name, how, leading).catch(() => undefined);
    // What follows is the business of the request that came after it.
    if (queue !== this.#queue) return;
    // Taken away from a tab that did not answer: it waits for its turn again.
    this.#release = undefined;
    this.#stopLeading('taken');
    // What the new leader has told before this one knew, it has not listened to.
    this.#post({ kind: 'hello', from: this.#id });
    void this.#compete();
  }

  #beat(): void {
    if (this.#stop !== undefined || document.hidden) return;
    if (this.#waitsForBeat) void this.#compete(true);
    this.#waitsForBeat = !this.#waitsForBeat;
    this.#post({ kind: 'ask' });
  }

  #receive(note: Note<M, S>): void {
    const [options, hiddenSince] = [this.#options, this.#hiddenSince];
    const isLeader = this.#stop !== undefined;
    switch (note.kind) {
      case 'message':
        return options.hear(note.message);
      case 'hello':
        if (isLeader) this.#post({ kind: 'state', to: note.from, state: options.state() });
        return;
      case 'state':
        if (note.to === this.#id) options.learn(note.state);
        return;
      case 'ask':
        if (!isLeader) return;
        this.#post({ kind: 'here', hiddenFor: hiddenSince === 0 ? 0 : Date.now() - hiddenSince });
        return options.asked();
      case 'here':
        this.#waitsForBeat = false;
        if (note.hiddenFor > HIDDEN && !document.hidden && !isLeader) void this.#compete(true);
    }
  }
}
