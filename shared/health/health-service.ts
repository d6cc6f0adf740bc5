import type { DurableCall } from '../app/call';
import { ownError } from '../app/errors';
import type { LoggerOf } from '../app/log';
import { type Milliseconds, SECOND } from '../conversation/time';

/** One of the services that the app needs, as it did its part just now. */
export interface Checked<N extends string> {
  readonly name: N;
  readonly status: 'ok' | 'failed';
  readonly ms: Milliseconds;
}

export type Readiness<N extends string> = (call: DurableCall) => Promise<readonly Checked<N>[]>;

/** Whoever has not answered by then counts as failed: a prober gives up soon after. */
const PATIENCE: Milliseconds = 3 * SECOND;
/** Longer than a look takes and shorter than probers ask in turn. */
const KEPT: Milliseconds = 5 * SECOND;
/** What it took to the millisecond is of no use to operators, and tells strangers more than it has to. */
const GRAIN: Milliseconds = 10;

/**
 * Asks each service one question that changes nothing, all at once. Never fails.
 * Prevents: anybody may ask, and a flood of requests becomes a flood of questions: there is one look at a time in a process, all
 * who come meanwhile share it, and it is good for five seconds.
 */
export function createReadiness<N extends string>(
  questions: Readonly<Record<N, (call: DurableCall) => Promise<unknown>>>,
  loggerOf: LoggerOf,
  clock: () => Milliseconds = () => performance.now(),
): Readiness<N> {
  let latest: { readonly looked: Promise<readonly Checked<N>[]>; until: Milliseconds } | undefined;
  const check = async (name: N, call: DurableCall): Promise<Checked<N>> => {
    const began = clock();
    const took = () => Math.round((clock() - began) / GRAIN) * GRAIN;
    try {
      await inTime(questions[name](call));
      return { name, status: 'ok', ms: took() };
    } catch (thrown) {
      loggerOf(call).warn('readiness: failed', { dependency: name, detail: ownError(thrown).message });
      return { name, status: 'failed', ms: took() };
    }
  };
  return (call) => {
    if (latest !== undefined && clock() < latest.until) return latest.looked;
    const names = Object.keys(questions) as N[];
    const looked = Promise.all(names.map((name) => check(name, call)));
    const mine = (latest = { looked, until: Infinity });
    void looked.then(() => (mine.until = clock() + KEPT));
    return looked;
  };
}

class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError';
}

async function inTime(answer: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new NoAnswerError()), PATIENCE);
  });
  try {
    await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
