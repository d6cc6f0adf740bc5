import { decideAgentConnected, decideAgentDisconnected, reachAgentDeadline } from './agent-presence-rules';
import {
  decideAgentAccepted,
  decideAgentClosed,
  decideAgentDeclined,
  decideAgentEnded,
  decideAgentOffered,
  decideAgentReleased,
  decideWaitEnded,
  decideWaitExtended,
} from './agents-rules';
import { reachAutoClosure, withAutoClosure } from './auto-closure-rules';
import {
  type CapacityHold,
  type Conversation,
  type Deadline,
  furtherDeadlinesOf,
  hasEnded,
  sameDeadline,
} from './conversation';
import {
  type Decided,
  type Decision,
  type DecisionContext,
  type Effect,
  isQuestion,
  notFound,
} from './decision';
import { decideCustomerLeft, reachCapacityRelease, reachCustomerDeadline } from './ending-rules';
import type { DeadlineKind } from './ids';
import { actionOf, type ConversationEvent, type Presence } from './inputs';
import { decideAgentMessage, decideCustomerMessage } from './messages-rules';
import { effectsOfNotices } from './notifications';
import { decidePresenceChecked } from './presence-check-rules';
import { decideConnect, decideConnected, decideDisconnected } from './presence-rules';
import { decideQueuePosition } from './queue-rules';
import { sameItem, workListItem } from './work-list';

/**
 * Adds what follows from the change itself, whichever event made it: the automatic closure of the new state, timers
 * that begin and end, capacity that is given back, notices that go out, and the row of the work list.
 *
 * On a repetition that has effects they are due again, for the first try may have died after its save.
 */
export function withConsequences(
  before: Conversation | undefined,
  decision: Decided,
  { policies }: DecisionContext,
): Decided {
  if (decision.kind !== 'changed') {
    if (before === undefined || !decision.effects.some(isDueAgain)) return decision;
    return { ...decision, effects: [...whole(before, decision.effects), ...decision.effects] };
  }
  const conversation = withAutoClosure(before, decision.conversation, policies);
  const isShown = before !== undefined && !sameItem(workListItem(before), workListItem(conversation));
  const effects: Effect[] = [
    ...(isShown ? [{ type: 'update-work-list', conversation } as const] : []),
    ...timersOfChange(before, conversation),
    ...releaseOfChange(before, conversation),
    ...effectsOfNotices(conversation, decision.effects),
    ...decision.effects,
  ];
  return { ...decision, conversation, effects };
}

/** Everything that may have been left undone, whatever the change was. Each is a no-op where it was done. */
function whole(conversation: Conversation, due: readonly Effect[]): Effect[] {
  const { releasedHold } = conversation;
  // Prevents: an older event is repeated after an end that was never told, and writes the row that leads to it.
  const isRowDue = !hasEnded(conversation) || due.some(({ type }) => type === 'close-customer-connections');
  return [
    ...(isRowDue ? [{ type: 'update-work-list', conversation } as const] : []),
    ...furtherDeadlinesOf(conversation).map(start),
    ...(releasedHold ? [release(releasedHold)] : []),
    ...effectsOfNotices(conversation, due),
  ];
}

/** The timers of the customer's disconnections come with their news, see `effectsOfRunningDisconnection`. */
function timersOfChange(before: Conversation | undefined, after: Conversation): Effect[] {
  const old = before === undefined ? [] : furtherDeadlinesOf(before);
  const current = furtherDeadlinesOf(after);
  const isIn = (list: readonly Deadline[]) => (one: Deadline) =>
    list.some((other) => sameDeadline(one, other));
  return [
    ...current.filter((one) => !isIn(old)(one)).map(start),
    ...old
      .filter((one) => !isIn(current)(one))
      .map(({ kind, number }): Effect => ({
        type: 'cancel-timer',
        kind,
        number,
        because: 'deadlineObsolete',
      })),
  ];
}

const start = ({ kind, number, at }: Deadline): Effect => ({
  type: 'start-timer',
  kind,
  number,
  deadline: at,
});

function releaseOfChange(before: Conversation | undefined, after: Conversation): Effect[] {
  const held = before?.capacityHold;
  if (held === undefined || after.capacityHold?.assignment === held.assignment) return [];
  return [release(held)];
}

const release = ({ agentId, assignment }: Omit<CapacityHold, 'releaseAt'>): Effect => ({
  type: 'release-capacity',
  agentId,
  assignment,
});

/** A message changes nothing that is derived here, so neither does its repetition. */
const isDueAgain = (effect: Effect): boolean =>
  effect.type !== 'close-connection' && !(effect.type === 'push' && effect.push.type === 'message');

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
