import type { Conversation } from '../conversation';
import type { DecisionContext, Question } from '../decision';
import { policyOf } from '../policies/policy-of';

/** What a new assignment of the conversation would take from the agent's capacity. */
export function claimOn(
  agentId: string,
  conversation: Conversation,
  { policies }: DecisionContext,
): Extract<Question, { kind: 'capacity-needed' }> {
  const units = policyOf(conversation, 'capacityUnits', policies);
  return { kind: 'capacity-needed', agentId, assignment: conversation.assignmentCount + 1, units };
}

/** The conversation without its hold on an agent's capacity. */
export function withoutCapacity(conversation: Conversation): Conversation {
  const { capacityHold, ...rest } = conversation;
  if (capacityHold === undefined) return conversation;
  const { releaseAt: _passed, ...releasedHold } = capacityHold;
  return { ...rest, releasedHold };
}

/**
 * What the end does to capacity: `Closed` gives it back; `WrapUp` blocks it until it is closed, not at all, or for a
 * custom time ("Understand conversation states", Wrap-up).
 */
export function withCapacityAfterEnd(ended: Conversation, { now, policies }: DecisionContext): Conversation {
  const { state, capacityHold } = ended;
  if (capacityHold === undefined) return ended;
  const blocked = state === 'WrapUp' ? policyOf(ended, 'wrapUpCapacity', policies) : 'none';
  if (blocked === 'none') return withoutCapacity(ended);
  if (blocked === 'always') return ended;
  return { ...ended, capacityHold: { ...capacityHold, releaseAt: now + blocked } };
}
