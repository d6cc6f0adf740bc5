import { collisionPause } from '../collision-pause';
import type { Conversation } from '../domain/conversation';
import {
  isQuestion,
  type Decided,
  type Effect,
  type Outcome,
  type Question,
  type Refusal,
} from '../domain/decision';
import { decide } from '../domain/decide';
import type { ConversationEvent } from '../domain/events';
import type { Instant } from '../domain/time';
import { workListItem } from '../domain/work-list';
import { ContentionError } from '../errors';
import { performEffects, type EffectDependencies } from './perform-effects';
import type { ConversationStore, StoredConversation } from './ports/conversation-store';
import type { Participants } from './ports/participants';
import type { SettingsSource } from './ports/settings';
import { Reservation } from './reservation';

export interface ConversationServiceDependencies extends EffectDependencies {
  readonly store: ConversationStore;
  readonly participants: Participants;
  readonly settings: SettingsSource;
  readonly now: () => Instant;
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
  /** Decides and saves, but leaves the effects to a later `handle` of the same event. */
  settle(conversationId: string, event: ConversationEvent): Promise<Handled>;
}

/** Enough for every tab of a customer and an agent to act in the same moment. */
const ATTEMPTS = 24;
/** Each question is asked once; a decision that asks on would ask for ever. */
const MOST_QUESTIONS = 3;

/**
 * The one path from an event to its consequences: load, decide, save under the ETag, perform effects.
 * @throws DependencyError, ContentionError (both retryable), StoredRowError
 */
export function createConversationService(deps: ConversationServiceDependencies): ConversationService {
  return {
    async handle(conversationId, event, ifMatch) {
      const { handled, effects } = await decideAndSave(conversationId, event, deps, ifMatch);
      await performEffects(conversationId, effects, deps);
      return handled;
    },
    async settle(conversationId, event) {
      return (await decideAndSave(conversationId, event, deps)).handled;
    },
  };
}

async function decideAndSave(
  conversationId: string,
  event: ConversationEvent,
  deps: ConversationServiceDependencies,
  ifMatch?: string,
): Promise<Settled> {
  const reservation = new Reservation(conversationId, deps.capacity);
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const before = await deps.store.load(conversationId);
    if (ifMatch !== undefined && before !== undefined && before.etag !== ifMatch) {
      await reservation.giveBack(before.conversation);
      return decideOnStale(before.conversation, event, deps);
    }
    const decision = await decideWithAnswers(before, event, reservation, deps);
    if (decision.kind !== 'changed') {
      await reservation.giveBack(before?.conversation);
      return withoutChange(decision, before?.conversation);
    }

    const { outcome, effects, conversation } = decision;
    if (before === undefined) await list(conversation, deps);
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
  { settings, now }: ConversationServiceDependencies,
): Promise<Settled> {
  const { policies, messages } = await settings.current();
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
  before: StoredConversation | undefined,
  event: ConversationEvent,
  reservation: Reservation,
  deps: ConversationServiceDependencies,
): Promise<Decided> {
  const { policies, messages } = await deps.settings.current();
  let answered = event;
  for (let asked = 0; asked <= MOST_QUESTIONS; asked += 1) {
    const decision = decide(before?.conversation, answered, { now: deps.now(), policies, messages });
    if (!isQuestion(decision)) return decision;
    answered = { ...answered, ...(await answer(decision, before, reservation, deps)) };
  }
  throw new Error('a decision asks each question once');
}

async function answer(
  question: Question,
  before: StoredConversation | undefined,
  reservation: Reservation,
  { participants }: ConversationServiceDependencies,
): Promise<object> {
  switch (question.kind) {
    case 'presence-needed':
      return { presence: await participants.presenceOf(reservation.conversationId) };
    case 'agent-presence-needed':
      return { agentPresent: await participants.isAgentPresent(question.agentId) };
    case 'capacity-needed':
      return { capacity: await reservation.take(question, before?.conversation) };
  }
}

/**
 * Prevents: created, then the process dies, nobody repeats the event, and no timer and no row leads to the
 * conversation. A row without a conversation does no harm and is removed by reconciliation.
 */
async function list(created: Conversation, { workList }: ConversationServiceDependencies): Promise<void> {
  const item = workListItem(created);
  if (item !== undefined) await workList.put(item);
}
