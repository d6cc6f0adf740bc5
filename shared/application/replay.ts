import { deadlinesOf, sameDeadline } from '../domain/deadlines';
import type { DeadLetter } from '../domain/dead-letter';
import type { Instant } from '../domain/time';
import { workListItem } from '../domain/work-list';
import type { ConversationService, Handled } from './conversation-service';
import type { ConversationStore } from './ports/conversation-store';
import type { WorkList } from './ports/work-list';
import { writeRow } from './write-row';

export interface ReplayDependencies {
  readonly service: Pick<ConversationService, 'handle'>;
  readonly store: Pick<ConversationStore, 'load'>;
  readonly workList: Pick<WorkList, 'put' | 'remove'>;
  readonly now: () => Instant;
}

/**
 * Takes the conversation of a dead letter down the one path again: the deadlines that have passed, then a comparison
 * with the service, which starts timers that are not running, then the row of the work list. All of it is repetition, so
 * twice is once. Throws what still fails; undefined: there is no such conversation.
 */
export async function replay(
  { conversationId, deadline }: Pick<DeadLetter, 'conversationId' | 'deadline'>,
  { service, store, workList, now }: ReplayDependencies,
): Promise<Handled | undefined> {
  const stored = await store.load(conversationId);
  if (stored === undefined) {
    await workList.remove(conversationId);
    return undefined;
  }
  const passed = deadlinesOf(stored.conversation).filter(({ at }) => at <= now());
  // A deadline that has been acted upon is on record no more; perhaps nobody was told.
  const isMissing =
    deadline !== undefined && !passed.some((one) => sameDeadline(one, { ...deadline, at: 0 }));
  for (const { kind, number } of isMissing ? [deadline, ...passed] : passed) {
    await service.handle(conversationId, { type: 'deadline-reached', kind, number });
  }
  const handled = await service.handle(conversationId, { type: 'presence-checked', endUntold: true });
  const item = handled.kind === 'accepted' ? workListItem(handled.conversation) : undefined;
  await writeRow(workList, conversationId, item);
  return handled;
}
