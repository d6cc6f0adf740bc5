import type { DeviceClass } from '../channel';
import type { Conversation } from '../conversation';
import type { Decision, DecisionContext } from '../decision';
import { gracePeriodOf } from '../policies/grace-period';
import type { Instant } from '../time';
import { withoutConnections } from './connections';
import { effectsOfRunningDisconnection } from './pushes-of';
import { changed } from './results';

/**
 * The customer's last connections are gone: the next disconnection begins, with a deadline and a timer of its own. The
 * disconnection rule is live chat's alone ("Understand disconnected chats"): elsewhere the connections are just gone.
 */
export function beginDisconnection(
  conversation: Conversation,
  loss: {
    readonly connectionIds: readonly string[];
    readonly since: Instant;
    /** The connection whose event tells of the loss, where one does. */
    readonly lostConnectionId?: string;
    readonly inferred?: number;
    readonly device?: DeviceClass;
  },
  { policies }: DecisionContext,
): Decision {
  const { since, lostConnectionId, inferred } = loss;
  const remaining = withoutConnections(conversation, loss.connectionIds);
  if (conversation.channel !== 'live-chat') return changed(remaining, { type: 'connection-removed' });
  const number = conversation.disconnectionCount + 1;
  const gracePeriod = gracePeriodOf(conversation, policies, loss.device);
  const next: Conversation = {
    ...remaining,
    disconnection: {
      number,
      since,
      deadline: since + gracePeriod,
      reason: 'connection-lost',
      ...(lostConnectionId !== undefined && { lostConnectionId }),
      ...(inferred !== undefined && { inferred }),
    },
    disconnectionCount: number,
  };
  return changed(next, { type: 'disconnection-began' }, effectsOfRunningDisconnection(next));
}
