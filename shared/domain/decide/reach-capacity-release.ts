import type { Conversation } from '../conversation';
import type { Decision, DecisionContext, Effect } from '../decision';
import { withoutCapacity } from './capacity';
import { effectsOfEnd, push } from './pushes-of';
import { changed, unchanged } from './results';

/** WrapUp has blocked the agent's capacity for its custom time: the units are free again. */
export function reachCapacityRelease(
  conversation: Conversation,
  event: { readonly number: number },
  { now }: DecisionContext,
): Decision {
  const { capacityHold: hold, releasedHold } = conversation;
  if (hold?.assignment !== event.number) {
    // Prevents: saved, then the process died before it returned; the second run must still give the units back.
    const repeated = conversation.state === 'WrapUp' && releasedHold?.assignment === event.number;
    return repeated
      ? unchanged({ type: 'capacity-released' }, effectsOfRelease(conversation))
      : unchanged({ type: 'superseded' });
  }
  if (hold.releaseAt === undefined) return unchanged({ type: 'superseded' });
  if (now < hold.releaseAt) return unchanged({ type: 'not-reached', deadline: hold.releaseAt });
  const free = withoutCapacity(conversation);
  return changed(free, { type: 'capacity-released' }, effectsOfRelease(free));
}

function effectsOfRelease(conversation: Conversation): Effect[] {
  const { releasedHold, end } = conversation;
  if (releasedHold === undefined || end === undefined) return [];
  const { agentId, assignment } = releasedHold;
  return [
    // Prevents: the end was saved, then telling it failed; this change makes the row that of a wrap-up, by which
    // reconciliation knows that the end has been told.
    ...effectsOfEnd(conversation),
    push(conversation, { to: 'agent', agentId }, `capacity.${assignment}.released`, end.at, {
      type: 'capacity-released',
      agentId,
      units: releasedHold.units,
    }),
  ];
}
