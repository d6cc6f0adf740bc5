import type { ConversationState, EndReason } from '../../shared/conversation/conversation';
import type { Push } from '../../shared/conversation/notifications';
import type { Stage } from './stage';

/** What a deployment must offer for a scenario to be possible. */
export type Need = 'host-control' | 'own-settings' | 'service';

/** How a conversation must look when its scenario is over, read back from the API and the agents' socket. */
export interface Expected {
  readonly state: ConversationState;
  readonly reason?: EndReason;
  /** `customer: text`, `agent: text` or `notice: trigger`, in order; so it says how many notices there are, too. */
  readonly transcript: readonly string[];
  /** The agent did not wait for the deadline: the end comes before it. */
  readonly endedByAgent?: true;
  /** The app is down meanwhile: the end may be left to reconciliation, and comes after an allowance that is told. */
  readonly afterOutage?: true;
  /** Episodes without a live connection; number 1 is the time before the first connection. */
  readonly disconnections: number;
  /** Types of the pushes to agents, in order, messages left out. */
  readonly pushes: readonly Push['type'][];
}

/** Reconciliation acts within 90 seconds of a deadline; the allowance after an outage is as long as the grace period at most. */
const RECONCILED_WITHIN_MS = 100_000;

/** How long the end may be waited for. */
export const patienceFor = ({ afterOutage }: Expected, patienceMs: number): number =>
  afterOutage ? Math.max(patienceMs, RECONCILED_WITHIN_MS) : patienceMs;

export interface Scenario {
  readonly name: string;
  readonly needs: readonly Need[];
  /** Disturbs others: runs when they are over. */
  readonly runsAlone?: boolean;
  readonly expected: Expected;
  /** Plays it and checks on the way what is gone at the end. Returns the conversation's id. */
  run(stage: Stage): Promise<string>;
}

/** Why the scenario cannot be played there; undefined when it can. */
export function reasonToSkip(
  { needs }: Scenario,
  has: { readonly host: unknown; readonly ownSettings: boolean; readonly service: unknown },
): string | undefined {
  if (needs.includes('host-control') && has.host === undefined) {
    return 'it kills the Functions host, which only a local run (npm run demo) can';
  }
  if (needs.includes('own-settings') && !has.ownSettings) {
    return "it changes the operators' settings, which only a local run (npm run demo) may";
  }
  if (needs.includes('service') && has.service === undefined) {
    return 'it asks Web PubSub which sockets are open, which --web-pubsub makes possible';
  }
  return undefined;
}

export const BEFORE_ANY_LOSS = ['conversation-opened', 'customer-connected'] as const;
