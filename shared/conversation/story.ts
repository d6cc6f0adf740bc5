import type { Absence, Allowance, CloseReason, Conversation, EndReason } from './conversation';
import type { Instant, Milliseconds } from './time';

/**
 * What has become of a conversation's customer, moment by moment, from what is recorded: no texts and no names. `number` counts
 * its disconnections; the first one lasts until its first socket is open.
 */
export type StoryEvent = { readonly at: Instant } & (
  | { readonly type: 'created' }
  | {
      readonly type: 'lost';
      readonly number: number;
      readonly reason: Absence['reason'];
      readonly device: Absence['device'];
      readonly deadline: Instant;
      /** Which policy said how long, and the rule it came from; absent where that was not recorded. */
      readonly policy?: Absence['policy'];
      readonly rule?: string | undefined;
    }
  | {
      readonly type: 'deadline-moved';
      readonly number: number;
      readonly deadline: Instant;
      readonly because: 'agent' | Allowance['because'];
    }
  | { readonly type: 'returned'; readonly number: number; readonly absentFor: Milliseconds }
  /** The deadline has passed: so much later this was decided. */
  | { readonly type: 'expired'; readonly number: number; readonly lateBy: Milliseconds }
  | { readonly type: 'ended'; readonly reason: EndReason; readonly agentId?: string | undefined }
  | { readonly type: 'knocked'; readonly tooLateBy: Milliseconds }
  | { readonly type: 'closed'; readonly closeReason?: CloseReason | undefined }
);

/** When an absence is over at last, as it stands. */
export const lastDeadlineOf = ({ deadline, moves = [] }: Absence): Instant => moves.at(-1)?.to ?? deadline;

function eventsOf(absence: Absence): readonly StoryEvent[] {
  const { number, since, reason, device, deadline, policy, rule, moves = [], outcome, endedAt } = absence;
  const lost: StoryEvent = {
    ...{ type: 'lost', at: since, number, reason, device, deadline },
    ...(policy && { policy, rule }),
  };
  const moved = moves.map(({ at, to, because }): StoryEvent => ({
    type: 'deadline-moved',
    at,
    number,
    deadline: to,
    because,
  }));
  if (endedAt === undefined || outcome === 'ended') return [lost, ...moved];
  const over: StoryEvent =
    outcome === 'reconnected'
      ? { type: 'returned', at: endedAt, number, absentFor: Math.max(0, endedAt - since) }
      : { type: 'expired', at: endedAt, number, lateBy: Math.max(0, endedAt - lastDeadlineOf(absence)) };
  return [lost, ...moved, over];
}

/** In the order of time. */
export function storyOf(conversation: Conversation): readonly StoryEvent[] {
  const { createdAt, absences = [], end, knockedAt, closedAt, closeReason } = conversation;
  const events: readonly StoryEvent[] = [
    { type: 'created', at: createdAt },
    ...absences.flatMap(eventsOf),
    ...(end ? [{ type: 'ended' as const, at: end.at, reason: end.reason, agentId: end.agentId }] : []),
    ...(end && knockedAt !== undefined
      ? [{ type: 'knocked' as const, at: knockedAt, tooLateBy: Math.max(0, knockedAt - end.at) }]
      : []),
    ...(closedAt === undefined ? [] : [{ type: 'closed' as const, at: closedAt, closeReason }]),
  ];
  // Stable: what happens in the same moment stays in the order of cause and effect.
  return [...events].sort((one, other) => one.at - other.at);
}
