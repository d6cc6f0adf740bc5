import type { DeviceClass } from '../channel';
import { hasEnded, LIMITS, type Conversation, type CustomerProfile } from '../conversation';
import type { Decision, DecisionContext } from '../decision';
import { gracePeriodOf } from '../policies/grace-period';
import { channelOf } from '../policies/policy-for';
import { effectsOfRunningDisconnection, openedTold } from './pushes-of';
import { changed, refused, refusedAsEnded, unchanged } from './results';

/**
 * `connect` asks whether a socket may open. The first one creates the conversation, born disconnected: should the
 * handshake fail after this, or `connected` never come, the running disconnection simply goes on.
 */
export function decideConnect(
  conversation: Conversation | undefined,
  event: {
    readonly conversationId: string;
    readonly profile: CustomerProfile;
    readonly device?: DeviceClass;
  },
  context: DecisionContext,
): Decision {
  if (conversation === undefined) {
    const created = born(event, context);
    return changed(created, { type: 'created' }, effectsOfBirth(created));
  }
  if (hasEnded(conversation)) return refusedAsEnded(conversation);
  if (conversation.liveConnectionIds.length >= LIMITS.liveConnections) {
    return refused({
      code: 'too-many-connections',
      detail: `A conversation has at most ${LIMITS.liveConnections} connections.`,
      retryAfterSeconds: 60,
    });
  }
  // A repeated `connect` of a new conversation: the first try may have died between the save and the timer.
  return unchanged({ type: 'admitted' }, wasNeverConnected(conversation) ? effectsOfBirth(conversation) : []);
}

function born(
  event: {
    readonly conversationId: string;
    readonly profile: CustomerProfile;
    readonly device?: DeviceClass;
  },
  { now, policies }: DecisionContext,
): Conversation {
  const created: Conversation = {
    id: event.conversationId,
    channel: channelOf(policies, event.profile.workstream),
    state: 'Open',
    stateSince: now,
    customer: event.profile,
    device: event.device ?? 'unknown',
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
  if (created.channel !== 'live-chat') return created;
  const deadline = now + gracePeriodOf(created, policies);
  return {
    ...created,
    disconnection: { number: 1, since: now, deadline, reason: 'not-yet-connected' },
    disconnectionCount: 1,
  };
}

const effectsOfBirth = (conversation: Conversation) =>
  conversation.disconnection === undefined
    ? openedTold(conversation)
    : effectsOfRunningDisconnection(conversation);

function wasNeverConnected({
  channel,
  disconnection,
  liveConnectionIds,
  endedConnectionIds,
}: Conversation): boolean {
  if (channel === 'live-chat') return disconnection?.reason === 'not-yet-connected';
  return liveConnectionIds.length + endedConnectionIds.length === 0;
}
