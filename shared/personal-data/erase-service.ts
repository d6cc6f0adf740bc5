import { collisionPause } from '../app/collision-pause';
import type { DurableCall } from '../app/call';
import { AppError, ContentionError, ownError } from '../app/errors';
import type { LoggerOf } from '../app/log';
import { DEADLINE_KINDS } from '../conversation/conversation';
import type { Conversations } from '../conversation/conversation-service';
import type { CustomerIndex, DeadlineId, Participants, TimerTraces } from '../conversation/ports';
import { type Instant, type Milliseconds, SECOND } from '../conversation/time';
import type { WorkList } from '../conversation/work-list';
import {
  type Erasure,
  type ErasureCause,
  type Erasures,
  type Forget,
  type Found,
  SETTLING_TIME,
  TOMBSTONE_TIME,
} from './erasure';

export interface EraseDependencies {
  readonly erasures: Erasures;
  readonly conversations: Conversations;
  readonly customers: CustomerIndex;
  readonly workList: Pick<WorkList, 'remove'>;
  readonly participants: Pick<Participants, 'closeCustomerConnections'>;
  readonly timerTraces: (call: DurableCall) => TimerTraces;
  /** Other tables that have rows of conversations. */
  readonly forget: readonly Forget[];
  readonly now: () => Instant;
  readonly loggerOf: LoggerOf;
}

/** What became of an erasure. */
export type Erased =
  | {
      /** `under-way`: nobody can read or open it any more; what is left is removed within minutes. */
      readonly status: 'erased' | 'under-way';
      readonly conversationId: string;
      readonly erasedAt: Instant;
      /** Whether anything was stored. */
      readonly found: boolean;
    }
  /** It is not closed, and nobody has asked for its erasure. */
  | { readonly status: 'goes-on'; readonly conversationId: string };

export interface CustomerErased {
  /** By this call. */
  readonly erased: readonly { readonly conversationId: string; readonly erasedAt: Instant }[];
  readonly remaining: readonly string[];
  /** Rows are stored under a key that the settings do not have: the customer's may be among them. */
  readonly isIncomplete: boolean;
}

export interface Eraser {
  /**
   * Erases everything that is stored of a conversation. Twice is once, and what was begun can be repeated, or is
   * finished by `finishErasures`. One that goes on is ended first if somebody has asked (`request`), and left alone if only its age
   * has (`retention`).
   * @throws DependencyError, ContentionError (both retryable)
   */
  eraseConversation(conversationId: string, because: ErasureCause): Promise<Erased>;
  /**
   * The same for every conversation that the site's customer has had, in as many calls as it takes: until none remains. One
   * that begins meanwhile is erased as well, or remains.
   * @throws DependencyError when the customer's conversations cannot be read
   */
  eraseCustomer(customerId: string): Promise<CustomerErased>;
  /** Finishes what was begun, and removes the tombstones that nothing needs any more. Never throws for a single one. */
  finishErasures(): Promise<void>;
}

/** Every event of a lively conversation may come first. */
const ATTEMPTS = 24;
const AT_ONCE = 8;
/** Of each kind, that age alone has to remove. */
const RECENT_TIMERS = 50;
/** Of one run; what is beyond them is left to the next. */
const MOST_UNFINISHED = 500;
const MOST_TOMBSTONES = 1_000;
const TIME_LIMIT: Milliseconds = 60 * SECOND;
/** Whoever has asked waits; what is not done by then is asked for again. */
const ANSWER_TIME: Milliseconds = 20 * SECOND;

/**
 * The order is what makes a crash harmless: first the row that leads to the erasure, then the tombstone in place of the
 * record, from which on nothing can be added, then everything else, and the row again at last.
 */
