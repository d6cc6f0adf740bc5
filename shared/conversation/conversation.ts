import type { AutomatedMessageTrigger, Recipient } from '../automated-messages/automated-message';
import { type Instant, type Milliseconds, SECOND } from './time';

/**
 * Kinds of chat, after "Understand conversation states" (Dynamics 365 Omnichannel). `live-chat` ends when its customer
 * is gone. `persistent-chat` does not: it has the state `Waiting` instead, and no disconnection rule.
 */
export const CHANNELS = ['live-chat', 'persistent-chat'] as const;
export type Channel = (typeof CHANNELS)[number];

/** What a connection runs on. A phone's locked screen looks like a closed tab, but often comes back. */
export const DEVICE_CLASSES = ['phone', 'tablet', 'desktop', 'unknown'] as const;
export type DeviceClass = (typeof DEVICE_CLASSES)[number];

/**
 * States of "Understand conversation states" (Dynamics 365 Omnichannel). `Open`: queued. `Active`: assigned to an
 * agent, accepted or only offered. `Waiting`: the agent has closed the window and the customer may come back, persistent
 * chat only. `WrapUp`: over for the customer, the agent finishes notes. `Closed`: final.
 */
export const CONVERSATION_STATES = ['Open', 'Active', 'Waiting', 'WrapUp', 'Closed'] as const;
export type ConversationState = (typeof CONVERSATION_STATES)[number];

/** Why a conversation ended, machine-readable: in the record, the transcript notice and every push. */
export const END_REASONS = ['customer-disconnected', 'customer-ended', 'agent-ended', 'auto-closed'] as const;
export type EndReason = (typeof END_REASONS)[number];

/** Why `WrapUp` became `Closed`. Absent in a conversation whose end closed it at once. */
export const CLOSE_REASONS = ['agent-closed', 'auto-closed'] as const;
export type CloseReason = (typeof CLOSE_REASONS)[number];

/** Why a conversation is in the queue again. */
export const REQUEUE_REASONS = [
  'agent-declined',
  'agent-released',
  'agent-transferred',
  'agent-closed-window',
  'agent-disconnected',
  'offer-expired',
  'customer-returned',
] as const;
export type RequeueReason = (typeof REQUEUE_REASONS)[number];

/**
 * Why a wait is longer than policy says: something had not worked over its deadline; the customer has begun to come back;
 * or the agent's wait had nothing to decide, because the customer is away, too.
 */
export const ALLOWANCE_REASONS = ['outage', 'customer-returning', 'customer-away'] as const;

/** Time that was added to a wait by itself, so that nobody is ended who had no chance to come back. */
export interface Allowance {
  /** What it has added to the deadline in all. */
  readonly by: Milliseconds;
  /** Nobody is ended for absence before. */
  readonly until: Instant;
  /** How often it was given because something had not worked, and because a return had begun. */
  readonly outages: number;
  readonly returns: number;
  /** When and why it was given last. */
  readonly at: Instant;
  readonly because: (typeof ALLOWANCE_REASONS)[number];
}

/**
 * What a deadline is for. One orchestrator serves every kind. Each kind counts on its own: disconnections of the
 * customer, disconnections of the agent, assignments that are only offered, assignments whose capacity is given back,
 * automatic closures.
 */
export const DEADLINE_KINDS = [
  'disconnection',
  'agent-disconnection',
  'offer',
  'capacity-release',
  'auto-close',
] as const;
export type DeadlineKind = (typeof DEADLINE_KINDS)[number];

/**
 * Instance id of the timer of one numbered deadline: a second start of the same episode finds it and is a no-op.
 * At most 100 ASCII characters (the limit of Durable Task Scheduler).
 */
export const timerInstanceId = (conversationId: string, kind: DeadlineKind, number: number): string =>
  `${conversationId}.${kind}.${number}`;

/** The timer of losses that come close together: each of them would start one and call it off again. */
export interface SharedTimer {
  /** That of the disconnection which started it. */
  readonly number: number;
  /** When it comes first; until then it serves the next loss as well. */
  readonly wakesAt: Instant;
  /** The connection whose loss started it. A repeated event recognises itself by this id. */
  readonly startedBy?: string;
}

