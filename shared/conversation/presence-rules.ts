import { channelOf, gracePeriodOf } from '../policies/policy';
import { type Conversation, type CustomerProfile, type DeviceClass, LIMITS } from './conversation';
import { type DecisionContext, refusedAsEnded, type Ruling } from './decision';
import type { Answers } from './inputs';
import { type Instant, type Milliseconds, SECOND } from './time';

/**
 * `connect` asks whether a socket may open. The first one creates the conversation, disconnected: should the handshake
 * fail after this, or `connected` never come, the running disconnection simply goes on.
 */
export function decideConnect(
  conversation: Conversation | undefined,
  input: Opening,
  context: DecisionContext,
): Ruling {
  if (conversation === undefined) {
    return { kind: 'changed', conversation: created(input, context), outcome: { type: 'created' } };
  }
  if (conversation.end !== undefined) return refusedAsEnded(conversation);
  if (conversation.liveConnectionIds.length >= LIMITS.liveConnections) {
    return {
      kind: 'refused',
      refusal: {
        code: 'too-many-connections',
        detail: `A conversation has at most ${LIMITS.liveConnections} connections.`,
        retryAfterSeconds: 60,
      },
    };
  }
  return { kind: 'unchanged', outcome: { type: 'admitted' } };
}

interface Opening {
  readonly conversationId: string;
  readonly profile: CustomerProfile;
  readonly device?: DeviceClass;
}

function created(
  { conversationId, profile, device }: Opening,
  { now, policies }: DecisionContext,
): Conversation {
  const conversation: Conversation = {
    id: conversationId,
    channel: channelOf(policies, profile.workstream),
    state: 'Open',
    stateSince: now,
    customer: profile,
    device: device ?? 'unknown',
    assignmentCount: 0,
    agentDisconnectionCount: 0,
    liveConnectionIds: [],
    endedConnectionIds: [],
    disconnectionCount: 0,
    lastSignOfLife: now,
    recentMessages: [],
    recentNotices: [],
    lastSequence: 0,
    autoClosureCount: 0,
    createdAt: now,
  };
  if (conversation.channel !== 'live-chat') return conversation;
  const deadline = now + gracePeriodOf(conversation, policies);
  return {
    ...conversation,
    disconnection: { number: 1, since: now, deadline, reason: 'not-yet-connected' },
    disconnectionCount: 1,
  };
}

/** The service gives an event up 100 s after it happened, so no event can honestly be later than that. */
const LONGEST_DELIVERY: Milliseconds = 100 * SECOND;

/**
 * When the customer's connection was lost (invariant 4).
 *
 * The service stamps its events (`ce-time`, whole seconds) with a clock that may be wrong, and may deliver them
 * late. Taking the stamp as it is would let a slow clock shorten the customer's time; taking the time of receipt
 * would make every delay of delivery an extra wait. So only the *extra* delay counts: the delay of this event
 * beyond the smallest delay any event of this conversation has shown. A constant clock error cancels out.
 * The result is held between the last sign of life and the receipt, and never lies further back than the longest
 * delivery (100 s), so that a jumping clock cannot do more.
 */
export function momentOfLoss(input: {
  readonly occurredAt: Instant;
  readonly receivedAt: Instant;
  readonly lastSignOfLife: Instant;
  readonly smallestEventDelay?: Milliseconds | undefined;
}): Instant {
  const { occurredAt, receivedAt, lastSignOfLife } = input;
  const delay = receivedAt - endOfSecond(occurredAt);
  const extraDelay = Math.min(LONGEST_DELIVERY, Math.max(0, delay - (input.smallestEventDelay ?? delay)));
  return Math.min(receivedAt, Math.max(receivedAt - extraDelay, lastSignOfLife));
}

/** The smallest delay seen so far, this event included. */
export function smallestDelay(
  known: Milliseconds | undefined,
  occurredAt: Instant,
  receivedAt: Instant,
): Milliseconds {
  const delay = receivedAt - occurredAt;
  return known === undefined ? delay : Math.min(known, delay);
}

/** A stamp of whole seconds may mean any moment of that second; the last one is in the customer's favour. */
function endOfSecond(stamp: Instant): Instant {
  return stamp % SECOND === 0 ? stamp + SECOND - 1 : stamp;
}

