import { hasEnded, type CapacityHold, type Conversation } from '../conversation';
import { furtherDeadlinesOf, sameDeadline, type Deadline } from '../deadlines';
import type { Decided, DecisionContext, Effect } from '../decision';
import { sameItem, workListItem } from '../work-list';
import { withAutoClosure } from './auto-closure';
import { effectsOfNotices } from './notices';

/**
 * Adds what follows from the change itself, whichever event made it: the automatic closure of the new state, timers
 * that begin and end, capacity that is given back, notices that go out, and the row of the work list.
 *
 * On a repetition that has effects they are due again, for the first try may have died after its save.
 */
export function withConsequences(
  before: Conversation | undefined,
  decision: Decided,
  { policies }: DecisionContext,
): Decided {
  if (decision.kind !== 'changed') {
    if (before === undefined || !decision.effects.some(isDueAgain)) return decision;
    return { ...decision, effects: [...whole(before, decision.effects), ...decision.effects] };
  }
  const conversation = withAutoClosure(before, decision.conversation, policies);
  const isShown = before !== undefined && !sameItem(workListItem(before), workListItem(conversation));
  const effects: Effect[] = [
    ...(isShown ? [{ type: 'update-work-list', conversation } as const] : []),
    ...timersOfChange(before, conversation),
    ...releaseOfChange(before, conversation),
    ...effectsOfNotices(conversation, decision.effects),
    ...decision.effects,
  ];
  return { ...decision, conversation, effects };
}

/** Everything that may have been left undone, whatever the change was. Each is a no-op where it was done. */
function whole(conversation: Conversation, due: readonly Effect[]): Effect[] {
  const { releasedHold } = conversation;
  // Prevents: an older event is repeated after an end that was never told, and writes the row that leads to it.
  const isRowDue = !hasEnded(conversation) || due.some(({ type }) => type === 'close-customer-connections');
  return [
    ...(isRowDue ? [{ type: 'update-work-list', conversation } as const] : []),
    ...furtherDeadlinesOf(conversation).map(start),
    ...(releasedHold ? [release(releasedHold)] : []),
    ...effectsOfNotices(conversation, due),
  ];
}

/** The timers of the customer's disconnections come with their news, see `effectsOfRunningDisconnection`. */
function timersOfChange(before: Conversation | undefined, after: Conversation): Effect[] {
  const old = before === undefined ? [] : furtherDeadlinesOf(before);
  const current = furtherDeadlinesOf(after);
  const isIn = (list: readonly Deadline[]) => (one: Deadline) =>
    list.some((other) => sameDeadline(one, other));
  return [
    ...current.filter((one) => !isIn(old)(one)).map(start),
    ...old
      .filter((one) => !isIn(current)(one))
      .map(({ kind, number }): Effect => ({
        type: 'cancel-timer',
        kind,
        number,
        because: 'deadlineObsolete',
      })),
  ];
}

const start = ({ kind, number, at }: Deadline): Effect => ({
  type: 'start-timer',
  kind,
  number,
  deadline: at,
});

function releaseOfChange(before: Conversation | undefined, after: Conversation): Effect[] {
  const held = before?.capacityHold;
  if (held === undefined || after.capacityHold?.assignment === held.assignment) return [];
  return [release(held)];
}

const release = ({ agentId, assignment }: Omit<CapacityHold, 'releaseAt'>): Effect => ({
  type: 'release-capacity',
  agentId,
  assignment,
});

/** A message changes nothing that is derived here, so neither does its repetition. */
const isDueAgain = (effect: Effect): boolean =>
  effect.type !== 'close-connection' && !(effect.type === 'push' && effect.push.type === 'message');
