import { setTimeout as delay } from 'node:timers/promises';
import type { Agent } from '../../e2e/participants/agent';
import { judge, type Finding, type Verdict } from './judge';
import type { Observed, Outcome } from './observed';
import { readOutcome } from './read-outcome';

export interface Judged {
  readonly seen: Observed;
  readonly outcome: Outcome | undefined;
  readonly verdict: Verdict;
}

/** False ends come late: whoever is wrongly thought to be away is ended a grace period later. */
const WATCH_ON_MS = 2_500;
/**
 * How long after the last fault, beyond the grace period, everything may take to be in order: the documented repetitions
 * of webhooks (9 s), the activities' (15 s after two failures), two runs of reconciliation, and the allowances after an outage,
 * which are grace periods at most.
 */
const SETTLE_LIMIT_MS = 40_000;
const POLL_MS = 1_000;
const AT_ONCE = 16;

/** Waits until nothing is out of order, or until it should no longer be, and judges what is there then. */
export async function judgeWhenSettled(
  all: readonly Observed[],
  agent: Agent,
  graceMs: number,
): Promise<Judged[]> {
  const over = Date.now();
  await delay(graceMs + WATCH_ON_MS);
  let unsettled = all;
  while (unsettled.length > 0 && Date.now() < over + graceMs + SETTLE_LIMIT_MS) {
    const judged = await judgeAll(unsettled, agent, graceMs);
    unsettled = judged.filter(({ verdict }) => verdict.findings.length > 0).map(({ seen }) => seen);
    if (unsettled.length > 0) await delay(POLL_MS);
  }
  // Once more for everybody: a second notice may have come behind the first.
  return judgeAll(all, agent, graceMs);
}

async function judgeAll(all: readonly Observed[], agent: Agent, graceMs: number): Promise<Judged[]> {
  const judged: Judged[] = [];
  for (let i = 0; i < all.length; i += AT_ONCE) {
    judged.push(
      ...(await Promise.all(all.slice(i, i + AT_ONCE).map((seen) => judgeOne(seen, agent, graceMs)))),
    );
  }
  return judged;
}

async function judgeOne(seen: Observed, agent: Agent, graceMs: number): Promise<Judged> {
  const without = (findings: readonly Finding[]): Judged => ({
    ...{ seen, outcome: undefined, verdict: { findings, metTheEnd: false } },
  });
  const { conversationId, sockets } = seen;
  try {
    const outcome = conversationId === undefined ? undefined : await readOutcome(conversationId, agent);
    if (outcome !== undefined) return { seen, outcome, verdict: judge(seen, outcome, graceMs) };
    // Where no tab ever opened there may be no conversation.
    return without(
      sockets.length === 0 ? [] : [{ kind: 'not readable', text: 'the app has never heard of it' }],
    );
  } catch (thrown) {
    return without([{ kind: 'not readable', text: String(thrown) }]);
  }
}
