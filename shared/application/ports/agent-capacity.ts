import type { Instant } from '../../domain/time';

/** One conversation's claim on an agent. Numbered per conversation, so that a late release cannot touch a newer one. */
export interface CapacityClaim {
  readonly agentId: string;
  readonly conversationId: string;
  /** 1, 2, 3 … within the conversation. */
  readonly assignment: number;
}

export interface CapacityHolding {
  readonly conversationId: string;
  readonly assignment: number;
  readonly units: number;
  /** When the claim was reserved last. */
  readonly reservedAt: Instant;
}

export interface AgentLoad {
  readonly agentId: string;
  readonly totalUnits: number;
  readonly holdings: readonly CapacityHolding[];
}

/**
 * Who holds how much of each agent's capacity. Throws `DependencyError` when the storage gives no usable answer,
 * `ContentionError` when others were faster at every attempt (both retryable), and `StoredRowError`.
 */
export interface AgentCapacity {
  /**
   * Takes the units if they are free; taking what the same claim holds already is a success. Comes before the
   * conversation is saved, so that two conversations never get the same units. A save that comes a minute later or more
   * needs a reservation of its own.
   */
  reserve(claim: CapacityClaim, units: number): Promise<'reserved' | 'full'>;
  /** Gives the units back; giving back what is not held is a success. */
  release(claim: CapacityClaim): Promise<void>;
  loadOf(agentId: string): Promise<AgentLoad>;
  /** Sets the agent's total. Lowering it below what is in use takes nothing away; nothing more fits until it is free. */
  setTotal(agentId: string, totalUnits: number): Promise<void>;
}
