import type { Conversation, ConversationState } from './conversation';
import type { Instant } from './time';

/** What the agents' list shows of a conversation that is not closed. A copy: never trusted for a decision. */
export interface WorkListItem {
  readonly conversationId: string;
  readonly state: ConversationState;
  readonly queue: string;
  readonly customerName: string;
  readonly agentId?: string;
  readonly accepted: boolean;
  readonly createdAt: Instant;
  /** The running disconnection, so that a desk can show the live deadline and a sweep can find overdue ones. */
  readonly disconnection?: { readonly number: number; readonly since: Instant; readonly deadline: Instant };
}

/** The list's row for a conversation, or undefined when it is closed and leaves the list. */
export function workListItem(conversation: Conversation): WorkListItem | undefined {
  const { agent, disconnection } = conversation;
  if (conversation.state === 'Closed') return undefined;
  return {
    conversationId: conversation.id,
    state: conversation.state,
    queue: conversation.customer.queue,
    customerName: conversation.customer.name,
    ...(agent && { agentId: agent.id }),
    accepted: agent?.acceptedAt !== undefined,
    createdAt: conversation.createdAt,
    ...(disconnection && {
      disconnection: {
        number: disconnection.number,
        since: disconnection.since,
        deadline: disconnection.deadline,
      },
    }),
  };
}

/** Whether two rows show the same; absent means: not in the list. */
export const sameItem = (one: WorkListItem | undefined, other: WorkListItem | undefined): boolean =>
  shown(one) === shown(other);

function shown(item: WorkListItem | undefined): string {
  if (item === undefined) return 'nothing';
  const { conversationId, state, queue, customerName, agentId, accepted, createdAt, disconnection } = item;
  const away = disconnection && [disconnection.number, disconnection.since, disconnection.deadline];
  return JSON.stringify([conversationId, state, queue, customerName, agentId, accepted, createdAt, away]);
}
