import { collisionPause } from '../app/collision-pause';
import type { Call, DurableCall } from '../app/call';
import {
  ClockError,
  ContentionError,
  DependencyError,
  ErasedError,
  RecordTooLargeError,
  StoredRowError,
} from '../app/errors';
import type { Logger } from '../app/log';
import type { AgentCapacity } from '../capacity/capacity';
import { Reservation } from '../capacity/capacity-service';
import { closedConversation } from '../closed-conversations/closed-conversation';
import type { PolicyTable } from '../policies/policy';
import type { SettingsSource } from '../policies/settings-service';
import { type Conversation, namesVersion } from './conversation';
import { decide } from './decide';
import type { Decided, Effect, Outcome, Refusal } from './decision';
import type { Answers, ConversationEvent } from './inputs';
import type { Push } from './notifications';
import type { ConversationStore, DeadlineTimers, Participants, StoredConversation } from './ports';
import { type Instant, type Milliseconds, SECOND } from './time';
import { namesLink, withLink } from './transcript';
import { type WorkList, workListItem } from './work-list';

/** The conversation, for whom it makes no difference whether there was none or it was erased. @throws as `load` does */
export const loadIfAny = async (
  store: Pick<ConversationStore, 'load'>,
  conversationId: string,
): Promise<StoredConversation | undefined> => {
  try {
    return await store.load(conversationId);
  } catch (thrown) {
    if (thrown instanceof ErasedError) return undefined;
    throw thrown;
  }
};

/** Makes the row of a conversation what it must be; there is none of what is closed, or is not there. */
export function writeRow(
  workList: Pick<WorkList, 'put' | 'remove'>,
  conversationId: string,
  conversation: Conversation | undefined,
): Promise<void> {
  const item = conversation && workListItem(conversation);
  return item === undefined
    ? workList.remove(conversationId, conversation && closedConversation(conversation))
    : workList.put(item);
}

export interface ConversationServiceDependencies {
  readonly store: ConversationStore;
  readonly workList: WorkList;
  readonly participants: Participants;
  readonly timers: (call: DurableCall) => DeadlineTimers;
  readonly capacity: AgentCapacity;
  readonly settings: SettingsSource;
  readonly quarantine: Quarantine;
  /** The link with which the customer finds back; undefined where there is none. */
  readonly reconnectUrl: (conversation: Conversation, policies: PolicyTable) => Promise<string | undefined>;
  readonly now: () => Instant;
  /** Since when storage and service have worked, as far as this process has seen; only deadlines ask for it. */
  readonly workingSince?: () => Instant;
  /** By how much the clock of this machine is ahead of the storage's. */
  readonly clock?: { readonly error: Milliseconds };
}

/** Files the dead letter of an event that fails until something is mended. Never throws. */
export type Quarantine = (
  conversationId: string,
  event: ConversationEvent,
  thrown: StoredRowError,
  call: Call,
) => Promise<void>;

type Dependencies = ConversationServiceDependencies & { readonly call: DurableCall };

/** In this order: a stage begins when the one before it is done. */
const STAGES: readonly (readonly Effect['type'][])[] = [
  ['start-timer', 'cancel-timer', 'release-capacity', 'push'],
  // Prevents: the socket is closed before the push that says why has been sent.
  ['close-customer-connections', 'close-connection'],
  // Prevents: the row looks as if all were done, and reconciliation does not repeat what has failed.
  ['update-work-list'],
];

/**
 * Performs the effects of a saved decision. Those of one stage are all tried; a stage in which one fails is the last,
 * and the first failure is thrown, so that the caller's event is repeated and the decision yields them all again.
 */
async function performEffects(
  conversationId: string,
  { effects, handled }: Settled,
  deps: Dependencies,
): Promise<void> {
  for (const stage of STAGES) {
    const due = effects.filter(({ type }) => stage.includes(type));
    const results = await Promise.allSettled(
      due.map((effect) => perform(conversationId, effect, handled, deps)),
    );
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  }
}

async function perform(
  conversationId: string,
  effect: Effect,
  handled: Handled,
  deps: Dependencies,
): Promise<void> {
  switch (effect.type) {
    case 'update-work-list':
      return writeRow(deps.workList, conversationId, effect.conversation);
    case 'start-timer': {
      const { kind, number } = effect;
      return deps.timers(deps.call).start({ conversationId, kind, number }, effect.deadline);
    }
    case 'cancel-timer': {
      const { kind, number } = effect;
      return deps.timers(deps.call).cancel({ conversationId, kind, number }, effect.because);
    }
    case 'release-capacity': {
      const { agentId, assignment } = effect;
      return deps.capacity.release({ agentId, conversationId, assignment });
    }
    case 'push':
      return deps.participants.push(conversationId, effect.audience, await pushOf(effect, handled, deps));
    case 'close-customer-connections':
      return deps.participants.closeCustomerConnections(conversationId);
    case 'close-connection':
      return deps.participants.closeConnection(effect.connectionId);
  }
}

