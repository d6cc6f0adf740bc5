import type { CapacityHold, Conversation } from './conversation';
import { returnOptions } from './decision';
import { toIso, toIsoDuration } from './time';
import type { TranscriptEntry } from './transcript';
import type { WorkListItem } from './work-list';

/** Who looks. A customer sees neither connection ids nor notices meant for the agent. */
export type Viewer = 'customer' | 'agent';

/** A conversation as the API shows it. Times are ISO 8601 UTC. */
export function conversationView(conversation: Conversation, viewer: Viewer) {
  const { agent, agentDisconnection, disconnection, lastDisconnection, end } = conversation;
  return {
    id: conversation.id,
    channel: conversation.channel,
    state: conversation.state,
    stateSince: toIso(conversation.stateSince),
    createdAt: toIso(conversation.createdAt),
    customer: conversation.customer,
    agent: agent && {
      id: agent.id,
      name: agent.name,
      accepted: agent.acceptedAt !== undefined,
      assignedAt: toIso(agent.assignedAt),
      acceptedAt: agent.acceptedAt && toIso(agent.acceptedAt),
    },
    end: end && { at: toIso(end.at), reason: end.reason, ...returnOptions(end) },
    closedAt: conversation.closedAt && toIso(conversation.closedAt),
    closeReason: conversation.closeReason,
    queuePosition: conversation.queuePosition?.position,
    ...(viewer === 'agent' && {
      device: conversation.device,
      previousAgent: conversation.previousAgent,
      requeue: conversation.requeue && { ...conversation.requeue, at: toIso(conversation.requeue.at) },
      capacity: conversation.capacityHold && capacityView(conversation.capacityHold),
      agentDisconnection: agentDisconnection && {
        number: agentDisconnection.number,
        since: toIso(agentDisconnection.since),
        deadline: toIso(agentDisconnection.deadline),
      },
      autoClosure: conversation.autoClosure && { deadline: toIso(conversation.autoClosure.deadline) },
      connected: conversation.liveConnectionIds.length > 0,
      disconnections: conversation.disconnectionCount,
      disconnection: disconnection && {
        number: disconnection.number,
        reason: disconnection.reason,
        since: toIso(disconnection.since),
        deadline: toIso(disconnection.deadline),
        extendedBy: disconnection.extension && toIsoDuration(disconnection.extension.by),
      },
      lastDisconnection: lastDisconnection && {
        number: lastDisconnection.number,
        reason: lastDisconnection.reason,
        since: toIso(lastDisconnection.since),
        deadline: toIso(lastDisconnection.deadline),
        outcome: lastDisconnection.outcome,
        endedAt: toIso(lastDisconnection.endedAt),
      },
    }),
  };
}

const capacityView = ({ units, releaseAt }: CapacityHold) => ({
  units,
  releaseAt: releaseAt === undefined ? undefined : toIso(releaseAt),
});

/**
 * The transcript as the viewer may see it. Sequence numbers of left-out notices leave gaps; message ids, which may name
 * a connection, are nobody's business.
 */
export function transcriptView(entries: readonly TranscriptEntry[], viewer: Viewer) {
  return entries
    .filter((entry) => viewer === 'agent' || entry.kind === 'message' || entry.recipient === 'customer')
    .map((entry) => ({
      sequence: entry.sequence,
      at: toIso(entry.at),
      kind: entry.kind,
      author: entry.author,
      text: entry.text,
      ...(entry.kind === 'notice' && {
        trigger: entry.trigger,
        recipient: entry.recipient,
        reason: entry.reason,
        disconnectionNumber: entry.disconnectionNumber,
      }),
    }));
}

/** A line of the agents' work list. */
export function workListItemView(item: WorkListItem) {
  const { disconnection, createdAt, stateSince, deadlines, ...rest } = item;
  return {
    ...rest,
    createdAt: toIso(createdAt),
    stateSince: toIso(stateSince),
    deadlines: deadlines.map(({ kind, at }) => ({ kind, at: toIso(at) })),
    disconnection: disconnection && {
      number: disconnection.number,
      since: toIso(disconnection.since),
      deadline: toIso(disconnection.deadline),
    },
  };
}
