import type { ConversationEvent } from '../domain/events';
import { MINUTE, SECOND, type Instant } from '../domain/time';
import { sameItem, workListItem, type WorkListItem } from '../domain/work-list';
import { toError } from '../errors';
import type { Logger } from '../logging';
import type { ConversationService, Handled } from './conversation-service';
import type { WorkList } from './ports/work-list';

export interface ReconcileDependencies {
  readonly service: Pick<ConversationService, 'handle'>;
  readonly workList: WorkList;
  readonly now: () => Instant;
  readonly logger: Logger;
}

/** What one run found and did. Anything but `listed` and `checked` means that an event or a timer had been lost. */
export interface ReconcileReport {
  listed: number;
  checked: number;
  expired: number;
  healed: number;
  disconnectionsBegun: number;
  rowsRepaired: number;
  failed: number;
}

/** The timer of a disconnection may be this late before reconciliation acts in its place. */
const OVERDUE_AFTER = 30 * SECOND;
/** A conversation is compared with the service once in this many runs; what is overdue is handled in every run. */
const TURNS = 8;
const PAGE = 500;
/** Bounds of one run: what is beyond them is left to the next. */
const MOST_PAGES = 40;
const MOST_CHECKS = 1_000;
const AT_ONCE = 8;

/**
 * Makes up for what was lost: ends disconnections whose timer never fired, and compares the record with the service's
 * own list in both directions. It only hands events to the one path that every event takes, so two runs at once, or a
 * run beside live events, are as safe as any repetition. One conversation that fails keeps no other from its turn.
 */
export async function reconcile(deps: ReconcileDependencies): Promise<ReconcileReport> {
  const report: ReconcileReport = {
    listed: 0,
    checked: 0,
    expired: 0,
    healed: 0,
    disconnectionsBegun: 0,
    rowsRepaired: 0,
    failed: 0,
  };
  let continuationToken: string | undefined;
  for (let page = 0; page < MOST_PAGES && report.checked < MOST_CHECKS; page += 1) {
    const { items, continuationToken: next } = await deps.workList.list({
      limit: PAGE,
      ...(continuationToken !== undefined && { continuationToken }),
    });
    report.listed += items.length;
    const due = items.flatMap((item) => {
      const event = eventFor(item, deps.now());
      return event === undefined ? [] : [{ item, event }];
    });
    for (let i = 0; i < due.length; i += AT_ONCE) {
      await Promise.all(due.slice(i, i + AT_ONCE).map((one) => check(one.item, one.event, deps, report)));
    }
    continuationToken = next;
    if (continuationToken === undefined) break;
  }
  const acted = report.expired + report.healed + report.disconnectionsBegun + report.failed > 0;
  deps.logger[acted ? 'warn' : 'info']('reconcile: done', { ...report });
  return report;
}

/** The event that is due for a row, if any. */
function eventFor(item: WorkListItem, now: Instant): ConversationEvent | undefined {
  const { disconnection } = item;
  if (disconnection !== undefined && disconnection.deadline + OVERDUE_AFTER < now) {
    return { type: 'deadline-reached', kind: 'disconnection', number: disconnection.number };
  }
  const turn = Math.floor(now / MINUTE) % TURNS;
  return turnOf(item.conversationId) === turn ? { type: 'presence-checked' } : undefined;
}

/** Spreads conversations evenly over the turns. */
const turnOf = (conversationId: string): number =>
  [...conversationId].reduce((sum, character) => sum + character.charCodeAt(0), 0) % TURNS;

async function check(
  item: WorkListItem,
  event: ConversationEvent,
  { service, workList, logger }: ReconcileDependencies,
  report: ReconcileReport,
): Promise<void> {
  report.checked += 1;
  try {
    const handled = await service.handle(item.conversationId, event);
    const found = handled.kind === 'accepted' ? handled.outcome.type : 'not-found';
    if (found === 'expired') report.expired += 1;
    else if (found === 'customer-present') report.healed += 1;
    else if (found === 'disconnection-began') report.disconnectionsBegun += 1;
    else await repairRow(item, handled, workList, report);
  } catch (thrown) {
    report.failed += 1;
    const { conversationId } = item;
    logger.error('reconcile: a conversation failed', { conversationId, detail: toError(thrown).message });
  }
}

/** Prevents: two writers wrote the row in the wrong order, and the list shows an old state for ever. */
async function repairRow(item: WorkListItem, handled: Handled, workList: WorkList, report: ReconcileReport) {
  const stored = handled.kind === 'accepted' ? workListItem(handled.conversation) : undefined;
  if (sameItem(stored, item)) return;
  report.rowsRepaired += 1;
  await (stored === undefined ? workList.remove(item.conversationId) : workList.put(stored));
}