/**
 * The conversation with these connections live. A running disconnection ends here, whatever its deadline says: a
 * customer who is there is never ended (invariant 1).
 */
export function withLiveConnections(
  conversation: Conversation,
  connectionIds: readonly string[],
  now: Instant,
): Conversation {
  const fresh = [...new Set(connectionIds)].filter((id) => !conversation.liveConnectionIds.includes(id));
  const { disconnection, ...rest } = conversation;
  const next: Conversation = {
    ...rest,
    liveConnectionIds: [...conversation.liveConnectionIds, ...fresh].slice(-LIMITS.liveConnections),
    endedConnectionIds: conversation.endedConnectionIds.filter((id) => !fresh.includes(id)),
    lastSignOfLife: Math.max(conversation.lastSignOfLife, now),
  };
  if (disconnection === undefined) return next;
  const reconnectedBy = fresh[0] === undefined ? {} : { reconnectedBy: fresh[0] };
  return {
    ...next,
    lastDisconnection: { ...disconnection, outcome: 'reconnected', endedAt: now, ...reconnectedBy },
  };
}

/** The conversation without these connections; their ids are remembered for a `connected` that comes too late. */
export function withoutConnections(
  conversation: Conversation,
  connectionIds: readonly string[],
): Conversation {
  const known = conversation.endedConnectionIds.filter((id) => !connectionIds.includes(id));
  return {
    ...conversation,
    liveConnectionIds: conversation.liveConnectionIds.filter((id) => !connectionIds.includes(id)),
    endedConnectionIds: [...known, ...new Set(connectionIds)].slice(-LIMITS.endedConnections),
  };
}

/** A socket of the customer is open. */
export function decideConnected(
  conversation: Conversation,
  input: { readonly connectionId: string; readonly occurredAt: Instant; readonly device?: DeviceClass },
  { now }: DecisionContext,
): Ruling {
  const { connectionId, occurredAt } = input;
  if (conversation.end !== undefined) {
    return { kind: 'unchanged', outcome: { type: 'ignored', because: 'ended' } };
  }
  // Prevents: disconnected(A) handled, then a delayed or repeated connected(A) reviving a dead socket.
  if (conversation.endedConnectionIds.includes(connectionId)) {
    return { kind: 'unchanged', outcome: { type: 'ignored', because: 'stale-connection' } };
  }
  if (conversation.liveConnectionIds.includes(connectionId)) {
    return { kind: 'unchanged', outcome: { type: 'ignored', because: 'repeated' } };
  }
  const next: Conversation = {
    ...withLiveConnections(conversation, [connectionId], now),
    device: input.device ?? conversation.device,
    smallestEventDelay: smallestDelay(conversation.smallestEventDelay, occurredAt, now),
  };
  return { kind: 'changed', conversation: next, outcome: { type: 'connected' } };
}

/**
 * The customer's last connections are gone: the next disconnection begins, with a deadline and a timer of its own. The
 * disconnection rule is live chat's alone ("Understand disconnected chats"): elsewhere the connections are just gone.
 */
export function beginDisconnection(
  conversation: Conversation,
  loss: {
    readonly connectionIds: readonly string[];
    readonly since: Instant;
    /** The connection whose event tells of the loss, where one does. */
    readonly lostConnectionId?: string;
    readonly inferred?: number;
    readonly device?: DeviceClass;
  },
  { policies }: DecisionContext,
): Ruling {
  const { since, lostConnectionId, inferred } = loss;
  const remaining = withoutConnections(conversation, loss.connectionIds);
  if (conversation.channel !== 'live-chat') {
    return { kind: 'changed', conversation: remaining, outcome: { type: 'connection-removed' } };
  }
  const number = conversation.disconnectionCount + 1;
  const gracePeriod = gracePeriodOf(conversation, policies, loss.device);
  const next: Conversation = {
    ...remaining,
    disconnection: {
      number,
      since,
      deadline: since + gracePeriod,
      reason: 'connection-lost',
      ...(lostConnectionId !== undefined && { lostConnectionId }),
      ...(inferred !== undefined && { inferred }),
    },
    disconnectionCount: number,
  };
  return { kind: 'changed', conversation: next, outcome: { type: 'disconnection-began' } };
}

