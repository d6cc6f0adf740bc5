import type { DeviceClass } from '../channel';
import type { Conversation } from '../conversation';
import type { Milliseconds } from '../time';
import type { PolicyName, PolicyTable } from './policy';
import { policyOf } from './policy-of';
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
  const { state } = situationOf(conversation, device);
  const reconnects = state === 'Active' && policyOf(conversation, 'reconnect', policies, device);
  return reconnects ? 'reconnectTimeLimit' : 'grace';
}

/** How long a disconnection that begins now may last. */
export function gracePeriodOf(
  conversation: Conversation,
  policies: PolicyTable,
  device?: DeviceClass,
): Milliseconds {
  return policyOf(conversation, gracePolicyOf(conversation, policies, device), policies, device);
}
