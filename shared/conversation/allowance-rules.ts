import { gracePeriodOf, mustAskForCustomer, policyOf } from '../policies/policy';
import { type Allowance, type Away, type Conversation, LIMITS, type Ongoing } from './conversation';
import { type DecisionContext, knockedTooLate, type Ruling } from './decision';
import { type Instant, type Milliseconds, SECOND } from './time';

/** The engine delivers a timer within 2 s when it is idle. What comes later than this, something has held up. */
const EXPLAINED_LATENESS: Milliseconds = 3 * SECOND;

/** A request that came at the end of the allowance is still being answered. */
const UNDER_WAY: Milliseconds = SECOND;

/** What somebody needs from the request for a socket to the open socket, also over a slow line. */
export const RETURN_TIME: Milliseconds = 10 * SECOND;

type Running = { readonly deadline: Instant; readonly allowance?: Allowance };

/**
 * Until when somebody who is away may still come back although the deadline has passed: when the app, the storage or the
 * socket service did not work over the deadline, an absence is no proof that nobody came. One allowance, counted from the
 * first moment at which they worked again; another one only for another failure, and `LIMITS.outagesInARow` in all.
 * Undefined: there was a real chance to come back.
 */
export function chanceUntil(
  { deadline, allowance }: Running,
  length: Milliseconds,
  { now, workingSince = Number.NEGATIVE_INFINITY }: DecisionContext,
): Instant | undefined {
  const given = allowance?.outages ?? 0;
  if (given >= LIMITS.outagesInARow) return undefined;
  // Which process was down, and whether another one worked, nobody knows; that the deadline is long past is a fact.
  const isLate = given === 0 && now - deadline > EXPLAINED_LATENESS;
  const until = (isLate ? now : workingSince) + length + UNDER_WAY;
  return length > 0 && until > now ? until : undefined;
}

/** The wait with a later deadline, and why it has one. */
export function prolonged<T extends Running>(
  running: T,
  until: Instant,
  because: Allowance['because'],
  now: Instant,
): T & { readonly allowance: Allowance } {
  const { by = 0, outages = 0, returns = 0 } = running.allowance ?? {};
  const deadline = Math.max(until, running.deadline);
  const allowance: Allowance = {
    by: by + deadline - running.deadline,
    until,
    outages: outages + (because === 'outage' ? 1 : 0),
    returns: returns + (because === 'customer-returning' ? 1 : 0),
    at: now,
    because,
  };
  return { ...running, deadline, allowance };
}

/**
 * The wait as it is by a clock that was put back, or that is behind the one it was stored by: what begins in the future
 * begins now, and has its whole length, no more.
 */
export function begunBy<T extends { readonly since: Instant; readonly deadline: Instant }>(
  running: T,
  now: Instant,
): T {
  const { since, deadline } = running;
  return now < since ? { ...running, since: now, deadline: now + deadline - since } : running;
}

/** The conversation whose customer is waited for until then, for that reason. */
export const waitingUntil = (
  conversation: Ongoing & Away,
  until: Instant,
  because: Allowance['because'],
  now: Instant,
): Ongoing => ({
  ...conversation,
  disconnection: prolonged(conversation.disconnection, until, because, now),
});

/** The allowance of a wait after an outage: never longer than the wait itself, which is the customer's unless given. */
export const outageAllowanceOf = (
  conversation: Ongoing,
  policies: DecisionContext['policies'],
  wait: Milliseconds = gracePeriodOf(conversation, policies),
): Milliseconds => Math.min(policyOf(conversation, 'outageAllowance', policies), wait);

/** When a customer who is away is ended, by whichever of its deadlines; undefined where nobody waits for it. */
export const endOfWait = ({ disconnection, autoClosure }: Conversation): Instant | undefined =>
  disconnection && Math.min(disconnection.deadline, autoClosure?.deadline ?? disconnection.deadline);

/**
 * The customer has begun to come back: a wait that is about to end leaves it the time to open its socket. Whoever asks
 * again and again, and never opens one, is waited for `LIMITS.returnsInARow` times.
 */
export function decideReturning(conversation: Conversation, context: DecisionContext): Ruling {
  const { now, policies } = context;
  if (conversation.end !== undefined) return knockedTooLate(conversation, context);
  const outcome = { type: 'admitted' } as const;
  // Prevents: a closure that comes whether the customer is there or not is not put off, and every knock prolongs the wait.
  const isAsked = mustAskForCustomer(conversation, policies);
  const end = isAsked ? endOfWait(conversation) : conversation.disconnection?.deadline;
  if (conversation.disconnection === undefined || end === undefined) return { kind: 'unchanged', outcome };
  const until = now + Math.min(RETURN_TIME, Math.floor(outageAllowanceOf(conversation, policies) / 2));
  const { returns = 0 } = conversation.disconnection.allowance ?? {};
  if (until <= end || returns >= LIMITS.returnsInARow) return { kind: 'unchanged', outcome };
  const waited = waitingUntil(conversation, until, 'customer-returning', now);
  return { kind: 'changed', conversation: waited, outcome };
}
