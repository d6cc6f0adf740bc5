import { createTableConversationStore } from '../../../shared/adapters/storage/table-conversation-store';
import { createTableDeadLetters } from '../../../shared/adapters/storage/table-dead-letters';
import { createTableWorkList } from '../../../shared/adapters/storage/table-work-list';
import { createConversationService } from '../../../shared/application/conversation-service';
import type { Instant } from '../../../shared/domain/time';
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
