import { autoClosureDue, graceOriginOf, type PolicyTable } from '../policies/policy';
import {
  decideAgentConnected,
  decideAgentDisconnected,
  reachAgentDeadline,
  withAgentExpected,
} from './agent-presence-rules';
import { AGENT_RULES, reachOfferExpiry } from './agents-rules';
import { decideReturning } from './allowance-rules';
import {
  type Absence,
  type CapacityHold,
  type Conversation,
  type DeadlineKind,
  type Disconnection,
  LIMITS,
  type PastDisconnection,
  pendingTimerOf,
} from './conversation';
import {
  type Decided,
  type Decision,
  type DecisionContext,
  type Effect,
  NOT_FOUND,
  type Ruling,
} from './decision';
import {
  decideCustomerLeft,
  reachAutoClosure,
  reachCapacityRelease,
  reachCustomerDeadline,
} from './ending-rules';
import { actionOf, type Answers, type ConversationEvent } from './inputs';
import { decideAgentMessage, decideCustomerMessage } from './messages-rules';
import { notificationsOf } from './notifications';
import { decidePresenceChecked } from './presence-check-rules';
import { decideConnect, decideConnected, decideDisconnected, decideLinkUsed } from './presence-rules';
import { decideQueuePosition } from './queue-rules';
import { type Retold, retold } from './retelling';
import { type Deadline, deadlinesOf, sameDeadline, sameItem, workListItem } from './work-list';

type Input<T extends ConversationEvent['type']> = Extract<ConversationEvent, { readonly type: T }>;
type Rule<I> = (conversation: Conversation, input: I, context: DecisionContext, answers: Answers) => Ruling;

/** Which rule decides which input, for a conversation that exists. */
const RULES: { readonly [T in ConversationEvent['type']]: Rule<Input<T>> } = {
  connect: decideConnect,
  connected: decideConnected,
  disconnected: decideDisconnected,
  'customer-message': decideCustomerMessage,
  'customer-returning': (conversation, _input, context) => decideReturning(conversation, context),
  'link-used': decideLinkUsed,
  'customer-left': (conversation, _input, context) => decideCustomerLeft(conversation, context),
  'agent-message': decideAgentMessage,
  ...AGENT_RULES,
  'agent-disconnected': decideAgentDisconnected,
  'agent-connected': decideAgentConnected,
  'queue-position-known': decideQueuePosition,
  'presence-checked': (conversation, _input, context, answers) =>
    decidePresenceChecked(conversation, context, answers),
  'deadline-reached': (conversation, input, context, answers) =>
    DEADLINE_RULES[input.kind](conversation, input, context, answers),
};

/**
 * A timer fired. It is only a wake-up (invariant 6): everything is decided on the stored conversation, so a lost
 * cancel, a double fire or a late fire changes nothing.
 */
const DEADLINE_RULES: Readonly<Record<DeadlineKind, Rule<Input<'deadline-reached'>>>> = {
  disconnection: reachCustomerDeadline,
  'agent-disconnection': reachAgentDeadline,
  offer: reachOfferExpiry,
  'capacity-release': reachCapacityRelease,
  'auto-close': reachAutoClosure,
};

/**
 * The whole behaviour of a conversation, as one pure and total function: what is stored, what happened and the
 * time give what to store and what to do next. Nothing else in the product decides anything.
 *
 * A rule only moves the state. What follows from the move, and who is told, is derived here for all of them. Where a rule
 * asks, the caller finds out and decides the same input again, with all `answers` so far. The caller saves a `changed`
 * decision under the conversation's ETag, decides again without answers when somebody else was faster, and performs the
 * effects after the save. Deciding a repeated input yields the same effects again.
 */
export function decide(
  before: Conversation | undefined,
  input: ConversationEvent,
  context: DecisionContext,
  answers: Answers = {},
): Decision {
  const ruling = rule(before, input, context, answers);
  switch (ruling.kind) {
    case 'changed':
      return withConsequences(before, input, ruling, context);
    case 'unchanged':
      return { ...ruling, effects: repeatedEffects(before, input, ruling) };
    case 'refused':
      return refusedWith(before, input, ruling);
    default:
      return ruling;
  }
}

