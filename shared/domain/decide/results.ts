import { hasEnded, type Conversation } from '../conversation';
import type { Decision, Effect, Outcome, Refusal } from '../decision';
import { endedRefusal, NOT_FOUND } from '../refusals';
import type { TranscriptEntry } from '../transcript';

/** Short constructors for decisions, so that the rules read as rules. */

export const changed = (
  conversation: Conversation,
  outcome: Outcome,
  effects: readonly Effect[] = [],
  entries: readonly TranscriptEntry[] = [],
): Decision => ({ kind: 'changed', outcome, conversation, entries, effects });

export const unchanged = (outcome: Outcome, effects: readonly Effect[] = []): Decision => ({
  kind: 'unchanged',
  outcome,
  effects,
});

export const refused = (refusal: Refusal, effects: readonly Effect[] = []): Decision => ({
  kind: 'refused',
  refusal,
  effects,
});

export const notFound = (): Decision => refused(NOT_FOUND);

export const refusedAsEnded = (conversation: Conversation, effects: readonly Effect[] = []): Decision =>
  refused(endedRefusal(conversation), effects);

/** The refusal of an action that the conversation's state does not allow. */
export function illegal(conversation: Conversation): Decision {
  if (hasEnded(conversation)) return refusedAsEnded(conversation);
  return refused({
    code: 'illegal-transition',
    detail: `A conversation in state ${conversation.state} does not allow this.`,
    state: conversation.state,
  });
}

export const assignedToOther = (conversation: Conversation): Decision =>
  refused({
    code: 'assigned-to-other-agent',
    detail: 'The conversation is assigned to another agent.',
    state: conversation.state,
  });
