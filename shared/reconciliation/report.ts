/** What one run found and did. The fields of the log line `reconcile: done`, see docs/decisions/0016. */
export interface ReconcileReport {
  /** Rows of the work list. */
  listed: number;
  /** Conversations of the list whose customer is away, and waited for. */
  away: number;
  /** Turns that were due when the run began. */
  due: number;
  /** Conversations that were loaded, and compared with the service where they go on. */
  checked: number;
  /** Acts: anything but zero means that an event, a timer or a write had been lost. */
  expired: number;
  healed: number;
  disconnectionsBegun: number;
  /** Other deadlines that had passed: conversations requeued, closed, capacity given back. */
  deadlinesMet: number;
  /** Wrapped up conversations that nothing would have closed, and offers that nothing would have taken back. */
  closuresBegun: number;
  /** Places in the queue that were told. Not an act: nothing had been lost. */
  positionsTold: number;
  rowsRepaired: number;
  /** Something else was down; the next run tries again. */
  failed: number;
  /** Conversations that cannot be handled before somebody mends them. They are among the dead letters. */
  unusable: number;
  /** How far comparisons are behind when the run is over, in milliseconds; 0: everybody had the turn that was due. */
  behindMs: number;
  /** Dead letters that were open when the run began. */
  deadLettersOpen: number;
  deadLettersOpened: number;
  deadLettersResolved: number;
}

export const emptyReport = (listed: number, deadLettersOpen: number): ReconcileReport => ({
  listed,
  away: 0,
  due: 0,
  checked: 0,
  expired: 0,
  healed: 0,
  disconnectionsBegun: 0,
  deadlinesMet: 0,
  closuresBegun: 0,
  positionsTold: 0,
  rowsRepaired: 0,
  failed: 0,
  unusable: 0,
  behindMs: 0,
  deadLettersOpen,
  deadLettersOpened: 0,
  deadLettersResolved: 0,
});

/** The figures of a run that are acts: anything but zero means that an event, a timer or a write had been lost. */
export const ACTS = [
  'expired',
  'healed',
  'disconnectionsBegun',
  'deadlinesMet',
  'closuresBegun',
  'rowsRepaired',
] as const;
export type Act = (typeof ACTS)[number];

/** How often it had to act. */
export const actsOf = (report: Readonly<Record<Act, number>>): number =>
  ACTS.reduce((sum, act) => sum + report[act], 0);