/**
 * The push as its receivers get it. Prevents: an agent holds what opens the conversation as its customer. An agent's message
 * has a placeholder instead of the link, in the transcript and for agents, and only the customer's own sockets get the link.
 */
async function pushOf(
  { audience, push }: Extract<Effect, { type: 'push' }>,
  handled: Handled,
  { settings, reconnectUrl, call }: Dependencies,
): Promise<Push> {
  const isForCustomer = audience.to === 'customer' && push.type === 'message' && push.author.role === 'agent';
  if (!isForCustomer || !namesLink(push.text) || handled.kind === 'refused') return push;
  const url = await reconnectUrl(handled.conversation, (await settings.current(call)).policies);
  return url === undefined ? push : { ...push, text: withLink(push.text, url) };
}

/** What became of an event, and the conversation as it is now stored. */
export type Handled =
  | { readonly kind: 'accepted'; readonly outcome: Outcome; readonly conversation: Conversation }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** What became of an event, and the effects that are still to be performed. */
interface Settled {
  readonly handled: Handled;
  readonly effects: readonly Effect[];
}

export interface ConversationService {
  /**
   * Decides, saves and performs the effects. Repeat the same event after any retryable failure. `ifMatch`: what would change
   * a conversation that no longer has this ETag is refused as `precondition-failed`.
   */
  handle(conversationId: string, event: ConversationEvent, ifMatch?: string): Promise<Handled>;
  /**
   * `handle` for events from outside: a conversation whose row is damaged or full gets its dead letter whoever meets it
   * first. An event that does not fit is refused, because repeating it cannot help.
   */
  receive(conversationId: string, event: ConversationEvent, ifMatch?: string): Promise<Handled>;
}

/** Enough for every tab of a customer and an agent to act in the same moment. */
const ATTEMPTS = 24;
/** Clocks of machines in a data centre agree within a second; one that differs by more than this is wrong. */
const CLOCK_TOLERANCE: Milliseconds = 5 * SECOND;
/** Each question is asked once; a decision that asks on would ask for ever. */
const MOST_QUESTIONS = 3;

/** The service for one call. */
export type Conversations = (call: DurableCall) => ConversationService;

/**
 * The one path from an event to its consequences: load, decide, save under the ETag, perform effects.
 * @throws DependencyError, ContentionError (both retryable), StoredRowError
 */
export function createConversations(shared: ConversationServiceDependencies): Conversations {
  return (call) => {
    const deps = { ...shared, call };
    const handle: ConversationService['handle'] = async (conversationId, event, ifMatch) => {
      try {
        const settled = await decideAndSave(conversationId, event, deps, ifMatch);
        await performEffects(conversationId, settled, deps);
        return settled.handled;
      } catch (thrown) {
        if (!(thrown instanceof ErasedError)) throw thrown;
        // Prevents: it was listed, or its row written, while it was erased, and the customer's name stays in the list.
        await deps.workList.remove(conversationId);
        return { kind: 'refused', refusal: ERASED };
      }
    };
    return {
      handle,
      async receive(conversationId, event, ifMatch) {
        try {
          return await handle(conversationId, event, ifMatch);
        } catch (thrown) {
          if (!(thrown instanceof StoredRowError)) throw thrown;
          await deps.quarantine(conversationId, event, thrown, call);
          if (thrown instanceof RecordTooLargeError) return { kind: 'refused', refusal: TOO_LARGE };
          throw thrown;
        }
      },
    };
  };
}

/** As of a conversation that never was. */
const ERASED: Refusal = { code: 'conversation-not-found', detail: 'There is no such conversation.' };

const TOO_LARGE: Refusal = {
  code: 'conversation-too-large',
  detail: 'The conversation has no room for this. Repeating the request will not help.',
};

async function decideAndSave(
  conversationId: string,
  event: ConversationEvent,
  deps: Dependencies,
  ifMatch?: string,
): Promise<Settled> {
  let reservation: Reservation | undefined;
  const reserving = () => (reservation ??= new Reservation(conversationId, deps.capacity));
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const before = await deps.store.load(conversationId);
    if (ifMatch !== undefined && before !== undefined && !namesVersion(ifMatch, before.etag)) {
      await reservation?.giveBack(before.conversation);
      return decideOnStale(before.conversation, event, deps);
    }
    const decision = await decideWithAnswers(conversationId, before, event, reserving, deps);
    if (decision.kind !== 'changed') {
      await reservation?.giveBack(before?.conversation);
      return withoutChange(decision, before?.conversation);
    }

    const { outcome, effects, conversation } = decision;
    // Prevents: created, then the process dies, nobody repeats the event, and no timer and no row leads to the
    // conversation. A row without a conversation does no harm and is removed by reconciliation.
    if (before === undefined) await writeRow(deps.workList, conversationId, conversation);
    const saved = await deps.store.save({ before, after: conversation, entries: decision.entries });
    if (saved === 'saved') return { handled: { kind: 'accepted', outcome, conversation }, effects };
    // Prevents: two writers decide on the same version and the slower one overwrites the faster. It decides again
    // on what is stored now, and asks for the presence again, for that may be what has changed.
    await collisionPause(attempt);
  }
  throw new ContentionError(ATTEMPTS);
}

