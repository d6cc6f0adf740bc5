import { channelOf, gracePeriodOf, isForEverybody, policyOf } from '../policies/policy';
import { decideReturning } from './allowance-rules';
import {
  type Conversation,
  type CustomerProfile,
  type DeviceClass,
  type Disconnection,
  LIMITS,
  type Ongoing,
  pendingTimerOf,
} from './conversation';
import {
  type DecisionContext,
  knockedTooLate,
  RECONNECT_DISABLED,
  type Refusal,
  refusedAsEnded,
  type Ruling,
  SIGN_IN_REQUIRED,
} from './decision';
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
  { presence }: Answers = {},
): Ruling {
  if (conversation === undefined) {
    // Prevents: the query of a socket URL is edited, and a stranger has a chat that is kept open for weeks.
    const { workstream } = input.profile;
    const isAllowed = input.signedInFor === workstream || isForEverybody(context.policies, workstream);
    if (!isAllowed) return { kind: 'refused', refusal: SIGN_IN_REQUIRED };
    return { kind: 'changed', conversation: created(input, context), outcome: { type: 'created' } };
  }
  if (conversation.end !== undefined) return knockedTooLate(conversation, context);
  const { liveConnectionIds } = conversation;
  const most = policyOf(conversation, 'connections', context.policies, input.device);
  if (liveConnectionIds.length < most) return decideReturning(conversation, context);
  // Prevents: the `disconnected` of a bad line are lost, and its customer is kept out by connections that are gone.
  if (presence === undefined) return { kind: 'presence-needed' };
  if (!presence.alive) {
    return beginDisconnection(
      conversation,
      { connectionIds: liveConnectionIds, since: context.now },
      context,
    );
  }
  const { connectionIds } = presence;
  if (connectionIds.length >= most) return tooManyConnections(most);
  const gone = without(liveConnectionIds, connectionIds);
  const present = withLiveConnections(conversation, connectionIds, context.now, gone);
  return { kind: 'changed', conversation: present, outcome: { type: 'admitted' } };
}

const tooManyConnections = (most: number): Ruling => ({
  kind: 'refused',
  refusal: {
    code: 'too-many-connections',
    detail: `A conversation has at most ${most} connections.`,
    retryAfterSeconds: 60,
  },
});

/**
 * A customer comes back with a reconnect link, which opens the conversation once and only while nobody else is there. Policy
 * is asked again: it may have changed since the link was given.
 */
export function decideLinkUsed(
  conversation: Conversation,
  { uses, key }: { readonly uses: number; readonly key?: string },
  context: DecisionContext,
  { presence }: Answers,
): Ruling {
  if (conversation.end !== undefined) return refusedAsEnded(conversation);
  const { linkUse: latest, lastSignOfLife } = conversation;
  if (!policyOf(conversation, 'reconnect', context.policies)) {
    return { kind: 'refused', refusal: RECONNECT_DISABLED };
  }
  const isNew = uses === (latest?.count ?? 0);
  // Prevents: the use is saved, its answer is lost, and the browser that repeats it is kept out of its own chat. Once a
  // socket has been open, the browser has had its answer.
  const isRepeated =
    uses + 1 === latest?.count && key !== undefined && key === latest.key && lastSignOfLife <= latest.at;
  if (!isNew && !isRepeated) return { kind: 'refused', refusal: LINK_USED };
  // The record does not know of a socket whose `connected` is late, or of one that is gone and was not told.
  if (presence === undefined) return { kind: 'presence-needed' };
  if (presence.alive) return { kind: 'refused', refusal: CUSTOMER_THERE };
  const returning = decideReturning(conversation, context);
  if (isRepeated) return returning;
  // Prevents: two requests with one link, at two instances: one save wins, the other decides again and finds it used.
  const linkUse = { count: uses + 1, at: context.now, ...(key !== undefined && { key }) };
  const waited = returning.kind === 'changed' ? returning.conversation : conversation;
  return { kind: 'changed', conversation: { ...waited, linkUse }, outcome: { type: 'admitted' } };
}

const LINK_USED: Refusal = {
  code: 'reconnect-link-used',
  detail: 'The link, or one that was given with it, has been used. A link opens the conversation once.',
};
const CUSTOMER_THERE: Refusal = {
  code: 'customer-is-connected',
  detail: 'The customer is connected: a link opens nothing meanwhile.',
  retryAfterSeconds: 30,
};

interface Opening {
  readonly conversationId: string;
  readonly profile: CustomerProfile;
  readonly device?: DeviceClass;
  readonly signedInFor?: string;
}

