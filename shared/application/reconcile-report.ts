import type { Handled } from './conversation-service';

/** What one run found and did. The fields of the log line `reconcile: done`, see docs/decisions/0016. */
export interface ReconcileReport {
  /** Rows of the work list. */
  listed: number;
  /** Conversations that were loaded, and compared with the service where they go on. */
  checked: number;
  /** Acts: anything but zero means that an event, a timer or a write had been lost. */
  expired: number;
  healed: number;
  disconnectionsBegun: number;
  /** Other deadlines that had passed: conversations requeued, closed, capacity given back. */
  deadlinesMet: number;
  /** Wrapped up conversations that nothing would have closed. */
  closuresBegun: number;
  /** Places in the queue that were told. Not an act: nothing had been lost. */
  positionsTold: number;
  rowsRepaired: number;
  /** Something else was down; the next run tries again. */
  failed: number;
  /** Conversations that cannot be handled before somebody mends them. They are among the dead letters. */
  unusable: number;
  /** Dead letters that were open when the run began. */
  deadLettersOpen: number;
  deadLettersOpened: number;
  deadLettersResolved: number;
}

export const emptyReport = (listed: number, deadLettersOpen: number): ReconcileReport => ({
  listed,
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
  deadLettersOpen,
  deadLettersOpened: 0,
  deadLettersResolved: 0,
});

/** How often it had to act. */
export const actsOf = (report: ReconcileReport): number =>
  report.expired +
  report.healed +
  report.disconnectionsBegun +
  report.deadlinesMet +
  report.closuresBegun +
  report.rowsRepaired;

/** The figure that counts an outcome; undefined where nothing was lost, or the row of the list is all there is to mend. */
export function figureOf(handled: Handled): keyof ReconcileReport | undefined {
  if (handled.kind === 'refused') return undefined;
  switch (handled.outcome.type) {
    case 'expired':
      return 'expired';
    case 'customer-present':
    case 'agent-present':
      return 'healed';
    case 'disconnection-began':
    case 'agent-disconnection-began':
      return 'disconnectionsBegun';
    case 'requeued':
    case 'auto-closed':
    case 'capacity-released':
      return 'deadlinesMet';
    case 'closure-began':
      return 'closuresBegun';
    case 'position-told':
      return 'positionsTold';
    default:
      return undefined;
  }
}
