/** Rounds of what is measured by turns, of each name in the order of the rounds. One round more comes first, and is not counted. */
export async function byTurns<N extends string>(
  names: readonly N[],
  rounds: number,
  measure: (name: N) => number | Promise<number>,
): Promise<Record<N, number[]>> {
  const measured = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<N, number[]>;
  for (let round = 0; round <= rounds; round += 1) {
    for (const name of names) {
      const value = await measure(name);
      if (round > 0) measured[name].push(value);
    }
  }
  return measured;
}

/** CPU of this process for one call, in microseconds, as a mean of so many. */
export async function cpuOfCall(calls: number, call: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  for (let n = 0; n < calls; n += 1) await call();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / calls;
}
