/** What became of a message of the customer's own. */
export type Delivery = 'sending' | 'sent' | 'failed' | 'refused';

/** One line of the conversation. It is replaced, never changed. */
export interface Entry {
  /** The place in the transcript; a message that is not known to be stored has none yet, and comes last. */
  readonly sequence?: number;
  /** ISO 8601 UTC: the server's clock once it is stored, the customer's before. */
  readonly at: string;
  readonly from: 'customer' | 'agent' | 'system';
  readonly name?: string;
  readonly text: string;
  readonly messageId?: string;
  readonly delivery?: Delivery;
  /** Why it was refused: a code of the API. */
  readonly because?: string;
}

export interface End {
  /** `customer-disconnected`, `customer-ended`, `agent-ended` or `auto-closed`. */
  readonly reason: string;
  readonly options: readonly string[];
  readonly redirectUrl?: string;
}

/** What keeps the chat from working, and the site's owner alone can mend: `adviceOn` says how. */
export interface Problem {
  readonly kind: 'address' | 'unreachable' | 'refused' | 'sign-in' | 'callback' | 'insecure' | 'context';
  /** What is wrong in particular. */
  readonly detail?: string;
}

/** Everything that all tabs of the customer show. Plain data: it goes from tab to tab as it is. */
export interface Chat {
  /** `lost`: it was open, and the line is silent. */
  readonly phase: 'idle' | 'opening' | 'open' | 'lost' | 'ended' | 'stuck';
  readonly conversationId?: string;
  /** In the order of the transcript, then what was written here and is not known to be stored. */
  readonly entries: readonly Entry[];
  /** Up to this place nothing is missing. */
  readonly loaded: number;
  /** Up to this place the customer has seen everything. */
  readonly read: number;
  readonly agent?: string;
  readonly position?: number;
  /** How long its place is kept when its line is lost, in milliseconds. */
  readonly keptFor?: number;
  /** When the line was last known to be good: milliseconds since 1970, of this device. */
  readonly lostAt?: number;
  /** The customer has asked for the end, and it is not known to have come. */
  readonly leaving?: boolean;
  /** When the agent was last known to type: milliseconds since 1970, of this device. */
  readonly typingAt?: number;
  readonly end?: End;
  /** The customer knows that it has ended. */
  readonly endSeen?: true;
  readonly problem?: Problem;
}

export const NOTHING: Chat = { phase: 'idle', entries: [], loaded: 0, read: 0 };

/** An entry of the transcript as the API gives it, by push (`type`) or by page (`kind`). */
export interface Stored {
  readonly type?: string;
  readonly kind?: string;
  readonly sequence: number;
  readonly at: string;
  readonly author?: { readonly role: 'customer' | 'agent' | 'system'; readonly name?: string };
  readonly text: string;
  readonly messageId?: string;
}

/** What `GET /v1/conversations/{id}` answers to a customer, as far as the widget looks at it. */
export interface View {
  readonly conversation: {
    readonly id: string;
    readonly agent?: { readonly name: string };
    readonly queuePosition?: number;
    readonly keptFor?: string;
    readonly end?: End;
  };
  readonly transcript: readonly Stored[];
  readonly nextAfter?: number;
}

/** Something of the customer's own. What has become of it is told with it: one that has failed is not to be sent meanwhile. */
export interface Written {
  readonly type: 'written';
  readonly messageId: string;
  readonly text: string;
  readonly at: string;
  /** `sending` unless given. */
  readonly delivery?: Delivery;
  readonly because?: string;
}

