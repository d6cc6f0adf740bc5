/** setTimeout overflows at 24.8 days; nothing sleeps longer than this in one go. */
const longestSleepMs = 3_600_000;

/** Calls back once `Date.now()` has reached a time (never before it: timeouts may fire early). Returns the undo. */
export function setAlarm(at: number, ring: () => void): () => void {
  let timer: NodeJS.Timeout;
  const sleep = (): void => {
    const left = at - Date.now();
    if (left <= 0) timer = setTimeout(ring, 0);
    else timer = setTimeout(sleep, Math.min(left, longestSleepMs));
  };
  sleep();
  return () => clearTimeout(timer);
}
