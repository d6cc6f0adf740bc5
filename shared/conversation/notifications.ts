import { publicName } from './conversation';
import type { AutomatedMessageTrigger } from '../automated-messages/automated-message';
import type {
  Agent,
  Allowance,
  CloseReason,
  Conversation,
  ConversationState,
  EndReason,
  RequeueReason,
} from './conversation';
import type { Effect, ReturnOption } from './decision';
import { type Instant, toIso, toIsoDuration } from './time';
import {
  type Author,
  authorForCustomers,
  type CustomersAuthor,
  type MessageEntry,
  sentIdOf,
  type TranscriptEntry,
} from './transcript';

/**
 * What participants are told over their sockets. Every push of one cause has the same `id`, however often it is
 * sent, so a receiver can drop repetitions. Times are ISO 8601 UTC, lengths ISO 8601 durations.
 */
export type Push = { readonly id: string; readonly conversationId: string; readonly at: string } & PushBody;

export type PushBody =
  | { readonly type: 'conversation-opened'; readonly queue: string; readonly customerName: string }
  | { readonly type: 'customer-connected' }
  | {
      readonly type: 'connection-lost';
      readonly number: number;
      readonly since: string;
      readonly deadline: string;
    }
  | { readonly type: 'customer-back'; readonly number: number; readonly absentFor: string }
  | {
      readonly type: 'wait-extended';
      readonly number: number;
      readonly deadline: string;
      /** What agents have added in all. */
      readonly extendedBy: string;
      /** Why it was extended last. */
      readonly because: 'agent' | Allowance['because'];
    }
  | {
      readonly type: 'agent-connection-lost';
      readonly agentId: string;
      readonly number: number;
      readonly since: string;
      readonly deadline: string;
      /** Why the deadline is another one than at first, where it is. */
      readonly because?: Allowance['because'];
    }
  | {
      readonly type: 'agent-back';
      readonly agentId: string;
      readonly number: number;
      readonly absentFor: string;
    }
  | {
      readonly type: 'conversation-assigned';
      /** Agents only. */
      readonly agentId?: string;
      readonly agentName: string;
      readonly accepted: boolean;
    }
  | { readonly type: 'conversation-queued'; readonly queue: string; readonly reason: RequeueReason }
  | { readonly type: 'conversation-waiting'; readonly agentId: string }
  | { readonly type: 'queue-position'; readonly queue: string; readonly position: number }
  | { readonly type: 'capacity-released'; readonly agentId: string; readonly units: number }
  | {
      readonly type: 'notice';
      readonly sequence: number;
      readonly trigger: AutomatedMessageTrigger;
      readonly text: string;
    }
  | {
      readonly type: 'message';
      readonly sequence: number;
      /** Without the id of an agent for the customer. */
      readonly author: Author | CustomersAuthor;
      readonly text: string;
      /** The sender's own, where it has given one. */
      readonly messageId?: string;
    }
  /** Somebody writes just now. Nothing is stored of it, and whoever misses it misses nothing. */
  | { readonly type: 'typing'; readonly author: CustomersAuthor }
  | {
      readonly type: 'conversation-ended';
      readonly state: ConversationState;
      readonly reason: EndReason;
      readonly options: readonly ReturnOption[];
      readonly redirectUrl?: string;
    }
  | {
      readonly type: 'conversation-closed';
      readonly reason: EndReason;
      readonly closeReason: CloseReason;
    };

/**
 * `customer`: all connections of the conversation's customer. `agents`: every connected agent who has named no queues, or
 * one of `queues`, or is one of `agentIds`. `agent`: one.
 */
export type Audience =
  | { readonly to: 'customer' }
  | { readonly to: 'agents'; readonly queues: readonly string[]; readonly agentIds: readonly string[] }
  | { readonly to: 'agent'; readonly agentId: string };

type Notification = Extract<Effect, { type: 'push' }>;

/**
 * Names of what happened, each with a number or a moment that makes it happen once. The id of a notification is made of
 * its cause, and an automated message goes out with the notification that has the same cause.
 */
export const CAUSES = {
  assigned: (assignment: number, { acceptedAt }: Pick<Agent, 'acceptedAt'>) =>
    `assigned.${assignment}.${acceptedAt === undefined ? 'offered' : 'accepted'}`,
  // An agent may take and return a conversation within a millisecond: the assignment tells the causes apart.
  queued: (assignments: number, { reason, at }: NonNullable<Conversation['requeue']>) =>
    `queued.${assignments}.${reason}.${at}`,
  waiting: (assignments: number) => `waiting.${assignments}`,
  // The same place in another queue, within a millisecond: again the assignment tells the causes apart.
  position: (assignments: number, { position, at }: NonNullable<Conversation['queuePosition']>) =>
    `queue-position.${assignments}.${position}.${at}`,
  ended: 'ended',
  closed: 'closed',
} as const;