/**
 * The conversation is not the version that the caller has seen, so nothing may change. But it may be this very event that
 * has changed it. Prevents: saved, then the answer or a push was lost, and the repetition is refused for its own change
 * while nobody has been told (RFC 9110, 13.1.1: what has been done already may be answered as done).
 */
async function decideOnStale(
  conversation: Conversation,
  event: ConversationEvent,
  { settings, now, call }: Dependencies,
): Promise<Settled> {
  const { policies, messages } = await settings.current(call);
  const decision = decide(conversation, event, { now: now(), policies, messages });
  if (decision.kind === 'unchanged' || (decision.kind === 'refused' && decision.effects.length > 0)) {
    return withoutChange(decision, conversation);
  }
  return { handled: { kind: 'refused', refusal: CHANGED_MEANWHILE }, effects: [] };
}

function withoutChange(
  decision: Exclude<Decided, { kind: 'changed' }>,
  conversation: Conversation | undefined,
): Settled {
  const { effects } = decision;
  if (decision.kind === 'refused') {
    return { handled: { kind: 'refused', refusal: decision.refusal }, effects };
  }
  if (conversation === undefined) throw new Error('an unchanged conversation must exist');
  return { handled: { kind: 'accepted', outcome: decision.outcome, conversation }, effects };
}

const CHANGED_MEANWHILE: Refusal = {
  code: 'precondition-failed',
  detail: 'The conversation has changed since the version that If-Match names.',
};

async function decideWithAnswers(
  conversationId: string,
  before: StoredConversation | undefined,
  event: ConversationEvent,
  reserving: () => Reservation,
  deps: Dependencies,
): Promise<Decided> {
  const { policies, messages } = await deps.settings.current(deps.call);
  const { participants } = deps;
  let answers: Answers = {};
  for (let asked = 0; asked <= MOST_QUESTIONS; asked += 1) {
    // Asked after the answers: the storage and the service have just worked, or it is not asked at all.
    const isDeadline = event.type === 'deadline-reached';
    const clockError = deps.clock?.error ?? 0;
    const isClockWrong = Math.abs(clockError) > CLOCK_TOLERANCE;
    // Prevents: a machine whose clock runs ahead ends everybody who is away, long before their time.
    if (isClockWrong && isDeadline) throw new ClockError(clockError);
    // Prevents: a machine whose clock is behind begins a wait that is as good as over by the clocks of the others.
    const now = deps.now() - (isClockWrong ? clockError : 0);
    const working = isDeadline && deps.workingSince ? { workingSince: deps.workingSince() } : {};
    const context = { now, policies, messages, ...working };
    const decision = decide(before?.conversation, event, context, answers);
    switch (decision.kind) {
      case 'presence-needed':
        answers = {
          ...answers,
          presence: await participants
            .presenceOf(conversationId)
            .catch(unlessOptional(decision, { alive: false } as const)),
        };
        break;
      case 'agent-presence-needed':
        answers = {
          ...answers,
          agentPresent: await participants
            .isAgentPresent(decision.agentId)
            .catch(unlessOptional(decision, false)),
        };
        break;
      case 'message-needed':
        answers = { ...answers, stored: (await deps.store.findMessage(conversationId, decision)) ?? 0 };
        break;
      case 'capacity-needed':
        answers = { ...answers, capacity: await reserving().take(decision, before?.conversation) };
        break;
      default:
        return decision;
    }
  }
  throw new Error('a decision asks each question once');
}

/** What stands for an answer that the service has not given, where the decision can do without. @throws the failure */
const unlessOptional =
  <T>({ optional }: { readonly optional?: true }, instead: T) =>
  (failure: unknown): T => {
    if (optional && failure instanceof DependencyError) return instead;
    throw failure;
  };

/**
 * The log line of a conversation that ended because its customer was away: how long after the deadline, in milliseconds.
 * What is logged is what is stored, so a repetition logs the same line again; readers count each conversation once.
 */
export function logEnd(handled: Handled, logger: Logger): void {
  if (handled.kind === 'refused' || handled.outcome.type !== 'expired') return;
  const { id: conversationId, lastDisconnection } = handled.conversation;
  if (lastDisconnection === undefined) return;
  const { number, deadline, endedAt } = lastDisconnection;
  logger.info('deadline: reached', {
    conversationId,
    kind: 'disconnection',
    number,
    latenessMs: endedAt - deadline,
  });
}

type Handling = Pick<ConversationService, 'handle'>;

/** The service for whoever ends conversations in place of their timers: the ends that come last are the latest. */
export const loggingEnds = (service: Handling, logger: Logger): Handling => ({
  async handle(conversationId, event) {
    const handled = await service.handle(conversationId, event);
    logEnd(handled, logger);
    return handled;
  },
});
