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
  rowsRepaired: number;
  failed: number;
}

/** The timer of a disconnection may be this late before reconciliation acts in its place. */
const OVERDUE_AFTER = 30 * SECOND;
/** On average a conversation is compared with the service once in this many runs. */
const EVERY = 8;
/** Bounds of one run, which comes every minute. What is beyond them is left to the next. */
const TIME_LIMIT = 45 * SECOND;
const MOST_COMPARISONS = 1_000;
const PAGE = 500;
const AT_ONCE = 8;
/** So many failures in a row mean that a service is down: no use asking it a thousand times. */
const FAILURES_IN_A_ROW = 3 * AT_ONCE;
/** A younger row without a conversation may be one that is just being created. */
const GHOST_AGE = 5 * MINUTE;

interface Due {
  readonly conversationId: string;
  /** What the list shows; absent when its row cannot be read. */
  readonly item?: WorkListItem;
  readonly event: ConversationEvent;
}

/**
 * Makes up for what was lost: ends disconnections whose timer never fired, and compares records with the service's own
 * list in both directions. It only hands events to the one path that every event takes, so two runs at once, or a run
 * beside live events, are as safe as any repetition. One conversation that fails keeps no other from its turn.
 */
export async function reconcile(deps: ReconcileDependencies): Promise<ReconcileReport> {
  const began = deps.now();
  const { overdue, comparable, listed } = await survey(deps, began);
  const report: ReconcileReport = {
    listed,
    checked: 0,
    expired: 0,
    healed: 0,
    disconnectionsBegun: 0,
    rowsRepaired: 0,
    failed: 0,
  };
  let failuresInARow = 0;
  const due = [...overdue, ...comparable];
  for (let i = 0; i < due.length; i += AT_ONCE) {
    if (deps.now() - began > TIME_LIMIT || failuresInARow >= FAILURES_IN_A_ROW) break;
    const results = await Promise.all(
      due.slice(i, i + AT_ONCE).map((one) => check(one, deps, report, began)),
    );
    failuresInARow = results.includes(true) ? 0 : failuresInARow + results.length;
  }
  const { expired, healed, disconnectionsBegun, rowsRepaired, failed } = report;
  const acted = expired + healed + disconnectionsBegun + rowsRepaired + failed > 0;
  deps.logger[acted ? 'warn' : 'info']('reconcile: done', { ...report, due: due.length });
  return report;
}

/**
 * Reads the list: everything that is overdue, and a sample to compare. The sample is drawn anew in every minute, so
 * that nobody is left out for good, however long the list is and whichever minutes a run falls into.
 */
async function survey({ workList, now }: ReconcileDependencies, began: Instant) {
  const overdue: Due[] = [];
  const sample: { readonly draw: number; readonly due: Due }[] = [];
  let listed = 0;
  let continuationToken: string | undefined;
  do {
    const token = continuationToken === undefined ? {} : { continuationToken };
    const page = await workList.list({ limit: PAGE, ...token });
    listed += page.items.length + page.unreadable.length;
    for (const item of page.items) {
      const { conversationId, disconnection } = item;
      if (disconnection !== undefined && disconnection.deadline + OVERDUE_AFTER < began) {
        const { number } = disconnection;
        overdue.push({
          conversationId,
          item,
          event: { type: 'deadline-reached', kind: 'disconnection', number },
        });
        continue;
      }
      const draw = drawOf(`${conversationId} ${Math.floor(began / MINUTE)}`);
      if (draw < 1 / EVERY) sample.push({ draw, due: { conversationId, item, event: comparison(item) } });
    }
    for (const conversationId of page.unreadable) {
      overdue.push({ conversationId, event: { type: 'presence-checked' } });
    }
    continuationToken = page.continuationToken;
  } while (continuationToken !== undefined && now() - began < TIME_LIMIT);
  const comparable = sample.sort((a, b) => a.draw - b.draw).slice(0, MOST_COMPARISONS);
  return { overdue, comparable: comparable.map(({ due }) => due), listed };
}

const comparison = ({ state }: WorkListItem): ConversationEvent =>
  state === 'WrapUp' ? { type: 'presence-checked' } : { type: 'presence-checked', endUntold: true };

/** A number from 0 to 1, the same for the same text (FNV-1a). */
function drawOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  // The last characters hardly reach the upper bits of FNV; one more round spreads them.
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b) >>> 0;
  return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32;
}

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
    else if (found === 'customer-present') report.healed += 1;
    else if (found === 'disconnection-began') report.disconnectionsBegun += 1;
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
