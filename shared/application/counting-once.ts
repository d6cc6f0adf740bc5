import type { ConversationService } from './conversation-service';
import { figureOf, type ReconcileReport } from './reconcile-report';

type Handling = Pick<ConversationService, 'handle'>;

/**
 * The service for one run of reconciliation, which counts what it does: also what a replay does that fails later. Once,
 * because several letters may lead to the same deadline, whose outcome is the same each time.
 */
export function countingOnce(service: Handling, report: ReconcileReport): Handling {
  const counted = new Set<string>();
  return {
    async handle(conversationId, event) {
      const handled = await service.handle(conversationId, event);
      const figure = figureOf(handled);
      if (figure === undefined) return handled;
      const key = JSON.stringify([conversationId, event]);
      if (!counted.has(key)) report[figure] += 1;
      counted.add(key);
      return handled;
    },
  };
}
