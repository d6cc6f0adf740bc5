import { html, nothing, type TemplateResult } from 'lit';
import { clockLength, isoLength, momentOf, readableLength } from '../core/format';
import type { ServerClock } from '../core/server-clock';
import { type Bar, barChart } from './charts';
import { onSubmit, OperatorElement } from './operator-element';
import { tile } from './tile';

const DAY_MS = 86_400_000;

interface Percentiles {
  readonly p50: string;
  readonly p95: string;
  readonly max: string;
}

/** `GET /v1/insights`: lengths are ISO 8601 durations. */
interface Insights {
  readonly from: string;
  readonly complete: boolean;
  readonly conversations: number;
  readonly notRecorded: number;
  readonly lengths: readonly string[];
  readonly absences: readonly {
    readonly day: string;
    readonly returned: readonly number[];
    readonly ended: readonly number[];
    readonly otherwise: number;
  }[];
  readonly outcomes: Readonly<Record<'returned' | 'ended' | 'otherwise' | 'extended', number>>;
  readonly reconnectRate?: number;
  readonly timeToReturn?: Percentiles;
  readonly lateness?: Percentiles;
  readonly whatIf?: {
    readonly grace: string;
    readonly ended: number;
    readonly cost: number;
    readonly savedAtLeast: number;
    readonly savedAtMost: number;
  };
}

/** How long customers were away, and what another grace period would have changed. */
export class WhatIfPage extends OperatorElement {
  static override properties = {
    ...OperatorElement.properties,
    clock: { attribute: false },
    insights: { state: true },
  };
  declare clock: ServerClock;
  declare insights: Insights | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    void this.read({});
  }

  private read({ days = '7', grace = '60', ...filter }: Record<string, string>): Promise<boolean> {
    return this.attempt(async () => {
      this.insights = await this.api.get<Insights>('/v1/insights', {
        from: new Date(this.clock.now() - Number(days) * DAY_MS).toISOString(),
        grace: `PT${grace}S`,
        ...filter,
      });
    });
  }

  protected override render(): TemplateResult {
    return html`
      <div class="page">
        <header class="page-head"><h1>What if</h1></header>
        <p class="lead">
          Absences of conversations that are closed, and what another grace period would have changed.
        </p>
        <form class="filters" @submit=${onSubmit((fields) => this.read(fields))}>
          <label
            >Every grace period, in seconds
            <input type="number" name="grace" min="1" max="86400" value="60" required
          /></label>
          <label
            >Closed in
            <select name="days">
              <option value="1">the last day</option>
              <option value="7" selected>the last week</option>
              <option value="30">the last 30 days</option>
              <option value="90">the last 90 days</option>
            </select>
          </label>
          <label>Queue <input name="queue" pattern="[A-Za-z0-9_\\-]{1,64}" /></label>
          <label
            >Device
            <select name="device">
              <option value="">any</option>
              ${['phone', 'tablet', 'desktop', 'unknown'].map((device) => html`<option>${device}</option>`)}
            </select>
          </label>
          <button class="primary" ?disabled=${this.busy}>What if?</button>
        </form>
        ${this.outcome()}
        ${
          this.insights === undefined
            ? html`<p class="empty">${this.busy ? 'Reading …' : nothing}</p>`
            : shown(this.insights)
        }
      </div>
    `;
  }
}

function shown(insights: Insights): TemplateResult {
  const { conversations, outcomes, reconnectRate: rate, timeToReturn, lateness, whatIf } = insights;
  const longest = ({ p95, max }: Percentiles) =>
    `median; 95 % within ${readableLength(p95)}, longest ${readableLength(max)}`;
  return html`
    ${
      whatIf
        ? html`<section class="card" aria-labelledby="what-if">
            <h2 id="what-if">If every grace period were ${readableLength(whatIf.grace)}</h2>
            <p class="verdict">${verdictOf(whatIf)}</p>
          </section>`
        : nothing
    }
    <dl class="tiles">
      ${tile('Conversations', String(conversations))}
      ${tile('Came back', rate === undefined ? '–' : `${Math.round(rate * 100)} %`, `${outcomes.returned} absences of ${outcomes.returned + outcomes.ended + outcomes.otherwise}`)}
      ${tile('Ended for absence', String(outcomes.ended), `${outcomes.otherwise} over otherwise`)}
      ${tile('Extended by agents', String(outcomes.extended))}
      ${timeToReturn ? tile('Time to return', readableLength(timeToReturn.p50), longest(timeToReturn)) : nothing}
      ${lateness ? tile('Lateness', readableLength(lateness.p50), longest(lateness)) : nothing}
    </dl>
    ${
      insights.complete && insights.notRecorded === 0
        ? nothing
        : html`<p class="lead">
            ${insights.complete ? nothing : html`Only since ${momentOf(insights.from)}: there is more than is looked through. `}
            ${insights.notRecorded > 0 ? `${insights.notRecorded} absences are not recorded.` : nothing}
          </p>`
    }
    <div class="charts">
      <div class="card">${barChart('Length of absences', lengthBars(insights), KINDS)}</div>
      <div class="card">${barChart('Absences by day of closing', dayBars(insights), KINDS)}</div>
    </div>
  `;
}

function verdictOf({ ended, cost, savedAtLeast: least, savedAtMost: most }: NonNullable<Insights['whatIf']>) {
  const saved = least === most ? String(most) : `${least} to ${most}`;
  return (
    `Of ${ended} conversations that ended for absence ${saved} would have gone on. ` +
    `${cost} that went on would have ended: their customers needed longer.`
  );
}

const KINDS = { returned: 'came back', expired: 'ended for absence' };
const parts = (returned: number, expired: number): Bar['parts'] => [
  { kind: 'returned', value: returned },
  { kind: 'expired', value: expired },
];
const sum = (all: readonly number[]): number => all.reduce((one, other) => one + other, 0);

const lengthBars = ({ lengths, absences }: Insights): readonly Bar[] =>
  [...lengths, undefined].map((length, n) => ({
    name: length === undefined ? 'longer' : `≤ ${clockLength(isoLength(length))}`,
    parts: parts(
      sum(absences.map(({ returned }) => returned[n] ?? 0)),
      sum(absences.map(({ ended }) => ended[n] ?? 0)),
    ),
  }));

const dayBars = ({ absences }: Insights): readonly Bar[] =>
  [...new Set(absences.map(({ day }) => day))].sort().map((day) => {
    const those = absences.filter((group) => group.day === day);
    return {
      name: day.slice(5),
      parts: parts(sum(those.flatMap(({ returned }) => returned)), sum(those.flatMap(({ ended }) => ended))),
    };
  });

customElements.define('what-if-page', WhatIfPage);
