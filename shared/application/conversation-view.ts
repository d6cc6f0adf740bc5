import type { Conversation } from '../domain/conversation';
import { toIso } from '../domain/time';
import type { TranscriptEntry } from '../domain/transcript';
import type { WorkListItem } from '../domain/work-list';

/** Who looks. A customer sees neither connection ids nor notices meant for the agent. */
export type Viewer = 'customer' | 'agent';

/** A conversation as the API shows it. Times are ISO 8601 UTC. */
export function conversationView(conversation: Conversation, viewer: Viewer) {
  const { agent, disconnection, lastDisconnection, end } = conversation;
  return {
    id: conversation.id,
    state: conversation.state,
    createdAt: toIso(conversation.createdAt),
    customer: conversation.customer,
    agent: agent && {
      id: agent.id,
      name: agent.name,
      accepted: agent.acceptedAt !== undefined,
      assignedAt: toIso(agent.assignedAt),
      acceptedAt: agent.acceptedAt && toIso(agent.acceptedAt),
    },
    end: end && { at: toIso(end.at), reason: end.reason },
    closedAt: conversation.closedAt && toIso(conversation.closedAt),
    ...(viewer === 'agent' && {
      connected: conversation.liveConnectionIds.length > 0,
      disconnections: conversation.disconnectionCount,
      disconnection: disconnection && {
        number: disconnection.number,
        reason: disconnection.reason,
        since: toIso(disconnection.since),
        deadline: toIso(disconnection.deadline),
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

/**
 * The transcript as the viewer may see it. Sequence numbers of left-out notices leave gaps; message ids, which may name
 * a connection, are nobody's business.
 */
export function transcriptView(entries: readonly TranscriptEntry[], viewer: Viewer) {
  return entries
    .filter((entry) => viewer === 'agent' || entry.kind === 'message' || entry.recipient === 'everyone')
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
  const { disconnection, createdAt, ...rest } = item;
  return {
    ...rest,
    createdAt: toIso(createdAt),
    disconnection: disconnection && {
      number: disconnection.number,
      since: toIso(disconnection.since),
      deadline: toIso(disconnection.deadline),
    },
  };
}
