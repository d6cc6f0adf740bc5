/** Scenarios of the demo whose steps are in the picture; the table at its end has all. */
const SHOWN = ['drops when active', 'returns in time', 'host killed'];

const WIDTH = 8.4;
const HEIGHT = 18;
const MARGIN = 16;
const BAR = 28;

/**
 * A terminal that shows what `npm run demo` printed: its beginning, the steps of three scenarios, the results.
 * @param output as it was printed, without colours
 * @returns an SVG; the same for the same output
 */
export function terminalPicture(output: string): string {
  const lines = ['$ npm run demo', ...excerptOf(output.trimEnd().split('\n'))];
  const columns = Math.max(...lines.map((line) => line.length));
  const [width, height] = [Math.ceil(2 * MARGIN + columns * WIDTH), BAR + 2 * MARGIN + lines.length * HEIGHT];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="What npm run demo prints">`,
    `<rect width="${width}" height="${height}" rx="8" fill="#1b1f27"/>`,
    ...['#e06c75', '#e5c07b', '#98c379'].map(
      (colour, at) => `<circle cx="${MARGIN + 4 + at * 18}" cy="${BAR / 2 + 2}" r="5" fill="${colour}"/>`,
    ),
    '<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="14" fill="#d7dae0">',
    ...lines.flatMap((line, at) => (line === '' ? [] : [textOf(line, at)])),
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}

/** What stands before the first step, the steps of the shown scenarios, and the results. */
function excerptOf(lines: readonly string[]): string[] {
  const isStep = (line: string): boolean => /^ *\d+\.\d\d {2}/.test(line);
  const [first, last] = [lines.findIndex(isStep), lines.findLastIndex(isStep)];
  const steps = lines
    .slice(first, last + 1)
    .filter((line) => SHOWN.some((name) => line.includes(`  ${name} `)));
  return [...lines.slice(0, first), ...steps, ...lines.slice(last + 1)];
}

/** `textLength` keeps the columns whatever the font. */
function textOf(line: string, at: number): string {
  const start = line.length - line.trimStart().length;
  const text = line.trim();
  const [x, y] = [MARGIN + start * WIDTH, BAR + MARGIN + at * HEIGHT + 12];
  return `<text x="${x.toFixed(1)}" y="${y}" textLength="${(text.length * WIDTH).toFixed(1)}" xml:space="preserve"${colourOf(line)}>${escaped(text)}</text>`;
}

function colourOf(line: string): string {
  if (line.startsWith('$')) return ' fill="#61afef"';
  if (/\bok$|, 0 failed,/.test(line)) return ' fill="#98c379"';
  if (/FAILED|[1-9]\d* failed/.test(line)) return ' fill="#e06c75"';
  return /^-|^ after|^scenario/.test(line) ? ' fill="#7f8794"' : '';
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
