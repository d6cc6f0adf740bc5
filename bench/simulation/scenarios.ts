import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import figures from './figures.json';
import { type Job, quantile, randomOf, simulate, type Station } from './simulate';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const limit = (name: keyof typeof figures.limits): number => figures.limits[name][0] as number;

/** Customers at the same time. */
export const SIZES = [10_000, 100_000, 1_000_000, 10_000_000] as const;

/**
 * Customers of a stamp that is full: 100 units of Web PubSub have 80,000 connections to plan with, and there is an agent for
 * each three customers.
 */
export const STAMP = 60_000;
/** Agents of a queue, where desks name queues. */
export const TEAM = 200;
const LOAD = 3;

/** What `node scripts/cost.mjs --json` says of so many conversations a day. */
interface Costs {
  readonly one: Readonly<Record<string, number>>;
  readonly known: Readonly<Record<string, number>>;
  readonly estimates: readonly {
    readonly quantities: Readonly<Record<string, readonly [number | null, string]>>;
    readonly costs: Readonly<Record<string, number | null>>;
  }[];
}

export function costsOf(conversationsADay: number, queues: number): Costs {
  const script = join(__dirname, '..', '..', 'scripts', 'cost.mjs');
  const { stdout, status } = spawnSync(
    process.execPath,
    [script, `${Math.round(conversationsADay)}`, `queues=${queues}`, '--json'],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`scripts/cost.mjs ended with ${status}`);
  return JSON.parse(stdout) as Costs;
}

export interface Size {
  readonly customers: number;
  readonly stamps: number;
  readonly customersOfStamp: number;
  readonly agentsOfStamp: number;
  readonly queuesOfStamp: number;
  readonly conversationsADay: number;
  /** Of one stamp, a second of the busiest hour. */
  readonly rates: Readonly<Record<Rate, number>>;
  /** Web PubSub units of one stamp; undefined: no resource is large enough. */
  readonly units?: number;
  readonly unitsInOneGroup?: number;
  readonly instances: number;
  /** Table requests to read the work list once. */
  readonly listRequests: number;
  /** Minutes until every conversation has been compared. */
  readonly comparedMinutes: number;
  /** US dollars a month, all stamps. */
  readonly dollars: number;
  readonly dollarsInOneGroup?: number;
}

export const RATES = [
  'conversations',
  'webhooks',
  'table transactions',
  'REST calls',
  'messages sent',
  'messages sent, one group',
  'Durable Task Scheduler actions',
  'queue operations, Azure Storage engine',
] as const;
export type Rate = (typeof RATES)[number];

/** Comparisons of a run of reconciliation, which comes every minute (`shared/reconciliation`). */
const COMPARISONS = 1_000;
const ROWS_OF_A_PAGE = 1_000;

/** Plain arithmetic: what a stamp of this size has to do in its busiest hour. */
export function sizeOf(customers: number): Size {
  const stamps = Math.ceil(customers / STAMP);
  const customersOfStamp = Math.ceil(customers / stamps);
  const agentsOfStamp = Math.ceil(customersOfStamp / LOAD);
  const queuesOfStamp = Math.max(1, Math.round(agentsOfStamp / TEAM));
  const { known } = costsOf(1, 1);
  const minutes = known['minutes']!;
  const conversations = customersOfStamp / (minutes * 60);
  const ofStamp = (conversations * 3_600) / known['peakHour']!;
  const inQueues = costsOf(ofStamp, queuesOfStamp);
  const inOne = costsOf(ofStamp, 1);
  const one = inQueues.one;
  const sent = (queues: number): number =>
    conversations * (one['pushes']! + (one['news']! * agentsOfStamp) / queues);
  const open = customersOfStamp * ((minutes + known['wrapUpMinutes']!) / minutes);
  const instances = Math.ceil((conversations * one['requests']! * known['seconds']!) / known['atOnce']!);
  return {
    customers,
    stamps,
    customersOfStamp,
    agentsOfStamp,
    queuesOfStamp,
    conversationsADay: Math.round(ofStamp * stamps),
    rates: {
      conversations,
      webhooks: conversations * one['webhooks']!,
      'table transactions': conversations * (one['measured']! + one['counted']!),
      'REST calls': conversations * (one['pushes']! + one['news']!),
      'messages sent': sent(queuesOfStamp),
      'messages sent, one group': sent(1),
      'Durable Task Scheduler actions': conversations * one['actions']!,
      'queue operations, Azure Storage engine': conversations * one['queueOperations']!,
    },
    ...unitsOf('units', inQueues),
    ...unitsOf('unitsInOneGroup', inOne),
    instances,
    listRequests: Math.ceil(open / ROWS_OF_A_PAGE),
    comparedMinutes: Math.ceil(open / COMPARISONS),
    dollars: Math.round(sumOf(inQueues) * stamps),
    ...(unitsIn(inOne) !== undefined && { dollarsInOneGroup: Math.round(sumOf(inOne) * stamps) }),
  };
}