/** One episode with no live customer connection. */
export interface Disconnection {
  /** 1, 2, 3 … within the conversation. */
  readonly number: number;
  /** The moment of loss, see `momentOfLoss`. */
  readonly since: Instant;
  /** `since` plus the grace period. */
  readonly deadline: Instant;
  /** A conversation is born disconnected: its first connection ends episode 1. */
  readonly reason: 'not-yet-connected' | 'connection-lost';
  /** The connection whose loss began it. A repeated event recognises itself by this id. */
  readonly lostConnectionId?: string;
  /**
   * Begun by the loss of a connection that was never on record: its `connected` was lost, or its handshake failed. The
   * how-manieth in a row.
   */
  readonly inferred?: number;
  /** What the agent has added to it; `deadline` includes it. */
  readonly extension?: {
    readonly by: Milliseconds;
    /** Of the latest requests, newest last: a repeated one adds nothing. */
    readonly keys: readonly string[];
    readonly at: Instant;
  };
  /** What was added to it by itself; `deadline` includes it. */
  readonly allowance?: Allowance;
  /** Agents are told of it then, if it lasts. Absent: they have been told. */
  readonly newsAt?: Instant;
  /** What wakes for it, if its news had to wait. Absent: a timer of its own. */
  readonly timer?: SharedTimer;
}

/** How the latest finished disconnection ended. Lets a repeated event yield the same effects again. */
export interface PastDisconnection extends Disconnection {
  readonly outcome: 'reconnected' | 'expired' | 'ended';
  readonly endedAt: Instant;
  /** The connection that ended it, where one did. */
  readonly reconnectedBy?: string;
}

/**
 * A disconnection of the customer as it is told and counted afterwards: numbers, moments and ids of rules, and nothing that
 * anybody wrote or is called.
 */
export interface Absence extends Pick<Disconnection, 'number' | 'since' | 'reason'> {
  /** As it was at first: `since` plus the grace period. */
  readonly deadline: Instant;
  /** Of the connection that was lost. */
  readonly device: DeviceClass;
  /** Which policy gave the grace period, and the id of the rule that set it, or `default`. */
  readonly policy?: 'grace' | 'reconnectTimeLimit';
  readonly rule?: string;
  /** How the deadline was moved, the first moves and the latest one. */
  readonly moves?: readonly {
    readonly at: Instant;
    readonly to: Instant;
    readonly because: 'agent' | Allowance['because'];
  }[];
  /** Absent while it runs. */
  readonly outcome?: PastDisconnection['outcome'];
  readonly endedAt?: Instant;
}

/** One episode in which the agent of the conversation has no live connection. */
export interface AgentDisconnection {
  /** 1, 2, 3 … within the conversation, apart from the customer's. */
  readonly number: number;
  readonly agentId: string;
  /** When it was heard of: later than the loss, never earlier, so the agent has the whole grace period. */
  readonly since: Instant;
  readonly deadline: Instant;
  /** What was added to it by itself; `deadline` includes it. */
  readonly allowance?: Allowance;
}

export interface PastAgentDisconnection extends AgentDisconnection {
  readonly outcome: 'returned' | 'requeued';
  readonly endedAt: Instant;
  /** The connection that ended it, where one did. A repeated event recognises itself by this id. */
  readonly reconnectedBy?: string;
  /** The agent has shown it by accepting the conversation, and that is the news of it. */
  readonly byAccepting?: true;
}

export interface Agent {
  readonly id: string;
  readonly name: string;
  readonly assignedAt: Instant;
  /** Absent while the conversation is only offered to the agent. */
  readonly acceptedAt?: Instant;
  /** Of an offer that expires: when it goes back to the queue. */
  readonly offerExpiresAt?: Instant;
}

/**
 * The units of an agent's capacity that the conversation takes: from its assignment until it leaves the agent, in
 * `WrapUp` as long as policy says.
 */
export interface CapacityHold {
  readonly agentId: string;
  /** Assignments are numbered 1, 2, 3 … within the conversation. */
  readonly assignment: number;
  readonly units: number;
  /** `WrapUp` with a custom time: when the units are given back. */
  readonly releaseAt?: Instant;
}

/** What the customer says about itself in the socket URL; validated, never trusted. */
export interface CustomerProfile {
  readonly name: string;
  /** BCP 47 language tag. */
  readonly locale: string;
  readonly queue: string;
  /** Decides the channel and, with the channel instance, the policies and automated messages. */
  readonly workstream: string;
  /** The chat widget. */
  readonly channelInstance: string;
  /** Context variables, shown to the agent's desk. */
  readonly context: Readonly<Record<string, string>>;
}

/** By what a message without an id of its sender's own is recognised when the sender's client repeats it. */
export interface Unnamed {
  /** Of its connection and its text as it was sent. */
  readonly digest: string;
  /** The service's clock. */
  readonly occurredAt: Instant;
}

/** How and why a conversation ended. */
export interface End {
  readonly at: Instant;
  readonly reason: EndReason;
  readonly agentId?: string;
  /** Where a customer is sent who comes back after the time limit of reconnection. */
  readonly redirectUrl?: string;
}

