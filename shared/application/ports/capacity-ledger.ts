import type { AgentCapacity, AgentLoad, CapacityClaim, CapacityHolding } from './agent-capacity';

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
