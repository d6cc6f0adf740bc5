import type { Effect } from '../domain/decision';
import { workListItem } from '../domain/work-list';
import type { DeadlineTimers } from './ports/deadline-timers';
import type { Participants } from './ports/participants';
import type { WorkList } from './ports/work-list';

export interface EffectDependencies {
  readonly workList: WorkList;
  readonly participants: Participants;
  readonly timers: DeadlineTimers;
}

/**
 * Performs the effects of a saved decision. One that fails does not keep the others from being tried; afterwards
 * the first failure is thrown, so that the caller's event is repeated and the decision yields them all again.
 */
export async function performEffects(
  conversationId: string,
  effects: readonly Effect[],
  deps: EffectDependencies,
): Promise<void> {
  const failures: unknown[] = [];
  // Prevents: the socket is closed before the push that says why has been sent.
  const isLast = (effect: Effect) => effect.type.startsWith('close-');
  for (const batch of [effects.filter((e) => !isLast(e)), effects.filter(isLast)]) {
    const results = await Promise.allSettled(batch.map((effect) => perform(conversationId, effect, deps)));
    for (const result of results) if (result.status === 'rejected') failures.push(result.reason);
  }
  if (failures.length > 0) throw failures[0];
}

function perform(conversationId: string, effect: Effect, deps: EffectDependencies): Promise<void> {
  switch (effect.type) {
    case 'update-work-list': {
      const item = workListItem(effect.conversation);
      return item === undefined ? deps.workList.remove(conversationId) : deps.workList.put(item);
    }
    case 'start-timer': {
      const { kind, number } = effect;
      return deps.timers.start({ conversationId, kind, number }, effect.deadline);
    }
    case 'cancel-timer': {
      const { kind, number } = effect;
      return deps.timers.cancel({ conversationId, kind, number }, effect.because);
    }
    case 'push':
      return deps.participants.push(conversationId, effect.audience, effect.push);
    case 'close-customer-connections':
      return deps.participants.closeCustomerConnections(conversationId);
    case 'close-connection':
      return deps.participants.closeConnection(effect.connectionId);
  }
}
