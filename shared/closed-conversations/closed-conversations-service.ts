import type { Call } from '../app/call';
import { InvalidInputError, ownError } from '../app/errors';
import type { Logger, LoggerOf } from '../app/log';
import { type Instant, type Milliseconds, MINUTE } from '../conversation/time';
import type { PolicyTable } from '../policies/policy';
import type { Forget } from '../personal-data/erasure';
import type { Eraser } from '../personal-data/erase-service';
import type { MaintenanceResult } from '../reconciliation/maintenance-service';
import {
  type ClosedConversation,
  type ClosedConversations,
  type ClosedPage,
  type Day,
  type DayProgress,
  dayOf,
  erasureDue,
  retentionRules,
  shortestRetention,
} from './closed-conversation';

export interface RetentionDependencies {
  readonly closedConversations: ClosedConversations;
  /** What is stored now. Prevents: a document that nobody can read looks like none, and what it keeps is erased. @throws StoredRowError */
  readonly storedPolicies: () => Promise<PolicyTable>;
  readonly eraser: Pick<Eraser, 'eraseConversation'>;
  readonly now: () => Instant;
  readonly loggerOf: LoggerOf;
}

const PAGE = 500;
/** Each of them is some ten requests. */
const AT_ONCE = 8;
/** So many failures in a row mean that a service is down. */
const FAILURES_IN_A_ROW = 24;
/** So long a day counts as gone through: a row that came late, or was restored, is found after this time. */
const TRUSTED: Milliseconds = 7 * 24 * 60 * MINUTE;

/**
 * Erases the closed conversations that policy keeps no longer, by what policy says now: the latest days first, day by day,
 * until there is nothing left or the time is up. What is kept for longer is not read again in every run: the list remembers
 * of each day until when nothing of it is due, as long as the policies that decide it are the same.
 */
export async function eraseExpired(
  deps: RetentionDependencies,
  call: Call,
  until: Instant,
): Promise<MaintenanceResult> {
  const { closedConversations: list, now } = deps;
  const policies = await deps.storedPolicies();
  const shortest = shortestRetention(policies);
  const total = { removed: 0, left: 0 };
  if (shortest === 'never') return { ...total, done: true };
  const rules = retentionRules(policies);
  const known = await list.progress(rules);
  // Prevents: a day counts as gone through while its conversations are still being put on the list.
  const isWhole = (await list.olderProgress())?.done === true;
  let day = await list.latestDay(dayOf(now() - shortest));
  while (day !== undefined) {
    if (now() >= until) return { ...total, done: false };
    const before = known.get(day);
    const isDue = before?.continuationToken !== undefined || (before?.nothingDueUntil ?? 0) <= now();
    if (isDue) {
      const { progress, ...result } = await goThrough(day, before, policies, { ...deps, until, call });
      total.removed += result.removed;
      total.left += result.left;
      const saved = isWhole || progress?.continuationToken !== undefined ? progress : undefined;
      await list.saveProgress(day, rules, saved);
      if (!result.done) return { ...total, done: false };
    }
    // A day that is known needs no search.
    day = known.has(day - 1) ? day - 1 : await list.latestDay(day - 1);
  }
  return { ...total, done: true };
}

interface Part extends MaintenanceResult {
  readonly progress: DayProgress | undefined;
}

async function goThrough(
  day: Day,
  before: DayProgress | undefined,
  policies: PolicyTable,
  deps: RetentionDependencies & { readonly until: Instant; readonly call: Call },
): Promise<Part> {
  const { closedConversations: list, now, until } = deps;
  const logger = deps.loggerOf(deps.call);
  const isGoingOn = before?.continuationToken !== undefined;
  let token = before?.continuationToken;
  let nothingDueUntil = isGoingOn ? before.nothingDueUntil : now() + TRUSTED;
  let [removed, left, kept] = [0, 0, isGoingOn ? 1 : 0];
  do {
    const page = await pageAt(token, (from) => list.ofDay(day, PAGE, from));
    const due: ClosedConversation[] = [];
    const moment = now();
    for (const closed of page.items) {
      const at = erasureDue(closed, policies);
      if (at !== 'never' && at <= moment) due.push(closed);
      else kept += 1;
      if (at !== 'never' && at > moment) nothingDueUntil = Math.min(nothingDueUntil, at);
    }
    if (page.unreadable.length > 0) {
      logger.error('retention: rows cannot be read', { day, count: page.unreadable.length });
    }
    const result = await eraseAll(due, deps, logger);
    removed += result.removed;
    left += result.left + page.unreadable.length;
    if (left > 0) nothingDueUntil = now();
    if (!result.done) return { removed, left, done: false, progress: resumed(nothingDueUntil, token) };
    token = page.continuationToken;
    if (token !== undefined && now() >= until) {
      return { removed, left, done: false, progress: resumed(nothingDueUntil, token) };
    }
  } while (token !== undefined);
  return { removed, left, done: true, progress: kept + left > 0 ? { nothingDueUntil } : undefined };
}

