import { type DurableClient, OrchestrationRuntimeStatus } from 'durable-functions';
import type { DurableCall } from '../app/call';
import { DependencyError, ownError, toError } from '../app/errors';
import type { Logger } from '../app/log';
import { timerInstanceId } from '../conversation/conversation';
import type { DeadlineTimers, TimerTraces } from '../conversation/ports';
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

const BROKEN: readonly OrchestrationRuntimeStatus[] = [
  OrchestrationRuntimeStatus.Failed,
  OrchestrationRuntimeStatus.Terminated,
  OrchestrationRuntimeStatus.Canceled,
];

class TimeoutError extends Error {
  override readonly name = 'TimeoutError';
}

async function inTime<T>(call: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new TimeoutError('no answer in time')), CALL_TIMEOUT_MS);
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

/** How long the history of a finished timer stays readable for operators. */
const RETENTION: Milliseconds = 7 * 24 * 60 * MINUTE;

/**
 * Removes the histories of finished timers: nothing else does, and the task hub would grow for ever. Failed ones
 * stay, for somebody has to look at them.
 */
export async function purgeFinishedTimers(
  client: Pick<DurableClient, 'purgeInstanceHistoryBy'>,
  now: Instant,
  logger: Logger,
): Promise<void> {
  const { instancesDeleted } = await client.purgeInstanceHistoryBy({
    createdTimeFrom: new Date(0),
    createdTimeTo: new Date(now - RETENTION),
    runtimeStatus: [OrchestrationRuntimeStatus.Completed, OrchestrationRuntimeStatus.Terminated],
  });
  logger.info('purge-finished-timers: done', { instancesDeleted });
}
