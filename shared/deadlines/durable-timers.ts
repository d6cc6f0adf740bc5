import {
  type DurableClient,
  type DurableOrchestrationStatus,
  OrchestrationRuntimeStatus,
} from 'durable-functions';
import type { DurableCall } from '../app/call';
import { DependencyError, ownError, toError } from '../app/errors';
import { timerInstanceId } from '../conversation/conversation';
import type { DeadlineTimers, PurgePlace, TimerTraces } from '../conversation/ports';
import { type Instant, type Milliseconds, MINUTE, toIso } from '../conversation/time';
import { CANCELLING_EVENTS, type DeadlineInput, ORCHESTRATORS } from './deadline-contract';

/** How long the host may take for one call before it counts as failed; the library itself waits for ever. */
const CALL_TIMEOUT_MS = 5_000;

/**
 * Instances that run already wait for two events only, and waiting for a third would change their history. To its timer,
 * whatever makes a deadline obsolete is the end.
 */
const EVENT_OF = {
  customerReconnected: CANCELLING_EVENTS.customerReconnected,
  conversationEnded: CANCELLING_EVENTS.conversationEnded,
  deadlineObsolete: CANCELLING_EVENTS.conversationEnded,
} as const;

/** Deadline timers as orchestrations, one instance per numbered deadline, by the client of a call. */
export function durableTimers({ durable: client }: Pick<DurableCall, 'durable'>): DeadlineTimers {
  return {
    async start(id, deadline) {
      const instanceId = timerInstanceId(id.conversationId, id.kind, id.number);
      const input: DeadlineInput = { ...id, deadline: toIso(deadline) };
      try {
        await inTime(client.startNew(ORCHESTRATORS.conversationDeadline, { instanceId, input }));
      } catch (cause) {
        // Prevents: a repeated event starts the timer a second time. Hosts answer a running id with 409 or with
        // a plain 500, so the only trustworthy answer is the instance's own status.
        if (cause instanceof TimeoutError || !(await isStarted(client, instanceId))) {
          throw new DependencyError('durable-functions', 'start', { cause: reduced(cause) });
        }
      }
    },

    async cancel(id, because) {
      const instanceId = timerInstanceId(id.conversationId, id.kind, id.number);
      try {
        await inTime(client.raiseEvent(instanceId, EVENT_OF[because], {}));
      } catch (cause) {
        // No such instance: never started, or purged. The library swallows 410 (has ended) itself.
        if (toError(cause).message.startsWith('No instance with ID')) return;
        throw new DependencyError('durable-functions', 'cancel', { cause: reduced(cause) });
      }
    },
  };
}

/** Whether the instance waits, or has done its work: a timer that has completed needs no second start. */
async function isStarted(client: DurableClient, instanceId: string): Promise<boolean> {
  try {
    const status = await inTime(client.getStatus(instanceId, { showInput: false }));
    return status.instanceId === instanceId && !BROKEN.includes(status.runtimeStatus);
  } catch {
    return false;
  }
}

/** Asks the task hub for an instance that there is not. @throws Error when it gives no usable answer */
export async function askTaskHub({ durable: client }: Pick<DurableCall, 'durable'>): Promise<void> {
  try {
    await inTime(client.getStatus('readiness', { showInput: false }));
  } catch (cause) {
    if (!toError(cause).message.includes('HTTP 404 response')) {
      throw new DependencyError('durable-functions', 'ask', { cause: reduced(cause) });
    }
  }
}

const BROKEN: readonly OrchestrationRuntimeStatus[] = [
  OrchestrationRuntimeStatus.Failed,
  OrchestrationRuntimeStatus.Terminated,
  OrchestrationRuntimeStatus.Canceled,
];

class TimeoutError extends Error {
  override readonly name = 'TimeoutError';
}

