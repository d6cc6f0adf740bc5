import type { Conversation } from '../conversation';
import type { Decision, DecisionContext } from '../decision';
import type { Presence } from '../events';
import type { DeadlineKind } from '../ids';
import { reachAgentDeadline } from './reach-agent-deadline';
import { reachAutoClosure } from './reach-auto-closure';
import { reachCapacityRelease } from './reach-capacity-release';
import { reachCustomerDeadline } from './reach-customer-deadline';

/** A numbered deadline, with what the service says where the decision has asked. */
export interface ReachedDeadline {
  readonly kind: DeadlineKind;
  readonly number: number;
  readonly presence?: Presence;
  readonly agentPresent?: boolean;
}

/**
 * A timer fired. It is only a wake-up (invariant 6): everything is decided on the stored conversation, so a lost
 * cancel, a double fire or a late fire changes nothing.
 */
export function decideDeadlineReached(
  conversation: Conversation,
  event: ReachedDeadline,
  context: DecisionContext,
): Decision {
  switch (event.kind) {
    case 'disconnection':
      return reachCustomerDeadline(conversation, event, context);
    case 'agent-disconnection':
      return reachAgentDeadline(conversation, event, context);
    case 'capacity-release':
      return reachCapacityRelease(conversation, event, context);
    case 'auto-close':
      return reachAutoClosure(conversation, event, context);
  }
}
