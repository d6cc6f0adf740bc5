import { hasEnded, LIMITS, type Conversation } from '../conversation';
import type { Decision, DecisionContext, Effect } from '../decision';
import type { Presence } from '../events';
import { policyOf } from '../policies/policy-of';
import { customerIsConnected } from '../refusals';
import { toIso, toIsoDuration, type Milliseconds } from '../time';
import { refuseUnlessAccepted } from './agent-actions';
import { withLiveConnections } from './connections';
import { end } from './end';
import { effectsOfEnd, effectsOfReturn, push } from './pushes-of';
import { changed, refused, refusedAsEnded, unchanged } from './results';

type ByAgent = { readonly agentId: string };

/**
 * The agent gives the customer more time. The timer of the disconnection wakes at the old deadline, is told the new one
 * and waits on. What agents add to one disconnection is bounded by policy.
 */
export function decideWaitExtended(
  conversation: Conversation,
  { agentId, by, key }: ByAgent & { readonly by: Milliseconds; readonly key: string },
  { now, policies }: DecisionContext,
): Decision {
  const notMine = refuseUnlessAccepted(conversation, agentId);
  if (notMine) return notMine;
  const { disconnection } = conversation;
  if (disconnection === undefined) return refused(customerIsConnected(conversation));
  const { extension, deadline } = disconnection;
  // Prevents: saved, then the answer was lost and the desk repeats; the customer's time must not grow twice.
  if (extension?.keys.includes(key)) {
    return unchanged({ type: 'wait-extended' }, effectsOfExtension(conversation));
  }
  const sofar = extension?.by ?? 0;
  const most = policyOf(conversation, 'maxExtension', policies);
  if (sofar + by > most) {
    return refused({
      code: 'extension-too-long',
      detail: `Agents can add ${toIsoDuration(most)} to a wait in all; ${toIsoDuration(Math.max(0, most - sofar))} is left.`,
      state: conversation.state,
    });
  }
  const next: Conversation = {
    ...conversation,
    disconnection: {
      ...disconnection,
      deadline: deadline + by,
      extension: {
        by: sofar + by,
        keys: [...(extension?.keys ?? []), key].slice(-LIMITS.extensionKeys),
        at: now,
      },
    },
  };
  return changed(next, { type: 'wait-extended' }, effectsOfExtension(next));
}

/**
 * The agent does not wait any longer. As at the deadline, the service itself is asked first: whoever is there is not
 * ended for absence (invariants 1 and 7).
 */
export function decideWaitEnded(
  conversation: Conversation,
  { agentId, presence }: ByAgent & { readonly presence?: Presence },
  context: DecisionContext,
): Decision {
  if (hasEnded(conversation)) {
    // Prevents: saved, then the push failed and the agent repeats; the repeat must still tell everyone.
    const mine = conversation.end?.reason === 'customer-disconnected' && conversation.end.agentId === agentId;
    return refusedAsEnded(conversation, mine ? effectsOfEnd(conversation) : []);
  }
  const notMine = refuseUnlessAccepted(conversation, agentId);
  if (notMine) return notMine;
  // The first try may have found the customer there, and died before it told so.
  if (conversation.disconnection === undefined) {
    return refused(customerIsConnected(conversation), effectsOfReturn(conversation));
  }
  if (presence === undefined) return { kind: 'presence-needed' };
  if (presence.alive) {
    const healed = withLiveConnections(conversation, presence.connectionIds, context.now);
    return changed(healed.conversation, { type: 'customer-present' }, healed.effects);
  }
  return end(conversation, 'customer-disconnected', context, { type: 'ended' }, agentId);
}

function effectsOfExtension(conversation: Conversation): Effect[] {
  const { disconnection } = conversation;
  if (disconnection?.extension === undefined) return [];
  const { number, deadline, extension } = disconnection;
  return [
    push(conversation, { to: 'agents' }, `disconnection.${number}.until.${deadline}`, extension.at, {
      type: 'wait-extended',
      number,
      deadline: toIso(deadline),
      extendedBy: toIsoDuration(extension.by),
    }),
  ];
}