/** What conversations of every state have. */
interface Common {
  readonly id: string;
  /** When it came into this state, or into another queue. */
  readonly stateSince: Instant;
  readonly customer: CustomerProfile;
  /** Of the connection that was seen last. */
  readonly device: DeviceClass;
  /** Who had accepted it before it went back to the queue or into `Waiting`. */
  readonly previousAgent?: { readonly id: string; readonly name: string };
  readonly assignmentCount: number;
  /** The latest hold that was given back: a repeated event gives it back again. */
  readonly releasedHold?: Omit<CapacityHold, 'releaseAt'>;
  readonly lastAgentDisconnection?: PastAgentDisconnection;
  readonly agentDisconnectionCount: number;
  /** How it came back into the queue last. */
  readonly requeue?: {
    readonly at: Instant;
    readonly reason: RequeueReason;
    readonly agentId?: string;
    /** It had only been offered: its customer has not heard of the agent. */
    readonly ofOffer?: true;
    /** The queue that it was in, if that was another one. Records of before do not say so. */
    readonly formerQueue?: string;
  };
  /** The place in the queue that the customer was told last. */
  readonly queuePosition?: { readonly position: number; readonly at: Instant };
  /** How often a reconnect link was used, and the latest use. Each makes every link worthless that was given before. */
  readonly linkUse?: { readonly count: number; readonly at: Instant; readonly key?: string };
  /** Recently ended ones, newest last, so that a `connected` behind its own `disconnected` is ignored. */
  readonly endedConnectionIds: readonly string[];
  readonly lastDisconnection?: PastDisconnection;
  /** How many disconnections there have been, the running one included. */
  readonly disconnectionCount: number;
  /** The latest of them, oldest first. Absent in rows of before they were recorded. */
  readonly absences?: readonly Absence[];
  /** When the customer has first asked to come back after an end for absence. */
  readonly knockedAt?: Instant;
  /** The latest receipt of anything that proved a live customer. */
  readonly lastSignOfLife: Instant;
  /** Smallest (receipt minus the service's time) seen: calibrates the service's clock, see `momentOfLoss`. */
  readonly smallestEventDelay?: Milliseconds;
  /** Recently handled messages, newest last: a repeated event appends nothing. */
  readonly recentMessages: readonly {
    readonly id: string;
    /** Whose message it is; another author's event with the same id is another message. */
    readonly by: string;
    readonly sequence: number;
    readonly at: Instant;
    readonly unnamed?: Unnamed;
    /** When it came, where that is not `at`: no entry stands before the one ahead of it. */
    readonly receivedAt?: Instant;
  }[];
  /** What is known of the messages before those, see `isPerhapsOlder`. */
  readonly olderMessages?: string;
  /** The latest notices, newest last: the push of one is the same however often its cause is repeated. */
  readonly recentNotices: readonly {
    /** The push it goes out with. */
    readonly cause: string;
    readonly sequence: number;
    readonly at: Instant;
    readonly trigger: AutomatedMessageTrigger;
    readonly recipient: Recipient;
    readonly text: string;
  }[];
  /** Sequence number of the newest transcript entry; 0 when there is none. */
  readonly lastSequence: number;
  /** The running automatic closure: numbered, and put off by activity. */
  readonly autoClosure?: { readonly number: number; readonly deadline: Instant };
  readonly autoClosureCount: number;
  readonly createdAt: Instant;
}

/** Connections known to be open, oldest first. */
type Connected = {
  readonly liveConnectionIds: readonly [string, ...string[]];
  readonly disconnection?: undefined;
};
/** The customer is away: a disconnection is running. */
export type Away = { readonly liveConnectionIds: readonly []; readonly disconnection: Disconnection };

/** Of a live chat that goes on: a live connection or a running disconnection, never both, never neither (invariant 2). */
type Presence = { readonly channel: 'live-chat' } & (Connected | Away);
/** Where the disconnection rule does not apply: persistent chat, and whatever has ended. */
type Connections = { readonly liveConnectionIds: readonly string[]; readonly disconnection?: undefined };
type GoingOn = Presence | ({ readonly channel: 'persistent-chat' } & Connections);

type NotEnded = { readonly end?: undefined; readonly closedAt?: undefined; readonly closeReason?: undefined };
type WithoutAgent = {
  readonly agent?: undefined;
  readonly capacityHold?: undefined;
  readonly agentDisconnection?: undefined;
};

