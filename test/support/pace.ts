import { SECOND } from '../../shared/conversation/time';
import type { Pace } from '../../shared/reconciliation/sweep';

/** Reconciliation's, as the settings have it where they say nothing else. */
export const PACE: Pace = { overdueAfter: 20 * SECOND, compareEvery: 8 };
