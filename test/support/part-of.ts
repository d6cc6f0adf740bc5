const isShort = process.env['RANDOM_RUNS'] === 'short';

/** What is tried one by one, so many at a time: one after the other in `npm run verify`, every so-manieth in `npm test`. */
export const stepOf = (inShort: number): number => (isShort ? inShort : 1);

/** All of them in `npm run verify`; in `npm test` every so-manieth from the first on, and at least so many. */
export function partOf<T>(all: readonly T[], every: number, least = 6): readonly T[] {
  const step = Math.max(1, Math.min(stepOf(every), Math.floor(all.length / least)));
  return all.filter((_one, n) => n % step === 0);
}