/** In the queue. */
export type Open = Common & { readonly state: 'Open' } & GoingOn & WithoutAgent & NotEnded;
/** Offered to an agent, or accepted (`acceptedAt`). */
export type Active = Common & {
  readonly state: 'Active';
  readonly agent: Agent;
  readonly capacityHold?: CapacityHold;
  readonly agentDisconnection?: AgentDisconnection;
} & GoingOn &
  NotEnded;
/** Without agent until its customer writes. Persistent chat only. */
export type Waiting = Common & {
  readonly state: 'Waiting';
  readonly channel: 'persistent-chat';
} & Connections &
  WithoutAgent &
  NotEnded;
/** Over for the customer; the agent finishes notes. */
export type WrapUp = Common & {
  readonly state: 'WrapUp';
  readonly channel: Channel;
  readonly end: End;
  readonly agent: Agent;
  readonly capacityHold?: CapacityHold;
  readonly agentDisconnection?: undefined;
  readonly closedAt?: undefined;
  readonly closeReason?: undefined;
} & Connections;
/** Final. `closeReason` is absent where the end closed it at once. */
export type Closed = Common & {
  readonly state: 'Closed';
  readonly channel: Channel;
  readonly end: End;
  readonly agent?: Agent;
  readonly capacityHold?: undefined;
  readonly agentDisconnection?: undefined;
  readonly closedAt: Instant;
  readonly closeReason?: CloseReason;
} & Connections;

/** What has not ended. */
export type Ongoing = Open | Active | Waiting;
export type Conversation = Ongoing | WrapUp | Closed;

/** A record as it is stored: which of its parts there are, nothing but the rules says. */
export type ConversationRecord = Common & {
  readonly channel: Channel;
  readonly state: ConversationState;
  readonly agent?: Agent;
  readonly capacityHold?: CapacityHold;
  readonly agentDisconnection?: AgentDisconnection;
  readonly liveConnectionIds: readonly string[];
  readonly disconnection?: Disconnection;
  readonly end?: End;
  readonly closedAt?: Instant;
  readonly closeReason?: CloseReason;
};

/**
 * The conversation that a record is, or the rule that it breaks. What contradicts itself without harm is put right, so that
 * no conversation is stranded: parts that a state does not have are left out, and a live chat whose customer is neither
 * connected nor away is one that nobody waits for any more. Before its end the service is asked who is there.
 */
export function conversationOf(record: ConversationRecord): Conversation | { readonly breaks: string } {
  const { state, channel, agent, capacityHold, agentDisconnection, ...rest } = record;
  const { end, closedAt, closeReason, disconnection: _read, ...connections } = rest;
  if (state === 'WrapUp' || state === 'Closed') {
    if (end === undefined) return { breaks: `${state} without its end` };
    const ended = { ...connections, channel, end };
    if (state === 'Closed') {
      return {
        ...ended,
        state,
        ...(agent && { agent }),
        closedAt: closedAt ?? record.stateSince,
        ...(closeReason && { closeReason }),
      };
    }
    if (agent === undefined) return { breaks: 'WrapUp without its agent' };
    return { ...ended, state, agent, ...(capacityHold && { capacityHold }) };
  }
  if (end !== undefined) return { breaks: `${state} with an end` };
  const { liveConnectionIds, ...common } = connections;
  if (state === 'Waiting') {
    return channel === 'persistent-chat'
      ? { ...common, state, channel, liveConnectionIds }
      : { breaks: 'Waiting in a live chat' };
  }
  const presence =
    channel === 'persistent-chat' ? { channel, liveConnectionIds } : { channel, ...presenceOf(record) };
  if (state === 'Open') return { ...common, ...presence, state };
  if (agent === undefined) return { breaks: 'Active without its agent' };
  return {
    ...common,
    ...presence,
    state,
    agent,
    ...(capacityHold && { capacityHold }),
    ...(agentDisconnection && { agentDisconnection }),
  };
}

function presenceOf({
  liveConnectionIds,
  disconnection,
  disconnectionCount,
  lastSignOfLife: since,
}: ConversationRecord): (Connected | Away) & Partial<Pick<Common, 'disconnectionCount'>> {
  if (disconnection) return { liveConnectionIds: [], disconnection };
  const [first, ...more] = liveConnectionIds;
  if (first !== undefined) return { liveConnectionIds: [first, ...more] };
  const number = disconnectionCount + 1;
  return {
    liveConnectionIds: [],
    disconnection: { number, since, deadline: since, reason: 'connection-lost' },
    disconnectionCount: number,
  };
}

