import { OrchestrationRuntimeStatus, type DurableClient } from 'durable-functions';
import { MINUTE, type Instant, type Milliseconds } from '../domain/time';
import type { Logger } from '../logging';

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
