import { createTableClosedConversations } from '../../../shared/closed-conversations/closed-conversations-table';
import {
  createTableConversationStore,
  createTableWorkList,
} from '../../../shared/conversation/conversation-table';
import type { Instant } from '../../../shared/conversation/time';
import { createTableDeadLetters } from '../../../shared/dead-letters/dead-letters-table';
import type { MemoryWorld } from '../../support/memory-ports';
import { serviceOver } from '../../support/service';
import type { Tables } from './tables';

/** The service over real tables; Web PubSub, the task hub and agents' capacity are ports over memory. */
export function overTables(
  tables: Tables,
  { participants, timers, capacity, settings }: MemoryWorld,
  now: () => Instant,
) {
  const store = createTableConversationStore(tables.conversations);
  const closedConversations = createTableClosedConversations(
    tables.closedConversations,
    tables.conversations,
  );
  const workList = createTableWorkList(tables.workList, closedConversations);
  const deadLetters = createTableDeadLetters(tables.deadLetters);
  const ports = { store, workList, deadLetters, participants, timers, capacity, settings, now };
  return { store, workList, closedConversations, deadLetters, now, service: serviceOver(ports) };
}
