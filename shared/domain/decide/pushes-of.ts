import { stateAfterEnd, type Conversation } from '../conversation';
import type { Effect } from '../decision';
import type { Audience, PushBody } from '../pushes';
import { toIso, toIsoDuration, type Instant } from '../time';
import type { MessageEntry } from '../transcript';

/** A push effect. `cause` makes the id the same for every repetition of one cause. */
export function push(
  conversation: Conversation,
  audience: Audience,
  cause: string,
  at: Instant,
  body: PushBody,
): Effect {
  const id = `${conversation.id}.${cause}`;
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
  const { number, since, deadline } = running;
  const startTimer: Effect = { type: 'start-timer', kind: 'disconnection', number, deadline };
  const news =
    running.reason === 'not-yet-connected'
      ? push(conversation, { to: 'agents' }, 'opened', conversation.createdAt, {
          type: 'conversation-opened',
          queue: conversation.customer.queue,
          customerName: conversation.customer.name,
        })
      : push(conversation, { to: 'agents' }, `disconnection.${number}.lost`, since, {
          type: 'connection-lost',
          number,
          since: toIso(since),
          deadline: toIso(deadline),
        });
  return [startTimer, news];
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
  return [
    push(conversation, audience, 'ended', end.at, { type: 'conversation-ended', state, reason: end.reason }),
  ];
}

/** Effects of the end: everyone is told why, a pending timer is cancelled, the customer's sockets are closed. */
export function effectsOfEnd(conversation: Conversation): Effect[] {
  const { end, lastDisconnection } = conversation;
  if (end === undefined) return [];
  const cancel: Effect[] =
    lastDisconnection?.outcome === 'ended'
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
