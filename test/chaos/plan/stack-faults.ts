import { randomOf, type Random } from '../random';

/** What goes wrong for everybody at once. Times are milliseconds from the beginning of the stories. */
export type StackFault =
  | { readonly kind: 'host killed'; readonly at: number; readonly forMs: number }
  /** The host goes on without its worker for a while; what the worker had in hand fails for good. */
  | { readonly kind: 'worker restarted'; readonly at: number; readonly forMs: number }
  /** The host gets a sixth of the time that it needs: it fails at nothing, and is late with everything. */
  | { readonly kind: 'host starved'; readonly at: number; readonly forMs: number }
  /** At the first save of a conversation after `at`: stored, but its answer never arrives. */
  | { readonly kind: 'host killed between save and effect'; readonly at: number; readonly forMs: number }
  /** App, storage and service, over the time when the first grace periods are over. */
  | { readonly kind: 'everything down'; readonly at: number; readonly forMs: number }
  | {
      readonly kind: 'storage refuses' | 'storage slow';
      readonly at: number;
      readonly forMs: number;
      readonly of: 'tables' | 'task hub' | 'both';
    }
  /** Set for the time when the first grace periods are over. */
  | { readonly kind: 'service unreachable'; readonly at: number; readonly forMs: number }
  /** Most of the app's messages to its participants are refused, while the service answers everything else. */
  | { readonly kind: 'pushes fail'; readonly at: number; readonly forMs: number }
  | { readonly kind: 'all webhooks lost'; readonly at: number; readonly forMs: number }
  | { readonly kind: 'second host'; readonly at: number };

export interface StackPlan {
  /** The service's clock is wrong by this. */
  readonly clockOffsetMs: number;
  readonly faults: readonly StackFault[];
}

const FIVE_MINUTES = 5 * 60_000;

export function drawStackPlan(seed: number, stack: number, graceMs: number): StackPlan {
  const random = randomOf(seed, 'stack', stack);
  const clockOffsetMs = random.pick([0, 0, FIVE_MINUTES, -FIVE_MINUTES]);
  // The second host is refused by the first, which must be there for that.
  if (random.chance(0.15)) {
    const faults = [
      { kind: 'second host', at: random.between(0, 3_000) } as const,
      unreachable(random, graceMs),
    ];
    return { clockOffsetMs, faults };
  }
  const faults = Array.from({ length: random.between(0, 3) }, () => draw(random, graceMs));
  return { clockOffsetMs, faults: random.chance(0.2) ? [...faults, starved(random, graceMs)] : faults };
}

function draw(random: Random, graceMs: number): StackFault {
  const at = random.between(500, graceMs * 3);
  switch (random.between(1, 10)) {
    case 1:
      return { kind: 'host killed', at, forMs: random.between(0, graceMs) };
    case 2:
      return { kind: 'host killed between save and effect', at, forMs: random.between(0, graceMs) };
    case 3:
    case 4: {
      const kind = random.pick(['storage refuses', 'storage slow'] as const);
      const of = random.pick(['tables', 'task hub', 'both'] as const);
      return { kind, at, forMs: random.between(500, graceMs * 1.5), of };
    }
    case 5:
      return { kind: 'all webhooks lost', at, forMs: random.between(500, graceMs) };
    case 6:
    case 7:
      return { kind: 'pushes fail', at, forMs: random.between(graceMs / 2, graceMs * 2) };
    case 9:
      return { kind: 'worker restarted', at, forMs: random.between(500, graceMs) };
    case 8:
      return {
        kind: 'everything down',
        at: random.between(1_000, graceMs),
        forMs: random.between(graceMs, graceMs * 2.5),
      };
    default:
      return unreachable(random, graceMs);
  }
}

const starved = (random: Random, graceMs: number): StackFault => ({
  kind: 'host starved',
  at: random.between(500, graceMs * 3),
  forMs: random.between(graceMs, graceMs * 3),
});

const unreachable = (random: Random, graceMs: number): StackFault => ({
  kind: 'service unreachable',
  at: random.between(graceMs, graceMs * 2),
  forMs: random.between(graceMs / 2, graceMs * 1.5),
});
