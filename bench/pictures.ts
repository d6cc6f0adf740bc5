import type { Results } from './report';

interface Series {
  readonly name: string;
  readonly colour: string;
  readonly values: readonly number[];
}

const WIDTH = 720;
const LEFT = 130;
const TOP = 66;
const PLOT = WIDTH - LEFT - 70;

/** Horizontal bars: a group for each event. Stacked, they add up. */
function bars(
  title: string,
  unit: string,
  groups: readonly string[],
  series: readonly Series[],
  isStacked: boolean,
) {
  const most = Math.max(
    ...(isStacked
      ? groups.map((_, at) => series.reduce((sum, { values }) => sum + (values[at] ?? 0), 0))
      : series.flatMap(({ values }) => values)),
  );
  const thick = isStacked ? 16 : 9;
  const high = (isStacked ? 1 : series.length) * thick + 12;
  const height = TOP + groups.length * high + 10;
  const wide = (value: number) => (value / most) * PLOT;
  const rect = (x: number, y: number, width: number, colour: string) =>
    `<rect x="${x.toFixed(1)}" y="${y.toFixed(1)}" width="${width.toFixed(1)}" height="${thick - 1}" fill="${colour}"/>`;
  const text = (x: number, y: number, words: string, more = '') =>
    `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}"${more}>${words}</text>`;
  const groupOf = (name: string, at: number) => {
    const y = TOP + at * high;
    let from = LEFT;
    const shapes = series.flatMap(({ values, colour }, place) => {
      const value = values[at] ?? 0;
      const row = y + (isStacked ? 0 : place * thick);
      const shape = rect(isStacked ? from : LEFT, row, wide(value), colour);
      from += isStacked ? wide(value) : 0;
      return isStacked
        ? [shape]
        : [shape, text(LEFT + wide(value) + 5, row + 8, String(value), ' font-size="9"')];
    });
    const sum = series.reduce((all, { values }) => all + (values[at] ?? 0), 0);
    const total = isStacked ? [text(from + 5, y + 12, String(sum))] : [];
    return [text(LEFT - 8, y + high / 2, name, ' text-anchor="end"'), ...shapes, ...total].join('');
  };
  const legend = series
    .map(({ name, colour }, at) => {
      const x = 12 + at * 178;
      return `<rect x="${x}" y="38" width="10" height="10" fill="${colour}"/>${text(x + 16, 47, name)}`;
    })
    .join('');
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" role="img" aria-label="${title}" font-family="system-ui,sans-serif" font-size="12" fill="#1f2328">
<rect width="${WIDTH}" height="${height}" fill="#fff"/>
${text(12, 22, `${title}, ${unit}`, ' font-size="14" font-weight="600"')}
${legend}
${groups.map(groupOf).join('\n')}
</svg>
`;
}

/** Requests of an event, by who gets them. */
export const requestsPicture = ({ events }: Results): string =>
  bars(
    'Requests of an event',
    'counted where they are sent',
    events.map(({ kind }) => kind),
    [
      { name: 'to tables', colour: '#0969da', values: events.map(({ requests }) => requests.tables) },
      { name: 'to Web PubSub', colour: '#8250df', values: events.map(({ requests }) => requests.webPubSub) },
      {
        name: 'by the durable client',
        colour: '#bf8700',
        values: events.map(({ requests }) => requests.durable),
      },
    ],
    true,
  );

/** CPU of an event: of the product, of what its requests cost alone, and of the other designs, in the same run. */
export const designsPicture = ({ events, floor, baselines }: Results): string =>
  bars(
    'CPU of an event',
    'ms of the app’s process, in one run',
    events.map(({ kind }) => kind),
    [
      { name: 'this app', colour: '#0969da', values: events.map(({ cpuMs }) => cpuMs.median) },
      { name: 'its requests, by SDK', colour: '#9a9fa5', values: floor.map(({ sdkMs }) => sdkMs) },
      ...baselines.map(({ name, events: rows }, at) => ({
        name: name.replaceAll('-', ' '),
        colour: at === 0 ? '#bf8700' : '#1a7f37',
        values: rows.map(({ cpuMs }) => cpuMs.median),
      })),
    ],
    false,
  );
