import type { Instant } from '../conversation/time';

/** What an agent has, and what its conversations hold of it. Units are whole numbers. */
export interface CapacityInUse {
  readonly totalUnits: number;
  readonly holdings: readonly { readonly units: number }[];
}

export const unitsInUse = ({ holdings }: CapacityInUse): number =>
  holdings.reduce((sum, { units }) => sum + units, 0);

/** Never below 0: a total that was lowered leaves nothing free until enough has been given back. */
export const unitsFree = (load: CapacityInUse): number => Math.max(0, load.totalUnits - unitsInUse(load));

export const fits = (load: CapacityInUse, units: number): boolean => units <= unitsFree(load);

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

/** An agent who has been heard of: with its name, if that was written down. */
export interface KnownAgent extends AgentLoad {
  readonly name?: string;
}

export interface KnownAgents {
  readonly agents: readonly KnownAgent[];
  /** False: there are more than one list has. Those that it has, it has whole. */
  readonly complete: boolean;
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
  /** That an agent of this name has asked for a socket. Writes only what has changed. */
  noteAgent(agentId: string, name: string): Promise<void>;
  /** All agents, a bounded number of them; their loads as they are reserved, or were some seconds ago. */
  everyAgent(): Promise<KnownAgents>;
}

/** A holding with its version, which every `reserve` of the claim changes. */
export interface LedgerHolding extends CapacityHolding {
  readonly version: string;
}

export interface LedgerLoad extends AgentLoad {
  readonly holdings: readonly LedgerHolding[];
}

/** What is reserved, whether or not a conversation knows of it. `createVerifiedAgentCapacity` tells the two apart. */
export interface CapacityLedger extends AgentCapacity {
  loadOf(agentId: string): Promise<LedgerLoad>;
  /** Gives the units back, but not if the claim was reserved again since that version. */
  releaseVersion(claim: CapacityClaim, version: string): Promise<'released' | 'reserved-again'>;
}
