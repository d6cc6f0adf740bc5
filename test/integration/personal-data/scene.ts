import { RestError } from '@azure/data-tables';
import { ownAccount } from '../../../local/stack/shared-azurite';
import { createTableCustomerIndex } from '../../../shared/access/customers-table';
import { createTableAgentCapacity } from '../../../shared/capacity/capacity-table';
import { forgetClosed } from '../../../shared/closed-conversations/closed-conversations-service';
import { createTableClosedConversations } from '../../../shared/closed-conversations/closed-conversations-table';
import {
  createTableConversationStore,
  createTableWorkList,
} from '../../../shared/conversation/conversation-table';
import { timerInstanceId } from '../../../shared/conversation/conversation';
import type { TimerTraces } from '../../../shared/conversation/ports';
import { createTableDeadLetters } from '../../../shared/dead-letters/dead-letters-table';
import { createEraser, type EraseDependencies } from '../../../shared/personal-data/erase-service';
import { createTableErasures } from '../../../shared/personal-data/erasures-table';
import { createTableClients, type Policies } from '../../../shared/storage/table-clients';
import { MemoryWorld } from '../../support/memory-ports';
import { CALL, serviceOver } from '../../support/service';
import { silent } from '../../support/silent';

const KEY = 'a-key-of-the-index-of-customers-000000';

/** What happens to one request: it never arrives, or its answer is lost; what has only read is as if it had not arrived. */
export type Crash = 'before' | 'after';

const NAMES = [
  ...(['conversations', 'workList', 'agentCapacity', 'customers'] as const),
  ...(['deadLetters', 'erasures', 'closedConversations'] as const),
];
interface Row {
  readonly name: string;
  readonly text: string;
}
export const namesOf = (rows: readonly Row[], conversationId: string): string[] =>
  rows.filter(({ text }) => text.includes(conversationId)).map(({ name }) => name);

/** A storage of its own, whose client can be made to fail at its nth operation; sockets and timers over memory. */
export function scene() {
  const { connectionString } = ownAccount();
  let operations = 0;
  let crash: { readonly at: number; readonly how: Crash } | undefined;
  // Around the SDK's repetitions: what fails here has failed for good.
  const policies: Policies = [
    {
      position: 'perCall',
      policy: {
        name: 'crashes',
        async sendRequest(request, next) {
          if (crash?.how !== 'after' || request.method !== 'GET') operations += 1;
          else return next(request);
          const lost = new RestError('the process died', { code: 'ECONNRESET' });
          const isIt = crash?.at === operations;
          if (isIt && crash?.how === 'before') throw lost;
          const response = await next(request);
          if (isIt) throw lost;
          return response;
        },
      },
    },
  ];
  const tables = createTableClients({ connectionString }, {}, { policies });
  const world = new MemoryWorld();
  let now = Date.UTC(2026, 0, 31, 12);
  world.now = () => now;
  const clock = () => now;
  const store = createTableConversationStore(tables.conversations);
  const closedConversations = createTableClosedConversations(
    tables.closedConversations,
    tables.conversations,
  );
  const workList = createTableWorkList(tables.workList, closedConversations);
  const deadLetters = createTableDeadLetters(tables.deadLetters);
  const customers = createTableCustomerIndex(tables.customers, { keys: [KEY], now: clock });
  const capacity = createTableAgentCapacity(tables.agentCapacity, { defaultTotal: 100, now: clock });
  const { participants, timers, settings } = world;
  const service = serviceOver({
    store,
    workList,
    deadLetters,
    participants,
    timers,
    capacity,
    settings,
    now: clock,
  });
  /** Timers that run on for a while after they were told to end. */
  const stubborn = new Set<string>();
  const traces: TimerTraces = {
    async remove({ conversationId, kind, number }) {
      const instance = timerInstanceId(conversationId, kind, number);
      if (stubborn.delete(instance)) return 'running';
      world.timerList.delete(instance);
      return 'removed';
    },
  };
  const dependencies: EraseDependencies = {
    erasures: createTableErasures(tables),
    conversations: () => service,
    workList,
    participants,
    timerTraces: () => traces,
    customers,
    forget: [forgetClosed(closedConversations)],
    now: clock,
    loggerOf: () => silent,
  };

  const rows = async (): Promise<Row[]> => {
    const found: Row[] = [];
    for (const name of NAMES) {
      for await (const row of tables[name].listEntities())
        found.push({ name: `${name} ${row.partitionKey}/${row.rowKey}`, text: JSON.stringify(row) });
    }
    return found;
  };

  return {
    ...{
      tables,
      world,
      store,
      workList,
      closedConversations,
      deadLetters,
      capacity,
      customers,
      service,
      stubborn,
      dependencies,
    },
    eraser: createEraser(dependencies)(CALL),
    now: clock,
    pass: (time: number) => (now += time),
    /** The operation of that number, from now on, fails; 0: none does. */
    crashAt(at: number, how: Crash = 'before') {
      operations = 0;
      crash = at === 0 ? undefined : { at, how };
    },
    operations: () => operations,
    rows,
    /** Every row that names it, anywhere in its keys or columns: its table and keys. */
    rowsOf: async (conversationId: string) => namesOf(await rows(), conversationId),
  };
}
