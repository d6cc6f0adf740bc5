import type { Absence, Closed, Conversation } from '../conversation/conversation';
import type { Instant } from '../conversation/time';
import { type PolicyTable, policyFor, rulesOf, type Situation } from '../policies/policy';

/** What a closed conversation is found by: ids, reason and times. Nothing in it was written by anybody, or is anybody's name. */
export interface ClosedConversation extends Pick<Closed, 'channel' | 'device' | 'closeReason'> {
  readonly conversationId: string;
  readonly createdAt: Instant;
  readonly endedAt: Instant;
  readonly closedAt: Instant;
  readonly reason: Closed['end']['reason'];
  /** Who had it when it ended. */
  readonly agentId?: string;
  readonly queue: string;
  readonly workstream: string;
  readonly channelInstance: string;
  /** For figures: what became of its customer's absences, how many there were, and when it came back too late. */
  readonly absences?: readonly Absence[];
  readonly disconnections?: number;
  readonly knockedAt?: Instant;
}

/** What is kept of a conversation that is closed; undefined while it is not. */
export function closedConversation(conversation: Conversation): ClosedConversation | undefined {
  if (conversation.state !== 'Closed') return undefined;
  const { id, agent, end, customer, createdAt, closedAt, channel, device, closeReason } = conversation;
  const { queue, workstream, channelInstance } = customer;
  const { absences, disconnectionCount: disconnections, knockedAt } = conversation;
  return {
    ...(absences && { absences }),
    disconnections,
    ...(knockedAt !== undefined && { knockedAt }),
    conversationId: id,
    createdAt,
    endedAt: end.at,
    closedAt,
    reason: end.reason,
    ...(closeReason && { closeReason }),
    ...(agent && { agentId: agent.id }),
    ...{ queue, workstream, channelInstance, channel, device },
  };
}

/** When policy has it erased; `never`: it is kept. */
export function erasureDue(closed: ClosedConversation, policies: PolicyTable): Instant | 'never' {
  const { channel, workstream, channelInstance, device, closedAt } = closed;
  const situation: Situation = { channel, workstream, channelInstance, device, state: 'WrapUp' };
  const retention = policyFor(policies, 'retention', situation);
  return retention === 'never' ? retention : closedAt + retention;
}

/** The shortest time for which any policy keeps a closed conversation; `never`: all of them are kept. */
export const shortestRetention = (policies: PolicyTable) =>
  [...rulesOf(policies).map(({ set }) => set.retention), policies.base.retention]
    .filter((retention) => typeof retention === 'number')
    .reduce<number | 'never'>((one, other) => (one === 'never' ? other : Math.min(one, other)), 'never');

/** All that retention depends on: as long as it is the same, a day that had nothing due has it later. */
export const retentionRules = (policies: PolicyTable): string =>
  JSON.stringify([
    policies.base.retention,
    ...rulesOf(policies).flatMap(({ when, set }) => ('retention' in set ? [[when, set.retention]] : [])),
  ]);

/** What is asked for; times with the first bound, without the second. */
export interface ClosedQuery {
  readonly from?: Instant | undefined;
  readonly to?: Instant | undefined;
  readonly agentId?: string | undefined;
  readonly queue?: string | undefined;
  readonly reason?: ClosedConversation['reason'] | undefined;
  readonly limit: number;
  readonly continuationToken?: string | undefined;
}

export interface ClosedPage {
  readonly items: readonly ClosedConversation[];
  /** Keys of rows that cannot be read; their conversations are where they were. */
  readonly unreadable: readonly string[];
  readonly continuationToken?: string;
}

/** A day of closing, in UTC: how many have passed since 1970-01-01. */
export type Day = number;
const DAY = 86_400_000;
export const dayOf = (moment: Instant): Day => Math.floor(moment / DAY);

/** How far a day was gone through: where to go on, and until when nothing more of it is due. */
export interface DayProgress {
  readonly nothingDueUntil: Instant;
  readonly continuationToken?: string;
}

/** How far the search for conversations that were closed before they were listed has come. */
export interface OlderProgress {
  readonly listed: number;
  readonly unreadable: number;
  readonly done: boolean;
  readonly continuationToken?: string;
}

/**
 * The list of closed conversations. A copy of what their records say: what it leads to is read there. Every method throws
 * `DependencyError` when the storage gives no usable answer.
 */
export interface ClosedConversations {
  /** Twice is once. */
  put(closed: ClosedConversation): Promise<void>;
  /** Removing what is not there is a success. `agentIds`: who else may have it among theirs. */
  remove(
    closed: Pick<ClosedConversation, 'conversationId' | 'closedAt'>,
    agentIds?: readonly string[],
  ): Promise<void>;
  /** The latest first. A page may be short, or empty, and still have a token. @throws InvalidInputError for a token that is none */
  list(query: ClosedQuery): Promise<ClosedPage>;

  /** The latest day with rows that is not after this one. */
  latestDay(notAfter: Day): Promise<Day | undefined>;
  ofDay(day: Day, limit: number, continuationToken?: string): Promise<ClosedPage>;
  /** Of the days that were gone through under these rules. */
  progress(rules: string): Promise<ReadonlyMap<Day, DayProgress>>;
  /** `progress` undefined: nothing is left of the day. */
  saveProgress(day: Day, rules: string, progress: DayProgress | undefined): Promise<void>;

  /** Records of closed conversations, whether they are listed or not, in the order of the storage. */
  records(continuationToken?: string): Promise<ClosedPage>;
  olderProgress(): Promise<OlderProgress | undefined>;
  saveOlderProgress(progress: OlderProgress): Promise<void>;
}