interface Loss {
  readonly connectionId: string;
  readonly occurredAt: Instant;
  readonly device?: DeviceClass;
}

/** A socket of the customer is gone for good (the reliable protocol's recovery window included). */
export function decideDisconnected(
  conversation: Conversation,
  input: Loss,
  context: DecisionContext,
  { presence }: Answers,
): Ruling {
  const { connectionId } = input;
  if (conversation.end !== undefined) {
    return { kind: 'unchanged', outcome: { type: 'ignored', because: 'ended' } };
  }
  if (!conversation.liveConnectionIds.includes(connectionId)) {
    const isRepeated =
      conversation.disconnection?.lostConnectionId === connectionId ||
      conversation.endedConnectionIds.includes(connectionId);
    if (!isRepeated) return decideLossOfUnknown(conversation, input, context);
    return { kind: 'unchanged', outcome: { type: 'ignored', because: 'repeated' } };
  }
  const others = conversation.liveConnectionIds.filter((id) => id !== connectionId);
  if (others.length === 0) return beginWithThisLoss(conversation, input, context);

  // Prevents: disconnected(A) was lost, B closes, and the record's stale A keeps the conversation open for ever.
  if (presence === undefined) return { kind: 'presence-needed' };
  const alive = presence.alive ? presence.connectionIds.filter((id) => id !== connectionId) : [];
  const gone = [...others.filter((id) => !alive.includes(id)), connectionId];
  // When the others were lost is not known: their own events are late or lost, so only the receipt is certain.
  if (alive.length === 0) {
    const loss = {
      connectionIds: gone,
      since: context.now,
      lostConnectionId: connectionId,
      device: input.device,
    };
    return beginDisconnection(conversation, loss, context);
  }
  const remaining = withLiveConnections(withoutConnections(conversation, gone), alive, context.now);
  return { kind: 'changed', conversation: remaining, outcome: { type: 'connection-removed' } };
}

/**
 * `disconnected` without or before its `connected`: the id is remembered, so that a late `connected` is ignored. If the
 * customer was there meanwhile, its loss begins the next disconnection (the timer of the running one finds its number
 * superseded). A handshake that fails looks just the same, so there is a limit: a widget that tries in vain for hours
 * must not keep the conversation open.
 */
function decideLossOfUnknown(conversation: Conversation, input: Loss, context: DecisionContext): Ruling {
  const { disconnection: running, ...rest } = conversation;
  const loss = lossOf(conversation, input, context);
  const inferred = (running?.inferred ?? 0) + 1;
  if (running === undefined || inferred > LIMITS.inferredInARow || loss <= running.since) {
    const lastSignOfLife = Math.max(conversation.lastSignOfLife, loss);
    const removed = { ...withoutConnections(conversation, [input.connectionId]), lastSignOfLife };
    return { kind: 'changed', conversation: removed, outcome: { type: 'connection-removed' } };
  }
  const past = {
    ...running,
    outcome: 'reconnected',
    endedAt: context.now,
    reconnectedBy: input.connectionId,
  } as const;
  return beginWithThisLoss({ ...rest, lastDisconnection: past }, input, context, inferred);
}

/** A disconnection that begins when this event's connection was lost. */
function beginWithThisLoss(
  conversation: Conversation,
  input: Loss,
  context: DecisionContext,
  inferred?: number,
): Ruling {
  const { connectionId, occurredAt } = input;
  const since = lossOf(conversation, input, context);
  const smallestEventDelay = smallestDelay(conversation.smallestEventDelay, occurredAt, context.now);
  return beginDisconnection(
    { ...conversation, smallestEventDelay },
    {
      connectionIds: [connectionId],
      since,
      lostConnectionId: connectionId,
      inferred,
      device: input.device,
    },
    context,
  );
}

/**
 * When the connection of an event was lost, by what the conversation knows of the service's clock. However that clock
 * jumps, half the grace period is left.
 */
function lossOf(
  conversation: Conversation,
  { occurredAt, device }: Loss,
  { now, policies }: DecisionContext,
): Instant {
  const { lastSignOfLife, smallestEventDelay } = conversation;
  const loss = momentOfLoss({ occurredAt, receivedAt: now, lastSignOfLife, smallestEventDelay });
  return Math.max(loss, now - gracePeriodOf(conversation, policies, device) / 2);
}
