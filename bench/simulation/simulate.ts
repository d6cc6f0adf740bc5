/**
 * A discrete-event simulation of jobs that pass stations, each a queue (first come, first served) before servers of one
 * speed. Pure: the same jobs give the same result, on every machine. Times are milliseconds of simulated time.
 */
export interface Station {
  readonly name: string;
  readonly servers: number;
  /** How long one server takes for one unit of work. */
  readonly unitMs: number;
}

export interface Stage {
  readonly station: string;
  /** Units of work: requests, work items, messages, CPU time. 0 passes without waiting. */
  readonly units: number;
}

export interface Job {
  readonly kind: string;
  readonly at: number;
  readonly stages: readonly Stage[];
}

export interface StationResult {
  readonly name: string;
  readonly served: number;
  /** Sum over servers. */
  readonly busyMs: number;
  /** Sum over jobs of the time before service. */
  readonly waitedMs: number;
  readonly longestQueue: number;
  /** When it was last busy. */
  readonly lastMs: number;
}

export interface Result {
  /** For each job, in the order given, the moment at which each of its stages ended. */
  readonly ends: readonly Float64Array[];
  readonly arrived: number;
  readonly completed: number;
  readonly stations: readonly StationResult[];
}

/** @throws RangeError for a station that nobody has defined, or that can serve nothing */
export function simulate(stations: readonly Station[], jobs: readonly Job[]): Result {
  const indexOf = new Map(stations.map(({ name }, index) => [name, index]));
  for (const { name, servers, unitMs } of stations) {
    if (!(servers >= 1) || !(unitMs > 0) || !Number.isFinite(unitMs))
      throw new RangeError(`station ${name} serves nothing`);
  }
  const state = stations.map(({ servers }) => ({
    free: Math.floor(servers),
    queue: [] as number[],
    head: 0,
    since: [] as number[],
    served: 0,
    busyMs: 0,
    waitedMs: 0,
    longestQueue: 0,
    lastMs: 0,
  }));
  const stageOf = new Int32Array(jobs.length).fill(-1);
  const ends = jobs.map(({ stages }) => new Float64Array(stages.length));
  const events = new EventHeap();
  let completed = 0;

  const begin = (job: number, now: number): void => {
    const { station, units } = jobs[job]!.stages[stageOf[job]!]!;
    const at = indexOf.get(station)!;
    const one = state[at]!;
    one.free -= 1;
    const takes = units * stations[at]!.unitMs;
    one.busyMs += takes;
    events.push(now + takes, job);
  };
  const arrive = (job: number, now: number): void => {
    const stages = jobs[job]!.stages;
    for (;;) {
      const at = (stageOf[job] = stageOf[job]! + 1);
      const stage = stages[at];
      if (stage === undefined) {
        completed += 1;
        return;
      }
      if (stage.units > 0) break;
      ends[job]![at] = now;
    }
    const { station } = stages[stageOf[job]]!;
    const index = indexOf.get(station);
    if (index === undefined) throw new RangeError(`there is no station ${station}`);
    const one = state[index]!;
    if (one.free > 0) return begin(job, now);
    one.queue.push(job);
    one.since.push(now);
    one.longestQueue = Math.max(one.longestQueue, one.queue.length - one.head);
  };

  // A job that arrives is an event as well: job numbers below zero are arrivals.
  jobs.forEach(({ at }, job) => events.push(at, -1 - job));
  for (let event = events.pop(); event !== undefined; event = events.pop()) {
    const { at: now, what } = event;
    if (what < 0) {
      arrive(-1 - what, now);
      continue;
    }
    const stage = stageOf[what]!;
    const one = state[indexOf.get(jobs[what]!.stages[stage]!.station)!]!;
    ends[what]![stage] = now;
    one.free += 1;
    one.served += 1;
    one.lastMs = now;
    if (one.head < one.queue.length) {
      const next = one.queue[one.head]!;
      one.waitedMs += now - one.since[one.head]!;
      one.head += 1;
      begin(next, now);
    }
    arrive(what, now);
  }
  return {
    ends,
    arrived: jobs.length,
    completed,
    stations: stations.map(({ name }, index) => {
      const { served, busyMs, waitedMs, longestQueue, lastMs } = state[index]!;
      return { name, served, busyMs, waitedMs, longestQueue, lastMs };
    }),
  };
}

/** The earliest event first; of two at one moment the one that was put in first. */
class EventHeap {
  private readonly times: number[] = [];
  private readonly orders: number[] = [];
  private readonly whats: number[] = [];
  private count = 0;

  push(at: number, what: number): void {
    let hole = this.times.length;
    this.times.push(at);
    this.orders.push(this.count);
    this.whats.push(what);
    const order = this.count++;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      if (this.isBefore(parent, at, order)) break;
      this.move(parent, hole);
      hole = parent;
    }
    this.put(hole, at, order, what);
  }

  pop(): { readonly at: number; readonly what: number } | undefined {
    if (this.times.length === 0) return undefined;
    const first = { at: this.times[0]!, what: this.whats[0]! };
    const [at, order, what] = [this.times.pop()!, this.orders.pop()!, this.whats.pop()!];
    const size = this.times.length;
    if (size === 0) return first;
    let hole = 0;
    for (;;) {
      let child = 2 * hole + 1;
      if (child >= size) break;
      if (child + 1 < size && this.isBefore(child + 1, this.times[child]!, this.orders[child]!)) child += 1;
      if (!this.isBefore(child, at, order)) break;
      this.move(child, hole);
      hole = child;
    }
    this.put(hole, at, order, what);
    return first;
  }

  private isBefore(index: number, at: number, order: number): boolean {
    const time = this.times[index]!;
    return time < at || (time === at && this.orders[index]! < order);
  }

  private move(from: number, to: number): void {
    this.put(to, this.times[from]!, this.orders[from]!, this.whats[from]!);
  }

  private put(index: number, at: number, order: number, what: number): void {
    this.times[index] = at;
    this.orders[index] = order;
    this.whats[index] = what;
  }
}

/** The value below which this share of the values lies; they are sorted. */
export const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;

/** Numbers from 0 up to 1, the same for the same seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