async function inTime<T>(call: Promise<T>, patience: Milliseconds = CALL_TIMEOUT_MS): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new TimeoutError('no answer in time')), patience);
  });
  try {
    return await Promise.race([call, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The library's errors carry request URLs with keys, and what the host answered: only the status is kept. */
function reduced(thrown: unknown): Error {
  const status = /^The operation failed with an unexpected (status code: \d{3})\./.exec(
    toError(thrown).message,
  )?.[1];
  return new Error([ownError(thrown).message, status].filter((fact) => fact !== undefined).join(', '));
}

/** The traces of timers in the task hub: ids and times. */
export function durableTimerTraces({ durable: client }: Pick<DurableCall, 'durable'>): TimerTraces {
  return {
    async remove({ conversationId, kind, number }) {
      const instanceId = timerInstanceId(conversationId, kind, number);
      for (let attempt = 1; attempt <= ENDINGS_WAITED_FOR; attempt += 1) {
        if (await purged(client, instanceId)) return 'removed';
        // What runs is not purged. It ends when the engine comes to it.
        await inTime(client.terminate(instanceId, 'erased')).catch(() => undefined);
        await new Promise((resolve) => setTimeout(resolve, ENDING_TIME_MS));
      }
      return (await purged(client, instanceId)) ? 'removed' : 'running';
    },
  };
}

const ENDINGS_WAITED_FOR = 3;
const ENDING_TIME_MS = 500;

/** Of one that there is not, nothing is left either. @throws DependencyError */
async function purged(client: DurableClient, instanceId: string): Promise<boolean> {
  try {
    await inTime(client.purgeInstanceHistory(instanceId));
    return true;
  } catch (cause) {
    if (/status code: 4(00|12)\b/.test(toError(cause).message)) return false;
    throw new DependencyError('durable-functions', 'purge', { cause: reduced(cause) });
  }
}

const DAY: Milliseconds = 24 * 60 * MINUTE;
/** How long the history of a finished timer stays readable for operators, from its end on. */
const RETENTION: Milliseconds = 7 * DAY;
/** A timer that was born before this is not looked for: a long wait begins a new generation every five days. */
const OLDEST: Milliseconds = 400 * DAY;
/** Once all have been looked at, the runs of the same night have nothing to do. */
const ONCE_A_NIGHT: Milliseconds = 12 * 60 * MINUTE;
/**
 * Finished timers that one question should find, so that neither the question nor the list is without bound. The host reads all
 * of its instances for each question: where that takes longer than the removal of what it has found, the next one asks for more.
 */
const FOUND = { few: 500, many: 2_000 };
const FOUND_SLOWLY = { few: 10_000, many: 20_000 };
const WIDEST: Milliseconds = DAY;
const NARROWEST: Milliseconds = MINUTE;
/** Removals at once. */
const AT_ONCE = 32;

/**
 * Removes the histories of finished timers: nothing else does, and the task hub would grow for ever. Failed ones stay, for
 * somebody has to look at them. The host finds instances by their birth only, and a timer of a persistent chat lives for
 * weeks, so those are listed that were born long enough ago, and those removed that ended long enough ago.
 *
 * It goes back from the youngest in slices of time, as wide as what they hold allows and never wider than a day, and
 * remembers where it ended: the next run goes on there, in whichever process.
 */
export function createTimerPurge(
  now: () => Instant,
  place: PurgePlace,
): (
  client: Pick<DurableClient, 'getStatusBy' | 'purgeInstanceHistory'>,
  until: Instant,
) => Promise<{ readonly removed: number; readonly left: number; readonly done: boolean }> {
  return async (client, until) => {
    const known = await place.load();
    if (known.doneAt !== undefined && Math.abs(now() - known.doneAt) < ONCE_A_NIGHT)
      return { removed: 0, left: 0, done: true };
    const youngest = now() - RETENTION;
    // A place that a wrong clock has written, or a hand, is none.
    let to = Math.min(known.to ?? youngest, youngest);
    let width = Math.min(WIDEST, Math.max(NARROWEST, known.width ?? 60 * MINUTE));
    let removed = 0;
    let left = 0;
    let asking: Milliseconds | undefined;
    // Prevents: a question that the rest of a run is too short for is taken for one that asks for too much.
    while (now() + (asking ?? 0) < until) {
      const askedAt = now();
      const finished = await finishedTimers(client, { from: to - width, to }, until - now());
      if (finished === undefined) {
        if (asking === undefined) width = Math.max(NARROWEST, Math.round(width / 4));
        break;
      }
      const answeredAt = now();
      asking = answeredAt - askedAt;
      const due = finished.filter(({ lastUpdatedTime }) => new Date(lastUpdatedTime).getTime() <= youngest);
      for (let at = 0; at < due.length; at += AT_ONCE) {
        if (now() >= until) {
          await place.save({ to, width });
          return { removed, left: left + due.length - at, done: false };
        }
        const some = due.slice(at, at + AT_ONCE);
        const results = await Promise.allSettled(some.map((one) => purge(client, one.instanceId)));
        const failed = results.filter((result) => result.status === 'rejected');
        if (failed.length === some.length) throw failed[0]!.reason;
        // Prevents: one instance that can never be removed keeps everything older from its turn.
        left += failed.length;
        removed += results.filter((result) => result.status === 'fulfilled' && result.value).length;
      }
      to -= width;
      if (to <= now() - OLDEST) {
        await place.save({ doneAt: now() });
        return { removed, left, done: true };
      }
      const { few, many } = asking > now() - answeredAt ? FOUND_SLOWLY : FOUND;
      const factor = finished.length < few ? 2 : finished.length > many ? 0.5 : 1;
      width = Math.min(WIDEST, Math.round(width * factor));
      // Prevents: what a run has done is done again because it was cut off.
      await place.save({ to, width });
    }
    await place.save({ to, width });
    return { removed, left, done: false };
  };
}

/** Those that were born in this slice; undefined when that is too much to be told in time. */
async function finishedTimers(
  client: Pick<DurableClient, 'getStatusBy'>,
  { from, to }: { readonly from: Instant; readonly to: Instant },
  patience: Milliseconds,
): Promise<readonly DurableOrchestrationStatus[] | undefined> {
  try {
    const runtimeStatus = [OrchestrationRuntimeStatus.Completed, OrchestrationRuntimeStatus.Terminated];
    const question = { createdTimeFrom: new Date(from), createdTimeTo: new Date(to), runtimeStatus };
    return await inTime(client.getStatusBy(question), patience);
  } catch (cause) {
    if (cause instanceof TimeoutError) return undefined;
    throw new DependencyError('durable-functions', 'list', { cause: reduced(cause) });
  }
}

/** Whether it was removed. Prevents: a timer that was started again since it was listed is waited for no more: the host refuses with 412. */
async function purge(
  client: Pick<DurableClient, 'purgeInstanceHistory'>,
  instanceId: string,
): Promise<boolean> {
  try {
    return (await inTime(client.purgeInstanceHistory(instanceId))).instancesDeleted > 0;
  } catch (cause) {
    if (toError(cause).message.includes('status code: 412')) return false;
    throw new DependencyError('durable-functions', 'purge', { cause: reduced(cause) });
  }
}
