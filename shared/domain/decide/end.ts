import { stateAfterEnd, type Conversation, type EndReason, type PastDisconnection } from '../conversation';
import type { Decision, DecisionContext, Outcome } from '../decision';
import type { AutomatedMessageTrigger } from '../messages/trigger';
import { policyOf } from '../policies/policy-of';
import { withCapacityAfterEnd } from './capacity';
import { withNotice } from './notices';
import { effectsOfEnd } from './pushes-of';
import { changed } from './results';

const TRIGGER: Readonly<Record<EndReason, AutomatedMessageTrigger>> = {
  'customer-disconnected': 'customer-disconnected',
  'customer-ended': 'customer-ended-conversation',
  'agent-ended': 'agent-ended-conversation',
  'auto-closed': 'session-ended',
};

/** Ends the conversation: the move and its one notice belong to the same decision, hence the same transaction. */
export function end(
  conversation: Conversation,
  reason: EndReason,
  context: DecisionContext,
  outcome: Outcome,
  agentId?: string,
): Decision {
  const { now } = context;
  const { disconnection, agentDisconnection: _obsolete, queuePosition: _told, ...rest } = conversation;
  const absent = reason === 'customer-disconnected';
  const past: PastDisconnection | undefined = disconnection && {
    ...disconnection,
    outcome: absent ? 'expired' : 'ended',
    endedAt: now,
  };
  const state = stateAfterEnd(conversation);
  const redirectUrl = absent ? redirectUrlOf(conversation, context) : undefined;
  const ended: Conversation = {
    ...rest,
    state,
    stateSince: now,
    end: {
      at: now,
      reason,
      ...(agentId !== undefined && { agentId }),
      ...(redirectUrl !== undefined && { redirectUrl }),
    },
    ...(past && { lastDisconnection: past }),
    ...(state === 'Closed' && { closedAt: now }),
  };
  const told = withNotice(withCapacityAfterEnd(ended, context), TRIGGER[reason], 'ended', context, {
    reason,
    ...(absent && disconnection && { disconnectionNumber: disconnection.number }),
  });
  return changed(told.conversation, outcome, effectsOfEnd(told.conversation), told.entries);
}

/** With reconnection to a previous chat, whoever comes back after its time limit can be sent somewhere. */
function redirectUrlOf(conversation: Conversation, { policies }: DecisionContext): string | undefined {
  return policyOf(conversation, 'reconnect', policies)
    ? policyOf(conversation, 'reconnectRedirectUrl', policies)
    : undefined;
}
