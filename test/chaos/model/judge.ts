import type { ConversationState } from '../../../shared/conversation/conversation';
import { isOpen, type Observed, type Outcome, type SocketLife } from './observed';

/**
 * The independent model. It knows what clients did and saw, whether the app answered 2xx to the events of a socket, and
 * nothing of the app's own decisions; it does not share a line with them. With what it knows it says what may have
 * become of a conversation (the numbers are the invariants of docs/ARCHITECTURE.md):
 *
 * - False end (1, 4, 7). An end for absence at moment E is false
 *   - if E lies before `last known presence + grace`. A socket counts as known when the app has answered 2xx to one of
 *     its events before E: of a visit whose every event was lost, and which was over before the service was asked,
 *     nobody can know;
 *   - if a socket was open at E. Excepted is a customer who came after the time was up, in the moments between the
 *     service's answer "nobody is there" and the decision: there is no order between the two, and the customer is told.
 *   - if the customer was knocking at E, and had begun to well before its time was up: whatever kept it out was no absence
 *     (10).
 * - Missed end (2, 5). No socket has been open for the grace period and the limit for settling (which begins when the
 *   last fault is over), and the conversation is still `Open` or `Active`. While faults last nothing needs to end.
 * - Notices (3): one that tells of the end where there is an end, none where there is none; its trigger fits the reason.
 * - State (2): `WrapUp` when the agent had accepted and has not closed it since, otherwise `Closed`. Both are what the API
 *   answered to the agent; where its answer got lost, both states are right.
 * - Messages (5): acknowledged ones are in the transcript exactly once, refused ones are not, those without an answer
 *   at most once, and nothing else is there.
 * - Pushes: the agents are told of the end once, and never of one that there was not. Where an agent has closed the
 *   conversation, the news of that may stand for the news of the end: it says how it ended.
 * - Sockets: none stays open once its conversation has ended.
 */
export interface Finding {
  readonly kind: FindingKind;
  readonly text: string;
}

export const FINDING_KINDS = [
  'false end',
  'missed end',
  'duplicate notice',
  'missing notice',
  'wrong state',
  'message lost',
  'message doubled',
  'push',
  'socket left open',
  'not readable',
] as const;
export type FindingKind = (typeof FINDING_KINDS)[number];

export interface Verdict {
  readonly findings: readonly Finding[];
  /** Ended for absence: how long after the customer's time was up. */
  readonly latenessMs?: number;
  /** The customer came back, too late, in the very moment of the end. */
  readonly metTheEnd: boolean;
}

/**
 * The service answers and the app decides within this, when machine and network are busy. Only for customers whose time
 * was up: it excuses nobody else's end.
 */
const MOMENT_OF_THE_END_MS = 500;

/** A knock takes as long as a request to a busy machine; one that began this long before the deadline was heard, or failed. */
const KNOCKED_IN_TIME_MS = 1_000;

/** Returns this close to the deadline are counted: there the race between customer and timer is decided. */
const CLOSE_MS = 150;

/** How many sockets were opened within moments of the customer's deadline, on either side. */
export const returnsAtTheDeadline = (seen: Observed, graceMs: number): number =>
  seen.sockets.filter(({ openedAt }) => {
    const wasThere = seen.sockets.some((socket) => socket.openedAt < openedAt && isOpenAt(socket, openedAt));
    return !wasThere && Math.abs(openedAt - (lastSeen(seen, openedAt) + graceMs)) <= CLOSE_MS;
  }).length;

export function judge(seen: Observed, outcome: Outcome, graceMs: number): Verdict {
  const findings: Finding[] = [];
  const find = (kind: FindingKind, text: string) => void findings.push({ kind, text });
  const metTheEnd = judgeEnd(seen, outcome, graceMs, find);
  judgeNotices(outcome, find);
  judgeMessages(seen, outcome, find);
  judgePushes(seen, outcome, find);
  const { end } = outcome;
  const absent = end?.reason === 'customer-disconnected';
  return {
    findings,
    metTheEnd,
    ...(absent && { latenessMs: end.at - (lastSeen(seen, end.at, knownBefore(end.at)) + graceMs) }),
  };
}

type Find = (kind: FindingKind, text: string) => void;

