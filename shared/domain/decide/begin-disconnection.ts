import type { Conversation } from '../conversation';
import type { Decision } from '../decision';
import type { Instant, Milliseconds } from '../time';
import { withoutConnections } from './connections';
import { effectsOfRunningDisconnection } from './pushes-of';
import { changed } from './results';

/** The customer's last connections are gone: the next disconnection begins, with a deadline and a timer of its own. */
export function beginDisconnection(
  conversation: Conversation,
  loss: {
    readonly connectionIds: readonly string[];
    readonly since: Instant;
    /** The connection whose event tells of the loss, where one does. */
    readonly lostConnectionId?: string;
    readonly inferred?: number;
  },
  gracePeriod: Milliseconds,
): Decision {
  const { since, lostConnectionId, inferred } = loss;
  const number = conversation.disconnectionCount + 1;
  const next: Conversation = {
    ...withoutConnections(conversation, loss.connectionIds),
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
