import type { ConversationState, EndReason } from '../../../shared/conversation/conversation';

/** Milliseconds since 1970, by the clock of this process, which the app shares. */
type Moment = number;

/** One socket as its client saw it. */
export interface SocketLife {
  readonly connectionId: string;
  readonly openedAt: Moment;
  /** The last moment at which it was certainly open: when the client cut it, or saw it close. */
  lostFrom?: Moment;
  /** When its transport was cut below the client, in the middle of an event. */
  cutAt?: Moment;
  /** When its pings have to wait behind an event that is answered late. */
  held?: { readonly from: Moment; readonly until: Moment };
  /** Its own keep-alive has closed it. */
  gaveUp?: boolean;
  /** When the client saw it closed. */
  lostBy?: Moment;
  /** When the app first answered 2xx to one of its events, `connect` left out: only then can it know of the socket. */
  toldAt?: Moment;
}

export interface SentMessage {
  readonly text: string;
  /** `unknown`: no answer came, it may have been stored or not. */
  fate: 'acknowledged' | 'refused' | 'unknown';
}

/** All that is known of a conversation without asking the app: what its customer and its agent have seen and done. */
export interface Observed {
  readonly name: string;
  readonly run: number;
  conversationId?: string;
  /** When the customer first asked to be let in. */
  knockedAt?: Moment;
  readonly sockets: SocketLife[];
  /** When the customer has tried to get in, again and again; `until` is missing as long as it does. */
  readonly knocks: { readonly from: Moment; until?: Moment }[];
  readonly messages: SentMessage[];
  /** The API said that the agent has accepted; `unknown` where it gave no answer, for it may have been stored. */
  accepted: boolean | 'unknown';
  /** The API said that the agent has closed it, after its end; `unknown` as above. */
  closed: boolean | 'unknown';
  leftAt?: Moment;
  /** When the story was over. */
  doneAt?: Moment;
  /** What was done to its webhooks, such as `disconnected dropped`. */
  readonly faults: string[];
  readonly timeline: { readonly at: Moment; readonly what: string }[];
}

const NOTICED_MS = 1_000;

/**
 * The client sees it closed. A reliable client outlives its transport; any other notices a cut at once. A keep-alive gives
 * up when it has heard nothing for its time: the last answer it can have had was to a ping just before they had to wait.
 */
export function closes(
  life: SocketLife,
  now: Moment,
  keepAlive?: { readonly intervalMs: number; readonly timeoutMs: number },
): void {
  const { cutAt = now, held } = life;
  const givesUpAt = keepAlive && held && held.from + keepAlive.timeoutMs - keepAlive.intervalMs;
  life.lostBy = now;
  if (life.lostFrom !== undefined) return;
  life.lostFrom = now - cutAt < NOTICED_MS ? cutAt : now;
  if (life.lostFrom !== now || givesUpAt === undefined || held === undefined) return;
  if (givesUpAt > now || held.until < now) return;
  life.lostFrom = givesUpAt;
  life.gaveUp = true;
}

export const isOpen = ({ lostFrom }: SocketLife): boolean => lostFrom === undefined;

/** What the app says has become of it, and what the agents' socket was told. */
export interface Outcome {
  readonly state: ConversationState;
  readonly end?: { readonly at: Moment; readonly reason: EndReason } | undefined;
  /** Entries that tell of the end, by trigger. */
  readonly endNotices: readonly string[];
  /** Texts of the customer's messages, in the transcript's order. */
  readonly texts: readonly string[];
  /** Pushes `conversation-ended`, by their ids, repetitions left out. */
  readonly endPushes: number;
  /** Pushes `conversation-closed`, likewise. */
  readonly closePushes: number;
}
