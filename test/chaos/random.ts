/** Draws that depend on the seed alone: the same seed gives the same plan on every machine. */
export interface Random {
  /** From `low` to `high`, whole numbers. */
  between(low: number, high: number): number;
  chance(probability: number): boolean;
  pick<T>(from: readonly T[]): T;
}

/** One stream of draws for each name, so that a new draw in one place changes nothing in another. */
export function randomOf(...name: readonly (string | number)[]): Random {
  let state = hashOf(name.join(' '));
  // Mulberry32.
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    between: (low, high) => low + Math.floor(next() * (high - low + 1)),
    chance: (probability) => next() < probability,
    pick: (from) => {
      if (from.length === 0) throw new Error('there is nothing to pick from');
      return from[Math.floor(next() * from.length)] as (typeof from)[number];
    },
  };
}

/** FNV-1a. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash;
}
