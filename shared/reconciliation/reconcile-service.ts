import { AppError, isOutage, ownError } from '../app/errors';
import { hasEnded } from '../conversation/conversation';
import {
  type ConversationService,
  type Handled,
  loadIfAny,
  loggingEnds,
} from '../conversation/conversation-service';
import type { ConversationStore } from '../conversation/ports';
import { type Instant, MINUTE, SECOND } from '../conversation/time';
import { sameItem, type WorkList, workListItem } from '../conversation/work-list';
import { type DeadLetters, isOfRecord, type StoredDeadLetter } from '../dead-letters/dead-letter';
import {
  eventOfFailing,
  fileFailure,
  type FilingDependencies,
  replay,
} from '../dead-letters/dead-letters-service';
import { actsOf, emptyReport, type ReconcileReport } from './report';
import { comparison, type Due, type Pace, startOf, survey } from './sweep';

/** The figure that counts an outcome; undefined where nothing was lost, or the row of the list is all there is to mend. */
function figureOf(handled: Handled): keyof ReconcileReport | undefined {
  if (handled.kind === 'refused') return undefined;
  switch (handled.outcome.type) {
    case 'expired':
      return 'expired';
    case 'customer-present':
    case 'agent-present':
      return 'healed';
    case 'disconnection-began':
    case 'agent-disconnection-began':
      return 'disconnectionsBegun';
    case 'requeued':
    case 'auto-closed':
    case 'capacity-released':
      return 'deadlinesMet';
    case 'closure-began':
      return 'closuresBegun';
    case 'position-told':
      return 'positionsTold';
    default:
      return undefined;
  }
}

type Handling = Pick<ConversationService, 'handle'>;

/**
 * The service for one run of reconciliation, which counts what it does: also what a replay does that fails later. Once,
 * because several letters may lead to the same deadline, whose outcome is the same each time.
 */
function countingOnce(service: Handling, report: ReconcileReport): Handling {
  const counted = new Set<string>();
  return {
    async handle(conversationId, event) {
      const handled = await service.handle(conversationId, event);
      const figure = figureOf(handled);
      if (figure === undefined) return handled;
      const key = JSON.stringify([conversationId, event]);
      if (!counted.has(key)) report[figure] += 1;
      counted.add(key);
      return handled;
    },
  };
}

export interface ReconcileDependencies extends FilingDependencies {
  readonly service: Pick<ConversationService, 'handle'>;
  readonly store: Pick<ConversationStore, 'load'>;
  readonly workList: WorkList;
  readonly deadLetters: DeadLetters;
  readonly pace: Pace;
}

/** Bounds of one run, which comes every minute. What is beyond them is left to the next. */
const TIME_LIMIT = 45 * SECOND;
/** Of that, what the list may take at most: what is overdue in the part that was read has to have its turn. */
const SURVEY_LIMIT = 20 * SECOND;
/** Enough for hundreds of overdue ones in a few seconds: all of them within 90 seconds of their deadline. */
const AT_ONCE = 16;
/** So many outages in a row (`isOutage`) mean that a service is down: no use asking it a thousand times. */
const FAILURES_IN_A_ROW = 24;
/** A younger row without a conversation may be one that is just being created. */
const GHOST_AGE = 5 * MINUTE;
/** A row is written within this time of its record, unless its writer has died. */
const ROW_DELAY = MINUTE;
const LETTERS_AT_ONCE = 500;
const MOST_LETTERS = 5_000;

/**
 * Makes up for what was lost: ends disconnections whose timer never fired, and compares records with the service's own
 * list in both directions. It only hands events to the one path that every event takes, so two runs at once, or a run
 * beside live events, are as safe as any repetition. One conversation that fails keeps no other from its turn: those with
 * an open dead letter are in quarantine, and come last; what fails for a reason of its own, others having been faster for
 * one, has another turn at the end, and gets its letter if that fails as well.
 */
