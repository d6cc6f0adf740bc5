import type { Target } from './target';

const TRIES = 3;

/**
 * How long a parser takes for its slowest input of so many characters, and for the same input of half the size, in
 * milliseconds: about 2 to 1 where it takes time in proportion, 4 to 1 where it takes its square.
 */
export async function slowest(one: Target, characters: number) {
  let [inputs, at, longest] = [0, 0, -1];
  for (const input of one.long(characters)) {
    const took = await timed(one, input, 1);
    if (took > longest) [at, longest] = [inputs, took];
    inputs += 1;
  }
  const [whole, half] = [nth(one.long(characters), at), nth(one.long(characters / 2), at)];
  return { inputs, whole: await timed(one, whole, TRIES), half: await timed(one, half, TRIES) };
}

/** The shortest of so many tries: the others had to wait for something else. */
async function timed(one: Target, input: unknown, tries: number): Promise<number> {
  let shortest = Number.POSITIVE_INFINITY;
  for (let i = 0; i < tries; i += 1) {
    const began = performance.now();
    await one.reads(input);
    shortest = Math.min(shortest, performance.now() - began);
  }
  return shortest;
}

function nth<T>(values: Iterable<T>, wanted: number): T | undefined {
  let at = 0;
  for (const value of values) {
    if (at === wanted) return value;
    at += 1;
  }
  return undefined;
}
