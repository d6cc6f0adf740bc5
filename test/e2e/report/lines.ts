import type { Verdict } from '../play';

/** One line for a scenario. */
export function verdictLine(verdict: Verdict): string {
  const name = verdict.scenario.name;
  switch (verdict.outcome) {
    case 'ok':
      return `ok       ${name}`;
    case 'failed':
      return `FAILED   ${name}: ${verdict.problem}`;
    case 'skipped':
      return `skipped  ${name}: ${verdict.because}`;
  }
}

export function summary(verdicts: readonly Verdict[]): string {
  const count = (outcome: Verdict['outcome']) =>
    verdicts.filter((verdict) => verdict.outcome === outcome).length;
  return `${count('ok')} passed, ${count('failed')} failed, ${count('skipped')} skipped`;
}
