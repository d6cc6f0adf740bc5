import { setTimeout as delay } from 'node:timers/promises';
import type { Invoke } from './invoke';

/** The words of the host's dispatcher, which it does not keep from orchestrations. */
const noWorker = 'Did not find any initialized language workers';
const killed = 'node exited with code 137';

export interface Worker {
  readonly invoke: Invoke;
  /** Every invocation under way fails at once, and every new one until the worker is back. */
  restart(awayMs: number): Promise<void>;
}

/**
 * The worker as the host sees it. The code runs in this process and cannot be stopped: of an invocation that failed so,
 * what the code still does takes place, and what it returns is dropped.
 */
export function createWorker(invoke: Invoke): Worker {
  const underWay = new Set<(reason: Error) => void>();
  let restarts = 0;
  return {
    invoke: async (fn, invocation) => {
      if (restarts > 0) throw new Error(noWorker);
      let fail: (reason: Error) => void = () => undefined;
      const death = new Promise<never>((_resolve, reject) => (fail = reject));
      underWay.add(fail);
      try {
        return await Promise.race([invoke(fn, invocation), death]);
      } finally {
        underWay.delete(fail);
      }
    },
    restart: async (awayMs) => {
      restarts++;
      for (const fail of underWay) fail(new Error(killed));
      await delay(awayMs);
      restarts--;
    },
  };
}
