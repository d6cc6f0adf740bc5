// `npm run bench`: what an event costs, of this tree or of two of them by turns. See USAGE.
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join, resolve } from 'node:path';
import { startAzurite } from '../local/stack/azurite';
import { buildApp } from '../local/stack/build-app';
import { readCommandLine } from '../local/stack/command-line';
import { type DecisionKind, DECISIONS, decideOf } from './decide';
import { type Cost, KINDS, measureEvents } from './events';
import { parseBenchOptions, USAGE } from './options';
import { type CallRow, type EventRow, markdownOf, measureOf, type Results } from './report';
import { measureRest, WAYS } from './rest';

const ROOT = join(__dirname, '..');
/** Enough for one call to be measured; the compiler of the engine has seen the code by then. */
const CALLS: Record<DecisionKind, number> = { 'a loss': 4_000, 'a message': 4_000, 'one of 200 tabs': 400 };
const REST_CALLS = 300;

async function main(): Promise<void> {
  const { against, conversations, rounds, write } = readCommandLine(
    'npm run bench',
    USAGE,
    parseBenchOptions,
  );
  buildApp(ROOT);
  const builds = [ROOT, ...(against === undefined ? [] : [resolve(against)])];
  const azurite = await startAzurite();
  try {
    const onRound = (done: number) => console.error(`round ${done} of ${rounds + 1}`);
    const storage = azurite;
    const costs = await measureEvents({ builds, storage, conversations, rounds, hasWarmUp: true, onRound });
    const results: Results = {
      machine: `${cpus()[0]?.model.trim() ?? 'CPU'} x ${cpus().length}, Node ${process.versions.node}, load ${loadavg()[0]?.toFixed(1)}`,
      conversations,
      rounds,
      events: eventRows(costs),
      decide: decideRows(builds, rounds),
      rest: await restRows(rounds),
    };
    const markdown = markdownOf(results);
    console.log(markdown);
    if (!write) return;
    const folder = join(ROOT, 'bench', 'results');
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

function decideRows(builds: readonly string[], rounds: number): CallRow[] {
  const deciders = builds.map(decideOf);
  return DECISIONS.map((kind) => {
    const times = deciders.map((): number[] => []);
    for (let round = 0; round <= rounds; round += 1) {
      deciders.forEach((decide, at) => {
        const us = decide(kind, CALLS[kind]);
        if (round > 0) times[at]?.push(us);
      });
    }
    const [these = [], those] = times;
    return { what: kind, us: measureOf(these), ...(those && { before: measureOf(those) }) };
  });
}

async function restRows(rounds: number): Promise<CallRow[]> {
  const costs = await measureRest(rounds, REST_CALLS);
  return WAYS.map((way) => ({ what: way, us: measureOf(costs[way]) }));
}

void main();
