import type { Results } from './report';

/** A ratio of one run is only so exact: it has become worse when it is more than this times what is written down. */
const CLEARLY = 1.4;

/**
 * What has become clearly worse than the results that are written down, a line each. Requests are compared as they are, CPU as
 * ratios within one run: times say what the machine is.
 */
export function check(these: Results, written: Results): string[] {
  const worse: string[] = [];
  for (const [at, { kind, requests }] of these.events.entries()) {
    const before = written.events[at]?.requests;
    for (const target of ['tables', 'webPubSub', 'durable'] as const) {
      if (before !== undefined && requests[target] > before[target])
        worse.push(`${kind}: ${requests[target]} requests to ${target}, ${before[target]} are written down`);
    }
  }
  const compare = (what: string, now: number | undefined, then: number | undefined) => {
    if (now !== undefined && then !== undefined && now > then * CLEARLY)
      worse.push(`${what}: ${now}, ${then} is written down`);
  };
  for (const [at, { kind, toSdk }] of these.floor.entries())
    compare(`${kind}, CPU by that of its requests alone`, toSdk, written.floor[at]?.toSdk);
  for (const [at, { name, events }] of these.baselines.entries()) {
    for (const [row, { kind, ratio }] of events.entries())
      compare(`${kind}, CPU by ${name}`, ratio.median, written.baselines[at]?.events[row]?.ratio.median);
  }
  const tabs = ({ decide }: Results) =>
    (decide.find(({ what }) => what === 'one of 200 tabs')?.us.median ?? Number.NaN) /
    (decide.find(({ what }) => what === 'a loss')?.us.median ?? Number.NaN);
  compare('decide, one of 200 tabs by a loss', tabs(these), tabs(written));
  const client = ({ rest: [, product, raw] }: Results) =>
    (product?.us.median ?? Number.NaN) / (raw?.us.median ?? Number.NaN);
  compare('a request with a key, by plain HTTP', client(these), client(written));
  return worse;
}
