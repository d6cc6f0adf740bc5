import { ownError } from '../app/errors';
import type { Logger } from '../app/log';
import { type Instant, type Milliseconds, MINUTE } from '../conversation/time';

/** What a step has done with its share of the time. */
export interface MaintenanceResult {
  readonly removed: number;
  /** Due, seen and still there. */
  readonly left: number;
  /** Whether it has looked at everything. If not, a later run goes on. */
  readonly done: boolean;
}

/** One kind of thing that somebody has to remove. Steps know nothing of one another, and running one twice is harmless. */
export interface MaintenanceStep {
  /** Its name in the log. */
  readonly name: string;
  /** Works until it is done, or until this moment. */
  readonly run: (until: Instant) => Promise<MaintenanceResult>;
}

/**
 * A run ends well before the next one, ten minutes later, and a minute before `functionTimeout` in `host.json`. A question to the
 * task hub of a large app takes longer than a minute.
 */
const BUDGET: Milliseconds = 4 * MINUTE;

/**
 * Runs every step, each with an equal share of the time; what one leaves over is shared by those behind it. A step that
 * fails is logged and costs the others nothing.
 * @throws the first step's failure, after all of them have had their turn
 */
export async function maintain(
  steps: readonly MaintenanceStep[],
  { now, logger }: { readonly now: () => Instant; readonly logger: Logger },
): Promise<void> {
  const end = now() + BUDGET;
  const failures: unknown[] = [];
  for (const [index, { name, run }] of steps.entries()) {
    const begun = now();
    const share = Math.max(0, end - begun) / (steps.length - index);
    try {
      const result = await run(begun + share);
      const figures = { step: name, ...result, ms: now() - begun };
      // Whatever is left is told as a warning; the alert "purge-behind" counts the runs that were done.
      if (result.done && result.left === 0) logger.info('purge: done', figures);
      else logger.warn('purge: done', figures);
    } catch (thrown) {
      const { code, message: detail } = ownError(thrown);
      logger.error('purge: failed', { step: name, left: 0, done: false, code, detail, ms: now() - begun });
      failures.push(thrown);
    }
  }
  if (failures.length > 0) throw failures[0];
}