function judgeEnd(seen: Observed, { state, end }: Outcome, graceMs: number, find: Find): boolean {
  const left = seen.sockets.filter(isOpen);
  if (end === undefined) {
    // Asked after the time for settling.
    if (left.length === 0) find('missed end', `nobody is there, and it is still ${state}`);
    return false;
  }
  const right = statesAfterEnd(seen);
  if (!right.includes(state))
    find('wrong state', `expected ${right.join(' or ')} after the end, got ${state}`);
  if (left.length > 0) find('socket left open', `${left.length} open after the end`);
  if (end.reason === 'customer-ended') {
    if (seen.leftAt === undefined) find('false end', 'the customer has not left');
    return false;
  }
  if (end.reason !== 'customer-disconnected') {
    find('false end', `nobody has caused an end as ${end.reason}`);
    return false;
  }
  const timeIsUp = lastSeen(seen, end.at, knownBefore(end.at)) + graceMs;
  if (end.at < timeIsUp) find('false end', `${timeIsUp - end.at} ms before the customer's time was up`);
  const knock = seen.knocks.find(({ from, until = end.at }) => from <= end.at && until >= end.at);
  if (knock !== undefined && knock.from < timeIsUp - KNOCKED_IN_TIME_MS) {
    find('false end', `the customer had been knocking for ${end.at - knock.from} ms`);
  }
  const there = seen.sockets.filter((socket) => isOpenAt(socket, end.at));
  if (there.length === 0) return false;
  const since = Math.min(...there.map(({ openedAt }) => openedAt));
  if (since >= timeIsUp && end.at - since <= MOMENT_OF_THE_END_MS) return true;
  find('false end', `the customer had been there for ${end.at - since} ms`);
  return false;
}

function statesAfterEnd({ accepted, closed }: Observed): readonly ConversationState[] {
  if (closed === true || accepted === false) return ['Closed'];
  return closed === 'unknown' || accepted === 'unknown' ? ['WrapUp', 'Closed'] : ['WrapUp'];
}

function judgeNotices({ end, endNotices }: Outcome, find: Find): void {
  const expected = end === undefined ? 0 : 1;
  if (endNotices.length > expected) find('duplicate notice', `${endNotices.length} instead of ${expected}`);
  if (endNotices.length < expected) find('missing notice', 'the end is not in the transcript');
  const trigger = end?.reason === 'customer-ended' ? 'customer-ended-conversation' : end?.reason;
  for (const notice of endNotices) {
    if (trigger !== undefined && notice !== trigger)
      find('missing notice', `${notice} instead of ${trigger}`);
  }
}

function judgePushes({ closed }: Observed, { end, endPushes, closePushes }: Outcome, find: Find): void {
  const isToldByClose = closed !== false && endPushes === 0 && closePushes === 1;
  if (endPushes === (end === undefined ? 0 : 1) || isToldByClose) return;
  const what = end === undefined ? 'no end' : 'the end';
  find('push', `${endPushes} different pushes tell the agents of ${what}, ${closePushes} of a closing`);
}

function judgeMessages({ messages }: Observed, { texts }: Outcome, find: Find): void {
  for (const { text, fate } of messages) {
    const stored = texts.filter((one) => one === text).length;
    if (stored > 1) find('message doubled', `"${text}" is there ${stored} times`);
    if (stored === 0 && fate === 'acknowledged') find('message lost', `"${text}" was acknowledged`);
    if (stored > 0 && fate === 'refused') find('message doubled', `"${text}" was refused, but is there`);
  }
  const strange = texts.filter((text) => !messages.some((message) => message.text === text));
  if (strange.length > 0) find('message doubled', `nobody has sent ${strange.join(', ')}`);
}

const isOpenAt = ({ openedAt, lostFrom }: SocketLife, at: number): boolean =>
  openedAt <= at && (lostFrom === undefined || lostFrom > at);

const knownBefore =
  (at: number) =>
  ({ toldAt }: SocketLife): boolean =>
    toldAt !== undefined && toldAt <= at;

/** The latest moment before `at` when a socket that counts was there; before the first one, when the customer knocked. */
export function lastSeen(
  { sockets, knockedAt = 0 }: Observed,
  at: number,
  counts: (socket: SocketLife) => boolean = () => true,
): number {
  const lost = sockets.filter(
    (socket) => socket.lostFrom !== undefined && socket.lostFrom <= at && counts(socket),
  );
  return Math.max(knockedAt, ...lost.map(({ lostFrom }) => lostFrom ?? 0));
}
