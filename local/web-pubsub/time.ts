/** Calls back once, after so many milliseconds; what it returns takes that back. */
export type After = (ms: number, then: () => void) => () => void;

export const realTime: After = (ms, then) => {
  const timer = setTimeout(then, ms);
  return () => clearTimeout(timer);
};

/** Resolves after so many milliseconds, or as soon as the signal is aborted. */
export function pause(after: After, ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = (): void => {
      takeBack();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const takeBack = after(ms, end);
    signal.addEventListener('abort', end);
  });
}
