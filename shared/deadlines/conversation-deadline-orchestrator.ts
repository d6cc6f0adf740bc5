import { type OrchestrationContext, RetryOptions, type Task } from 'durable-functions';
import {
  ACTIVITIES,
  CANCELLING_EVENTS,
  type DeadlineInput,
  type DeadlineOutcome,
  type DeadlineResult,
} from './deadline-contract';

/** About four minutes of tries; after that the orchestrator rests and begins anew, so it never gives up. */
const RETRY = { firstIntervalMs: 5_000, attempts: 8, backoff: 2, maxIntervalMs: 60_000 };
/** Storage keeps a timer's message for 7 days at most. A later deadline is reached in stages, each a new generation. */
const LONGEST_TIMER_MS = 5 * 24 * 60 * 60_000;
/** The engine cuts a wait to whole seconds: of one second, nothing may be left. */
const SHORTEST_WAIT_MS = 2_000;
const REST_AFTER_FAILURE_MS = 5 * 60_000;
const NOTHING_TO_TELL: readonly string[] = ['superseded', 'not-found', 'dead-lettered'];

/** host.json's `defaultVersion` when the instance was started. Older instances keep the steps that their histories have. */
const isSince = (version: 2 | 3, { df }: OrchestrationContext): boolean =>
  Number.parseInt(df.version ?? '1', 10) >= version;

/**
 * Waits for one deadline of one conversation, or for an event that cancels it. It knows nothing about the
 * conversation: when the deadline comes, an activity decides on what is stored (invariant 6). One orchestrator
 * serves every kind of deadline.
 */
export function* conversationDeadline(
  context: OrchestrationContext,
): Generator<Task, DeadlineResult | undefined, unknown> {
  const input = context.df.getInput<DeadlineInput>();
  if (input === undefined) throw new Error('conversation-deadline needs an input');
  const { resting, soon: _soon, ...id } = input;
  // Set in the generation that rests: a status set just before continue-as-new is never seen.
  if (resting) context.df.setCustomStatus('resting-after-failure');

  const now = context.df.currentUtcDateTime.getTime();
  const latest = now + LONGEST_TIMER_MS;
  const deadline = waitedFor(input, now);
  const timer = context.df.createTimer(new Date(deadline < latest ? deadline : latest));
  const cancels = Object.values(CANCELLING_EVENTS).map((by) => ({
    by,
    task: context.df.waitForExternalEvent(by),
  }));
  const winner = yield context.df.Task.any([timer, ...cancels.map(({ task }) => task)]);
  const cancel = cancels.find(({ task }) => task === winner);
  if (cancel !== undefined) {
    timer.cancel();
    return { outcome: 'cancelled', by: cancel.by };
  }
  if (deadline > latest && isSince(3, context)) {
    context.df.continueAsNew(id);
    return undefined;
  }

  const retry = new RetryOptions(RETRY.firstIntervalMs, RETRY.attempts);
  retry.backoffCoefficient = RETRY.backoff;
  retry.maxRetryIntervalInMilliseconds = RETRY.maxIntervalMs;
  try {
    const reached = (yield context.df.callActivityWithRetry(
      ACTIVITIES.reachDeadline,
      retry,
      id,
    )) as DeadlineOutcome;
    if (reached.outcome === 'not-reached') {
      // The stored deadline is a later one; a new race uses new tasks, hence a new generation.
      const { deadline } = reached;
      const soonest = new Date(context.df.currentUtcDateTime.getTime() + SHORTEST_WAIT_MS).toISOString();
      context.df.continueAsNew({ ...id, deadline, ...(deadline < soonest && { soon: true }) });
      return undefined;
    }
    // Since version 3 the step above tells what it has saved.
    const isTold = isSince(3, context) || NOTHING_TO_TELL.includes(reached.outcome);
    if (isTold) return { outcome: reached.outcome };
    const told = (yield context.df.callActivityWithRetry(
      ACTIVITIES.tellParticipants,
      retry,
      id,
    )) as DeadlineOutcome;
    return { outcome: told.outcome === 'dead-lettered' ? told.outcome : reached.outcome };
  } catch {
    if (isSince(2, context)) yield* fileDeadLetter(context, id);
    // Storage or the service has been failing for minutes. End nothing, lose nothing: try again later.
    const restUntil = new Date(context.df.currentUtcDateTime.getTime() + REST_AFTER_FAILURE_MS);
    context.df.continueAsNew({ ...id, deadline: restUntil.toISOString(), resting: true });
    return undefined;
  }
}

/**
 * Until when this generation waits. Time never runs backwards in a history, so what the generation before has made of its own time
 * is bounded by that of this one. Prevents: the clock of the machine is set back, and the wait is longer by as much.
 */
function waitedFor({ deadline, resting, soon }: DeadlineInput, now: number): number {
  const at = new Date(deadline).getTime();
  const rested = now + REST_AFTER_FAILURE_MS;
  if (resting) return at < rested ? at : rested;
  // Never at once: the clock of the activity's host may be behind, and would be asked over and over.
  const soonest = now + SHORTEST_WAIT_MS;
  return soon && at < soonest ? soonest : at;
}

/** Operators hear of what has been failing for minutes. When not even that can be stored, the next round does it. */
function* fileDeadLetter(
  context: OrchestrationContext,
  id: Omit<DeadlineInput, 'resting' | 'soon'>,
): Generator<Task, void, unknown> {
  try {
    yield context.df.callActivity(ACTIVITIES.fileDeadLetter, id);
  } catch {
    return;
  }
}
