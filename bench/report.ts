import type { Calls, Requests } from './protocol';

/** Of several rounds: their median, and the least and the most. */
export interface Measure {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

export interface EventRow {
  readonly kind: string;
  readonly requests: Requests;
  readonly cpuMs: Measure;
  readonly storageCpuMs: Measure;
  /** The same of the other build. */
  readonly before?: { readonly requests: Requests; readonly cpuMs: Measure; readonly storageCpuMs: Measure };
  /** CPU of this build by that of the other one, of each round. */
  readonly ratio?: Measure;
}

/** What was compared with what, in microseconds of CPU for one call. */
export interface CallRow {
  readonly what: string;
  readonly us: Measure;
  readonly before?: Measure;
}

/** An event beside its requests alone: CPU in ms, and that of the event by it. */
export interface FloorRow {
  readonly kind: string;
  readonly calls: Calls;
  readonly sdkMs: number;
  readonly rawMs: number;
  readonly toSdk: number;
  readonly toRaw: number;
}

/** Another design, in the same rounds. */
export interface BaselineRows {
  readonly name: string;
  /** What the product promises, and it does not. */
  readonly lacks: string;
  readonly events: readonly {
    readonly kind: string;
    readonly requests: Requests;
    readonly cpuMs: Measure;
    readonly storageCpuMs: Measure;
    /** CPU of the product by its own, of each round. */
    readonly ratio: Measure;
  }[];
}

export interface Results {
  readonly machine: string;
  readonly conversations: number;
  readonly rounds: number;
  readonly events: readonly EventRow[];
  readonly floor: readonly FloorRow[];
  readonly baselines: readonly BaselineRows[];
  readonly decide: readonly CallRow[];
  readonly rest: readonly CallRow[];
}

export function measureOf(values: readonly number[]): Measure {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (place: number) => Number((sorted[Math.floor(place)] ?? 0).toPrecision(3));
  return { median: at(sorted.length / 2), least: at(0), most: at(sorted.length - 1) };
}

export const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map((_name, at) => (at === 0 ? '---' : '--:')), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');

export const shown = ({ median, least, most }: Measure): string => `${median} (${least} to ${most})`;
const short = (count: number): string => String(Number(count.toPrecision(2)));
const counted = ({ tables, webPubSub, durable }: Requests): string =>
  [tables, webPubSub, durable].map(short).join(' / ');

export function markdownOf({
  machine,
  conversations,
  rounds,
  events,
  floor,
  baselines,
  decide,
  rest,
}: Results): string {
  const isCompared = events.some(({ before }) => before !== undefined);
  const ifCompared = (cells: readonly string[]) => (isCompared ? cells : []);
  return `# What an event costs

\`npm run bench -- --write\`. ${machine}. ${conversations} conversations in each of ${rounds} rounds, after one that is not counted: median (least to most).
Builds take turns within a round; a ratio is that of CPU in the same round.

The compiled app runs in the worker of the stand-in host, against Azurite and the stand-in of Web PubSub; starts and cancels of timers are taken and not
played. Agents are told of a loss at once (\`LOSS_NEWS_AFTER=PT0S\`). Requests are those to tables / Web PubSub / the durable client, without the reads of
the settings, which come once in a while. \`test/integration/requests.test.ts\` holds them. CPU is that of the app's process, and of Azurite's in ticks of 10 ms.

${table(
  [
    'event',
    'requests',
    ...ifCompared(['before']),
    'CPU, ms',
    ...ifCompared(['before', 'ratio']),
    'Azurite, ms',
    ...ifCompared(['before']),
  ],
  events.map(({ kind, requests, cpuMs, storageCpuMs, before, ratio }) => [
    kind,
    counted(requests),
    ...(before ? [counted(before.requests)] : []),
    shown(cpuMs),
    ...(before && ratio ? [shown(before.cpuMs), shown(ratio)] : []),
    shown(storageCpuMs),
    ...(before ? [shown(before.storageCpuMs)] : []),
  ]),
)}

## The requests alone

What the same requests cost a process that does nothing else, from the same run: rows that are read, saved together and saved singly (reads / transactions /
writes), the pushes, and the calls of the durable client as pushes. By the SDKs with their defaults, and by plain HTTP over connections that are kept.

${table(
  [
    'event',
    'requests to tables',
    'by the SDKs, ms',
    'by plain HTTP, ms',
    'product by SDKs',
    'product by HTTP',
  ],
  floor.map(({ kind, calls, sdkMs, rawMs, toSdk, toRaw }) => [
    kind,
    `${calls.read} / ${calls.transaction} / ${calls.write}`,
    ...[sdkMs, rawMs, toSdk, toRaw].map(String),
  ]),
)}

## Other designs

The same story in the same rounds, written as a team writes it first (\`bench/baselines\`): the record and its transcript in one table, events checked by
their signature, news pushed by the SDK. The cells are requests; CPU in ms; CPU of the product by that.

${table(
  ['event', ...baselines.map(({ name }) => name)],
  events.map(({ kind }, at) => [
    kind,
    ...baselines.map(({ events: rows }) => {
      const row = rows[at];
      return row === undefined
        ? ''
        : `${counted(row.requests)}; ${row.cpuMs.median}; ${row.ratio.median} (${row.ratio.least} to ${row.ratio.most})`;
    }),
  ]),
)}

${baselines.map(({ name, lacks }) => `- ${name}: ${lacks}.`).join('\n')}

Where the product costs more it does more: \`accept\` and \`expiry\` ask the service who is there, each change keeps the row of the work list, by which
reconciliation finds what was lost, and an event whose effects failed does them again.

## One call, microseconds of CPU

${table(
  ['decide', 'CPU', ...ifCompared(['before'])],
  decide.map(({ what, us, before }) => [what, shown(us), ...(before ? [shown(before)] : [])]),
)}

${table(
  ['send to a group by', 'CPU'],
  rest.map(({ what, us }) => [what, shown(us)]),
)}
`;
}