function rule(
  before: Conversation | undefined,
  input: ConversationEvent,
  context: DecisionContext,
  answers: Answers,
): Ruling {
  if (before !== undefined)
    return (RULES[input.type] as Rule<ConversationEvent>)(before, input, context, answers);
  return input.type === 'connect'
    ? decideConnect(before, input, context)
    : { kind: 'refused', refusal: NOT_FOUND };
}

function refusedWith(before: Conversation | undefined, input: ConversationEvent, ruling: Refused): Decided {
  const effects = repeatedEffects(before, input, ruling);
  const { conversation } = ruling;
  // What is kept of a closed conversation is a copy; in a wrap-up it is made later. Prevents: the knock is saved, the copy is
  // not written, and figures never know of it.
  const knocked = conversation ?? (isKnock(input) ? before : undefined);
  const isCopied = knocked?.state === 'Closed' && knocked.knockedAt !== undefined;
  const copy = isCopied ? [{ type: 'update-work-list', conversation: knocked } as const] : [];
  return {
    ...withAction(ruling, input),
    ...(conversation && { conversation }),
    effects: [...effects, ...copy],
  };
}

const isKnock = ({ type }: ConversationEvent): boolean => type === 'connect' || type === 'customer-returning';

type Refused = Extract<Ruling, { kind: 'refused' }>;

/** Every refusal of an agent's action names the action, beside the state that does not allow it. */
function withAction({ kind, refusal }: Refused, input: ConversationEvent): Refused {
  const action = actionOf(input);
  if (refusal.state === undefined || action === undefined) return { kind, refusal };
  return { kind, refusal: { ...refusal, action } };
}

/**
 * What follows from the change itself, whichever input made it: the automatic closure of the new state, timers that
 * begin and end, capacity that is given back, notifications, and the row of the work list.
 */
function withConsequences(
  before: Conversation | undefined,
  input: ConversationEvent,
  { outcome, conversation, entries = [], ...ruling }: Extract<Ruling, { kind: 'changed' }>,
  context: DecisionContext,
): Decided {
  const { now, policies } = context;
  const isWaitedFor = conversation.agentDisconnection !== undefined;
  const next = isWaitedFor ? withAgentExpected(before, conversation, now) : conversation;
  const after = withAbsences(before, withAutoClosure(before, next, policies), input, context);
  const again =
    mayBeUntold(before, input) || outcome.type === 'connection-refused'
      ? retold(after, input, { ...ruling, outcome, conversation: after })
      : NOTHING_AGAIN;
  const isShown = before !== undefined && !sameItem(workListItem(before), workListItem(after));
  const hold = before?.capacityHold;
  const isFree = hold !== undefined && after.capacityHold?.assignment !== hold.assignment;
  const hasEnded = after.end !== undefined && before?.end === undefined;
  return {
    kind: 'changed',
    outcome,
    conversation: after,
    entries,
    effects: [
      ...(isShown ? [{ type: 'update-work-list', conversation: after } as const] : []),
      ...timersOfChange(before, after, input, again),
      ...(isFree ? [release(hold)] : []),
      ...notificationsOf(before, after, entries, again.topics),
      ...(hasEnded || tellsEnd(again) ? [{ type: 'close-customer-connections' } as const] : []),
      ...closing(again),
    ],
  };
}

/** Whether the change comes to a conversation about which something may be left to tell, see `retold`. */
const mayBeUntold = (before: Conversation | undefined, input: ConversationEvent): boolean =>
  before?.end !== undefined || input.type === 'presence-checked';

const NOTHING_AGAIN: Retold = { topics: [] };

const tellsEnd = ({ topics }: Retold): boolean => topics.includes('ended') || topics.includes('closed');

/**
 * Everything that may have been left undone by the first try of an input that now changes nothing. Each is a no-op where
 * it was done. A message changes nothing that is derived here, so neither does its repetition.
 */
function repeatedEffects(
  before: Conversation | undefined,
  input: ConversationEvent,
  ruling: Extract<Ruling, { kind: 'unchanged' | 'refused' }>,
): readonly Effect[] {
  if (before === undefined) return [];
  const again = retold(before, input, ruling);
  const { topics, message } = again;
  // Prevents: an older event is repeated after an end that was never told, and writes the row that leads to it.
  const isRowDue = before.end === undefined || tellsEnd(again);
  const { releasedHold } = before;
  return [
    ...(topics.length > 0 && isRowDue ? [{ type: 'update-work-list', conversation: before } as const] : []),
    ...(startsAll(input, again) ? timersOf(before).map(start) : []),
    ...(topics.length > 0 && releasedHold ? [release(releasedHold)] : []),
    ...cancelAgain(before, input, topics),
    ...notificationsOf(before, before, message ? [message] : [], topics),
    ...(tellsEnd(again) ? [{ type: 'close-customer-connections' } as const] : []),
    ...closing(again),
  ];
}

