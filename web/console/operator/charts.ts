import { html, svg, type TemplateResult } from 'lit';

export interface Bar {
  readonly name: string;
  /** Parts that are stacked: `kind` is a class of the style sheet. */
  readonly parts: readonly { readonly kind: string; readonly value: number }[];
}

const WIDTH = 480;
const HEIGHT = 140;
const FOOT = 18;

/**
 * Bars, stacked. The picture has the figures in its label; whoever wants each of them has the table behind it.
 * Its numbers are positions, not styles, so that no inline style is needed.
 */
export function barChart(
  title: string,
  bars: readonly Bar[],
  kinds: Readonly<Record<string, string>>,
): TemplateResult {
  const total = ({ parts }: Bar) => parts.reduce((sum, { value }) => sum + value, 0);
  const most = Math.max(1, ...bars.map(total));
  const step = WIDTH / Math.max(1, bars.length);
  const every = Math.ceil(bars.length / 8);
  const all = bars.reduce((sum, bar) => sum + total(bar), 0);
  return html`
    <figure class="chart">
      <figcaption>
        ${title}
        <span class="legend">
          ${Object.entries(kinds).map(([kind, says]) => html`<span class="key ${kind}">${says}</span>`)}
        </span>
      </figcaption>
      <svg
        viewBox="0 0 ${WIDTH} ${HEIGHT}"
        role="img"
        aria-label="${title}: ${all} in all, at most ${most} in a bar"
      >
        <line class="axis" x1="0" x2=${WIDTH} y1=${HEIGHT - FOOT} y2=${HEIGHT - FOOT}></line>
        <text class="tick" x="2" y="10">${most}</text>
        ${bars.map((bar, index) => {
          let y = HEIGHT - FOOT;
          const rects = bar.parts.map(({ kind, value }) => {
            const height = ((HEIGHT - FOOT - 14) * value) / most;
            y -= height;
            return svg`<rect class="bar ${kind}" x=${index * step + step * 0.12} y=${y} width=${step * 0.76} height=${height}></rect>`;
          });
          const label =
            index % every === 0
              ? svg`<text class="tick" text-anchor="middle" x=${(index + 0.5) * step} y=${HEIGHT - 4}>${bar.name}</text>`
              : '';
          return svg`${rects}${label}`;
        })}
      </svg>
      <details>
        <summary>Figures</summary>
        <div class="scroll" tabindex="0" role="region" aria-label="Figures of: ${title}">
          <table>
            <thead>
              <tr>
                <th scope="col"><span class="hidden">Bar</span></th>
                ${Object.values(kinds).map((says) => html`<th scope="col" class="number">${says}</th>`)}
              </tr>
            </thead>
            <tbody>
              ${bars.map(
                (bar) => html`
                  <tr>
                    <th scope="row">${bar.name}</th>
                    ${Object.keys(kinds).map(
                      (kind) =>
                        html`<td class="number">
                          ${bar.parts.find((part) => part.kind === kind)?.value ?? 0}
                        </td>`,
                    )}
                  </tr>
                `,
              )}
            </tbody>
          </table>
        </div>
      </details>
    </figure>
  `;
}

/** How many fall into each class: bounds are the upper ends, the last class is open. */
export const histogram = (values: readonly number[], bounds: readonly number[]): number[] => {
  const counts = new Array<number>(bounds.length + 1).fill(0);
  for (const value of values) {
    const found = bounds.findIndex((bound) => value <= bound);
    const place = found === -1 ? bounds.length : found;
    counts[place] = (counts[place] ?? 0) + 1;
  }
  return counts;
};