export const createEraser =
  (deps: EraseDependencies) =>
  (call: DurableCall): Eraser => {
    const { erasures, customers, now } = deps;
    const logger = deps.loggerOf(call);

    const eraseConversation: Eraser['eraseConversation'] = async (conversationId, because) => {
      const fresh = { conversationId, because, begunAt: now(), timers: {}, holds: [] };
      let erasure: Erasure = fresh;
      let cannotEnd = false;
      for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
        const found = await erasures.find(conversationId);
        const isOpen = found.kind === 'record' && found.state !== 'Closed';
        if (isOpen && because === 'retention') return { status: 'goes-on', conversationId };
        if (found.kind === 'record') erasure = { ...fresh, ...found.rest };
        // Prevents: two erase it at once, and the later one forgets what the earlier one has read off the record.
        else erasure = (await erasures.begun(conversationId)) ?? erasure;
        await erasures.begin(erasure);
        if (isOpen && !cannotEnd) {
          cannotEnd = !(await endConversation(conversationId, found, call, deps));
          continue;
        }
        if (found.kind === 'tombstone') return finish(erasure, found.erasedAt, false);
        const erasedAt = now();
        const etag = found.kind === 'record' ? found.etag : undefined;
        if ((await erasures.bury(conversationId, erasedAt, etag)) === 'buried') {
          return finish(erasure, erasedAt, found.kind === 'record');
        }
        await collisionPause(attempt);
      }
      throw new ContentionError(ATTEMPTS);
    };

    const finish = async (erasure: Erasure, erasedAt: Instant, found: boolean): Promise<Erased> => {
      const { conversationId, because } = erasure;
      const { removed, isDone } = await removeAll(erasure, call, deps);
      const erased = { conversationId, erasedAt, found: found || removed > 0 };
      if (!isDone) return { status: 'under-way', ...erased };
      // Prevents: its customer's conversations count as erased while something of this one is left.
      await customers.forget(conversationId);
      await erasures.keepUntil(conversationId, erasedAt + TOMBSTONE_TIME);
      const removedAt = erasure.removedAt ?? now();
      // What is closed for long has no writers but a late return, which looks for the tombstone behind itself.
      const isSettled = because === 'retention' || now() - removedAt >= SETTLING_TIME;
      if (isSettled) await erasures.finish(conversationId);
      else await erasures.begin({ ...erasure, removedAt });
      logger.info('erasure: done', { conversationId, because });
      return { status: 'erased', ...erased };
    };

    const eraseCustomer: Eraser['eraseCustomer'] = async (customerId) => {
      const began = now();
      const erased = new Map<string, Instant>();
      const failed = new Set<string>();
      let remaining = await idsOf(customerId);
      const rest = () => remaining.filter((id) => !failed.has(id));
      // What begins meanwhile is found when they are read once more.
      while (rest().length > 0 && now() - began < ANSWER_TIME) {
        const results = rest()
          .slice(0, AT_ONCE)
          .map(async (id) => {
            try {
              const done = await eraseConversation(id, 'request');
              if (done.status === 'erased') erased.set(id, done.erasedAt);
              else failed.add(id);
            } catch (thrown) {
              failed.add(id);
              const detail = ownError(thrown).message;
              logger.error('erasure: not finished', { conversationId: id, detail });
            }
          });
        await Promise.all(results);
        remaining = await idsOf(customerId);
      }
      return {
        erased: [...erased].map(([conversationId, erasedAt]) => ({ conversationId, erasedAt })),
        remaining,
        isIncomplete: await customers.hasRowsUnderOtherKeys(),
      };
    };
    const idsOf = async (customerId: string) =>
      (await customers.everyConversationOf(customerId)).map(({ conversationId }) => conversationId);

    return {
      eraseConversation,
      eraseCustomer,

      async finishErasures() {
        const began = now();
        let failed = 0;
        const unfinished = await erasures.unfinished(MOST_UNFINISHED);
        // Prevents: those that always fail, each after a long time, come first in every run, and the others have no turn.
        const first = Math.floor(Math.random() * unfinished.length);
        const inTurn = [...unfinished.slice(first), ...unfinished.slice(0, first)];
        for (const { conversationId, because, removedAt } of inTurn) {
          if (now() - began > TIME_LIMIT) break;
          if (removedAt !== undefined && began - removedAt < SETTLING_TIME) continue;
          try {
            const { status } = await eraseConversation(conversationId, because);
            // Prevents: a timer that never ends keeps an erasure from its end, and nobody hears of it.
            if (status === 'under-way') {
              logger.warn('erasure: not finished', { conversationId, detail: 'a timer is still at work' });
            }
          } catch (thrown) {
            failed += 1;
            logger.error('erasure: not finished', { conversationId, detail: ownError(thrown).message });
          }
        }
        const tombstones = await erasures.removeTombstones(now(), MOST_TOMBSTONES);
        // What was negotiated so long ago, and has no record, cannot begin any more.
        const begun = await customers.begunBefore(now() - TOMBSTONE_TIME, MOST_UNFINISHED);
        for (const { conversationId, done } of begun) {
          const { kind } = await erasures.find(conversationId);
          if (kind !== 'record') await customers.forget(conversationId);
          await done();
        }
        if (unfinished.length + tombstones === 0) return;
        logger.info('erasures: done', { unfinished: unfinished.length, failed, tombstones });
      },
    };
  };