const idOf = ({ id }: Conversation, cause: string): string => `${id}.${cause}`;

function notification(
  conversation: Conversation,
  audience: Audience,
  cause: string,
  at: Instant,
  body: PushBody,
): Notification {
  const id = idOf(conversation, cause);
  return {
    type: 'push',
    audience,
    push: { id, conversationId: conversation.id, at: toIso(at), ...body },
  };
}

/** The agents of the queue, and who has the conversation, or is the one to take it up again. */
function agentsOf(
  { state, customer, agent, previousAgent, requeue }: Conversation,
  left?: Pick<NonNullable<Conversation['requeue']>, 'agentId' | 'formerQueue'>,
): Audience {
  const present = (one: string | undefined, other: string | undefined) =>
    [one, one === other ? undefined : other].filter((name) => name !== undefined);
  // Whoever has given it back has heard that, and is done with it.
  const isGivenBack = state === 'Open' && requeue?.reason !== 'customer-returned';
  return {
    to: 'agents',
    queues: present(customer.queue, left?.formerQueue),
    agentIds: present((agent ?? (isGivenBack ? undefined : previousAgent))?.id, left?.agentId),
  };
}

const CUSTOMER: Audience = { to: 'customer' };

/**
 * What the record tells, by topic: who is to know what of the conversation as it is. A topic whose part of the record is
 * missing tells nothing. The same record tells the same, under the same ids, however often it is asked.
 */
