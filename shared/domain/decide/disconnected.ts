import type { DeviceClass } from '../channel';
import { hasEnded, LIMITS, type Conversation } from '../conversation';
import type { Decision, DecisionContext } from '../decision';
import type { Presence } from '../events';
import { momentOfLoss, smallestDelay } from '../moment-of-loss';
import { gracePeriodOf } from '../policies/grace-period';
import type { Instant } from '../time';
import { beginDisconnection } from './begin-disconnection';
import { withLiveConnections, withoutConnections } from './connections';
import { effectsOfRunningDisconnection } from './pushes-of';
import { changed, unchanged } from './results';

interface Loss {
  readonly connectionId: string;
  readonly occurredAt: Instant;
  readonly device?: DeviceClass;
}

/** A socket of the customer is gone for good (the reliable protocol's recovery window included). */
export function decideDisconnected(
  conversation: Conversation,
  event: Loss & { readonly presence?: Presence },
  context: DecisionContext,
): Decision {
  const { connectionId } = event;
  if (hasEnded(conversation)) return unchanged({ type: 'ignored', because: 'ended' });

  if (!conversation.liveConnectionIds.includes(connectionId)) {
    // The repeated event recognises its own disconnection; the first try may have died before the timer started.
    if (conversation.disconnection?.lostConnectionId === connectionId) {
      return unchanged({ type: 'ignored', because: 'repeated' }, effectsOfRunningDisconnection(conversation));
    }
    if (conversation.endedConnectionIds.includes(connectionId)) {
      return unchanged({ type: 'ignored', because: 'repeated' });
    }
    return decideLossOfUnknown(conversation, event, context);
  }

  const others = conversation.liveConnectionIds.filter((id) => id !== connectionId);
  if (others.length === 0) return beginWithThisLoss(conversation, event, context);

  // Prevents: disconnected(A) was lost, B closes, and the record's stale A keeps the conversation open for ever.
  if (event.presence === undefined) return { kind: 'presence-needed' };
  const alive = event.presence.alive ? event.presence.connectionIds.filter((id) => id !== connectionId) : [];
  const gone = [...others.filter((id) => !alive.includes(id)), connectionId];
  // When the others were lost is not known: their own events are late or lost, so only the receipt is certain.
  if (alive.length === 0) {
    const loss = {
      connectionIds: gone,
      since: context.now,
      lostConnectionId: connectionId,
      device: event.device,
    };
    return beginDisconnection(conversation, loss, context);
  }
  const remaining = withLiveConnections(withoutConnections(conversation, gone), alive, context.now);
  return changed(remaining.conversation, { type: 'connection-removed' }, remaining.effects);
}

/**
 * `disconnected` without or before its `connected`: the id is remembered, so that a late `connected` is ignored. If the
 * customer was there meanwhile, its loss begins the next disconnection (the timer of the running one finds its number
 * superseded). A handshake that fails looks just the same, so there is a limit: a widget that tries in vain for hours
 * must not keep the conversation open.
 */
function decideLossOfUnknown(conversation: Conversation, event: Loss, context: DecisionContext): Decision {
  const { disconnection: running, ...rest } = conversation;
  const loss = lossOf(conversation, event, context);
  const inferred = (running?.inferred ?? 0) + 1;
  if (running === undefined || inferred > LIMITS.inferredInARow || loss <= running.since) {
    const lastSignOfLife = Math.max(conversation.lastSignOfLife, loss);
    const removed = withoutConnections(conversation, [event.connectionId]);
    return changed({ ...removed, lastSignOfLife }, { type: 'connection-removed' });
  }
  const past = {
    ...running,
    outcome: 'reconnected',
    endedAt: context.now,
    reconnectedBy: event.connectionId,
  } as const;
  return beginWithThisLoss({ ...rest, lastDisconnection: past }, event, context, inferred);
}

/** A disconnection that begins when this event's connection was lost. */
function beginWithThisLoss(
  conversation: Conversation,
  event: Loss,
  context: DecisionContext,
  inferred?: number,
): Decision {
  const { connectionId, occurredAt } = event;
  const since = lossOf(conversation, event, context);
  const smallestEventDelay = smallestDelay(conversation.smallestEventDelay, occurredAt, context.now);
  return beginDisconnection(
    { ...conversation, smallestEventDelay },
    {
      connectionIds: [connectionId],
      since,
      lostConnectionId: connectionId,
      inferred,
      device: event.device,
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
