/** setTimeout overflows at 24.8 days; nothing sleeps longer than this in one go. */
const longestSleepMs = 3_600_000;

/** By so much the two clocks may differ over a sleep; by more, the clock of the machine was set meanwhile. */
const driftMs = 100;

/**
 * Calls back when the time from now to `at` has passed, whatever the clock of the machine is set to meanwhile, as the queues
 * of Azure Storage count. Never before `Date.now()` has reached `at`, if it was not set. Returns the undo.
 */
export function setAlarm(at: number, ring: () => void): () => void {
  const end = performance.now() + at - Date.now();
  let timer: NodeJS.Timeout;
  const sleep = (): void => {
    const early = at - Date.now();
    const left = Math.max(end - performance.now(), early < driftMs ? early : 0);
    if (left <= 0) timer = setTimeout(ring, 0);
    else timer = setTimeout(sleep, Math.min(left, longestSleepMs));
  };
  sleep();
  return () => clearTimeout(timer);
}
