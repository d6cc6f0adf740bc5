import type { Logger } from '../logging';
import type { ConversationService, Handled } from './conversation-service';

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