export async function reconcile(dependencies: ReconcileDependencies): Promise<ReconcileReport> {
  const { service, workList, pace, logger, now } = dependencies;
  const began = now();
  const letters = await openLetters(dependencies);
  const inQuarantine = new Set(
    letters.filter(({ letter }) => isOfRecord(letter)).map(({ letter }) => letter.conversationId),
  );
  const comparedUntil = startOf(await workList.comparedUntil(), began, pace);
  const { overdue, comparable, placed, listed, away, ...read } = await survey(
    dependencies,
    began,
    comparedUntil,
    SURVEY_LIMIT,
  );
  if (!read.isWhole) logger.warn('reconcile: the list is too long to be read to its end', { listed });
  const report = { ...emptyReport(listed, letters.length), away };
  const turns: (() => Promise<boolean>)[] = [];
  const deps = {
    ...dependencies,
    service: loggingEnds(countingOnce(service, report), logger),
    later: (turn: () => Promise<boolean>) => turns.push(turn),
    repaired: new Set<string>(),
  };
  const toCheck = (some: readonly Due[]) =>
    some
      .filter(({ conversationId }) => !inQuarantine.has(conversationId))
      .map((one) => () => check(one, deps, report, began));
  const urgent = toCheck(overdue);
  const compared = comparable.filter(({ due }) => !inQuarantine.has(due.conversationId));
  turns.push(
    ...urgent,
    ...toCheck(compared.map(({ due }) => due)),
    // Nobody is ended late because many have new places.
    ...toCheck(placed),
    ...letters.map((one) => () => retry(one, deps, report)),
  );
  report.due = turns.length;
  let done = 0;
  let failuresInARow = 0;
  // A turn may add another one to the end.
  for (let i = 0; i < turns.length; i += AT_ONCE) {
    if (now() - began > TIME_LIMIT || failuresInARow >= FAILURES_IN_A_ROW) break;
    const results = await Promise.all(turns.slice(i, i + AT_ONCE).map((turn) => turn()));
    failuresInARow = results.includes(true) ? 0 : failuresInARow + results.length;
    done = i + results.length;
  }
  // Prevents: a run that ends before its time passes over those whose turn it was, and nobody compares them for a cycle.
  const count = Math.max(0, Math.min(compared.length, done - failuresInARow - urgent.length));
  const isUpToDate = read.isLast && count === compared.length;
  const lastAhead = read.isWhole ? (compared[count - 1]?.ahead ?? 0) : 0;
  const reached = isUpToDate ? began : comparedUntil + lastAhead;
  report.behindMs = began - reached;
  await workList.setComparedUntil(reached);
  const acted = actsOf(report);
  const isNews = acted + report.failed + report.unusable > 0;
  logger[isNews ? 'warn' : 'info']('reconcile: done', { acted, ...report });
  return report;
}

/** Without them, too, everybody has their turn: the record of what is broken must not stop what works. */
async function openLetters({ deadLetters, logger }: ReconcileDependencies): Promise<StoredDeadLetter[]> {
  const letters: StoredDeadLetter[] = [];
  let read = 0;
  let continuationToken: string | undefined;
  try {
    do {
      const token = continuationToken === undefined ? {} : { continuationToken };
      const page = await deadLetters.list({ state: 'open', limit: LETTERS_AT_ONCE, ...token });
      letters.push(...page.letters);
      for (const id of page.unreadable) {
        const damaged = await deadLetters.load(id);
        if (damaged !== undefined) letters.push(damaged);
      }
      read += page.letters.length + page.unreadable.length;
      continuationToken = page.continuationToken;
    } while (continuationToken !== undefined && read < MOST_LETTERS);
  } catch (thrown) {
    logger.error('reconcile: dead letters cannot be read', { detail: ownError(thrown).message });
  }
  // Prevents: more of them than one run can try, in the same order in every run, so that the last are never tried.
  return letters.sort((one, other) => one.letter.lastSeen - other.letter.lastSeen);
}

type TurnDependencies = ReconcileDependencies & {
  readonly later: (turn: () => Promise<boolean>) => void;
  /** Conversations whose rows this run has put right. */
  readonly repaired: Set<string>;
};