const unitsIn = ({ estimates }: Costs): number | undefined =>
  estimates[0]!.quantities['Web PubSub units']![0] ?? undefined;
const unitsOf = <K extends string>(key: K, costs: Costs): { readonly [key in K]?: number } => {
  const units = unitsIn(costs);
  return (units === undefined ? {} : { [key]: units }) as { readonly [key in K]?: number };
};
const sumOf = ({ estimates }: Costs): number =>
  Object.values(estimates[0]!.costs).reduce<number>((sum, cost) => sum + (cost ?? 0), 0);

/** A stamp that loses all its customers at once. */
export interface Drop {
  readonly name: string;
  readonly customers: number;
  readonly queues: number;
  readonly units: number;
  readonly instances: number;
  /** Work items a second. */
  readonly engine: number;
}

const workers = (count: number): number => count * limit('workItemsOfWorker');

export const DROPS: readonly Drop[] = [
  {
    name: '10,000 customers, one group of all agents',
    customers: 10_000,
    queues: 1,
    units: 90,
    instances: 40,
    engine: workers(4),
  },
  {
    name: '10,000 customers, 17 queues',
    customers: 10_000,
    queues: 17,
    units: 20,
    instances: 40,
    engine: workers(4),
  },
  {
    name: '60,000 customers, 100 queues',
    customers: STAMP,
    queues: 100,
    units: 100,
    instances: 40,
    engine: workers(4),
  },
  {
    name: 'the same, 16 partitions',
    customers: STAMP,
    queues: 100,
    units: 100,
    instances: 40,
    engine: workers(limit('partitionsOfHub')),
  },
  {
    name: 'the same, Durable Task Scheduler, 1 unit',
    customers: STAMP,
    queues: 100,
    units: 100,
    instances: 40,
    engine: limit('actionsOfUnit'),
  },
  {
    name: 'the same, 3 units',
    customers: STAMP,
    queues: 100,
    units: 100,
    instances: 40,
    engine: 3 * limit('actionsOfUnit'),
  },
  {
    name: 'the same, 3 units and 160 instances',
    customers: STAMP,
    queues: 100,
    units: 100,
    instances: 160,
    engine: 3 * limit('actionsOfUnit'),
  },
];

export const STORY = {
  /** Everybody is lost within this time. */
  dropMs: 10 * SECOND,
  graceMs: 3 * MINUTE,
  /** Half come back; after this time on average, and all of them before the deadline. */
  returns: 0.5,
  returnMs: 45 * SECOND,
  seed: 38,
} as const;

export interface DropResult {
  readonly name: string;
  readonly lost: number;
  readonly returned: number;
  readonly ended: number;
  /** Seconds after the loss until it is stored and its timer is asked for. */
  readonly loss: Spread;
  /** Seconds after the deadline until the end is stored. */
  readonly decided: Spread;
  /** And until the agents are told. */
  readonly told: Spread;
  /** Minutes after the drop until nothing waits any more. */
  readonly overMinutes: number;
  /** What was waited for most, and its share of all waiting. */
  readonly waitedFor: string;
  readonly waitedShare: number;
  readonly completed: number;
  /** For the plot: how late ends were told, in seconds, at 0, 2, … 100 percent. */
  readonly curve: readonly number[];
}

