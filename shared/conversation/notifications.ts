import { automatedMessage, type AutomatedMessageTrigger } from '../automated-messages/automated-message';
import {
  type CloseReason,
  type Conversation,
  type ConversationState,
  type EndReason,
  LIMITS,
  type RequeueReason,
  stateAfterEnd,
} from './conversation';
import { type DecisionContext, type Effect, type ReturnOption, returnOptions } from './decision';
import { type Instant, toIso, toIsoDuration } from './time';
import type { Author, MessageEntry, NoticeEntry } from './transcript';

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
    }
  | {
      readonly type: 'agent-connection-lost';
      readonly agentId: string;
      readonly number: number;
      readonly since: string;
      readonly deadline: string;
    }
  | {
      readonly type: 'agent-back';
      readonly agentId: string;
      readonly number: number;
      readonly absentFor: string;
    }
  | {
      readonly type: 'conversation-assigned';
      readonly agentId: string;
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
  | { readonly type: 'message'; readonly sequence: number; readonly author: Author; readonly text: string }
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

/** `customer`: all connections of the conversation's customer. `agents`: every connected agent. `agent`: one. */
export type Audience =
  | { readonly to: 'customer' }
  | { readonly to: 'agents' }
  | { readonly to: 'agent'; readonly agentId: string };

/** The id of what is told for a cause. */
export const pushId = (conversation: Conversation, cause: string): string => `${conversation.id}.${cause}`;

/** A push effect. `cause` makes the id the same for every repetition of one cause. */
export function push(
  conversation: Conversation,
  audience: Audience,
  cause: string,
  at: Instant,
  body: PushBody,
): Effect {
  const id = pushId(conversation, cause);
  return {
    type: 'push',
    audience,
    push: { id, conversationId: conversation.id, at: toIso(at), ...body },
  };
}

/** Effects of the running disconnection: its timer, and the news to the agents. Safe to yield again. */
export function effectsOfRunningDisconnection(conversation: Conversation): Effect[] {
  const running = conversation.disconnection;
  if (running === undefined) return [];
  const { number, since } = running;
  // The timer and the news are those of the beginning: what an agent adds later is told by itself.
  const deadline = running.deadline - (running.extension?.by ?? 0);
  const startTimer: Effect = { type: 'start-timer', kind: 'disconnection', number, deadline };
  const news =
    running.reason === 'not-yet-connected'
      ? openedTold(conversation)
      : [
          push(conversation, { to: 'agents' }, `disconnection.${number}.lost`, since, {
            type: 'connection-lost',
            number,
            since: toIso(since),
            deadline: toIso(deadline),
          }),
        ];
  return [startTimer, ...news];
}

/** The news that there is a conversation; outdated once it has come back into a queue, perhaps another one. */
export function openedTold(conversation: Conversation): Effect[] {
  if (conversation.requeue !== undefined) return [];
  return [
    push(conversation, { to: 'agents' }, 'opened', conversation.createdAt, {
      type: 'conversation-opened',
      queue: conversation.customer.queue,
      customerName: conversation.customer.name,
    }),
  ];
}

/** Effects of the customer's return: the timer of the disconnection it ended is cancelled, the agents are told. */
export function effectsOfReturn(conversation: Conversation): Effect[] {
  const past = conversation.lastDisconnection;
  if (past === undefined || past.outcome !== 'reconnected') return [];
  const { number, since, endedAt } = past;
  return [
    { type: 'cancel-timer', kind: 'disconnection', number, because: 'customerReconnected' },
    past.reason === 'not-yet-connected'
      ? push(conversation, { to: 'agents' }, 'connected', endedAt, { type: 'customer-connected' })
      : push(conversation, { to: 'agents' }, `disconnection.${number}.back`, endedAt, {
          type: 'customer-back',
          number,
          absentFor: toIsoDuration(Math.max(0, endedAt - since)),
        }),
  ];
}

/** The push that says why and how the conversation ended: the same however often and late it is said. */
export function endTold(conversation: Conversation, audience: Audience): Effect[] {
  const { end } = conversation;
  if (end === undefined) return [];
  const state = stateAfterEnd(conversation);
  const { reason } = end;
  return [
    push(conversation, audience, 'ended', end.at, {
      type: 'conversation-ended',
      state,
      reason,
      ...returnOptions(end),
    }),
  ];
}

/** Effects of the end: everyone is told why, a pending timer is cancelled, the customer's sockets are closed. */
export function effectsOfEnd(conversation: Conversation): Effect[] {
  const { end, lastDisconnection } = conversation;
  if (end === undefined) return [];
  // The timer that has found the customer absent needs no cancel; the one that the agent has forestalled does.
  const isPending =
    lastDisconnection?.outcome === 'ended' ||
    (lastDisconnection?.outcome === 'expired' && end.agentId !== undefined);
  const cancel: Effect[] =
    lastDisconnection !== undefined && isPending
      ? [
          {
            type: 'cancel-timer',
            kind: 'disconnection',
            number: lastDisconnection.number,
            because: 'conversationEnded',
          },
        ]
      : [];
  return [
    ...cancel,
    ...endTold(conversation, { to: 'agents' }),
    ...endTold(conversation, { to: 'customer' }),
    { type: 'close-customer-connections' },
  ];
}

/**
 * Effects of the move from WrapUp to Closed. Prevents: the end was saved, then telling it failed, and the agent closes
 * before reconciliation comes: nothing leads to the end any more, so the customer is told of it once more and the sockets
 * are closed. The agents' push says how it ended.
 */
export function effectsOfClose(conversation: Conversation): Effect[] {
  const { closedAt, closeReason, end } = conversation;
  if (closedAt === undefined || closeReason === undefined || end === undefined) return [];
  return [
    ...endTold(conversation, { to: 'customer' }),
    { type: 'close-customer-connections' },
    push(conversation, { to: 'agents' }, 'closed', closedAt, {
      type: 'conversation-closed',
      reason: end.reason,
      closeReason,
    }),
  ];
}

/** The customer's tabs always see a message; the agent who has the conversation sees it too. */
export function effectsOfMessage(conversation: Conversation, entry: MessageEntry): Effect[] {
  const body: PushBody = {
    type: 'message',
    sequence: entry.sequence,
    author: entry.author,
    text: entry.text,
  };
  const cause = `entry.${entry.sequence}`;
  const { agent } = conversation;
  const toCustomer = push(conversation, { to: 'customer' }, cause, entry.at, body);
  return agent === undefined
    ? [toCustomer]
    : [toCustomer, push(conversation, { to: 'agent', agentId: agent.id }, cause, entry.at, body)];
}

export const isPush = (effect: { readonly type: string }): boolean => effect.type === 'push';

/**
 * The conversation with an automated message in its transcript, or as it is when the message is deactivated: then the
 * state still moves, and nothing is written. The notice is pushed together with the push of the same `cause`.
 */
export function withNotice(
  conversation: Conversation,
  trigger: AutomatedMessageTrigger,
  cause: string,
  { now, messages }: DecisionContext,
  more: {
    readonly reason?: EndReason;
    readonly disconnectionNumber?: number;
    /** Who the message speaks of, if that is not the conversation's agent. */
    readonly agentName?: string;
    readonly queuePosition?: number;
  } = {},
): { conversation: Conversation; entries: readonly NoticeEntry[] } {
  const { channel, customer, agent } = conversation;
  const { agentName = agent?.name, queuePosition, ...facts } = more;
  const message = automatedMessage(messages, trigger, {
    channel,
    channelInstance: customer.channelInstance,
    locale: customer.locale,
    queueName: customer.queue,
    context: customer.context,
    agentName,
    queuePosition,
  });
  if (message === undefined) return { conversation, entries: [] };
  const sequence = conversation.lastSequence + 1;
  const notice = { sequence, at: now, trigger, ...message };
  const recentNotices = [...conversation.recentNotices, { cause, ...notice }].slice(-LIMITS.recentNotices);
  return {
    conversation: { ...conversation, lastSequence: sequence, recentNotices },
    entries: [{ kind: 'notice', author: { role: 'system' }, ...notice, ...facts }],
  };
}

/** The pushes of notices whose cause is being told. */
export function effectsOfNotices(conversation: Conversation, told: readonly Effect[]): Effect[] {
  const ids = new Set(told.flatMap((effect) => (effect.type === 'push' ? [effect.push.id] : [])));
  return conversation.recentNotices
    .filter(({ cause }) => ids.has(pushId(conversation, cause)))
    .flatMap(({ sequence, at, trigger, recipient, text }) => {
      const { agent } = conversation;
      const audiences = [
        ...(recipient === 'customer' ? [{ to: 'customer' } as const] : []),
        ...(agent ? [{ to: 'agent', agentId: agent.id } as const] : []),
      ];
      return audiences.map((audience) =>
        push(conversation, audience, `entry.${sequence}`, at, { type: 'notice', sequence, trigger, text }),
      );
    });
}
