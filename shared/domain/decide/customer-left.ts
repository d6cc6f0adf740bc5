import { hasEnded, type Conversation } from '../conversation';
import type { Decision, DecisionContext } from '../decision';
import { end } from './end';
import { effectsOfEnd } from './pushes-of';
import { unchanged } from './results';

/** The customer leaves explicitly: an immediate end, no grace period. */
export function decideCustomerLeft(conversation: Conversation, context: DecisionContext): Decision {
  if (!hasEnded(conversation)) return end(conversation, 'customer-ended', context, { type: 'ended' });
  // The repeated event of the same cause; the first try may have died between the save and the pushes.
  const repeated = conversation.end?.reason === 'customer-ended';
  return unchanged({ type: 'ignored', because: 'ended' }, repeated ? effectsOfEnd(conversation) : []);
}
