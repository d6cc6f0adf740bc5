import { AppError, isOutage, ownError, RecordTooLargeError, StoredRowError } from '../app/errors';
import type { Logger, LoggerOf } from '../app/log';
import {
  type ConversationService,
  type Handled,
  loadIfAny,
  type Quarantine,
} from '../conversation/conversation-service';
import type { ConversationEvent } from '../conversation/inputs';
import type { ConversationStore } from '../conversation/ports';
import { type Instant, type Milliseconds, MINUTE } from '../conversation/time';
import { deadlinesOf, sameDeadline, type WorkList } from '../conversation/work-list';
import type { MaintenanceResult } from '../reconciliation/maintenance-service';
import { type DeadLetter, type DeadLetters, type Failing, isOfRecord } from './dead-letter';

/**
 * What is to be mended before the event can be handled; undefined where the same event may succeed later by itself,
 * because something else was down, or others were faster: but not for ever. An error that nobody has thought of fails the
 * same way until the code is mended.
 */
function failingOf(
  conversationId: string | undefined,
  event: ConversationEvent,
  thrown: unknown,
  hasPersisted: boolean,
): Failing | undefined {
  const whose = conversationId === undefined ? {} : { conversationId };
  if (thrown instanceof StoredRowError) {
    const kind = thrown instanceof RecordTooLargeError ? 'record-too-large' : 'unreadable-row';
    return { ...whose, kind, row: thrown.row, code: thrown.code };
  }
  if (thrown instanceof AppError && thrown.retryable && (isOutage(thrown) || !hasPersisted)) return undefined;
  const code = thrown instanceof AppError ? thrown.code : 'unexpected';
  if (event.type !== 'deadline-reached') return { ...whose, kind: 'check-failed', code };
  const { kind, number } = event;
  return { ...whose, kind: 'deadline-failed', deadline: { kind, number }, code };
}

/** The event that fails. */
export const eventOfFailing = ({ deadline }: Pick<Failing, 'deadline'>): ConversationEvent =>
  deadline ? { type: 'deadline-reached', ...deadline } : { type: 'presence-checked' };

export interface FilingDependencies {
  readonly deadLetters: Pick<DeadLetters, 'file'>;
  readonly now: () => Instant;
  readonly logger: Logger;
}

/** The caller is told of its own failure, whatever becomes of the letter; reconciliation files it as well. */
export const createQuarantine =
  ({ loggerOf, ...deps }: Omit<FilingDependencies, 'logger'> & { readonly loggerOf: LoggerOf }): Quarantine =>
  async (conversationId, event, thrown, call) => {
    const logger = loggerOf(call);
    try {
      await fileFailure(conversationId, event, thrown, { ...deps, logger });
    } catch (cause) {
      logger.error('dead-letter: not filed', { conversationId, detail: ownError(cause).message });
    }
  };

/** How long a process is content with having told of a damaged row: it may be read many times a second. */
const TOLD_FOR: Milliseconds = MINUTE;
const MOST_TOLD = 1_000;

/**
 * Files the dead letter of a row that cannot be read, for tables, which have no log: the next run of reconciliation writes
 * the line. Nobody fails because of it: what is not filed now is filed when the row is met again.
 */
export function createDamageReport({
  deadLetters,
  now,
}: Omit<FilingDependencies, 'logger'>): (damage: StoredRowError) => Promise<void> {
  const told = new Map<string, Instant>();
  return async ({ row, code }) => {
    const at = now();
    if (at - (told.get(row) ?? Number.NEGATIVE_INFINITY) < TOLD_FOR) return;
    if (told.size >= MOST_TOLD) told.clear();
    told.set(row, at);
    const conversationId = conversationOfRow(row);
    const whose = conversationId === undefined ? {} : { conversationId };
    await deadLetters.file({ ...whose, kind: 'unreadable-row', row, code, untold: true }, at).catch(() => {
      told.delete(row);
    });
  };
}

/** The conversation that the keys of a row name. */
const conversationOfRow = (row: string): string | undefined =>
  /^([^/]+)\/(?:conversation$|entry\.)/.exec(row)?.[1] ?? /\/holding\.([^.]+)\./.exec(row)?.[1];

