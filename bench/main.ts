// `npm run bench`: what an event costs, of this tree or of two of them by turns. See USAGE.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { startAzurite } from '../local/stack/azurite';
import { buildApp } from '../local/stack/build-app';
import { readCommandLine } from '../local/stack/command-line';
import { BASELINES, buildBaselines } from './builds';
import { byTurns } from './by-turns';
import { check } from './check';
import { type DecisionKind, DECISIONS, decideOf } from './decide';
import { type Cost, KINDS, measureEvents } from './events';
import { measureFloor } from './floor';
import { machineLine } from './machine';
import { parseBenchOptions, USAGE } from './options';
import { type CallRow, type EventRow, type FloorRow, markdownOf, measureOf, type Results } from './report';
import { measureRest, WAYS } from './rest';

const ROOT = join(__dirname, '..');
/** Enough for one call to be measured; the compiler of the engine has seen the code by then. */
const CALLS: Record<DecisionKind, number> = { 'a loss': 4_000, 'a message': 4_000, 'one of 200 tabs': 400 };
const REST_CALLS = 300;

const FLOOR_CALLS = 100;

async function main(): Promise<void> {
  const { against, ...options } = readCommandLine('npm run bench', USAGE, parseBenchOptions);
  const folder = join(ROOT, 'bench', 'results');
  const written = options.check
    ? (JSON.parse(readFileSync(join(folder, 'events.json'), 'utf8')) as Results)
    : undefined;
  const { conversations, rounds } = written ?? options;
  buildApp(ROOT);
  const trees = [ROOT, ...(against === undefined ? [] : [resolve(against)])];
  const builds = [...trees.map((directory) => ({ directory })), ...buildBaselines(ROOT)];
  const azurite = await startAzurite();
  try {
    const onRound = (done: number) => console.error(`round ${done} of ${rounds + 1}`);
    const storage = azurite;
    const costs = await measureEvents({ builds, storage, conversations, rounds, hasWarmUp: true, onRound });
    const [these = []] = costs;
    const others = costs.slice(-BASELINES.length);
    const rest = await restRows(rounds);
    const results: Results = {
      machine: machineLine(),
      conversations,
      rounds,
      events: eventRows(costs.slice(0, costs.length - BASELINES.length)),
      floor: await floorRows(azurite, these, rest, rounds),
      baselines: BASELINES.map(({ name, lacks }, at) => ({
        name,
        lacks,
        events: eventRows([these, others[at] ?? []]).map(({ kind, before, ratio }) => ({
          kind,
          ...before!,
          ratio: ratio!,
        })),
      })),
      decide: await decideRows(trees, rounds),
      rest,
    };
    const markdown = markdownOf(results);
    console.log(markdown);
    if (written !== undefined) {
      const worse = check(results, written);
      for (const line of worse) console.error(line);
      process.exitCode = worse.length > 0 ? 1 : 0;
    }
    if (!options.write) return;
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'events.md'), markdown);
    writeFileSync(join(folder, 'events.json'), `${JSON.stringify(results, undefined, 2)}\n`);
  } finally {
    await azurite.stop();
  }
}

function eventRows([these = [], those]: readonly (readonly (readonly Cost[])[])[]): EventRow[] {
  return KINDS.map((kind, at) => {
    const of = (rounds: readonly (readonly Cost[])[]) => {
      const all = rounds.flatMap((costs) => costs[at] ?? []);
      const [first] = all;
      if (first === undefined) throw new Error(`nothing was measured of ${kind}`);
      return {
        requests: first.requests,
        cpuMs: measureOf(all.map(({ cpuMs }) => cpuMs)),
        storageCpuMs: measureOf(all.map(({ storageCpuMs = 0 }) => storageCpuMs)),
      };
    };
    if (those === undefined) return { kind, ...of(these) };
    const ratios = these.map((costs, round) => (costs[at]?.cpuMs ?? 0) / (those[round]?.[at]?.cpuMs ?? 1));
    return { kind, ...of(these), before: of(those), ratio: measureOf(ratios) };
  });
}

async function decideRows(builds: readonly string[], rounds: number): Promise<CallRow[]> {
  const deciders = new Map(builds.map((directory) => [directory, decideOf(directory)]));
  const rows: CallRow[] = [];
  for (const kind of DECISIONS) {
    const times = await byTurns(builds, rounds, (build) => deciders.get(build)!(kind, CALLS[kind]));
    const [these = [], those] = builds.map((build) => times[build] ?? []);
    rows.push({ what: kind, us: measureOf(these), ...(those && { before: measureOf(those) }) });
  }
  return rows;
}

async function restRows(rounds: number): Promise<CallRow[]> {
  const costs = await measureRest(rounds, REST_CALLS);
  return WAYS.map((way) => ({ what: way, us: measureOf(costs[way]) }));
}

/** What the requests of an event cost when nothing else is done: by the SDKs, and by plain HTTP. */
async function floorRows(
  azurite: Parameters<typeof measureFloor>[0],
  these: readonly (readonly Cost[])[],
  rest: readonly CallRow[],
  rounds: number,
): Promise<FloorRow[]> {
  const floor = await measureFloor(azurite, rounds, FLOOR_CALLS);
  const medianOf = (us: readonly number[]) => measureOf(us).median / 1_000;
  const push = (way: (typeof WAYS)[number]) =>
    (rest.find(({ what }) => what === way)?.us.median ?? 0) / 1_000;
  return KINDS.map((kind, at) => {
    const all = these.flatMap((costs) => costs[at] ?? []);
    const [
      { calls, requests } = {
        calls: { read: 0, transaction: 0, write: 0 },
        requests: { webPubSub: 0, durable: 0 },
      },
    ] = all;
    const sum = (way: 'sdk' | 'raw', each: number) =>
      calls.read * medianOf(floor.read[way]) +
      calls.transaction * medianOf(floor.transaction[way]) +
      calls.write * medianOf(floor.write[way]) +
      (requests.webPubSub + requests.durable) * each;
    const cpuMs = measureOf(all.map((cost) => cost.cpuMs)).median;
    const sdkMs = sum('sdk', push(WAYS[0]));
    const rawMs = sum('raw', push(WAYS[2]));
    const rounded = (value: number) => Number(value.toPrecision(3));
    return {
      kind,
      calls,
      sdkMs: rounded(sdkMs),
      rawMs: rounded(rawMs),
      toSdk: rounded(cpuMs / sdkMs),
      toRaw: rounded(cpuMs / rawMs),
    };
  });
}

void main();