const TELLING = {
  /** There is a conversation; outdated once it has come back into a queue, perhaps another one. */
  opened: (conversation) =>
    conversation.requeue === undefined
      ? [
          notification(conversation, agentsOf(conversation), 'opened', conversation.createdAt, {
            type: 'conversation-opened',
            queue: conversation.customer.queue,
            customerName: conversation.customer.name,
          }),
        ]
      : [],

  lost(conversation) {
    const running = conversation.disconnection;
    if (running?.reason !== 'connection-lost' || running.newsAt !== undefined) return [];
    const { number, since } = running;
    // The deadline is that of the beginning: what was added since is told by itself.
    const deadline = running.deadline - (running.extension?.by ?? 0) - (running.allowance?.by ?? 0);
    return [
      notification(conversation, agentsOf(conversation), `disconnection.${number}.lost`, since, {
        type: 'connection-lost',
        number,
        since: toIso(since),
        deadline: toIso(deadline),
      }),
    ];
  },

  extended(conversation) {
    const { disconnection } = conversation;
    if (disconnection === undefined) return [];
    const { number, deadline, extension, allowance } = disconnection;
    const byAgent = extension && { at: extension.at, because: 'agent' as const };
    const latest = allowance && allowance.at >= (byAgent?.at ?? 0) ? allowance : byAgent;
    // A return that has begun is told when it has come true; until then there is nothing to do about it.
    if (latest === undefined || latest.because === 'customer-returning') return [];
    return [
      notification(
        conversation,
        agentsOf(conversation),
        `disconnection.${number}.until.${deadline}`,
        latest.at,
        {
          type: 'wait-extended',
          number,
          deadline: toIso(deadline),
          extendedBy: toIsoDuration(extension?.by ?? 0),
          because: latest.because,
        },
      ),
    ];
  },

  /** The customer is back; no news any more while the next disconnection runs. */
  back(conversation) {
    const { disconnection, lastDisconnection: past } = conversation;
    if (disconnection !== undefined || past?.outcome !== 'reconnected') return [];
    // Nobody has heard of the loss.
    if (past.newsAt !== undefined) return [];
    const { number, since, endedAt } = past;
    return [
      past.reason === 'not-yet-connected'
        ? notification(conversation, agentsOf(conversation), 'connected', endedAt, {
            type: 'customer-connected',
          })
        : notification(conversation, agentsOf(conversation), `disconnection.${number}.back`, endedAt, {
            type: 'customer-back',
            number,
            absentFor: toIsoDuration(Math.max(0, endedAt - since)),
          }),
    ];
  },

  agentLost(conversation) {
    const running = conversation.agentDisconnection;
    if (running === undefined) return [];
    const { number, agentId, since, deadline, allowance } = running;
    // A deadline that was moved is news of its own.
    const cause = allowance === undefined ? 'lost' : `until.${deadline}`;
    return [
      notification(
        conversation,
        agentsOf(conversation),
        `agent-disconnection.${number}.${cause}`,
        allowance?.at ?? since,
        {
          type: 'agent-connection-lost',
          agentId,
          number,
          since: toIso(since),
          deadline: toIso(deadline),
          ...(allowance && { because: allowance.because }),
        },
      ),
    ];
  },

  /**
   * A colleague is back. An agent who has shown it by accepting is told of as having accepted. Prevents: whether it is told
   * depends on who has the conversation, and once nobody has it, an old return is told as news.
   */
  agentBack(conversation) {
    const { lastAgentDisconnection: past } = conversation;
    if (past?.outcome !== 'returned' || past.byAccepting) return [];
    const { number, agentId, since, endedAt } = past;
    return [
      notification(conversation, agentsOf(conversation), `agent-disconnection.${number}.back`, endedAt, {
        type: 'agent-back',
        agentId,
        number,
        absentFor: toIsoDuration(Math.max(0, endedAt - since)),
      }),
    ];
  },

  assigned(conversation) {
    const { agent, assignmentCount, previousAgent, requeue } = conversation;
    if (agent === undefined) return [];
    const accepted = agent.acceptedAt !== undefined;
    const told = (audience: Audience, who: { readonly agentId?: string; readonly agentName: string }) =>
      notification(
        conversation,
        audience,
        CAUSES.assigned(assignmentCount, agent),
        agent.acceptedAt ?? agent.assignedAt,
        { type: 'conversation-assigned', ...who, accepted },
      );
    // Prevents: an agent of other queues was to take it up again, and goes on showing it after a colleague has taken it.
    const former = requeue?.reason === 'customer-returned' ? previousAgent : undefined;
    const audience = agentsOf(conversation, former && { agentId: former.id });
    const toAgents = told(audience, { agentId: agent.id, agentName: agent.name });
    return accepted ? [toAgents, told(CUSTOMER, { agentName: publicName(agent) })] : [toAgents];
  },

  /** The conversation is in the queue again. */
  queued(conversation) {
    const { state, requeue, customer, assignmentCount } = conversation;
    if (state !== 'Open' || requeue === undefined) return [];
    const told = (audience: Audience) =>
      notification(conversation, audience, CAUSES.queued(assignmentCount, requeue), requeue.at, {
        type: 'conversation-queued',
        queue: customer.queue,
        reason: requeue.reason,
      });
    // Of an agent who has not accepted the customer has never heard. Records of before do not say so.
    const isOfOffer = requeue.ofOffer ?? ['agent-declined', 'offer-expired'].includes(requeue.reason);
    const toAgents = told(agentsOf(conversation, requeue));
    return isOfOffer ? [toAgents] : [toAgents, told(CUSTOMER)];
  },

  waiting(conversation) {
    const { state, previousAgent, stateSince, assignmentCount } = conversation;
    if (state !== 'Waiting' || previousAgent === undefined) return [];
    return [
      notification(conversation, agentsOf(conversation), CAUSES.waiting(assignmentCount), stateSince, {
        type: 'conversation-waiting',
        agentId: previousAgent.id,
      }),
    ];
  },

  position(conversation) {
    const { queuePosition, customer, assignmentCount } = conversation;
    if (queuePosition === undefined) return [];
    const { position, at } = queuePosition;
    return [
      notification(conversation, CUSTOMER, CAUSES.position(assignmentCount, queuePosition), at, {
        type: 'queue-position',
        queue: customer.queue,
        position,
      }),
    ];
  },

  ended: (conversation) => [
    ...endTold(conversation, agentsOf(conversation)),
    ...endTold(conversation, CUSTOMER),
  ],

  /** The agents' notification says how it ended, too. */
  closed(conversation) {
    const { closedAt, closeReason, end } = conversation;
    if (closedAt === undefined || closeReason === undefined || end === undefined) return [];
    return [
      notification(conversation, agentsOf(conversation), CAUSES.closed, closedAt, {
        type: 'conversation-closed',
        reason: end.reason,
        closeReason,
      }),
    ];
  },
} satisfies Telling;

/** What is told on occasions of its own, see `retold`; a record that newly holds it tells nothing. */
const ON_OCCASION = {
  endedToCustomer: (conversation) => endTold(conversation, CUSTOMER),

  /** `WrapUp` has blocked the agent's capacity for its custom time, which is over. */
  capacityReleased(conversation) {
    const { releasedHold, end } = conversation;
    if (releasedHold === undefined || end === undefined) return [];
    const { agentId, assignment, units } = releasedHold;
    const audience: Audience = { to: 'agent', agentId };
    return [
      notification(conversation, audience, `capacity.${assignment}.released`, end.at, {
        type: 'capacity-released',
        agentId,
        units,
      }),
    ];
  },
} satisfies Telling;