/** Whether the services that it needs are up. */
async function check(
  due: Due,
  deps: TurnDependencies,
  report: ReconcileReport,
  began: Instant,
  isLastTurn = false,
): Promise<boolean> {
  if (!isLastTurn) report.checked += 1;
  const { conversationId, event } = due;
  try {
    const handled = await deps.service.handle(conversationId, event);
    const isDone = figureOf(handled) !== undefined;
    if (!isDone && (await repairRow(due, handled, deps, began))) {
      // Two turns of one conversation find the same row.
      report.rowsRepaired += deps.repaired.has(conversationId) ? 0 : 1;
      deps.repaired.add(conversationId);
    }
    return true;
  } catch (thrown) {
    const mayPass = thrown instanceof AppError && thrown.retryable && !isOutage(thrown);
    if (!mayPass || isLastTurn) return failed(due, thrown, deps, report);
    deps.later(() => check(due, deps, report, began, true));
    return true;
  }
}

/** The turn of a conversation in quarantine. */
async function retry(
  stored: StoredDeadLetter,
  deps: ReconcileDependencies,
  report: ReconcileReport,
): Promise<boolean> {
  report.checked += 1;
  try {
    const handled = await replay(stored.letter, deps);
    if (isStillFull(stored, handled)) return true;
    if ((await deps.deadLetters.resolve(stored, deps.now())) === 'resolved') report.deadLettersResolved += 1;
    return true;
  } catch (thrown) {
    const { conversationId } = stored.letter;
    const whose = conversationId === undefined ? {} : { conversationId };
    return failed({ ...whose, event: eventOfFailing(stored.letter) }, thrown, deps, report);
  }
}

/**
 * What did not fit was an event that only its sender repeats, so its letter says nothing of what comes next. It stays
 * open, for operators to see, until the conversation has ended or an operator resolves it by a replay.
 */
const isStillFull = ({ letter }: StoredDeadLetter, handled: Handled | undefined): boolean =>
  letter.kind === 'record-too-large' && handled?.kind === 'accepted' && !hasEnded(handled.conversation);

/**
 * Whether the services are up all the same. Prevents: conversations that fail for ever look like a service that is down, and
 * end every run before the others.
 */
async function failed(
  { conversationId, event }: Partial<Pick<Due, 'conversationId'>> & Pick<Due, 'event'>,
  thrown: unknown,
  deps: ReconcileDependencies,
  report: ReconcileReport,
): Promise<boolean> {
  let reason = thrown;
  try {
    const failure = await fileFailure(conversationId, event, thrown, deps, { hasPersisted: true });
    if (failure?.filed === 'opened') report.deadLettersOpened += 1;
    if (failure !== undefined) {
      report.unusable += 1;
      return true;
    }
  } catch (notFiled) {
    reason = notFiled;
  }
  report.failed += 1;
  deps.logger.error('reconcile: a conversation failed', { conversationId, detail: ownError(reason).message });
  return !isOutage(reason);
}

/** Prevents: two writers wrote the row in the wrong order, and the list shows an old state for ever. */
async function repairRow(
  { conversationId, item, listedAt, event }: Due,
  handled: Handled,
  { service, store, workList }: ReconcileDependencies,
  began: Instant,
): Promise<boolean> {
  const known = handled.kind === 'accepted' ? workListItem(handled.conversation) : undefined;
  // Messages put a closure off without its row (`sameItem`): left alone, the row would be overdue in every run, and its
  // conversation would never be compared.
  const isPutOff = handled.kind === 'accepted' && handled.outcome.type === 'not-reached';
  if (item !== undefined && !isPutOff && sameItem(known, item)) return false;
  // Prevents: the row is all that leads to an end that was never told, and it is put right before it is told.
  if (item !== undefined && event.type !== 'presence-checked' && known?.state !== item.state) {
    await service.handle(conversationId, comparison(item));
  }
  // The list was read a while ago; what is written now must not be older than what a live event has written since.
  const stored = await loadIfAny(store, conversationId);
  if (stored === undefined && began - listedAt < GHOST_AGE) return false;
  await workList.settle(
    conversationId,
    async () => (await loadIfAny(store, conversationId))?.conversation,
    stored?.conversation,
  );
  if (isPutOff) return false;
  // A row so shortly behind its record is no loss: its writer comes after the save, and may still be at it.
  return stored === undefined || began - stored.savedAt > ROW_DELAY;
}
