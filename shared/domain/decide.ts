import { actionOf } from './agent-action';
import type { Conversation } from './conversation';
import { isQuestion, type Decided, type Decision, type DecisionContext } from './decision';
import {
  decideAgentAccepted,
  decideAgentClosed,
  decideAgentDeclined,
  decideAgentEnded,
  decideAgentOffered,
  decideAgentReleased,
} from './decide/agent-actions';
import { decideAgentConnected, decideAgentDisconnected } from './decide/agent-presence';
import { decideConnect } from './decide/connect';
import { decideConnected } from './decide/connected';
import { withConsequences } from './decide/consequences';
import { decideCustomerLeft } from './decide/customer-left';
import { decideDeadlineReached } from './decide/deadline-reached';
import { decideDisconnected } from './decide/disconnected';
import { decideAgentMessage, decideCustomerMessage } from './decide/messages';
import { decidePresenceChecked } from './decide/presence-checked';
import { decideQueuePosition } from './decide/queue-position';
import { notFound } from './decide/results';
import { decideWaitEnded, decideWaitExtended } from './decide/wait-control';
import type { ConversationEvent } from './events';

/**
 * The whole behaviour of a conversation, as one pure and total function: what is stored, what happened and the
 * time give what to store and what to do next. Nothing else in the product decides anything.
 *
 * The caller saves a `changed` decision under the conversation's ETag, decides again when somebody else was
 * faster, and performs the effects after the save. Deciding a repeated event yields the same effects again.
 */
export function decide(
  conversation: Conversation | undefined,
  event: ConversationEvent,
  context: DecisionContext,
): Decision {
  const decision = decideEvent(conversation, event, context);
  if (isQuestion(decision)) return decision;
  return withConsequences(conversation, withAction(decision, event), context);
}

/** Every refusal of an agent's action names the action, beside the state that does not allow it. */
function withAction(decision: Decided, event: ConversationEvent): Decided {
  const action = actionOf(event);
  if (decision.kind !== 'refused' || decision.refusal.state === undefined || !action) return decision;
  return { ...decision, refusal: { ...decision.refusal, action } };
}

function decideEvent(
  conversation: Conversation | undefined,
  event: ConversationEvent,
  context: DecisionContext,
): Decision {
  if (event.type === 'connect') return decideConnect(conversation, event, context);
  if (conversation === undefined) return notFound();
  return decideOnExisting(conversation, event, context);
}

function decideOnExisting(
  conversation: Conversation,
  event: Exclude<ConversationEvent, { type: 'connect' }>,
  context: DecisionContext,
): Decision {
  switch (event.type) {
    case 'connected':
      return decideConnected(conversation, event, context);
    case 'disconnected':
      return decideDisconnected(conversation, event, context);
    case 'customer-message':
      return decideCustomerMessage(conversation, event, context);
    case 'customer-left':
      return decideCustomerLeft(conversation, context);
    case 'agent-message':
      return decideAgentMessage(conversation, event, context);
    case 'agent-offered':
      return decideAgentOffered(conversation, event, context);
    case 'agent-accepted':
      return decideAgentAccepted(conversation, event, context);
    case 'agent-declined':
      return decideAgentDeclined(conversation, event, context);
    case 'agent-released':
    case 'agent-transferred':
      return decideAgentReleased(conversation, event, context);
    case 'agent-ended':
      return decideAgentEnded(conversation, event, context);
    case 'agent-closed':
      return decideAgentClosed(conversation, event, context);
    case 'wait-extended':
      return decideWaitExtended(conversation, event, context);
    case 'wait-ended':
      return decideWaitEnded(conversation, event, context);
    case 'agent-disconnected':
      return decideAgentDisconnected(conversation, event, context);
    case 'agent-connected':
      return decideAgentConnected(conversation, event, context);
    case 'queue-position-known':
      return decideQueuePosition(conversation, event, context);
    case 'presence-checked':
      return decidePresenceChecked(conversation, event, context);
    case 'deadline-reached':
      return decideDeadlineReached(conversation, event, context);
  }
}