function created(
  { conversationId, profile, device }: Opening,
  { now, policies }: DecisionContext,
): Conversation {
  const conversation = {
    id: conversationId,
    state: 'Open',
    stateSince: now,
    customer: profile,
    device: device ?? 'unknown',
    assignmentCount: 0,
    agentDisconnectionCount: 0,
    liveConnectionIds: [],
    endedConnectionIds: [],
    lastSignOfLife: now,
    recentMessages: [],
    recentNotices: [],
    lastSequence: 0,
    autoClosureCount: 0,
    createdAt: now,
  } as const;
  const channel = channelOf(policies, profile.workstream);
  if (channel !== 'live-chat') return { ...conversation, channel, disconnectionCount: 0 };
  const deadline = now + gracePeriodOf({ ...conversation, channel }, policies);
  return {
    ...conversation,
    channel,
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
 * The conversation with these connections live, and those that are `gone` not. A running disconnection ends here, whatever
 * its deadline says: a customer who is there is never ended (invariant 1).
 */
export function withLiveConnections(
  conversation: Ongoing,
  connectionIds: readonly string[],
  now: Instant,
  gone: readonly string[] = [],
): Ongoing {
  const { disconnection, liveConnectionIds: known, ...rest } = conversation;
  const kept = without(known, gone);
  const fresh = without([...new Set(connectionIds)], kept);
  const [first, ...more] = [...kept, ...fresh].slice(-LIMITS.liveConnections);
  if (first === undefined) return conversation;
  const reconnectedBy = fresh[0] === undefined ? {} : { reconnectedBy: fresh[0] };
  return {
    ...rest,
    liveConnectionIds: [first, ...more],
    endedConnectionIds: without(endedWith(conversation, gone), fresh),
    lastSignOfLife: Math.max(conversation.lastSignOfLife, now),
    ...(disconnection && {
      lastDisconnection: { ...disconnection, outcome: 'reconnected', endedAt: now, ...reconnectedBy },
    }),
  };
}

/** The ids of ended connections, with these; they are remembered for a `connected` that comes too late. */
function endedWith(
  { endedConnectionIds }: Conversation,
  connectionIds: readonly string[],
): readonly string[] {
  const known = without(endedConnectionIds, connectionIds);
  return [...known, ...new Set(connectionIds)].slice(-LIMITS.endedConnections);
}

/** The ids that are not among the others. There may be hundreds of both: a browser with all its tabs is closed at once. */
export function without(ids: readonly string[], others: readonly string[]): readonly string[] {
  if (others.length === 0) return ids;
  const left = new Set(others);
  return ids.filter((id) => !left.has(id));
}

/** A socket of the customer is open. */
export function decideConnected(
  conversation: Conversation,
  input: { readonly connectionId: string; readonly occurredAt: Instant; readonly device?: DeviceClass },
  { now, policies }: DecisionContext,
  { presence }: Answers = {},
): Ruling {
  const { connectionId, occurredAt } = input;
  if (conversation.end !== undefined) {
    return { kind: 'unchanged', outcome: { type: 'ignored', because: 'ended' } };
  }
  const live: readonly string[] = conversation.liveConnectionIds;
  const isFull = live.length >= policyOf(conversation, 'connections', policies, input.device);
  // Prevents: disconnected(A) handled, then a delayed or repeated connected(A) reviving a dead socket.
  if (conversation.endedConnectionIds.includes(connectionId)) {
    return {
      kind: 'unchanged',
      outcome: isFull ? { type: 'connection-refused' } : { type: 'ignored', because: 'stale-connection' },
    };
  }
  if (live.includes(connectionId)) {
    return { kind: 'unchanged', outcome: { type: 'ignored', because: 'repeated' } };
  }
  // Prevents: many sockets ask to connect in the same moment, none of them is on record yet, and all are let in.
  if (isFull && presence === undefined) return { kind: 'presence-needed', optional: true };
  const listed: readonly string[] = presence?.alive ? presence.connectionIds : [];
  const gone = listed.includes(connectionId) ? without(live, listed) : [];
  if (isFull && listed.includes(connectionId) && gone.length === 0) {
    const refused = { ...conversation, endedConnectionIds: endedWith(conversation, [connectionId]) };
    return { kind: 'changed', conversation: refused, outcome: { type: 'connection-refused' } };
  }
  const next: Conversation = {
    ...withLiveConnections(conversation, [connectionId], now, gone),
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
  conversation: Ongoing,
  loss: {
    readonly connectionIds: readonly string[];
    readonly since: Instant;
    /** The connection whose event tells of the loss, where one does. */
    readonly lostConnectionId?: string;
    readonly inferred?: number;
    readonly device?: DeviceClass;
    /** When the event of the loss happened, by the service's clock. */
    readonly occurredAt?: Instant;
  },
  { now, policies }: DecisionContext,
): Ruling {
  const { since, lostConnectionId, inferred, occurredAt } = loss;
  const delay =
    occurredAt === undefined
      ? {}
      : { smallestEventDelay: smallestDelay(conversation.smallestEventDelay, occurredAt, now) };
  const away = {
    ...delay,
    liveConnectionIds: [] as const,
    endedConnectionIds: endedWith(conversation, loss.connectionIds),
  };
  if (conversation.channel !== 'live-chat') {
    const gone = { ...conversation, ...away };
    return { kind: 'changed', conversation: gone, outcome: { type: 'connection-removed' } };
  }
  const { disconnection: superseded, ...rest } = conversation;
  const number = conversation.disconnectionCount + 1;
  const deadline = since + gracePeriodOf(conversation, policies, loss.device);
  const next: Conversation = {
    ...rest,
    ...away,
    ...(superseded && {
      lastDisconnection: {
        ...superseded,
        outcome: 'reconnected',
        endedAt: now,
        ...(lostConnectionId !== undefined && { reconnectedBy: lostConnectionId }),
      },
    }),
    disconnection: {
      number,
      since,
      deadline,
      reason: 'connection-lost',
      ...(lostConnectionId !== undefined && { lostConnectionId }),
      ...(inferred !== undefined && { inferred }),
      ...newsOf(conversation, { number, deadline, lostConnectionId, device: loss.device }, now, policies),
    },
    disconnectionCount: number,
  };
  return { kind: 'changed', conversation: next, outcome: { type: 'disconnection-began' } };
}

/**
 * When agents are told of a loss, and which timer comes for it: one whose first moment is still to come serves it, too.
 * Prevents: a socket that comes and goes starts a timer and wakes every agent each time.
 */
function newsOf(
  conversation: Ongoing,
  loss: {
    readonly number: number;
    readonly deadline: Instant;
    readonly lostConnectionId: string | undefined;
    readonly device: DeviceClass | undefined;
  },
  now: Instant,
  policies: DecisionContext['policies'],
): Pick<Disconnection, 'newsAt' | 'timer'> {
  const { number, deadline, lostConnectionId: startedBy } = loss;
  const after = policyOf(conversation, 'lossNewsAfter', policies, loss.device);
  const pending = pendingTimerOf(conversation);
  const newsAt = now + after;
  const wakesAt = after === 0 ? deadline : Math.min(newsAt, deadline);
  // Prevents: the timer of a loss with a longer patience comes when this one's deadline is long past.
  const isShared = pending !== undefined && now < pending.wakesAt && pending.wakesAt <= wakesAt;
  // Prevents: agents know of a loss, the next one begins before the return, and they never hear of the return.
  const running = conversation.disconnection;
  const isTold = running !== undefined && running.newsAt === undefined;
  if (after === 0 || isTold) return isShared ? { timer: pending } : {};
  const own = { number, wakesAt, ...(startedBy !== undefined && { startedBy }) };
  return { newsAt, timer: isShared ? pending : own };
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
  const live: readonly string[] = conversation.liveConnectionIds;
  if (!live.includes(connectionId)) {
    const isRepeated =
      conversation.disconnection?.lostConnectionId === connectionId ||
      conversation.endedConnectionIds.includes(connectionId);
    if (!isRepeated) return decideLossOfUnknown(conversation, input, context);
    return { kind: 'unchanged', outcome: { type: 'ignored', because: 'repeated' } };
  }
  const others = live.filter((id) => id !== connectionId);
  if (others.length === 0) return beginWithThisLoss(conversation, input, context);

  // Prevents: disconnected(A) was lost, B closes, and the record's stale A keeps the conversation open for ever.
  if (presence === undefined) return { kind: 'presence-needed' };
  const alive = presence.alive ? presence.connectionIds.filter((id) => id !== connectionId) : [];
  const gone = [...without(others, alive), connectionId];
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
  const remaining = withLiveConnections(conversation, alive, context.now, gone);
  return { kind: 'changed', conversation: remaining, outcome: { type: 'connection-removed' } };
}

/**
 * `disconnected` without or before its `connected`: the id is remembered, so that a late `connected` is ignored. If the
 * customer was there meanwhile, its loss begins the next disconnection (the timer of the running one finds its number
 * superseded). A handshake that fails looks just the same, so there is a limit: a widget that tries in vain for hours
 * must not keep the conversation open.
 */
function decideLossOfUnknown(conversation: Ongoing, input: Loss, context: DecisionContext): Ruling {
  const { disconnection: running } = conversation;
  const loss = lossOf(conversation, input, context);
  const inferred = (running?.inferred ?? 0) + 1;
  if (running !== undefined && inferred <= LIMITS.inferredInARow && loss > running.since) {
    return beginWithThisLoss(conversation, input, context, inferred);
  }
  const removed: Conversation = {
    ...conversation,
    endedConnectionIds: endedWith(conversation, [input.connectionId]),
    lastSignOfLife: Math.max(conversation.lastSignOfLife, loss),
  };
  return { kind: 'changed', conversation: removed, outcome: { type: 'connection-removed' } };
}

/** A disconnection that begins when this event's connection was lost. */
function beginWithThisLoss(
  conversation: Ongoing,
  input: Loss,
  context: DecisionContext,
  inferred?: number,
): Ruling {
  const { connectionId, occurredAt, device } = input;
  const since = lossOf(conversation, input, context);
  const loss = { connectionIds: [connectionId], since, lostConnectionId: connectionId, occurredAt, device };
  return beginDisconnection(conversation, { ...loss, ...(inferred !== undefined && { inferred }) }, context);
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
  return Math.max(loss, now - Math.floor(gracePeriodOf(conversation, policies, device) / 2));
}