const closing = ({ close }: Retold): readonly Effect[] =>
  close === undefined ? [] : [{ type: 'close-connection', connectionId: close }];

/** The conversation with the closure that follows from its state: the running one put off, or the next one. */
function withAutoClosure(
  before: Conversation | undefined,
  after: Conversation,
  policies: PolicyTable,
): Conversation {
  const { autoClosure, ...rest } = after;
  const deadline = autoClosureDue(after, policies);
  if (deadline === undefined) return rest;
  const goesOn = autoClosure !== undefined && before?.stateSince === after.stateSince;
  const number = goesOn ? autoClosure.number : after.autoClosureCount + 1;
  return { ...rest, autoClosure: { number, deadline }, autoClosureCount: number };
}

/** The record of what has become of the customer's disconnections, whichever rule has moved them. */
function withAbsences(
  before: Conversation | undefined,
  after: Conversation,
  input: ConversationEvent,
  context: DecisionContext,
): Conversation {
  const { disconnection: running, lastDisconnection: past } = after;
  const isNew = running !== undefined && running !== before?.disconnection;
  const isOver = past !== undefined && past !== before?.lastDisconnection;
  if (!isNew && !isOver) return after;
  let absences = after.absences ?? [];
  for (const one of [...(isOver ? [past] : []), ...(isNew ? [running] : [])]) {
    const known = absences.find(({ number }) => number === one.number);
    const absence = known
      ? absenceAfter(known, one, before, context)
      : absenceOf(before, after, one, input, context);
    absences = [...absences.filter((other) => other !== known), absence];
  }
  return { ...after, absences: absences.slice(-LIMITS.absences) };
}

const absenceOf = (
  before: Conversation | undefined,
  conversation: Conversation,
  one: Disconnection | PastDisconnection,
  input: ConversationEvent,
  { policies }: DecisionContext,
): Absence => {
  // The event of a loss tells the device of what was lost; any other may tell of a device that has come since.
  const isLoss = input.type === 'disconnected' && !('outcome' in one);
  const device = (isLoss ? input.device : undefined) ?? (before ?? conversation).device;
  const { number, since, reason } = one;
  const deadline = one.deadline - (one.extension?.by ?? 0) - (one.allowance?.by ?? 0);
  // Of one that has ended, and was begun before absences were recorded, nobody knows by which rule.
  const origin = 'outcome' in one ? endOf(one) : graceOriginOf(conversation, policies, device);
  return { number, since, deadline, reason, device, ...origin };
};

const endOf = (one: Disconnection | PastDisconnection): Pick<Absence, 'outcome' | 'endedAt'> =>
  'outcome' in one ? { outcome: one.outcome, endedAt: one.endedAt } : {};

function absenceAfter(
  known: Absence,
  one: Disconnection | PastDisconnection,
  before: Conversation | undefined,
  { now }: DecisionContext,
): Absence {
  // By a clock that was put back it begins anew, with its whole length.
  const shift = one.since - known.since;
  const moves = (known.moves ?? []).map((move) => (shift === 0 ? move : { ...move, to: move.to + shift }));
  const to = one.deadline;
  const isByAgent = one.extension?.by !== before?.disconnection?.extension?.by;
  const because = isByAgent || one.allowance === undefined ? 'agent' : one.allowance.because;
  const isMoved = to !== (moves.at(-1)?.to ?? known.deadline + shift);
  const kept = moves.length < LIMITS.absenceMoves ? moves : moves.slice(0, -1);
  return {
    ...known,
    since: one.since,
    deadline: known.deadline + shift,
    ...(isMoved ? { moves: [...kept, { at: now, to, because }] } : moves.length > 0 ? { moves } : {}),
    ...endOf(one),
  };
}

/**
 * Prevents: a timer that was never started, or has failed for good, is left to its deadline. To start one that runs is a
 * no-op, so a comparison starts them all.
 */