/**
 * Ends it as its customer would, and closes it as its agent would: whoever has it at the desk is told, and has the
 * capacity back. False: its record cannot be read, or is full, and nobody can be told.
 */
async function endConversation(
  conversationId: string,
  { state, agentId }: Extract<Found, { kind: 'record' }>,
  call: DurableCall,
  { conversations }: EraseDependencies,
): Promise<boolean> {
  const closing = state === 'WrapUp' && agentId !== undefined;
  try {
    const handled = await conversations(call).handle(
      conversationId,
      closing ? { type: 'agent-closed', agentId } : { type: 'customer-left' },
    );
    return handled.kind === 'accepted' && handled.conversation.state !== state;
  } catch (thrown) {
    if (thrown instanceof AppError && thrown.retryable) throw thrown;
    // Damaged, full, or nobody knows why: it is erased all the same, and nobody is told.
    return false;
  }
}

/** All of it is tried, whatever fails. @throws the first failure */
async function removeAll(
  erasure: Erasure,
  call: DurableCall,
  { erasures, workList, participants, timerTraces, forget }: EraseDependencies,
): Promise<{ readonly removed: number; readonly isDone: boolean }> {
  const { conversationId } = erasure;
  const [rows, timers, ...others] = await Promise.allSettled([
    erasures.removeRows(erasure),
    removeTimers(erasure, timerTraces(call)),
    participants.closeCustomerConnections(conversationId),
    workList.remove(conversationId),
    ...forget.map((one) => one(erasure)),
  ]);
  for (const result of [rows, timers, ...others]) if (result.status === 'rejected') throw reasonOf(result);
  const isDone = timers.status === 'fulfilled' && timers.value;
  return { removed: rows.status === 'fulfilled' ? rows.value : 0, isDone };
}

const reasonOf = ({ reason }: PromiseRejectedResult): AppError => ownError(reason);

/** Whether none is left. */
async function removeTimers(
  { conversationId, timers, because }: Erasure,
  traces: TimerTraces,
): Promise<boolean> {
  const ids = DEADLINE_KINDS.flatMap((kind) => {
    const last = timers[kind] ?? 0;
    // Prevents: whoever came and went ten thousand times takes the whole night; what has ended a week ago is gone by itself.
    const count = because === 'retention' ? Math.min(last, RECENT_TIMERS) : last;
    return Array.from({ length: count }, (_, index): DeadlineId => ({
      conversationId,
      kind,
      number: last - index,
    }));
  });
  let isDone = true;
  for (let i = 0; i < ids.length; i += AT_ONCE) {
    const removed = await Promise.all(ids.slice(i, i + AT_ONCE).map((id) => traces.remove(id)));
    if (removed.includes('running')) isDone = false;
  }
  return isDone;
}
