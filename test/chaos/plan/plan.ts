import { randomOf } from '../random';
import { drawEventFaults, type EventFaults } from './event-faults';
import type { StackPlan } from './stack-faults';
import type { Step } from './step';
import { STORIES, STORY_NAMES } from './stories';

/** One conversation: what its customer does, and what becomes of its webhooks. */
export interface ConversationPlan {
  /** Names it in reports: run, story, number. */
  readonly name: string;
  readonly run: number;
  readonly steps: readonly Step[];
  readonly eventFaults: EventFaults;
}

/** What happens on one stack: its own faults, and the conversations of the runs that share it. */
export interface Plan {
  readonly graceMs: number;
  readonly stack: StackPlan;
  readonly conversations: readonly ConversationPlan[];
  /** Everybody is dropped at once: a table of its own. */
  readonly isMass: boolean;
  /** The command that plays a run of it again. */
  readonly again: (run: number) => string;
}

/** So many runs share a stack, and the faults of that stack. Part of the plan: another number is another plan. */
export const RUNS_PER_STACK = 10;
const CONVERSATIONS_PER_RUN = 6;

/** A run is one story, told for several customers. Half of its conversations at least meet with lost webhooks. */
export function planRun(seed: number, run: number, graceMs: number): readonly ConversationPlan[] {
  const story = randomOf(seed, 'run', run).pick(STORY_NAMES);
  return Array.from({ length: CONVERSATIONS_PER_RUN }, (_, number) => {
    const name = `${seed} ${run} ${number}`;
    return {
      name: `run ${run} "${story}" ${number + 1}`,
      run,
      steps: STORIES[story](randomOf(name, 'steps'), graceMs),
      eventFaults: drawEventFaults(name, graceMs),
    };
  });
}
