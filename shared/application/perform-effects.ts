import type { Effect } from '../domain/decision';
import { workListItem } from '../domain/work-list';
import type { AgentCapacity } from './ports/agent-capacity';
import type { DeadlineTimers } from './ports/deadline-timers';
import type { Participants } from './ports/participants';
import type { WorkList } from './ports/work-list';
import { writeRow } from './write-row';

export interface EffectDependencies {
  readonly workList: WorkList;
  readonly participants: Participants;
  readonly timers: DeadlineTimers;
  readonly capacity: AgentCapacity;
}

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
export async function performEffects(
  conversationId: string,
  effects: readonly Effect[],
  deps: EffectDependencies,
): Promise<void> {
  for (const stage of STAGES) {
    const due = effects.filter(({ type }) => stage.includes(type));
    const results = await Promise.allSettled(due.map((effect) => perform(conversationId, effect, deps)));
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  }
}

function perform(conversationId: string, effect: Effect, deps: EffectDependencies): Promise<void> {
  switch (effect.type) {
    case 'update-work-list':
      return writeRow(deps.workList, conversationId, workListItem(effect.conversation));
    case 'start-timer': {
      const { kind, number } = effect;
      return deps.timers.start({ conversationId, kind, number }, effect.deadline);
    }
    case 'cancel-timer': {
      const { kind, number } = effect;
      return deps.timers.cancel({ conversationId, kind, number }, effect.because);
    }
    case 'release-capacity': {
      const { agentId, assignment } = effect;
      return deps.capacity.release({ agentId, conversationId, assignment });
    }
    case 'push':
      return deps.participants.push(conversationId, effect.audience, effect.push);
    case 'close-customer-connections':
      return deps.participants.closeCustomerConnections(conversationId);
    case 'close-connection':
      return deps.participants.closeConnection(effect.connectionId);
  }
}