const startsAll = (input: ConversationEvent, { topics }: Retold): boolean =>
  topics.length > 0 || input.type === 'presence-checked';

/**
 * Each deadline has a timer. That of a loss wakes for the news first, may be the one of an earlier loss, and is left alone
 * when the customer was back before anybody was told.
 */
function timersOf(conversation: Conversation): readonly Deadline[] {
  const { disconnection } = conversation;
  const pending = pendingTimerOf(conversation);
  const timers = deadlinesOf(conversation).map((one): Deadline => {
    if (one.kind !== 'disconnection' || disconnection === undefined) return one;
    const { newsAt = one.at, timer = disconnection } = disconnection;
    return { ...one, number: timer.number, at: Math.min(one.at, newsAt) };
  });
  if (disconnection !== undefined || pending === undefined) return timers;
  return [...timers, { kind: 'disconnection', number: pending.number, at: pending.wakesAt }];
}

/** New timers start, and those that are gone end, except for the one that has just fired. */
function timersOfChange(
  before: Conversation | undefined,
  after: Conversation,
  input: ConversationEvent,
  again: Retold,
): readonly Effect[] {
  const old = before === undefined ? [] : timersOf(before);
  const current = timersOf(after);
  const known = before === undefined ? [] : deadlinesOf(before);
  const isIn = (list: readonly Deadline[]) => (one: Deadline) =>
    list.some((other) => sameDeadline(one, other));
  // Prevents: a deadline is moved when it is reached, its timer has failed before, and nothing wakes at the new one.
  const isMoved = ({ kind, at }: Deadline) => !known.some((other) => other.kind === kind && other.at === at);
  const isOfRow = ({ kind }: Deadline) =>
    kind === 'disconnection' && before?.disconnection !== undefined
      ? isReached({ kind, number: before.disconnection.number, at: 0 }, input)
      : false;
  const isDue = (one: Deadline) =>
    !isIn(old)(one) || (isMoved(one) && (isReached(one, input) || isOfRow(one)));
  return [
    ...current.filter((one) => startsAll(input, again) || isDue(one)).map(start),
    ...old.filter((one) => !isIn(current)(one) && !isReached(one, input)).map((one) => cancel(one, after)),
    ...cancelAgain(after, input, again.topics),
  ];
}

/**
 * The timer of the disconnection that has ended last, when its end is told again. That of a loss which nobody was told of runs
 * on behind a return, until the conversation ends.
 */
function cancelAgain(
  conversation: Conversation,
  input: ConversationEvent,
  topics: Retold['topics'],
): readonly Effect[] {
  const { lastDisconnection: past } = conversation;
  if (past === undefined) return [];
  const isBack = past.outcome === 'reconnected';
  const isTold = isBack
    ? topics.includes('back') || (topics.includes('ended') && past.newsAt !== undefined)
    : topics.includes('ended');
  const { number } = past.timer ?? past;
  const deadline = { kind: 'disconnection', number, at: past.deadline } as const;
  // Prevents: a repeated return cancels the timer that the next loss is to share, and nothing wakes for that loss.
  const isNeeded = timersOf(conversation).some(
    (one) => one.kind === deadline.kind && one.number === deadline.number,
  );
  return isTold && !isNeeded && !isReached(deadline, input) ? [cancel(deadline, conversation)] : [];
}

const isReached = (deadline: Deadline, input: ConversationEvent): boolean =>
  input.type === 'deadline-reached' && input.kind === deadline.kind && input.number === deadline.number;

const start = ({ kind, number, at }: Deadline): Effect => ({
  type: 'start-timer',
  kind,
  number,
  deadline: at,
});

/** The reason is for the history of the timer, which knows them by these names. */
function cancel({ kind, number }: Deadline, { disconnection, lastDisconnection }: Conversation): Effect {
  const isOver = kind === 'disconnection' && disconnection === undefined;
  const isBack = lastDisconnection?.outcome === 'reconnected';
  const because = !isOver ? 'deadlineObsolete' : isBack ? 'customerReconnected' : 'conversationEnded';
  return { type: 'cancel-timer', kind, number, because };
}

const release = ({ agentId, assignment }: Omit<CapacityHold, 'releaseAt'>): Effect => ({
  type: 'release-capacity',
  agentId,
  assignment,
});
