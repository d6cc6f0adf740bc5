import type { ClosedConversation } from '../closed-conversations/closed-conversation';
import type { Absence, DeviceClass } from '../conversation/conversation';
import { lastDeadlineOf } from '../conversation/story';
import { type Milliseconds, MINUTE, SECOND } from '../conversation/time';

/** Upper bounds of the lengths that are counted together, both histograms; the last place counts what is longer. */
export const LENGTHS: readonly Milliseconds[] = [
  ...[2, 5, 10, 20, 30, 45].map((seconds) => seconds * SECOND),
  ...[1, 1.5, 2, 3, 5, 10, 15, 30, 60].map((minutes) => minutes * MINUTE),
];

/** What is needed of a closed conversation. Nothing of the result leads back to one. */
export type Counted = Pick<
  ClosedConversation,
  'closedAt' | 'queue' | 'reason' | 'absences' | 'disconnections' | 'knockedAt'
>;

/** Absences of one day of closing, queue and device, and what became of them. */
export interface Group {
  readonly day: string;
  readonly queue: string;
  readonly device: DeviceClass;
  /** Lengths of those that ended with a return, and of those that ended the conversation, by `LENGTHS`. */
  readonly returned: readonly number[];
  readonly ended: readonly number[];
  /** Over for another reason meanwhile: an agent did not wait, or the customer left. */
  readonly otherwise: number;
  /** Of all these, whose deadline an agent has moved. */
  readonly extended: number;
}

export interface Percentiles {
  readonly p50: Milliseconds;
  readonly p95: Milliseconds;
  readonly max: Milliseconds;
}

/** How many conversations would have ended for absence, had every grace period been this one. */
export interface WhatIf {
  readonly grace: Milliseconds;
  /** Those that did end. */
  readonly ended: number;
  /** That came back in time, and would have been ended. */
  readonly cost: number;
  /**
   * That were ended, and would not have been: for certain where the customer knocked before the longer wait was over; at most
   * all of which nobody knows whether it would have come back.
   */
  readonly savedAtLeast: number;
  readonly savedAtMost: number;
}

export interface Insights {
  readonly conversations: number;
  readonly groups: readonly Group[];
  /** First sockets that never opened, and so ended the conversation: they are in no group. */
  readonly neverConnected: number;
  /** Losses that are in no record: beyond the latest 50 of a conversation, or of before they were recorded. */
  readonly notRecorded: number;
  readonly timeToReturn?: Percentiles;
  readonly lateness?: Percentiles;
  readonly whatIf?: WhatIf;
}

const lengthOf = ({ since, endedAt = since }: Absence): Milliseconds => Math.max(0, endedAt - since);
const placeOf = (length: Milliseconds): number => {
  const place = LENGTHS.findIndex((bound) => length <= bound);
  return place === -1 ? LENGTHS.length : place;
};

/** The nearest rank: a length that has been measured, of which the share is no longer. */
function percentilesOf(lengths: readonly Milliseconds[]): Percentiles | undefined {
  if (lengths.length === 0) return undefined;
  const sorted = Float64Array.from(lengths).sort();
  const rank = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
  return { p50: rank(0.5), p95: rank(0.95), max: rank(1) };
}

/**
 * What would have become of one conversation. Every wait is as much longer or shorter as its grace period; what agents and
 * outages have added to it stays.
 */
function fateWith(
  grace: Milliseconds,
  { absences = [], knockedAt }: Counted,
  isWanted: (absence: Absence) => boolean,
) {
  for (const absence of absences) {
    if (absence.reason !== 'connection-lost') continue;
    if (!isWanted(absence)) {
      if (absence.outcome === 'expired') return 'ended' as const;
      continue;
    }
    const until = absence.since + grace + (lastDeadlineOf(absence) - absence.deadline);
    // Whoever was there at the last moment was too late.
    if (absence.outcome === 'reconnected' && (absence.endedAt ?? until) >= until) return 'ended' as const;
    if (absence.outcome !== 'expired') continue;
    if (until <= lastDeadlineOf(absence)) return 'ended' as const;
    if (knockedAt === undefined) return 'unknown' as const;
    return knockedAt < until ? ('goes-on' as const) : ('ended' as const);
  }
  return 'goes-on' as const;
}

const hasExpired = ({ absences = [] }: Counted): boolean =>
  absences.some(({ reason, outcome }) => reason === 'connection-lost' && outcome === 'expired');

/** Names come from whoever opens a chat: so many are remembered, and so many are told of one by one. */
const MOST_QUEUES = { remembered: 1_000, told: 50 };
/** All other queues together; no queue can have this name. */
export const OTHER_QUEUES = '*';

type Counts = { -readonly [K in keyof Group]: Group[K] extends readonly number[] ? number[] : Group[K] };

