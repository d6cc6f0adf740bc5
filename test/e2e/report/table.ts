import type { Verdict } from '../play';

/** The result of every scenario, and under the table one line for each that is not as expected. */
export function resultTable(verdicts: readonly Verdict[]): string {
  const header = ['scenario', 'final state', 'reason', 'notices', 'ended after deadline', 'verdict'];
  const rows = [header, ...verdicts.map(cells)];
  const widths = header.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  lines.splice(1, 0, widths.map((width) => '-'.repeat(width)).join('  '));
  return [...lines, ...problems(verdicts)].join('\n');
}

function cells(verdict: Verdict): string[] {
  const { scenario, outcome } = verdict;
  const facts = verdict.outcome === 'skipped' ? undefined : verdict.facts;
  const { latenessMs } = facts ?? {};
  const lateness = latenessMs === undefined ? '-' : latenessMs < 0 ? 'before it' : `${latenessMs} ms`;
  return [
    scenario.name,
    facts?.state ?? '?',
    facts?.reason ?? '-',
    facts === undefined ? '?' : String(facts.notices),
    lateness,
    outcome === 'failed' ? 'FAILED' : outcome,
  ];
}

const problems = (verdicts: readonly Verdict[]): string[] =>
  verdicts.flatMap((verdict) =>
    verdict.outcome === 'failed' ? [`FAILED ${verdict.scenario.name}: ${verdict.problem}`] : [],
  );
