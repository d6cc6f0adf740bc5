import { StoredRowError } from '../app/errors';
import { type Conversation, hasEnded } from '../conversation/conversation';
import type { Question } from '../conversation/decision';
import { type Instant, MINUTE, SECOND } from '../conversation/time';
import type {
  AgentCapacity,
  AgentLoad,
  CapacityClaim,
  CapacityLedger,
  KnownAgents,
  LedgerHolding,
} from './capacity';

export interface VerifiedAgentCapacityDependencies {
  readonly ledger: CapacityLedger;
  /** Whether the conversation's own record says that this assignment holds capacity. */
  readonly holds: (claim: CapacityClaim) => Promise<boolean>;
  readonly now: () => Instant;
}

/** The save that follows a reservation may still be under way; it takes seconds at most. */
const UNQUESTIONED: number = MINUTE;
/** Records that are read at once: an agent may have thousands of conversations. */
const AT_ONCE = 64;
/** So long the list of all agents is answered as it was read: every page of a desk asks for it. */
const LISTED: number = 3 * SECOND;

/**
 * Capacity that cannot leak. Units are reserved before the conversation is saved; a process that dies in between leaves
 * a holding that no conversation knows of. The conversations are the truth: before an agent counts as full, and whenever
 * its load is asked for, holdings older than a minute are checked against them, and what is stale is given back.
 */
export function createVerifiedAgentCapacity({
  ledger,
  holds,
  now,
}: VerifiedAgentCapacityDependencies): AgentCapacity {
  const verifiedLoad = async (agentId: string): Promise<{ load: AgentLoad; released: boolean }> => {
    const load = await ledger.loadOf(agentId);
    const isReleased = async (holding: LedgerHolding): Promise<boolean> => {
      const { conversationId, assignment, version } = holding;
      const claim = { agentId, conversationId, assignment };
      const isRight = now() - holding.reservedAt < UNQUESTIONED || (await holds(claim).catch(unknown));
      return !isRight && (await ledger.releaseVersion(claim, version)) === 'released';
    };
    const holdings: LedgerHolding[] = [];
    for (let i = 0; i < load.holdings.length; i += AT_ONCE) {
      const some = load.holdings.slice(i, i + AT_ONCE);
      const released = await Promise.all(some.map(isReleased));
      holdings.push(...some.filter((_holding, index) => !released[index]));
    }
    return { load: { ...load, holdings }, released: holdings.length < load.holdings.length };
  };
  let listed: { readonly at: Instant; readonly agents: Promise<KnownAgents> } | undefined;
  return {
    async reserve(claim, units) {
      const first = await ledger.reserve(claim, units);
      if (first === 'reserved') return first;
      const { released } = await verifiedLoad(claim.agentId);
      return released ? ledger.reserve(claim, units) : first;
    },
    release: (claim) => ledger.release(claim),
    loadOf: async (agentId) => (await verifiedLoad(agentId)).load,
    setTotal: (agentId, totalUnits) => ledger.setTotal(agentId, totalUnits),
    noteAgent: (agentId, name) => ledger.noteAgent(agentId, name),
    everyAgent() {
      if (listed === undefined || Math.abs(now() - listed.at) >= LISTED) {
        const reading = { at: now(), agents: ledger.everyAgent() };
        listed = reading;
        // What has failed is no answer for others.
        reading.agents.catch(() => (listed = listed === reading ? undefined : listed));
      }
      return listed.agents;
    },
  };
}

/** A record that cannot be read keeps its units, and the agent's other conversations their agent. */
function unknown(thrown: unknown): true {
  if (thrown instanceof StoredRowError) return true;
  throw thrown;
}

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