function groupIn(groups: Map<string, Counts>, day: string, queue: string, device: DeviceClass): Counts {
  const key = JSON.stringify([day, queue, device]);
  const none = () => LENGTHS.concat(0).map(() => 0);
  const group = groups.get(key) ?? {
    ...{ day, queue, device, returned: none(), ended: none(), otherwise: 0, extended: 0 },
  };
  groups.set(key, group);
  return group;
}

const sizeOf = ({ returned, ended, otherwise }: Group): number =>
  [...returned, ...ended].reduce((all, one) => all + one, otherwise);

/** The groups, those of the smallest queues together where there are too many to tell. */
function told(groups: readonly Counts[]): readonly Group[] {
  const sizes = new Map<string, number>();
  for (const group of groups) sizes.set(group.queue, (sizes.get(group.queue) ?? 0) + sizeOf(group));
  sizes.delete(OTHER_QUEUES);
  const largest = [...sizes].sort(([, one], [, other]) => other - one).slice(0, MOST_QUEUES.told);
  const isTold = new Set(largest.map(([queue]) => queue));
  const all = new Map<string, Counts>();
  for (const { day, queue, device, ...counts } of groups) {
    const group = groupIn(all, day, isTold.has(queue) ? queue : OTHER_QUEUES, device);
    for (const which of ['returned', 'ended'] as const)
      group[which] = group[which].map((number, place) => number + counts[which][place]!);
    group.otherwise += counts.otherwise;
    group.extended += counts.extended;
  }
  return [...all.values()].sort((one, other) =>
    [one.day, one.queue, one.device].join() < [other.day, other.queue, other.device].join() ? -1 : 1,
  );
}

/**
 * Counts closed conversations, some at a time: of those that are counted nothing is kept but numbers. Each is counted as it is
 * stored, so counting again gives the same.
 */
export function createInsights(wanted: {
  readonly device?: DeviceClass | undefined;
  readonly grace?: Milliseconds | undefined;
}): { readonly add: (some: readonly Counted[]) => void; readonly result: () => Insights } {
  const groups = new Map<string, Counts>();
  const queues = new Set<string>();
  const [returns, lateness]: [Milliseconds[], Milliseconds[]] = [[], []];
  let [conversations, neverConnected, notRecorded] = [0, 0, 0];
  const { grace } = wanted;
  const whatIf = { ended: 0, cost: 0, savedAtLeast: 0, savedAtMost: 0 };
  const isWanted = ({ device }: Absence) => wanted.device === undefined || device === wanted.device;

  const addAbsence = (absence: Absence, { closedAt, queue }: Counted) => {
    const { outcome, device, reason, moves = [] } = absence;
    if (outcome === 'expired')
      lateness.push(Math.max(0, lengthOf(absence) - (lastDeadlineOf(absence) - absence.since)));
    if (reason !== 'connection-lost') {
      neverConnected += outcome === 'expired' ? 1 : 0;
      return;
    }
    const day = new Date(closedAt).toISOString().slice(0, 10);
    if (queues.size < MOST_QUEUES.remembered) queues.add(queue);
    const group = groupIn(groups, day, queues.has(queue) ? queue : OTHER_QUEUES, device);
    const place = placeOf(lengthOf(absence));
    if (outcome === 'reconnected') {
      returns.push(lengthOf(absence));
      group.returned[place]! += 1;
    } else if (outcome === 'expired') group.ended[place]! += 1;
    else group.otherwise += 1;
    if (moves.some(({ because }) => because === 'agent')) group.extended += 1;
  };
  const addWhatIf = (length: Milliseconds, conversation: Counted) => {
    const fate = fateWith(length, conversation, isWanted);
    if (hasExpired(conversation)) {
      whatIf.ended += 1;
      if (fate === 'goes-on') whatIf.savedAtLeast += 1;
      if (fate !== 'ended') whatIf.savedAtMost += 1;
    } else if (fate === 'ended') whatIf.cost += 1;
  };

  return {
    add(some) {
      for (const conversation of some) {
        const { absences = [], disconnections = 0 } = conversation;
        conversations += 1;
        notRecorded += disconnections - absences.length;
        for (const absence of absences.filter(isWanted)) addAbsence(absence, conversation);
        if (grace !== undefined) addWhatIf(grace, conversation);
      }
    },
    result() {
      const [timeToReturn, late] = [percentilesOf(returns), percentilesOf(lateness)];
      return {
        ...{ conversations, groups: told([...groups.values()]), neverConnected, notRecorded },
        ...(timeToReturn && { timeToReturn }),
        ...(late && { lateness: late }),
        ...(grace !== undefined && { whatIf: { grace, ...whatIf } }),
      };
    },
  };
}
