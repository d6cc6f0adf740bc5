import type { DurableCall } from '../../shared/app/call';
import {
  type ConversationService,
  type ConversationServiceDependencies,
  createConversations,
} from '../../shared/conversation/conversation-service';
import type { DeadlineTimers } from '../../shared/conversation/ports';
import type { DeadLetters } from '../../shared/dead-letters/dead-letter';
import { createQuarantine } from '../../shared/dead-letters/dead-letters-service';
import { silent } from './silent';

/** An invocation without the Functions host: who is given it logs nowhere, and starts no timers. */
export const CALL: DurableCall = { log: silent, durable: undefined as never };

interface Ports extends Omit<ConversationServiceDependencies, 'timers' | 'quarantine' | 'reconnectUrl'> {
  readonly reconnectUrl?: ConversationServiceDependencies['reconnectUrl'];
  readonly timers: DeadlineTimers;
  readonly deadLetters: Pick<DeadLetters, 'file'>;
}

/** The service as the composition makes it, over these ports. */
export function serviceOver({ timers, deadLetters, ...ports }: Ports): ConversationService {
  const reconnectUrl = async () => undefined;
  const quarantine = createQuarantine({ deadLetters, now: ports.now, loggerOf: () => silent });
  return createConversations({ reconnectUrl, ...ports, quarantine, timers: () => timers })(CALL);
}