/** The timer of a loss that was over before agents were told: it still comes, unless the conversation has ended. */
export const pendingTimerOf = ({
  end,
  disconnection,
  lastDisconnection: past,
}: Conversation): SharedTimer | undefined => {
  if (end !== undefined) return undefined;
  if (disconnection !== undefined) return disconnection.timer;
  return past?.newsAt === undefined ? undefined : past.timer;
};

/** Over for the customer: nobody may join or write any more. */
export const hasEnded = (conversation: Conversation): boolean =>
  conversation.state === 'WrapUp' || conversation.state === 'Closed';

/** Bounds that keep the row far below the 64 KiB of a table property, and a transcript readable (docs/decisions/0015). */
export const LIMITS = {
  /** On record. How many may be opened is policy, and less. */
  liveConnections: 200,
  /** No fewer than can be lost at once: one that is not known any more looks like one that was never heard of. */
  endedConnections: 200,
  recentMessages: 64,
  recentNotices: 4,
  extensionKeys: 32,
  absences: 50,
  /** Of one absence; together with the bound of absences it keeps them far below the size of a property. */
  absenceMoves: 4,
  messageCharacters: 8_000,
  /**
   * Messages of each side within `messageWindow`, whoever of that side wrote them. Together no more than
   * `recentMessages`, which is what they are counted in.
   */
  messagesInWindow: { customer: 20, agent: 40 },
  messageWindow: 10 * SECOND,
  /** Beyond it no message is stored; notices still are, for the end must be told. */
  transcriptEntries: 10_000,
  /** Disconnections that only follow from one another, without a sign of life between them. */
  inferredInARow: 20,
  /** Allowances of one wait: after so many outages, and so many returns that begin but never come true, it ends. */
  outagesInARow: 3,
  returnsInARow: 20,
} as const;

/** 8 to 64 of a-z, 0-9 and "-": legal as a table key, a group name, a user id and part of an instance id. */
export const CONVERSATION_ID = /^[a-z0-9](?:[a-z0-9-]{6,62})[a-z0-9]$/;

/**
 * What the API calls a version: the storage's own ETag (`W/"datetime'2026-03-01T10%3A02%3A05.1234567Z'"`) without what makes
 * it weak and long. Different versions have different names: of a moment all digits stay.
 */
export const etagOf = (version: string): string => `"${bare(version)}"`;

/** Whether an `If-Match` names the version, in any spelling: that of the API, that of the storage, with or without quotes. */
export const namesVersion = (ifMatch: string, version: string): boolean =>
  ifMatch.split(',').some((tag) => bare(tag) === bare(version));

const bare = (tag: string): string => tag.replaceAll(/^\s*W\/|datetime|%3A|[^A-Za-z0-9]/gi, '');

/** 1 to 64 of letters, digits, "_" and "-". */
export const AGENT_ID = /^[A-Za-z0-9_-]{1,64}$/;

/**
 * Who holds a socket, read from its Web PubSub user id: so every event names its conversation or agent without any
 * per-connection state.
 */
export type Participant =
  | { readonly role: 'customer'; readonly conversationId: string }
  | { readonly role: 'agent'; readonly agentId: string };

export const customerUserId = (conversationId: string): string => `customer.${conversationId}`;
export const agentUserId = (agentId: string): string => `agent.${agentId}`;

/** The participant behind a user id, or undefined when the id was not issued by `negotiate`. */
export function participantOf(userId: string): Participant | undefined {
  const dot = userId.indexOf('.');
  const [role, id] = [userId.slice(0, Math.max(dot, 0)), userId.slice(dot + 1)];
  if (role === 'customer' && CONVERSATION_ID.test(id)) return { role, conversationId: id };
  if (role === 'agent' && AGENT_ID.test(id)) return { role, agentId: id };
  return undefined;
}

/** The Web PubSub group that holds every connection of one conversation's customer. */
export const customerGroup = (conversationId: string): string => `conversation.${conversationId}`;

/** The Web PubSub group that holds every connected agent. */
export const AGENTS_GROUP = 'agents';

/** Those of them who have named the queues they serve; each is in `queueGroup` of every one of these as well. */
export const AGENTS_OF_QUEUES_GROUP = 'agents.of-queues';

/** The group of a queue's agents. What no name of a queue has today is escaped: rows of older versions may have it. */
export const queueGroup = (queue: string): string =>
  `queue.${queue.replaceAll(/[^A-Za-z0-9_-]/gu, (other) => `.${other.codePointAt(0)!.toString(16)}.`)}`;

/** By which name customers know an agent. Of one whom the desk has not named the name is the id, which is not for them. */
export const publicName = ({ id, name }: { readonly id: string; readonly name: string }): string =>
  name === id ? 'Agent' : name;