/** Everything that can happen to a chat, in whichever tab. Repetitions change nothing. */
export type Input =
  | { readonly type: 'begun' }
  /** A reconnect link waits for the customer to be gone elsewhere: who has kept a socket closes it. */
  | { readonly type: 'linked' }
  /** Nothing goes on: the link is void, and this browser knows of no conversation. */
  | { readonly type: 'nothing' }
  /** The app does not know the ticket any more: another conversation begins. */
  | { readonly type: 'expired' }
  /** The site has signed its customer out. */
  | { readonly type: 'forgotten' }
  | { readonly type: 'opened'; readonly conversationId: string }
  | { readonly type: 'lost'; readonly at: number }
  | { readonly type: 'view'; readonly view: View }
  | { readonly type: 'entry'; readonly entry: Stored }
  | { readonly type: 'assigned'; readonly agent: string }
  | { readonly type: 'queued'; readonly position?: number }
  | { readonly type: 'typing'; readonly at: number }
  | Written
  | {
      readonly type: 'delivery';
      readonly messageId: string;
      readonly delivery: Delivery;
      readonly because?: string;
    }
  | { readonly type: 'customer-types' }
  | { readonly type: 'leaving' }
  | { readonly type: 'ended'; readonly end: End }
  | { readonly type: 'read'; readonly sequence: number }
  | { readonly type: 'problem'; readonly problem: Problem; readonly fatal: boolean };

/** The chat after the input. Pure: every tab comes to the same. */
export function next(chat: Chat, input: Input): Chat {
  switch (input.type) {
    case 'begun': {
      if (chat.phase === 'ended') return { ...leftOver(chat), phase: 'opening' };
      if (chat.phase !== 'idle' && chat.phase !== 'stuck') return chat;
      const { leaving: _, lostAt: _lost, problem: _problem, ...rest } = chat;
      return { ...rest, phase: 'opening' };
    }
    case 'linked':
      return chat;
    case 'nothing':
      return chat.phase === 'opening' ? leftOver(chat) : chat;
    case 'expired':
      return { ...leftOver(chat), phase: 'opening' };
    case 'forgotten':
      return { ...NOTHING };
    case 'opened': {
      // Another conversation than before: nothing of the old one is shown.
      const same = chat.conversationId === undefined || chat.conversationId === input.conversationId;
      const { lostAt: _, problem: _problem, ...rest } = same ? chat : leftOver(chat);
      return { ...rest, phase: 'open', conversationId: input.conversationId };
    }
    case 'lost':
      return chat.phase === 'open' ? { ...chat, phase: 'lost', lostAt: input.at } : chat;
    case 'view': {
      const { conversation, transcript, nextAfter } = input.view;
      const last = Math.max(chat.loaded, nextAfter ?? 0, ...transcript.map(({ sequence }) => sequence));
      const { agent: _agent, position: _position, ...rest } = transcript.reduce(stored, chat);
      return {
        ...rest,
        conversationId: conversation.id,
        loaded: last,
        ...(conversation.agent && { agent: conversation.agent.name }),
        ...(conversation.queuePosition !== undefined && { position: conversation.queuePosition }),
        ...(conversation.keptFor !== undefined && { keptFor: milliseconds(conversation.keptFor) }),
      };
    }
    case 'entry': {
      const after = stored(chat, input.entry);
      const isNext = input.entry.sequence === chat.loaded + 1;
      const spoken = input.entry.author?.role === 'agent';
      const { typingAt: _, ...quiet } = after;
      return { ...(spoken ? quiet : after), loaded: isNext ? input.entry.sequence : chat.loaded };
    }
    case 'assigned': {
      const { position: _, ...rest } = chat;
      return { ...rest, agent: input.agent };
    }
    case 'queued': {
      const { agent: _agent, position: _position, ...rest } = chat;
      return { ...rest, ...(input.position !== undefined && { position: input.position }) };
    }
    case 'typing':
      return { ...chat, typingAt: input.at };
    case 'written':
      if (chat.entries.some(({ messageId }) => messageId === input.messageId)) return chat;
      return {
        ...chat,
        entries: [
          ...chat.entries,
          {
            at: input.at,
            from: 'customer',
            text: input.text,
            messageId: input.messageId,
            delivery: chat.phase === 'ended' ? 'failed' : (input.delivery ?? 'sending'),
            ...(input.because !== undefined && { because: input.because }),
          },
        ],
      };
    case 'delivery':
      return {
        ...chat,
        entries: chat.entries.map((entry) => {
          if (entry.messageId !== input.messageId || entry.sequence !== undefined) return entry;
          // What is told of an earlier attempt does not undo a refusal; only sending it again does.
          if (entry.delivery === 'refused' && input.delivery !== 'sending') return entry;
          const { because: _, ...rest } = entry;
          return { ...rest, delivery: input.delivery, ...(input.because && { because: input.because }) };
        }),
      };
    case 'customer-types':
      return chat;
    case 'leaving':
      return { ...chat, leaving: true };
    case 'ended': {
      if (chat.phase === 'ended') return chat;
      const {
        leaving: _,
        lostAt: _lost,
        typingAt: _typing,
        position: _position,
        problem: _problem,
        ...rest
      } = chat;
      const entries = chat.entries.map((entry) =>
        entry.delivery === 'sending' ? { ...entry, delivery: 'failed' as const } : entry,
      );
      return { ...rest, phase: 'ended', end: input.end, entries };
    }
    case 'read': {
      const isOver = chat.phase === 'ended';
      if (input.sequence <= chat.read && (!isOver || chat.endSeen)) return chat;
      return { ...chat, read: Math.max(chat.read, input.sequence), ...(isOver && { endSeen: true }) };
    }
    case 'problem':
      return { ...chat, problem: input.problem, phase: input.fatal ? 'stuck' : chat.phase };
  }
}