/** Prevents: a place that is damaged, or that the storage knows no more, fails every night: it is begun anew. */
async function pageAt(
  token: string | undefined,
  read: (token?: string) => Promise<ClosedPage>,
): Promise<ClosedPage> {
  try {
    return await read(token);
  } catch (thrown) {
    if (token === undefined || !(thrown instanceof InvalidInputError)) throw thrown;
    return read();
  }
}

/** Where the next run goes on; without a token it begins the day anew. */
const resumed = (nothingDueUntil: Instant, continuationToken: string | undefined): DayProgress | undefined =>
  continuationToken === undefined ? undefined : { nothingDueUntil, continuationToken };

/** `done`: all had their turn. */
async function eraseAll(
  due: readonly ClosedConversation[],
  {
    closedConversations,
    eraser,
    now,
    until,
  }: RetentionDependencies & { readonly until: Instant; readonly call: Call },
  logger: Logger,
): Promise<MaintenanceResult> {
  let [removed, left, failedInARow] = [0, 0, 0];
  const one = async (closed: ClosedConversation): Promise<'removed' | 'goes-on' | 'failed'> => {
    const { conversationId } = closed;
    try {
      const { status } = await eraser.eraseConversation(conversationId, 'retention');
      if (status === 'goes-on') {
        // A record that is damaged, or was put back from a copy: somebody has to look at it.
        logger.warn('retention: the record does not say that it is closed', { conversationId });
        return 'goes-on';
      }
      await closedConversations.remove(closed);
      return 'removed';
    } catch (thrown) {
      const detail = ownError(thrown).message;
      logger.error('retention: a conversation was not erased', { conversationId, detail });
      return 'failed';
    }
  };
  for (let i = 0; i < due.length; i += AT_ONCE) {
    if (now() >= until || failedInARow >= FAILURES_IN_A_ROW) {
      return { removed, left: left + due.length - i, done: false };
    }
    const results = await Promise.all(due.slice(i, i + AT_ONCE).map(one));
    const successes = results.filter((result) => result === 'removed').length;
    removed += successes;
    left += results.length - successes;
    failedInARow = results.every((result) => result === 'failed') ? failedInARow + results.length : 0;
  }
  return { removed, left, done: true };
}

/**
 * Puts the conversations on the list that an older version has closed: goes through all records once, page by page, and
 * remembers where it ended. Once it is done, it costs one read.
 */
export async function listOlder(
  {
    closedConversations: list,
    now,
    loggerOf,
  }: Pick<RetentionDependencies, 'closedConversations' | 'now' | 'loggerOf'>,
  call: Call,
  until: Instant,
): Promise<MaintenanceResult> {
  let progress = (await list.olderProgress()) ?? { listed: 0, unreadable: 0, done: false };
  while (!progress.done) {
    if (now() >= until) return { removed: 0, left: 0, done: false };
    const page = await pageAt(progress.continuationToken, (from) => list.records(from));
    for (let i = 0; i < page.items.length; i += AT_ONCE) {
      await Promise.all(page.items.slice(i, i + AT_ONCE).map((closed) => list.put(closed)));
    }
    const { continuationToken } = page;
    progress = {
      listed: progress.listed + page.items.length,
      unreadable: progress.unreadable + page.unreadable.length,
      done: continuationToken === undefined,
      ...(continuationToken !== undefined && { continuationToken }),
    };
    await list.saveOlderProgress(progress);
    const { listed, unreadable, done } = progress;
    loggerOf(call).info('closed-conversations: older ones listed', { listed, unreadable, done });
  }
  return { removed: 0, left: 0, done: true };
}

/** Takes an erased conversation off the list. Of a record that did not say when it was closed, retention does it later. */
export const forgetClosed =
  (list: Pick<ClosedConversations, 'remove'>): Forget =>
  async ({ conversationId, closedAt, holds }) => {
    const moment = Date.parse(closedAt ?? '');
    if (Number.isNaN(moment)) return;
    // Prevents: a writer that was under way lists it for its agent when the row of the day is gone already.
    const agentIds = holds.map(({ agentId }) => agentId);
    await list.remove({ conversationId, closedAt: moment }, agentIds);
  };
