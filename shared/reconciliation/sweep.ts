import type { ConversationEvent } from '../conversation/inputs';
import { type Instant, type Milliseconds, MINUTE } from '../conversation/time';
import { byWaiting, deadlinesIn, type WorkList, type WorkListItem } from '../conversation/work-list';

/** How patient reconciliation is, and how thorough. */
export interface Pace {
  /** The timer of a deadline may be this late before reconciliation acts in its place. */
  readonly overdueAfter: Milliseconds;
  /** Every conversation is compared with the service once in this many minutes; 1: in every run. */
  readonly compareEvery: number;
}

/** For each minute since the run before. What is beyond them is left to the next run. */
const MOST_COMPARISONS = 1_000;
const PAGE = 500;

/** Places of each queue that customers are told. */
const PLACES_TOLD = 10;
/** Told in one run, in all queues: anybody can name a queue of its own. Whoever has waited longest comes first. */
const MOST_PLACES = 500;

/** A conversation whose turn it is, and what to hand to it. */
export interface Due {
  readonly conversationId: string;
  /** What the list shows; absent when its row cannot be read. */
  readonly item?: WorkListItem;
  /** When the conversation began, or the row was written: neither is later than this. */
  readonly listedAt: Instant;
  readonly event: ConversationEvent;
}

/** A conversation to compare: so long after the moment up to which the others are. */
interface Comparison {
  readonly ahead: Milliseconds;
  readonly due: Due;
}

/**
 * Reads the list: everything that is overdue, and what is to be compared. A cycle is a round of the clock on which each
 * conversation has a moment of its own, drawn by its id. A run compares those whose moment has come since `comparedUntil`,
 * in this order, and all of them if that is a cycle ago: however rarely runs come, and wherever the one before was cut
 * short, nobody is passed over. In a cycle of a minute every run compares all.
 */
export async function survey(
  { workList, now, pace }: { readonly workList: WorkList; readonly now: () => Instant; readonly pace: Pace },
  began: Instant,
  comparedUntil: Instant,
  timeLimit: Milliseconds,
) {
  const { overdueAfter, compareEvery } = pace;
  const cycle = compareEvery * MINUTE;
  const behind = began - comparedUntil;
  const overdue: Due[] = [];
  const sample: Comparison[] = [];
  const queued: WorkListItem[] = [];
  let [listed, away] = [0, 0];
  let continuationToken: string | undefined;
  do {
    const token = continuationToken === undefined ? {} : { continuationToken };
    const page = await workList.list({ limit: PAGE, ...token });
    listed += page.items.length + page.unreadable.length;
    for (const item of page.items) {
      const { conversationId } = item;
      if (item.state === 'Open') queued.push(item);
      if (item.disconnection !== undefined) away += 1;
      const passed = deadlinesIn(item).filter(({ at }) => at + overdueAfter < began);
      for (const { kind, number } of passed) {
        overdue.push({ ...dueOf(item), event: { type: 'deadline-reached', kind, number } });
      }
      if (passed.length > 0) continue;
      const ahead = cycle - modulo(comparedUntil - drawOf(conversationId) * cycle, cycle);
      if (ahead <= behind || cycle <= MINUTE)
        sample.push({ ahead, due: { ...dueOf(item), event: comparison(item) } });
    }
    for (const { conversationId, writtenAt: listedAt } of page.unreadable) {
      overdue.push({ conversationId, listedAt, event: comparison() });
    }
    continuationToken = page.continuationToken;
  } while (continuationToken !== undefined && now() - began < timeLimit);
  const most = MOST_COMPARISONS * Math.max(1, Math.ceil(behind / MINUTE));
  const comparable = sample.sort((a, b) => a.ahead - b.ahead).slice(0, most);
  const isWhole = continuationToken === undefined;
  const isLast = isWhole && comparable.length === sample.length;
  return { overdue, comparable, placed: placesOf(queued), listed, away, isWhole, isLast };
}

/**
 * From where a run goes on: where the one before has left off, or a whole cycle back where nobody knows, or a clock that
 * was ahead has written a moment that is still to come.
 */
export function startOf(
  comparedUntil: Instant | undefined,
  began: Instant,
  { compareEvery }: Pick<Pace, 'compareEvery'>,
): Instant {
  const isKnown = comparedUntil !== undefined && comparedUntil <= began;
  return isKnown ? comparedUntil : began - compareEvery * MINUTE;
}

const modulo = (value: number, of: number): number => ((value % of) + of) % of;

/**
 * The first places of every queue, by the time of waiting; those whose customers know theirs need not hear of it.
 * Whoever is further back is told when it gets there. Prevents: customers who are away, for weeks in a persistent chat, hold
 * every place that is told, and have a turn in every run that tells them nothing.
 */
function placesOf(queued: readonly WorkListItem[]): Due[] {
  const byQueue = new Map<string, WorkListItem[]>();
  for (const item of queued) {
    if (item.disconnection !== undefined || item.away) continue;
    const items = byQueue.get(item.queue) ?? [];
    items.push(item);
    byQueue.set(item.queue, items);
  }
  return [...byQueue.values()]
    .flatMap((items) =>
      items
        .sort(byWaiting)
        .slice(0, PLACES_TOLD)
        .map((item, index) => ({ item, position: index + 1 })),
    )
    .filter(({ item, position }) => item.queuePosition !== position)
    .sort((one, other) => byWaiting(one.item, other.item))
    .slice(0, MOST_PLACES)
    .map(({ item, position }): Due => ({
      ...dueOf(item),
      event: { type: 'queue-position-known', position },
    }));
}

const dueOf = (item: WorkListItem): Omit<Due, 'event'> => ({
  ...{ conversationId: item.conversationId, item, listedAt: item.createdAt },
});

/**
 * The comparison of a conversation. Its row is written when an end has been told, so any other row than a wrap-up's asks,
 * and so does one that cannot be read.
 */
export const comparison = (item?: Pick<WorkListItem, 'state'>): ConversationEvent =>
  item?.state === 'WrapUp' ? { type: 'presence-checked' } : { type: 'presence-checked', endUntold: true };

/** A number from 0 to 1, the same for the same text (FNV-1a). */
function drawOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  // The last characters hardly reach the upper bits of FNV; one more round spreads them.
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b) >>> 0;
  return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32;
}