/** A failure that has its letter; `opened`: the first of its kind since the last one was resolved. */
export interface FiledFailure extends Failing {
  readonly filed: 'opened' | 'counted';
}

/**
 * Files a failure that will not go away by itself and makes the first one heard in the log; undefined: it may go away.
 * @throws DependencyError, ContentionError when it could not be filed (both retryable)
 */
export async function fileFailure(
  conversationId: string | undefined,
  event: ConversationEvent,
  thrown: unknown,
  { deadLetters, now, logger }: FilingDependencies,
  /** It has failed before, and what may pass by itself has not. */
  { hasPersisted = false } = {},
): Promise<FiledFailure | undefined> {
  const failing = failingOf(conversationId, event, thrown, hasPersisted);
  if (failing === undefined) return undefined;
  const filed = await deadLetters.file(failing, now());
  if (filed === 'opened') {
    const { kind, row, code } = failing;
    const detail = ownError(thrown).message;
    logger.error('dead-letter: opened', { conversationId, kind, row, code, detail });
  }
  return { ...failing, filed };
}

export interface ReplayDependencies {
  readonly deadLetters: Pick<DeadLetters, 'checkRow'>;
  readonly service: Pick<ConversationService, 'handle'>;
  readonly store: Pick<ConversationStore, 'load'>;
  readonly workList: Pick<WorkList, 'remove' | 'settle'>;
  readonly now: () => Instant;
}

/**
 * Takes the conversation of a dead letter down the one path again: the deadlines that have passed, then a comparison
 * with the service, which starts timers that are not running, then the row of the work list. All of it is repetition, so
 * twice is once. Of any other row it reads the row. Throws what still fails; undefined: there is no such conversation, or
 * it is not concerned.
 */
export async function replay(
  letter: Pick<DeadLetter, 'conversationId' | 'kind' | 'deadline' | 'row'>,
  { service, store, workList, now, deadLetters }: ReplayDependencies,
): Promise<Handled | undefined> {
  const { conversationId, deadline, row = '' } = letter;
  if (conversationId === undefined || !isOfRecord(letter)) {
    await deadLetters.checkRow(row);
    return undefined;
  }
  const stored = await loadIfAny(store, conversationId);
  if (stored === undefined) {
    await workList.remove(conversationId);
    return undefined;
  }
  const passed = deadlinesOf(stored.conversation).filter(({ at }) => at <= now());
  // A deadline that has been acted upon is on record no more; perhaps nobody was told.
  const isMissing =
    deadline !== undefined && !passed.some((one) => sameDeadline(one, { ...deadline, at: 0 }));
  for (const { kind, number } of isMissing ? [deadline, ...passed] : passed) {
    await service.handle(conversationId, { type: 'deadline-reached', kind, number });
  }
  const handled = await service.handle(conversationId, { type: 'presence-checked', endUntold: true });
  await workList.settle(
    conversationId,
    async () => (await loadIfAny(store, conversationId))?.conversation,
    handled.kind === 'accepted' ? handled.conversation : undefined,
  );
  return handled;
}

/** How long a resolved dead letter stays readable for operators. Open ones stay for ever. */
const RETENTION: Milliseconds = 30 * 24 * 60 * MINUTE;
const PAGE = 500;

/** Removes dead letters that were resolved long ago: nothing else does. */
export async function purgeDeadLetters(
  deadLetters: Pick<DeadLetters, 'list' | 'remove'>,
  now: () => Instant,
  until: Instant,
): Promise<MaintenanceResult> {
  let removed = 0;
  let continuationToken: string | undefined;
  do {
    const token = continuationToken === undefined ? {} : { continuationToken };
    const page = await deadLetters.list({ state: 'resolved', limit: PAGE, ...token });
    const due = page.letters.filter(({ letter }) => (letter.resolvedAt ?? now()) <= now() - RETENTION);
    for (const [index, stored] of due.entries()) {
      if (now() >= until) return { removed, left: due.length - index, done: false };
      await deadLetters.remove(stored);
      removed += 1;
    }
    continuationToken = page.continuationToken;
  } while (continuationToken !== undefined && now() < until);
  return { removed, left: 0, done: continuationToken === undefined };
}
