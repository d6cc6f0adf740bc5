import type { Channel, Conversation, ConversationState, DeadlineKind } from './conversation';
import type { ClosedConversation } from '../closed-conversations/closed-conversation';
import type { Instant } from './time';

/** A moment at which something becomes of a conversation by itself. */
export interface Deadline {
  readonly kind: DeadlineKind;
  readonly number: number;
  readonly at: Instant;
}

/** Every deadline that a conversation is waiting for. Each has a timer; the record alone says which there are. */
export function deadlinesOf(conversation: Conversation): readonly Deadline[] {
  const { disconnection, agentDisconnection, capacityHold, autoClosure, agent } = conversation;
  const deadlines: Deadline[] = [];
  const add = (kind: DeadlineKind, number: number, at: Instant) => deadlines.push({ kind, number, at });
  if (disconnection) add('disconnection', disconnection.number, disconnection.deadline);
  if (agentDisconnection) add('agent-disconnection', agentDisconnection.number, agentDisconnection.deadline);
  const offerExpiresAt = conversation.state === 'Active' ? agent?.offerExpiresAt : undefined;
  if (offerExpiresAt !== undefined) add('offer', conversation.assignmentCount, offerExpiresAt);
  if (capacityHold?.releaseAt !== undefined) {
    add('capacity-release', capacityHold.assignment, capacityHold.releaseAt);
  }
  if (autoClosure) add('auto-close', autoClosure.number, autoClosure.deadline);
  return deadlines;
}

export const sameDeadline = (one: Deadline, other: Deadline): boolean =>
  one.kind === other.kind && one.number === other.number;

/** What the agents' list shows of a conversation that is not closed. A copy: never trusted for a decision. */
export interface WorkListItem {
  readonly conversationId: string;
  readonly channel: Channel;
  readonly state: ConversationState;
  readonly queue: string;
  readonly customerName: string;
  readonly agentId?: string;
  readonly accepted: boolean;
  readonly createdAt: Instant;
  /** When it came into its state, or into its queue. */
  readonly stateSince: Instant;
  /** The agent who had it before, while nobody has it. */
  readonly previousAgentId?: string;
  /** The place in the queue that the customer was told. */
  readonly queuePosition?: number;
  /** A persistent chat whose customer has no connection; of a live chat a disconnection says so. */
  readonly away?: true;
  /** The running disconnection, so that a desk can show the live deadline and a sweep can find overdue ones. */
  readonly disconnection?: { readonly number: number; readonly since: Instant; readonly deadline: Instant };
  /** The other deadlines. That of an automatic closure may have been put off since. */
  readonly deadlines: readonly Deadline[];
}

const isAway = ({ channel, liveConnectionIds }: Conversation): boolean =>
  channel === 'persistent-chat' && liveConnectionIds.length === 0;

/** The list's row for a conversation, or undefined when it is closed and leaves the list. */
export function workListItem(conversation: Conversation): WorkListItem | undefined {
  const { agent, disconnection, previousAgent, queuePosition } = conversation;
  if (conversation.state === 'Closed') return undefined;
  return {
    conversationId: conversation.id,
    channel: conversation.channel,
    state: conversation.state,
    queue: conversation.customer.queue,
    customerName: conversation.customer.name,
    ...(agent && { agentId: agent.id }),
    accepted: agent?.acceptedAt !== undefined,
    createdAt: conversation.createdAt,
    stateSince: conversation.stateSince,
    ...(agent === undefined && previousAgent && { previousAgentId: previousAgent.id }),
    ...(queuePosition && { queuePosition: queuePosition.position }),
    ...(conversation.state === 'Open' && isAway(conversation) && { away: true }),
    deadlines: deadlinesOf(conversation).filter(({ kind }) => kind !== 'disconnection'),
    ...(disconnection && {
      disconnection: {
        number: disconnection.number,
        since: disconnection.since,
        deadline: disconnection.deadline,
      },
    }),
  };
}

/** Every running deadline of a row. */
export const deadlinesIn = ({ disconnection, deadlines }: WorkListItem): readonly Deadline[] => [
  ...(disconnection
    ? [{ kind: 'disconnection', number: disconnection.number, at: disconnection.deadline } as const]
    : []),
  ...deadlines,
];

/** Where a row stands in the order of the agents' list. */
export type Position = Pick<WorkListItem, 'stateSince' | 'conversationId'>;

/** Longest waiting first: by the moment at which it came into its state or its queue, then by its id. */
export function byWaiting(one: Position, other: Position): number {
  const { conversationId: id } = one;
  if (one.stateSince !== other.stateSince) return one.stateSince - other.stateSince;
  return id === other.conversationId ? 0 : id < other.conversationId ? -1 : 1;
}

/** Whether two rows show the same; absent means: not in the list. */
export function sameItem(one: WorkListItem | undefined, other: WorkListItem | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  const { deadlines, ...rest } = one;
  const { deadlines: others, ...otherRest } = other;
  // Every message puts an automatic closure off; the list is not written for that.
  const isLike = (deadline: Deadline, like: Deadline | undefined) =>
    like !== undefined &&
    sameDeadline(deadline, like) &&
    (deadline.kind === 'auto-close' || deadline.at === like.at);
  return (
    deadlines.length === others.length &&
    deadlines.every((deadline, at) => isLike(deadline, others[at])) &&
    sameFields(rest, otherRest)
  );
}

/** Of two plain objects. */
function sameFields(one: object, other: object): boolean {
  const fields = Object.entries(one);
  const others = other as Readonly<Record<string, unknown>>;
  const isLike = (value: unknown, like: unknown): boolean =>
    typeof value === 'object' && value !== null && typeof like === 'object' && like !== null
      ? sameFields(value, like)
      : value === like;
  return (
    fields.length === Object.keys(other).length &&
    fields.every(([name, value]) => name in other && isLike(value, others[name]))
  );
}

/** One page of the list, and where the next begins. */
export interface WorkListPage {
  readonly items: readonly WorkListItem[];
  /** Rows that cannot be read; reconciliation writes them anew. */
  readonly unreadable: readonly { readonly conversationId: string; readonly writtenAt: Instant }[];
  readonly continuationToken?: string;
}

/** The agents' list of conversations that are not closed: written after the truth, never trusted for a decision. */
export interface WorkList {
  put(item: WorkListItem): Promise<void>;
  /**
   * Removing what is not there is a success. What is kept of a closed conversation is on the list of those before the row
   * goes: reconciliation goes by the row.
   */
  remove(conversationId: string, closed?: ClosedConversation): Promise<void>;
  /** Takes back what `remove` has kept. Twice is once. */
  forget(closed: ClosedConversation): Promise<void>;
  /**
   * Makes the row what it must be, whoever else writes it: it is read, then the conversation is loaded, and the row is written
   * only if it is as it was read. `shown`: what the caller takes for stored; a row that shows it is right, and nothing is loaded.
   * @throws ContentionError; retryable
   */
  settle(
    conversationId: string,
    load: () => Promise<Conversation | undefined>,
    shown?: Conversation,
  ): Promise<void>;
  /** In the order of the storage. @throws InvalidInputError when the continuation token is not one of this list's. */
  list(query: {
    readonly limit: number;
    readonly continuationToken?: string;
    readonly state?: WorkListItem['state'];
    readonly agentId?: string;
    readonly queue?: string;
  }): Promise<WorkListPage>;
  /** Up to when reconciliation has compared what is listed; undefined: nobody knows. */
  comparedUntil(): Promise<Instant | undefined>;
  setComparedUntil(moment: Instant): Promise<void>;
}
