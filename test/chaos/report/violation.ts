import type { Judged } from '../model/settle';
import type { Played } from '../play-plan';
import { describeStep } from '../plan/step';

/** One cause has many victims. */
const MOST_STORIES = 5;

/** Everything needed to understand a violation, and the command that plays its run again. */
export function violationReport(played: Played): string {
  const { judged, violations, timeline, plan, startedAt, output } = played;
  const bad = judged.filter(({ verdict }) => verdict.findings.length > 0);
  return [
    ...violations.map((what) => `VIOLATION by the stack: ${what}`),
    ...bad.slice(0, MOST_STORIES).map((one) => storyOf(one, played)),
    ...(bad.length > MOST_STORIES ? [`… and ${bad.length - MOST_STORIES} more`] : []),
    `the stack: clock of the service wrong by ${plan.stack.clockOffsetMs} ms, grace period ${plan.graceMs} ms`,
    ...timeline.map(({ at, what }) => line(at - startedAt, what)),
    ...output.slice(-20).map((text) => `  host: ${text.slice(0, 300)}`),
  ].join('\n');
}

function storyOf({ seen, outcome, verdict }: Judged, { plan, startedAt }: Played): string {
  const steps = plan.conversations.find(({ name }) => name === seen.name)?.steps ?? [];
  const end = outcome?.end;
  const moments = [
    ...seen.timeline,
    ...(end === undefined ? [] : [{ at: end.at, what: `** ended as ${end.reason}` }]),
  ];
  return [
    '',
    ...verdict.findings.map(({ kind, text }) => `VIOLATION ${kind}: ${text}`),
    `  ${seen.name}, conversation ${seen.conversationId}: ${outcome?.state ?? '?'}`,
    `  plan: ${steps.map(describeStep).join(' · ')}`,
    `  again: ${plan.again(seen.run)}`,
    ...moments.sort((one, other) => one.at - other.at).map(({ at, what }) => line(at - startedAt, what)),
  ].join('\n');
}

const line = (ms: number, what: string): string => `  ${String(ms).padStart(7)} ms  ${what}`;
