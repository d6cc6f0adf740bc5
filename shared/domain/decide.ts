import type { Conversation } from './conversation';
import type { Decision, DecisionContext, Effect } from './decision';
import {
  decideAgentAccepted,
  decideAgentClosed,
  decideAgentEnded,
  decideAgentOffered,
} from './decide/agent-actions';
import { decideConnect } from './decide/connect';
import { decideConnected } from './decide/connected';
import { decideCustomerLeft } from './decide/customer-left';
import { decideDeadlineReached } from './decide/deadline-reached';
import { decideDisconnected } from './decide/disconnected';
import { decideAgentMessage, decideCustomerMessage } from './decide/messages';
import { decidePresenceChecked } from './decide/presence-checked';
import { notFound } from './decide/results';
import type { ConversationEvent } from './events';
import { sameItem, workListItem } from './work-list';

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
  if (event.type === 'connect') {
    return withWorkList(conversation, decideConnect(conversation, event, context));
  }
  if (conversation === undefined) return notFound();
  return withWorkList(conversation, decideOnExisting(conversation, event, context));
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
    case 'agent-ended':
      return decideAgentEnded(conversation, event, context);
    case 'agent-closed':
      return decideAgentClosed(conversation, event, context);
    case 'presence-checked':
      return decidePresenceChecked(conversation, event, context);
    case 'deadline-reached':
      return decideDeadlineReached(conversation, event, context);
  }
}

/**
 * Adds the work-list effect: when what the list shows has changed, and on a repetition that has effects (the first
 * try may have died before the list was written). A new conversation is listed before it is saved, by the caller.
 */
function withWorkList(before: Conversation | undefined, decision: Decision): Decision {
  if (decision.kind === 'presence-needed') return decision;
  const after = decision.kind === 'changed' ? decision.conversation : before;
  if (after === undefined) return decision;
  const shownAnew =
    decision.kind === 'changed'
      ? before !== undefined && !sameItem(workListItem(before), workListItem(after))
      : decision.effects.some(concernsTheList);
  if (!shownAnew) return decision;
  return { ...decision, effects: [{ type: 'update-work-list', conversation: after }, ...decision.effects] };
}

/** A message changes nothing that the list shows, so neither does its repetition. */
const concernsTheList = (effect: Effect): boolean =>
  effect.type !== 'close-connection' && !(effect.type === 'push' && effect.push.type === 'message');