type Telling = Readonly<Record<string, (conversation: Conversation) => readonly Notification[]>>;
const ALL = { ...TELLING, ...ON_OCCASION } satisfies Telling;
export type Topic = keyof typeof ALL;

/** Why and how the conversation ended: the same however often and late it is said. */
function endTold(conversation: Conversation, audience: Audience): readonly Notification[] {
  const { end, agent } = conversation;
  if (end === undefined) return [];
  return [
    notification(conversation, audience, CAUSES.ended, end.at, {
      type: 'conversation-ended',
      state: agent?.acceptedAt === undefined ? 'Closed' : 'WrapUp',
      reason: end.reason,
      ...(end.redirectUrl === undefined
        ? { options: ['new-conversation'] }
        : { options: ['redirect', 'new-conversation'], redirectUrl: end.redirectUrl }),
    }),
  ];
}

const allOf = (conversation: Conversation): readonly Notification[] =>
  Object.values(TELLING).flatMap((tell) => tell(conversation));

/**
 * Everything that a decision tells: what the record tells now and did not tell before, its new messages, and the topics
 * that are told `again`. Automated messages go out with what they belong to.
 */
export function notificationsOf(
  before: Conversation | undefined,
  after: Conversation,
  entries: readonly TranscriptEntry[],
  again: readonly Topic[],
): readonly Notification[] {
  const known = new Set(before === undefined ? [] : allOf(before).map(({ push }) => push.id));
  const news = before === after ? [] : allOf(after).filter(({ push }) => !known.has(push.id));
  const first = news.map(alsoTo(before?.agent?.id));
  const repeated = again.flatMap((topic) => ALL[topic](after));
  const told = [...repeated, ...first.filter(isNotIn(repeated))];
  return [
    ...automatedMessagesWith(after, told),
    ...told,
    ...entries.flatMap((entry) => (entry.kind === 'message' ? messageTold(after, entry) : [])),
  ];
}

/** Who has it instead is told to whoever had it until now, also to an agent of another queue whose offer was replaced. */
const alsoTo =
  (agentId: string | undefined) =>
  (one: Notification): Notification => {
    const { audience, push } = one;
    const isTold = audience.to !== 'agents' || push.type !== 'conversation-assigned';
    return agentId === undefined || isTold || audience.agentIds.includes(agentId)
      ? one
      : { ...one, audience: { ...audience, agentIds: [...audience.agentIds, agentId] } };
  };

const isNotIn =
  (others: readonly Notification[]) =>
  ({ push, audience }: Notification): boolean =>
    !others.some((other) => other.push.id === push.id && other.audience.to === audience.to);

/** The customer's tabs always see a message; the agent who has the conversation sees it too. */
function messageTold(conversation: Conversation, entry: MessageEntry): readonly Notification[] {
  const { sequence, at, author, text } = entry;
  const { agent } = conversation;
  const messageId = sentIdOf(entry.messageId);
  const audiences: readonly Audience[] =
    agent === undefined ? [CUSTOMER] : [CUSTOMER, { to: 'agent', agentId: agent.id }];
  return audiences.map((audience) =>
    notification(conversation, audience, `entry.${sequence}`, at, {
      type: 'message',
      sequence,
      author: audience.to === 'customer' ? authorForCustomers(author) : author,
      text,
      ...(messageId !== undefined && { messageId }),
    }),
  );
}

/** That somebody types, for the other side: to the customer without the id of the agent. */
export function typingTold(
  conversation: Conversation,
  audience: Audience,
  author: Author,
  at: Instant,
): Notification {
  const shown = authorForCustomers(author);
  return notification(conversation, audience, `typing.${author.role}.${at}`, at, {
    type: 'typing',
    author: shown,
  });
}

/** The automated messages whose cause is being told. */
function automatedMessagesWith(
  conversation: Conversation,
  told: readonly Notification[],
): readonly Notification[] {
  const ids = new Set(told.map(({ push }) => push.id));
  const { agent } = conversation;
  return conversation.recentNotices
    .filter(({ cause }) => ids.has(idOf(conversation, cause)))
    .flatMap(({ sequence, at, trigger, recipient, text }) => {
      const audiences: readonly Audience[] = [
        ...(recipient === 'customer' ? [CUSTOMER] : []),
        ...(agent ? [{ to: 'agent', agentId: agent.id } as const] : []),
      ];
      return audiences.map((audience) =>
        notification(conversation, audience, `entry.${sequence}`, at, {
          type: 'notice',
          sequence,
          trigger,
          text,
        }),
      );
    });
}
