import type { Moment } from '../stage';

const HEADER = timelineRow('after', 'scenario', 'what happened', 'state', 'notice');

/** One line per moment, at most 100 columns unless something failed. */
export function timelineHeader(): string {
  return `${HEADER}\n${'-'.repeat(99)}`;
}

export const timelineLine = ({ at, scenario, what, state, notice }: Moment, startedAt: number): string =>
  timelineRow(((at - startedAt) / 1000).toFixed(2), scenario, what, state ?? '', notice ?? '');

function timelineRow(seconds: string, scenario: string, what: string, state: string, notice: string): string {
  const cells = [seconds.padStart(6), scenario.padEnd(18), what.padEnd(34), state.padEnd(6), notice];
  return cells.join('  ').trimEnd();
}
