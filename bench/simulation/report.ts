import figures from './figures.json';
import type { Results } from './results';
import { RATES, type Size } from './scenarios';

type Cells = readonly string[];
const table = (head: Cells, rows: readonly Cells[]): string =>
  [head, head.map((_, at) => (at === 0 ? '---' : '--:')), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');

const number = (value: number): string =>
  (value < 100 ? Number(value.toPrecision(2)) : Number(value.toPrecision(3))).toLocaleString('en-US');
const none = 'not possible';

/** What a stamp has to do, by the number of customers. */
export function sizesTable({ sizes }: Results): string {
  const row = (name: string, cell: (size: Size) => string): Cells => [name, ...sizes.map(cell)];
  return table(
    ['customers at the same time', ...sizes.map(({ customers }) => customers.toLocaleString('en-US'))],
    [
      row('conversations a day', (one) => number(one.conversationsADay)),
      row('stamps', (one) => number(one.stamps)),
      row('**of each stamp:** customers', (one) => number(one.customersOfStamp)),
      row('agents', (one) => number(one.agentsOfStamp)),
      row('queues', (one) => number(one.queuesOfStamp)),
      ...RATES.map((rate) => row(`${rate} a second`, (one) => number(one.rates[rate]))),
      row('Web PubSub units', (one) => number(one.units!)),
      row('units with one group of all agents', (one) =>
        one.unitsInOneGroup === undefined ? none : number(one.unitsInOneGroup),
      ),
      row('instances for HTTP', (one) => number(one.instances)),
      row('table requests to read the work list once', (one) => number(one.listRequests)),
      row('minutes until each conversation was compared', (one) => number(one.comparedMinutes)),
      row('**all stamps:** US dollars a month', (one) => number(one.dollars)),
      row('with one group of all agents', (one) =>
        one.dollarsInOneGroup === undefined ? none : number(one.dollarsInOneGroup),
      ),
    ],
  );
}

/** What becomes of a stamp that loses everybody at once. */
export function dropsTable({ drops }: Results): string {
  const seconds = (value: number): string => value.toFixed(1);
  return table(
    [
      'everybody is lost within 10 s',
      'loss stored p99',
      'end decided p50',
      'p99',
      'agents told p99',
      'waits most for',
    ],
    drops.map(({ name, loss, decided, told, waitedFor, waitedShare }) => [
      name,
      seconds(loss.p99),
      seconds(decided.p50),
      seconds(decided.p99),
      seconds(told.p99),
      `${waitedFor} (${Math.round(100 * waitedShare)} %)`,
    ]),
  );
}

/** The limits that arithmetic and simulation go by. */
export const limitsTable = (): string =>
  table(
    ['limit', 'of', 'source'],
    Object.values(figures.limits).map(([value, of, source]) => [
      Number(value).toLocaleString('en-US'),
      String(of),
      String(source),
    ]),
  ).replace('| --- | --: | --: |', '| --: | --- | --- |');

/** What an event costs. */
export const eventsTable = (): string =>
  table(
    ['event', 'webhooks', 'CPU ms', 'table requests', 'work items', 'calls of Web PubSub', 'pieces of news'],
    Object.entries(figures.events).map(([name, one]) => [
      name,
      ...[one.webhooks, one.cpuMs, one.tables, one.workItems, one.rest, one.news].map(String),
    ]),
  );

const short = (value: number): string =>
  value >= 1e9
    ? `${value / 1e9} G`
    : value >= 1e6
      ? `${value / 1e6} M`
      : value >= 1e3
        ? `${value / 1e3} k`
        : `${value}`;

const WIDTH = 760;
const HEIGHT = 340;
const LEFT = 64;
const TOP = 44;
const COLOURS = ['#d1242f', '#bf8700', '#8250df', '#0969da', '#1a7f37', '#57606a', '#bc4c00'];

interface Line {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** A line chart; both axes are drawn as they are given, `y` by its logarithm. */
function chart(
  title: string,
  xAxis: string,
  yTicks: readonly number[],
  xTicks: readonly [number, string][],
  lines: readonly Line[],
): string {
  const [low, high] = [Math.log10(yTicks[0]!), Math.log10(yTicks.at(-1)!)];
  const plot = { width: 410, height: HEIGHT - TOP - 44 };
  const [first, last] = [xTicks[0]![0], xTicks.at(-1)![0]];
  const x = (value: number): number => LEFT + ((value - first) / (last - first)) * plot.width;
  const y = (value: number): number =>
    TOP + (1 - (Math.log10(Math.max(value, yTicks[0]!)) - low) / (high - low)) * plot.height;
  const at = (value: number): string => value.toFixed(1);
  const text = (left: number, top: number, content: string, more = ''): string =>
    `<text x="${at(left)}" y="${at(top)}"${more}>${content.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</text>`;
  const bottom = TOP + plot.height;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" role="img" font-family="sans-serif" font-size="12" fill="#1f2328">`,
    `<title>${title}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    text(16, 22, title, ' font-size="14" font-weight="bold"'),
    ...yTicks.flatMap((tick) => [
      `<path d="M${LEFT} ${at(y(tick))}H${LEFT + plot.width}" stroke="#d0d7de"/>`,
      text(LEFT - 6, y(tick) + 4, short(tick), ' text-anchor="end"'),
    ]),
    ...xTicks.map(([value, label]) => text(x(value), bottom + 18, label, ' text-anchor="middle"')),
    text(LEFT + plot.width / 2, bottom + 36, xAxis, ' text-anchor="middle"'),
    ...lines.flatMap(({ name, points }, index) => {
      const colour = COLOURS[index % COLOURS.length]!;
      const path = points
        .map(([px, py], step) => `${step === 0 ? 'M' : 'L'}${at(x(px))} ${at(y(py))}`)
        .join('');
      const top = TOP + 10 + index * 34;
      return [
        `<path d="${path}" fill="none" stroke="${colour}" stroke-width="2"/>`,
        `<path d="M${LEFT + plot.width + 14} ${top}h18" stroke="${colour}" stroke-width="2"/>`,
        text(LEFT + plot.width + 38, top + 4, name),
      ];
    }),
    '</svg>',
    '',
  ].join('\n');
}

/** How late agents hear of the ends of a mass drop. */
export const dropPicture = ({ drops }: Results): string =>
  chart(
    'Everybody is lost within 10 s: seconds from the deadline until the agents know',
    'percent of the ends',
    [0.1, 1, 10, 100],
    [0, 25, 50, 75, 100].map((share) => [share, String(share)]),
    drops.map(({ name, curve }) => ({
      name: shortened(name),
      points: curve.map((late, at) => [2 * at, late]),
    })),
  );

/** What is sent to agents and customers, with and without queues. */
export const sentPicture = ({ sizes }: Results): string => {
  const all = (rate: 'messages sent' | 'messages sent, one group') =>
    sizes.map(({ rates, stamps }, at) => [at, rates[rate] * stamps] as const);
  return chart(
    'Messages that Web PubSub sends in a second of the busiest hour, all stamps',
    'customers at the same time',
    [1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10],
    sizes.map(({ customers }, at) => [at, customers.toLocaleString('en-US')]),
    [
      { name: 'one group of all agents of a stamp', points: all('messages sent, one group') },
      { name: 'by queue, 200 agents each', points: all('messages sent') },
      {
        name: '100 units a stamp send',
        points: sizes.map(({ stamps }, at) => [at, stamps * 400_000] as const),
      },
    ],
  );
};

const shortened = (name: string): string =>
  name
    .replace('Durable Task Scheduler', 'DTS')
    .replace('customers, ', '')
    .replace('one group of all agents', 'one group');
