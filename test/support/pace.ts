import type { Pace } from '../../shared/application/survey';
import { SECOND } from '../../shared/domain/time';

/** Reconciliation's, as the settings have it where they say nothing else. */
export const PACE: Pace = { overdueAfter: 30 * SECOND, compareEvery: 8 };
