import type { ConversationService } from './conversation-service';
import { figureOf, type ReconcileReport } from './reconcile-report';

type Handling = Pick<ConversationService, 'handle'>;

/**
 * The service for the replays of one run: what they do counts as what is done for anybody else, also where the replay
 * fails later. Once, because several letters may lead to the same deadline, whose outcome is the same each time.
 */
export function countingOnce(service: Handling, report: ReconcileReport): Handling {
  const counted = new Set<string>();
  return {
    async handle(conversationId, event) {
      const handled = await service.handle(conversationId, event);
      const figure = figureOf(handled);
      const key = JSON.stringify([conversationId, event]);
      if (figure !== undefined && !counted.has(key)) {
        counted.add(key);
        report[figure] += 1;
      }
      return handled;
    },
  };
}
