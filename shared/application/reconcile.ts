import { MINUTE, SECOND, type Instant } from '../domain/time';
import { sameItem, workListItem } from '../domain/work-list';
import { toError } from '../errors';
import type { Logger } from '../logging';
import type { ConversationService, Handled } from './conversation-service';
import type { WorkList } from './ports/work-list';
import { survey, type Due, type Pace } from './survey';

export interface ReconcileDependencies {
  readonly service: Pick<ConversationService, 'handle'>;
  readonly workList: WorkList;
  readonly pace: Pace;
  readonly now: () => Instant;
  readonly logger: Logger;
}

/** What one run found and did. */
export interface ReconcileReport {
  /** Rows of the work list. */
  listed: number;
  /** Conversations that were loaded, and compared with the service where they go on. */
  checked: number;
  /** Acts: anything but zero means that an event, a timer or a write had been lost. */
  expired: number;
  healed: number;
  disconnectionsBegun: number;
  /** Other deadlines that had passed: conversations requeued, closed, capacity given back. */
  deadlinesMet: number;
  /** Places in the queue that were told. Not an act: nothing had been lost. */
  positionsTold: number;
  rowsRepaired: number;
  failed: number;
}

/** Bounds of one run, which comes every minute. What is beyond them is left to the next. */
const TIME_LIMIT = 45 * SECOND;
const AT_ONCE = 8;
/** So many failures in a row mean that a service is down: no use asking it a thousand times. */
const FAILURES_IN_A_ROW = 3 * AT_ONCE;
/** A younger row without a conversation may be one that is just being created. */
const GHOST_AGE = 5 * MINUTE;

/**
 * Makes up for what was lost: ends disconnections whose timer never fired, and compares records with the service's own
 * list in both directions. It only hands events to the one path that every event takes, so two runs at once, or a run
 * beside live events, are as safe as any repetition. One conversation that fails keeps no other from its turn.
 */
export async function reconcile(deps: ReconcileDependencies): Promise<ReconcileReport> {
  const began = deps.now();
  const { overdue, comparable, placed, listed } = await survey(deps, began, TIME_LIMIT);
  const report: ReconcileReport = {
    listed,
    checked: 0,
    expired: 0,
    healed: 0,
    disconnectionsBegun: 0,
    deadlinesMet: 0,
    positionsTold: 0,
    rowsRepaired: 0,
    failed: 0,
  };
  let failuresInARow = 0;
  const due = [...overdue, ...placed, ...comparable];
  for (let i = 0; i < due.length; i += AT_ONCE) {
    if (deps.now() - began > TIME_LIMIT || failuresInARow >= FAILURES_IN_A_ROW) break;
    const results = await Promise.all(
      due.slice(i, i + AT_ONCE).map((one) => check(one, deps, report, began)),
    );
    failuresInARow = results.includes(true) ? 0 : failuresInARow + results.length;
  }
  const { expired, healed, disconnectionsBegun, deadlinesMet, rowsRepaired, failed } = report;
  const acted = expired + healed + disconnectionsBegun + deadlinesMet + rowsRepaired + failed > 0;
  deps.logger[acted ? 'warn' : 'info']('reconcile: done', { ...report, due: due.length });
  return report;
}

const DEADLINES_MET: readonly string[] = ['requeued', 'auto-closed', 'capacity-released'];

/** Whether it went well. */
async function check(
  due: Due,
  { service, workList, logger }: ReconcileDependencies,
  report: ReconcileReport,
  began: Instant,
): Promise<boolean> {
  report.checked += 1;
  try {
    const handled = await service.handle(due.conversationId, due.event);
    const found = handled.kind === 'accepted' ? handled.outcome.type : 'not-found';
    if (found === 'expired') report.expired += 1;
    else if (found === 'customer-present' || found === 'agent-present') report.healed += 1;
    else if (found === 'disconnection-began' || found === 'agent-disconnection-began')
      report.disconnectionsBegun += 1;
    else if (found === 'position-told') report.positionsTold += 1;
    else if (DEADLINES_MET.includes(found)) report.deadlinesMet += 1;
    else if (await repairRow(due, handled, workList, began)) report.rowsRepaired += 1;
    return true;
  } catch (thrown) {
    report.failed += 1;
    const { conversationId } = due;
    logger.error('reconcile: a conversation failed', { conversationId, detail: toError(thrown).message });
    return false;
  }
}

/** Prevents: two writers wrote the row in the wrong order, and the list shows an old state for ever. */
async function repairRow(due: Due, handled: Handled, workList: WorkList, began: Instant): Promise<boolean> {
  const stored = handled.kind === 'accepted' ? workListItem(handled.conversation) : undefined;
  if (due.item !== undefined && sameItem(stored, due.item)) return false;
  if (handled.kind === 'refused' && due.item !== undefined && began - due.item.createdAt < GHOST_AGE)
    return false;
  await (stored === undefined ? workList.remove(due.conversationId) : workList.put(stored));
  return true;
}