/** What is still to be sent, the oldest first. */
export const waiting = ({ entries }: Chat): Entry[] =>
  entries.filter(({ delivery, sequence }) => delivery === 'sending' && sequence === undefined);

/** What is not known to be stored, as it can be told again. */
export const unstored = ({ entries }: Chat): Written[] =>
  entries.flatMap(({ messageId, text, at, delivery, sequence, because }): Written[] => {
    if (messageId === undefined || sequence !== undefined || delivery === undefined || delivery === 'sent')
      return [];
    return [{ type: 'written', messageId, text, at, delivery, ...(because !== undefined && { because }) }];
  });

/** The same for another conversation: the customer decides whether it is sent there. */
export const failed = ({ type, messageId, text, at }: Written): Written => ({
  type,
  messageId,
  text,
  at,
  delivery: 'failed',
});

/** Prevents: what was written for one conversation is sent into another by itself, or is lost. It has failed, and can be sent again. */
const leftOver = (chat: Chat): Chat => unstored(chat).map(failed).reduce<Chat>(next, NOTHING);

/** Entries of others that the customer has not seen. */
export const unread = ({ entries, read }: Chat): number =>
  entries.filter(({ from, sequence = 0 }) => from === 'agent' && sequence > read).length;

/** The highest place in the transcript that is here. */
export const lastSequence = ({ entries }: Chat): number =>
  entries.findLast(({ sequence }) => sequence !== undefined)?.sequence ?? 0;

/** Each entry once, at its place; the customer's own takes the place of what was shown while it was sent. */
function stored(chat: Chat, { sequence, at, author, text, messageId }: Stored): Chat {
  // From the end, where it belongs almost always.
  let place = chat.entries.length;
  while (place > 0 && (chat.entries[place - 1]!.sequence ?? Infinity) > sequence) place--;
  if (chat.entries[place - 1]?.sequence === sequence) return chat;
  const from = author?.role ?? 'system';
  const own = from === 'customer' && messageId !== undefined;
  const entry: Entry = {
    sequence,
    at,
    from,
    text,
    ...(author?.name !== undefined && { name: author.name }),
    ...(messageId !== undefined && { messageId }),
    ...(from === 'customer' && { delivery: 'sent' as const }),
  };
  const others = own
    ? chat.entries.filter((one) => one.sequence !== undefined || one.messageId !== messageId)
    : chat.entries;
  return { ...chat, entries: [...others.slice(0, place), entry, ...others.slice(place)] };
}

/** Of an ISO 8601 duration of days, hours, minutes and seconds. */
export function milliseconds(duration: string): number {
  const [, days = 0, hours = 0, minutes = 0, seconds = 0] =
    /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?)?$/.exec(duration) ?? [];
  return (((+days * 24 + +hours) * 60 + +minutes) * 60 + +seconds) * 1_000;
}
