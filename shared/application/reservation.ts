import { hasEnded, type Conversation } from '../domain/conversation';
import type { Question } from '../domain/decision';
import type { AgentCapacity, CapacityClaim } from './ports/agent-capacity';

/**
 * Units that are reserved for an assignment before it is saved. What nobody can save any more is given back; what a
 * process that dies in between leaves behind is found by `createVerifiedAgentCapacity`.
 */
export class Reservation {
  private claim: CapacityClaim | undefined;

  constructor(
    readonly conversationId: string,
    private readonly capacity: Pick<AgentCapacity, 'reserve' | 'release'>,
  ) {}

  async take(
    { agentId, assignment, units }: Extract<Question, { kind: 'capacity-needed' }>,
    stored: Conversation | undefined,
  ): Promise<'reserved' | 'full'> {
    // Prevents: a conflict makes the assignment another one, and the first one's units stay taken.
    if (this.claim?.assignment !== assignment) await this.giveBack(stored);
    const claim = { agentId, conversationId: this.conversationId, assignment };
    const result = await this.capacity.reserve(claim, units);
    this.claim = result === 'reserved' ? claim : undefined;
    return result;
  }

  /** Nothing was saved in the end; `stored` is what is. */
  async giveBack(stored: Conversation | undefined): Promise<void> {
    const { claim } = this;
    this.claim = undefined;
    if (claim !== undefined && isBeyondSaving(claim, stored)) await this.capacity.release(claim);
  }
}

/**
 * Prevents: the same agent accepts twice at once, both reserve the same claim, and the one that loses gives back what
 * the other has saved, or is about to save. A claim is given back only when its assignment number is taken by another.
 */
function isBeyondSaving({ agentId, assignment }: CapacityClaim, stored: Conversation | undefined): boolean {
  if (stored === undefined) return false;
  const { capacityHold, assignmentCount } = stored;
  const isSaved = capacityHold?.agentId === agentId && capacityHold.assignment === assignment;
  return !isSaved && (assignmentCount >= assignment || hasEnded(stored));
}
