import { FINDING_KINDS, returnsAtTheDeadline } from '../model/judge';
import type { Judged } from '../model/settle';
import type { Played } from '../play-plan';
import { Tally } from '../stack/tally';

/** Figures of any number of plans, as lines of a table. */
export function summary(played: readonly Played[]): string {
  const judged = played.flatMap((one) => one.judged);
  const faults = new Tally();
  for (const { tally } of played) faults.addAll(tally);
  const findings = judged.flatMap(({ verdict }) => verdict.findings);
  const told = (kind: string) => findings.filter((finding) => finding.kind === kind).length;
  const ended = judged.filter(({ outcome }) => outcome?.end !== undefined);
  const rows: [string, string | number][] = [
    ...[...faults.counts].sort().map(([kind, count]): [string, number] => [`fault: ${kind}`, count]),
    ['runs', new Set(judged.map(({ seen }) => seen.run)).size],
    ['stacks', played.length],
    ['conversations', judged.length],
    [
      '  of them without any fault on their webhooks',
      judged.filter(({ seen }) => seen.faults.length === 0).length,
    ],
    ['  sockets opened', judged.reduce((sum, { seen }) => sum + seen.sockets.length, 0)],
    [
      '  sockets given up by their keep-alive',
      judged.reduce((sum, { seen }) => sum + seen.sockets.filter(({ gaveUp }) => gaveUp === true).length, 0),
    ],
    ['  messages sent', judged.reduce((sum, { seen }) => sum + seen.messages.length, 0)],
    ['  ended for absence', judged.filter((one) => lateness(one).length > 0).length],
    ['  ended otherwise', ended.length - judged.filter((one) => lateness(one).length > 0).length],
    ['  returns within 150 ms of a deadline', played.reduce((sum, one) => sum + returnsOf(one), 0)],
    [
      '  came back too late, in the moment of the end',
      judged.filter(({ verdict }) => verdict.metTheEnd).length,
    ],
    ...FINDING_KINDS.map((kind): [string, number] => [plural(kind), told(kind)]),
    ['violations by a stack', played.flatMap(({ violations }) => violations).length],
    [
      'lateness, no fault at all',
      quantiles(
        played
          .filter(isQuiet)
          .flatMap((one) => one.judged)
          .filter(isUntouched),
      ),
    ],
    ['lateness, `disconnected` lost or late', quantiles(judged.filter(isLossUnheard))],
    ['lateness, all others', quantiles(judged.filter((one) => !isLossUnheard(one)))],
    ['lateness, all', quantiles(judged)],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n');
}

const plural = (kind: string): string =>
  ['not readable', 'message lost', 'message doubled', 'socket left open'].includes(kind)
    ? kind
    : kind === 'push'
      ? 'wrong pushes'
      : `${kind}s`;

const returnsOf = ({ judged, plan }: Played): number =>
  judged.reduce((sum, { seen }) => sum + returnsAtTheDeadline(seen, plan.graceMs), 0);
const isQuiet = ({ plan }: Played): boolean => plan.stack.faults.length === 0;
const isUntouched = ({ seen }: Judged): boolean => seen.faults.length === 0;
/** The app hears of a loss late, or from reconciliation only; the grace period begins then. */
const isLossUnheard = ({ seen }: Judged): boolean =>
  seen.faults.some((fault) => fault === 'disconnected dropped' || fault === 'disconnected delayed');
const lateness = ({ verdict }: Judged): number[] =>
  verdict.latenessMs === undefined ? [] : [verdict.latenessMs];

/** How long after the customer's time was up conversations were ended. */
function quantiles(judged: readonly Judged[]): string {
  const sorted = judged.flatMap(lateness).sort((one, other) => one - other);
  if (sorted.length === 0) return '-';
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, max ${sorted.at(-1)} ms (of ${sorted.length})`;
}

export const isViolated = ({ judged, violations }: Played): boolean =>
  violations.length > 0 || judged.some(({ verdict }) => verdict.findings.length > 0);
