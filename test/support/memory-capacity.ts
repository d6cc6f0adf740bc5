import {
  type AgentLoad,
  type CapacityClaim,
  type CapacityLedger,
  fits,
  type KnownAgent,
  type KnownAgents,
  type LedgerHolding,
  type LedgerLoad,
  unitsFree,
  unitsInUse,
} from '../../shared/capacity/capacity';
import type { Instant } from '../../shared/conversation/time';

/** The capacity ledger over memory, with the promises of the port. Every operation takes effect in one step. */
export class MemoryCapacity implements CapacityLedger {
  /** Comes before every operation; may wait, or throw to make it fail. */
  gate: () => Promise<void> | void = () => undefined;
  /** The load of the agent that a change was about, after every change. */
  readonly history: AgentLoad[] = [];

  private readonly totals = new Map<string, number>();
  private readonly holdings = new Map<string, readonly LedgerHolding[]>();
  private readonly known = new Map<string, Pick<KnownAgent, 'name'>>();
  private version = 0;

  constructor(
    private readonly now: () => Instant,
    private readonly defaultTotal = 100,
  ) {}

  async reserve(claim: CapacityClaim, units: number): Promise<'reserved' | 'full'> {
    await this.gate();
    const { totalUnits, holdings } = this.load(claim.agentId);
    const held = holdings.find(isOf(claim));
    const others = holdings.filter((holding) => holding !== held);
    if (held?.units !== units && !fits({ totalUnits, holdings: others }, units)) return 'full';
    this.version += 1;
    const { conversationId, assignment } = claim;
    const holding = { conversationId, assignment, units, reservedAt: this.now(), version: `${this.version}` };
    this.change(claim.agentId, [...others, holding]);
    return 'reserved';
  }

  async release(claim: CapacityClaim): Promise<void> {
    await this.gate();
    this.remove(claim);
  }

  async releaseVersion(claim: CapacityClaim, version: string): Promise<'released' | 'reserved-again'> {
    await this.gate();
    const held = this.load(claim.agentId).holdings.find(isOf(claim));
    if (held !== undefined && held.version !== version) return 'reserved-again';
    this.remove(claim);
    return 'released';
  }

  async loadOf(agentId: string): Promise<LedgerLoad> {
    await this.gate();
    return this.load(agentId);
  }

  async setTotal(agentId: string, totalUnits: number): Promise<void> {
    await this.gate();
    this.totals.set(agentId, totalUnits);
    this.change(agentId, this.load(agentId).holdings);
  }

  async noteAgent(agentId: string, name: string): Promise<void> {
    await this.gate();
    this.known.set(agentId, { name });
    this.change(agentId, this.load(agentId).holdings);
  }

  async everyAgent(): Promise<KnownAgents> {
    await this.gate();
    const agents = [...this.holdings.keys()].map((agentId) => ({
      ...this.load(agentId),
      ...this.known.get(agentId),
    }));
    return { agents, complete: true };
  }

  /** What is stored, without going through the gate. */
  load(agentId: string): LedgerLoad {
    const totalUnits = this.totals.get(agentId) ?? this.defaultTotal;
    return { agentId, totalUnits, holdings: this.holdings.get(agentId) ?? [] };
  }

  private remove(claim: CapacityClaim): void {
    const { holdings } = this.load(claim.agentId);
    this.change(
      claim.agentId,
      holdings.filter((holding) => !isOf(claim)(holding)),
    );
  }

  private change(agentId: string, holdings: readonly LedgerHolding[]): void {
    this.holdings.set(agentId, holdings);
    this.history.push(this.load(agentId));
  }
}

/**
 * What is wrong with a history of loads: more in use than there is (which only a lowered total explains), a claim that
 * is held twice, less than nothing in use or free. Empty when all is well.
 */
export function capacityProblems(history: readonly AgentLoad[]): readonly string[] {
  const inUseBefore = new Map<string, number>();
  return history.flatMap((load) => {
    const inUse = unitsInUse(load);
    const before = inUseBefore.get(load.agentId) ?? 0;
    inUseBefore.set(load.agentId, inUse);
    const claims = load.holdings.map(({ conversationId, assignment }) => `${conversationId}.${assignment}`);
    return [
      ...(inUse > load.totalUnits && inUse > before ? [`${inUse} of ${load.totalUnits} units`] : []),
      ...(new Set(claims).size < claims.length ? [`held twice: ${claims.join()}`] : []),
      ...(load.holdings.some(({ units }) => units < 0) || unitsFree(load) < 0 ? ['below 0'] : []),
    ].map((problem) => `${load.agentId}: ${problem}`);
  });
}

const isOf =
  ({ conversationId, assignment }: CapacityClaim) =>
  (holding: LedgerHolding): boolean =>
    holding.conversationId === conversationId && holding.assignment === assignment;
