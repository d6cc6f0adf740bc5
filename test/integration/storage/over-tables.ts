import { createConversationService } from '../../../shared/conversation/conversation-service';
import { createTableConversationStore } from '../../../shared/conversation/conversation-table';
import type { Instant } from '../../../shared/conversation/time';
import { createTableWorkList } from '../../../shared/conversation/work-list-table';
import { createTableDeadLetters } from '../../../shared/dead-letters/dead-letters-table';
import type { MemoryWorld } from '../../support/memory-ports';
import type { Tables } from './tables';

/** The service over real tables; Web PubSub, the task hub and agents' capacity are ports over memory. */
export function overTables(
  tables: Tables,
  { participants, timers, capacity, settings }: MemoryWorld,
  now: () => Instant,
) {
  const store = createTableConversationStore(tables.conversations);
  const workList = createTableWorkList(tables.workList);
  return {
    store,
    workList,
    deadLetters: createTableDeadLetters(tables.deadLetters),
    now,
    service: createConversationService({ store, workList, participants, timers, capacity, settings, now }),
  };
}
