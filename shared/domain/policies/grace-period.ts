import type { DeviceClass } from '../channel';
import type { Conversation } from '../conversation';
import type { Milliseconds } from '../time';
import { policyFor } from './policy-for';
import type { PolicyName, PolicyTable } from './policy';
import { situationOf } from './situation';

/**
 * Which policy says how long the customer may be away: with reconnection to a previous chat its time limit takes the
 * place of the grace period, once an agent has accepted ("Configure reconnection to a previous chat session").
 */
export function gracePolicyOf(
  conversation: Conversation,
  policies: PolicyTable,
  device?: DeviceClass,
): Extract<PolicyName, 'grace' | 'reconnectTimeLimit'> {
  const situation = situationOf(conversation, device);
  const reconnects = situation.state === 'Active' && policyFor(policies, 'reconnect', situation);
  return reconnects ? 'reconnectTimeLimit' : 'grace';
}

/** How long a disconnection that begins now may last. */
export function gracePeriodOf(
  conversation: Conversation,
  policies: PolicyTable,
  device?: DeviceClass,
): Milliseconds {
  const name = gracePolicyOf(conversation, policies, device);
  return policyFor(policies, name, situationOf(conversation, device));
}
