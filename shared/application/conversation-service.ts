import type { Conversation } from '../domain/conversation';
import type { Decision, Effect, Outcome, Refusal } from '../domain/decision';
import { decide } from '../domain/decide';
import type { ConversationEvent } from '../domain/events';
import type { Instant, Milliseconds } from '../domain/time';
import { workListItem } from '../domain/work-list';
import { ContentionError } from '../errors';
import { performEffects, type EffectDependencies } from './perform-effects';
import type { ConversationStore, StoredConversation } from './ports/conversation-store';
import type { Participants } from './ports/participants';

export interface ConversationServiceDependencies extends EffectDependencies {
  readonly store: ConversationStore;
  readonly participants: Participants;
  readonly now: () => Instant;
  readonly gracePeriod: Milliseconds;
}

/** What became of an event, and the conversation as it is now stored. */
export type Handled =
  | { readonly kind: 'accepted'; readonly outcome: Outcome; readonly conversation: Conversation }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

export interface ConversationService {
  /** Decides, saves and performs the effects. Repeat the same event after any retryable failure. */
  handle(conversationId: string, event: ConversationEvent): Promise<Handled>;
  /** Decides and saves, but leaves the effects to a later `handle` of the same event. */
  settle(conversationId: string, event: ConversationEvent): Promise<Handled>;
}

/** Enough for every tab of a customer and an agent to act in the same moment. */
const ATTEMPTS = 24;

/**
 * The one path from an event to its consequences: load, decide, save under the ETag, perform effects.
 * @throws DependencyError, ContentionError (both retryable), StoredRowError
 */
export function createConversationService(deps: ConversationServiceDependencies): ConversationService {
  return {
    async handle(conversationId, event) {
      const { handled, effects } = await decideAndSave(conversationId, event, deps);
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
): Promise<{ handled: Handled; effects: readonly Effect[] }> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const before = await deps.store.load(conversationId);
    const decision = await decideWithPresence(before, conversationId, event, deps);
    if (decision.kind === 'refused') {
      return { handled: { kind: 'refused', refusal: decision.refusal }, effects: decision.effects };
    }
    const { outcome, effects } = decision;
    const conversation = decision.kind === 'changed' ? decision.conversation : before?.conversation;
    if (conversation === undefined) throw new Error('an unchanged conversation must exist');
    if (decision.kind === 'unchanged')
      return { handled: { kind: 'accepted', outcome, conversation }, effects };

    if (before === undefined) await list(conversation, deps);
    const saved = await deps.store.save({ before, after: conversation, entries: decision.entries });
    if (saved === 'saved') return { handled: { kind: 'accepted', outcome, conversation }, effects };
    // Prevents: two writers decide on the same version and the slower one overwrites the faster. It decides again
    // on what is stored now, and asks for the presence again, for that may be what has changed.
    await pause(attempt);
  }
  throw new ContentionError(ATTEMPTS);
}

async function decideWithPresence(
  before: StoredConversation | undefined,
  conversationId: string,
  event: ConversationEvent,
  deps: ConversationServiceDependencies,
): Promise<Exclude<Decision, { kind: 'presence-needed' }>> {
  const context = () => ({ now: deps.now(), gracePeriod: deps.gracePeriod });
  const first = decide(before?.conversation, event, context());
  if (first.kind !== 'presence-needed') return first;
  const presence = await deps.participants.presenceOf(conversationId);
  const second = decide(before?.conversation, { ...event, presence } as ConversationEvent, context());
  if (second.kind === 'presence-needed') throw new Error('a decision asks for the presence once');
  return second;
}

/**
 * Prevents: created, then the process dies, nobody repeats the event, and no timer and no row leads to the
 * conversation. A row without a conversation does no harm and is removed by reconciliation.
 */
async function list(created: Conversation, { workList }: ConversationServiceDependencies): Promise<void> {
  const item = workListItem(created);
  if (item !== undefined) await workList.put(item);
}

/** A short, random wait, so that writers that collided do not collide again in step. */
const pause = (attempt: number) =>
  new Promise((resolve) => setTimeout(resolve, Math.random() * Math.min(10 * attempt, 100)));
