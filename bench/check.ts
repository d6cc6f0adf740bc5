import type { Results } from './report';

/** A ratio of one run is only so exact: it has become worse when it is more than this times what is written down. */
const CLEARLY = 1.4;

/**
 * What has become clearly worse than the results that are written down, and what cannot be compared with them, a line each.
 * Requests are compared as they are, CPU as ratios within one run: times say what the machine is.
 */
export function check(these: Results, written: Results): string[] {
  const [now, then] = [figuresOf(these), figuresOf(written)];
  return [...new Set([...now.keys(), ...then.keys()])].flatMap((what) => {
    const [one, before] = [now.get(what), then.get(what)];
    // Prevents: an event is renamed, or not measured, and nobody hears that nothing was compared.
    if (one === undefined) return [`${what}: was not measured`];
    if (before === undefined) return [`${what}: nothing is written down`];
    const isWorse = what.includes(' requests to ') ? one > before : one > before * CLEARLY;
    return isWorse ? [`${what}: ${one}, ${before} is written down`] : [];
  });
}

/** What is compared, by its name. What is no number is not there. */
function figuresOf({ events, floor, baselines, decide, rest }: Results): ReadonlyMap<string, number> {
  const usOf = (rows: Results['rest'], name: string) => rows.find(({ what }) => what === name)?.us.median;
  const by = (one = Number.NaN, other = Number.NaN) => one / other;
  const all: (readonly [string, number | null])[] = [
    ...events.flatMap(({ kind, requests }) =>
      (['tables', 'webPubSub', 'durable'] as const).map(
        (target) => [`${kind}, requests to ${target}`, requests[target]] as const,
      ),
    ),
    ...floor.map(({ kind, toSdk }) => [`${kind}, CPU by that of its requests alone`, toSdk] as const),
    ...baselines.flatMap(({ name, events: rows }) =>
      rows.map(({ kind, ratio }) => [`${kind}, CPU by ${name}`, ratio.median] as const),
    ),
    ['decide, one of 200 tabs by a loss', by(usOf(decide, 'one of 200 tabs'), usOf(decide, 'a loss'))],
    [
      'a request with a key, by plain HTTP',
      by(usOf(rest, "product's client"), usOf(rest, 'raw HTTP, token made before')),
    ],
  ];
  return new Map(all.filter((one): one is [string, number] => Number.isFinite(one[1])));
}