export interface Spread {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

const tenth = (value: number): number => Math.round(value * 10) / 10;
const spreadOf = (ms: readonly number[]): Spread => ({
  p50: tenth(quantile(ms, 0.5) / SECOND),
  p99: tenth(quantile(ms, 0.99) / SECOND),
  max: tenth(quantile(ms, 1) / SECOND),
});

export function stationsOf({
  units,
  instances,
  engine,
}: Omit<Drop, 'name' | 'customers'>): readonly Station[] {
  /** A service that takes so many a second, however they come. */
  const rate = (name: string, perSecond: number): Station => ({
    name,
    servers: 1,
    unitMs: SECOND / perSecond,
  });
  return [
    rate('webhooks of Web PubSub', units * limit('webhooksOfUnit')),
    { name: 'processors of the app', servers: instances, unitMs: 1 },
    rate('tables', limit('tablesOfAccount')),
    rate('durable engine', engine),
    rate('calls of Web PubSub', units * limit('restOfUnit')),
    rate('messages of Web PubSub', units * limit('sentByUnit')),
  ];
}

/** What an event does, in this order. Its third stage is the one that stores it. */
function stagesOf(event: keyof typeof figures.events, agentsOfQueue: number): Job['stages'] {
  const { webhooks, cpuMs, tables, workItems, rest, news } = figures.events[event];
  const engine = { station: 'durable engine', units: workItems };
  const before = event === 'expiry' ? engine : { station: 'webhooks of Web PubSub', units: webhooks };
  return [
    before,
    { station: 'processors of the app', units: cpuMs },
    { station: 'tables', units: tables },
    ...(event === 'expiry' ? [] : [engine]),
    { station: 'calls of Web PubSub', units: rest },
    { station: 'messages of Web PubSub', units: news * agentsOfQueue },
  ];
}

export function jobsOf({ customers, queues }: Pick<Drop, 'customers' | 'queues'>): readonly Job[] {
  const random = randomOf(STORY.seed);
  const agentsOfQueue = Math.ceil(customers / LOAD / queues);
  const stages = {
    loss: stagesOf('loss', agentsOfQueue),
    return: stagesOf('return', agentsOfQueue),
    expiry: stagesOf('expiry', agentsOfQueue),
  };
  const jobs: Job[] = [];
  for (let customer = 0; customer < customers; customer += 1) {
    const at = random() * STORY.dropMs;
    jobs.push({ kind: 'loss', at, stages: stages.loss });
    const after = -Math.log(1 - random()) * STORY.returnMs;
    if (random() < STORY.returns && after < STORY.graceMs) {
      jobs.push({ kind: 'return', at: at + after, stages: stages.return });
    } else jobs.push({ kind: 'expiry', at: at + STORY.graceMs, stages: stages.expiry });
  }
  return jobs;
}

export function play(drop: Drop): DropResult {
  const jobs = jobsOf(drop);
  const { ends, completed, stations } = simulate(stationsOf(drop), jobs);
  const after = (kind: string, stage: number): number[] =>
    jobs
      .flatMap((job, at) => (job.kind === kind ? [ends[at]!.at(stage)! - job.at] : []))
      .sort((a, b) => a - b);
  const decided = after('expiry', 2);
  const told = after('expiry', -1);
  const waited = stations
    .map(({ name, waitedMs }) => ({ name, waitedMs }))
    .sort((a, b) => b.waitedMs - a.waitedMs);
  const all = waited.reduce((sum, { waitedMs }) => sum + waitedMs, 0);
  const count = (kind: string): number => jobs.filter((job) => job.kind === kind).length;
  return {
    name: drop.name,
    lost: count('loss'),
    returned: count('return'),
    ended: count('expiry'),
    loss: spreadOf(after('loss', 3)),
    decided: spreadOf(decided),
    told: spreadOf(told),
    overMinutes: tenth(Math.max(...stations.map(({ lastMs }) => lastMs)) / MINUTE),
    waitedFor: waited[0]!.name,
    waitedShare: Math.round((100 * waited[0]!.waitedMs) / Math.max(1, all)) / 100,
    completed,
    curve: Array.from({ length: 51 }, (_, at) => tenth(quantile(told, at / 50) / SECOND)),
  };
}
