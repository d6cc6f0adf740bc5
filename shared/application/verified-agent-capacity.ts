import { MINUTE, type Instant } from '../domain/time';
import { StoredRowError } from '../errors';
import type { AgentCapacity, AgentLoad, CapacityClaim } from './ports/agent-capacity';
import type { CapacityLedger } from './ports/capacity-ledger';

export interface VerifiedAgentCapacityDependencies {
  readonly ledger: CapacityLedger;
  /** Whether the conversation's own record says that this assignment holds capacity. */
  readonly holds: (claim: CapacityClaim) => Promise<boolean>;
  readonly now: () => Instant;
}

/** The save that follows a reservation may still be under way; it takes seconds at most. */
const UNQUESTIONED: number = MINUTE;

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
    const checked = await Promise.all(
      load.holdings.map(async (holding) => {
        const { conversationId, assignment, version } = holding;
        const claim = { agentId, conversationId, assignment };
        const isRight = now() - holding.reservedAt < UNQUESTIONED || (await holds(claim).catch(unknown));
        const isReleased = !isRight && (await ledger.releaseVersion(claim, version)) === 'released';
        return { holding, isReleased };
      }),
    );
    const holdings = checked.flatMap(({ holding, isReleased }) => (isReleased ? [] : [holding]));
    return { load: { ...load, holdings }, released: holdings.length < load.holdings.length };
  };
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
  };
}

/** A record that cannot be read keeps its units, and the agent's other conversations their agent. */
function unknown(thrown: unknown): true {
  if (thrown instanceof StoredRowError) return true;
  throw thrown;
}
