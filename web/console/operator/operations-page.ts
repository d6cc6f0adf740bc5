import { html, nothing, type TemplateResult } from 'lit';
import { clockLength, END_REASONS, exactTimeOf, timeOf } from '../core/format';
import type { ClosedConversation, Page } from '../core/model';
import { Persistent } from '../core/persistent';
import { messageOf } from '../core/problem';
import { addressOf } from '../core/routes';
import type { ServerClock } from '../core/server-clock';
import type { DeskState, Episode } from '../desk/state';
import { barChart, histogram } from './charts';
import { OperatorElement } from './operator-element';
import { tile } from './tile';

const HOUR_MS = 3_600_000;
const SLICES = 12;
/** Classes of the time to return, in seconds. */
const RETURNS = [5, 15, 30, 60, 120, 180, 300];
/** Classes of lateness, in milliseconds. */
const LATENESS = [250, 500, 1_000, 2_000, 5_000];
const CLOSED_AGAIN_MS = 30_000;

/** Operations at a glance: who is away now, and what has become of the absences of the last hour. */
export class OperationsPage extends OperatorElement {
  static override properties = {
    ...OperatorElement.properties,
    state: { attribute: false },
    clock: { attribute: false },
    closed: { state: true },
  };
  declare state: DeskState;
  declare clock: ServerClock;
  /** What was closed in the last hour. */
  declare closed: readonly ClosedConversation[];
  private readonly reading = new Persistent(() => this.read(), {
    againMs: CLOSED_AGAIN_MS,
    failed: (thrown) => (this.problem = messageOf(thrown)),
  });

  constructor() {
    super();
    this.closed = [];
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.reading.begin();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.reading.stop();
  }

  private async read(): Promise<void> {
    const from = new Date(this.clock.now() - HOUR_MS).toISOString();
    const page = await this.api.get<Page<ClosedConversation>>('/v1/closed-conversations', {
      from,
      limit: 500,
    });
    this.closed = page.items;
    this.problem = undefined;
  }

  protected override render(): TemplateResult {
    const { rows, episodes } = this.state;
    const now = this.clock.now();
    const away = [...rows.values()]
      .filter(({ lost }) => lost)
      .sort((one, other) =>
        (one.disconnection?.deadline ?? '') < (other.disconnection?.deadline ?? '') ? -1 : 1,
      );
    const recent = episodes.filter(({ since }) => now - Date.parse(since) < HOUR_MS);
    const over = recent.filter(({ outcome }) => outcome !== 'running');
    const returned = over.filter(({ outcome }) => outcome === 'returned');
    const expired = over.filter(({ outcome }) => outcome === 'expired');
    const open = [...rows.values()].filter(({ state }) => state === 'Open');
    const oldest = open.reduce((first, { stateSince }) => (stateSince < first ? stateSince : first), '9');
    const rate = over.length === 0 ? '–' : `${Math.round((100 * returned.length) / over.length)} %`;
    const returns = returned.map(lengthOf).sort((a, b) => a - b);
    const late = expired.map(latenessOf);
    return html`
      <div class="page">
        <header class="page-head"><h1>Operations</h1></header>
        ${this.problem ? this.outcome() : nothing}
        <dl class="tiles">
          ${tile('Away now', String(away.length))}
          ${tile('Waiting for an agent', String(open.length), open.length > 0 ? html`longest <time-since .at=${oldest}></time-since>` : nothing)}
          ${tile('Came back', rate, html`${returned.length} of ${over.length} absences`)}
          ${tile('Time to return', returns.length === 0 ? '–' : clockLength(returns[Math.floor(returns.length / 2)] ?? 0), 'median')}
          ${tile('Ended for absence', String(expired.length))}
          ${tile('Lateness', late.length === 0 ? '–' : `${(Math.max(...late) / 1_000).toFixed(1)} s`, 'of the latest end')}
        </dl>
        <section class="card" aria-labelledby="away">
          <h2 id="away">Away now</h2>
          ${
            away.length === 0
              ? html`<p class="empty">Nobody is away.</p>`
              : html`
                  <div class="scroll" tabindex="0" role="region" aria-label="Customers who are away">
                    <table>
                      <thead>
                        <tr>
                          <th scope="col">Customer</th>
                          <th scope="col">Queue</th>
                          <th scope="col">Lost</th>
                          <th scope="col">Deadline</th>
                          <th scope="col" class="number">Left</th>
                        </tr>
                      </thead>
                      <tbody>
                        ${away.map(
                          (row) => html`
                            <tr>
                              <th scope="row">
                                <a href=${addressOf('desk', row.conversationId)}>${row.customerName}</a>
                              </th>
                              <td>${row.queue}</td>
                              <td>${exactTimeOf(row.disconnection?.since ?? row.stateSince)}</td>
                              <td>${exactTimeOf(row.disconnection?.deadline ?? row.stateSince)}</td>
                              <td class="number">
                                <count-down
                                  .at=${row.disconnection?.deadline ?? ''}
                                  aria-label="Time left"
                                ></count-down>
                              </td>
                            </tr>
                          `,
                        )}
                      </tbody>
                    </table>
                  </div>
                `
          }
        </section>
        <p class="lead">Absences of the last hour, as far as this page has been open to see them.</p>
        <div class="charts">
          <div class="card">${outcomesChart(recent, now)}</div>
          <div class="card">${rateChart(over, now)}</div>
          <div class="card">${returnsChart(returned)}</div>
          <div class="card">${latenessChart(late)}</div>
          <div class="card">${this.endsChart(now)}</div>
        </div>
      </div>
    `;
  }

  private endsChart(now: number): TemplateResult {
    const kinds = {
      expired: END_REASONS['customer-disconnected'],
      ended: END_REASONS['customer-ended'],
      returned: END_REASONS['agent-ended'],
      running: END_REASONS['auto-closed'],
    };
    const reasons = ['customer-disconnected', 'customer-ended', 'agent-ended', 'auto-closed'] as const;
    const bars = sliced(this.closed, ({ closedAt }) => Date.parse(closedAt), now).map(({ name, items }) => ({
      name,
      parts: Object.keys(kinds).map((kind, n) => ({
        kind,
        value: items.filter(({ reason }) => reason === reasons[n]).length,
      })),
    }));
    return barChart('Closed conversations, by the reason of the end', bars, kinds);
  }
}

const lengthOf = ({ since, endedAt }: Episode): number => Date.parse(endedAt ?? since) - Date.parse(since);
/** How long after its deadline an absence was ended. */
const latenessOf = ({ deadline, endedAt }: Episode): number =>
  Math.max(0, Date.parse(endedAt ?? deadline) - Date.parse(deadline));

/** The last hour in slices of five minutes. */
function sliced<T>(
  items: readonly T[],
  at: (item: T) => number,
  now: number,
): { name: string; items: T[] }[] {
  const slice = HOUR_MS / SLICES;
  const end = Math.ceil(now / slice) * slice;
  return Array.from({ length: SLICES }, (_, n) => {
    const [from, to] = [end - (SLICES - n) * slice, end - (SLICES - n - 1) * slice];
    return {
      name: timeOf(new Date(from).toISOString()),
      items: items.filter((item) => at(item) >= from && at(item) < to),
    };
  });
}

const OUTCOMES = {
  returned: 'returned',
  expired: 'ended for absence',
  ended: 'ended otherwise',
  running: 'running',
  extended: 'extended',
};

function outcomesChart(episodes: readonly Episode[], now: number): TemplateResult {
  const { extended: _, ...kinds } = OUTCOMES;
  const extended = episodes.filter((episode) => episode.extended).length;
  const bars = sliced(episodes, ({ since }) => Date.parse(since), now).map(({ name, items }) => ({
    name,
    parts: Object.keys(kinds).map((kind) => ({
      kind,
      value: items.filter(({ outcome }) => outcome === kind).length,
    })),
  }));
  return barChart(`Outcomes (${extended} extended)`, bars, kinds);
}

function rateChart(over: readonly Episode[], now: number): TemplateResult {
  const bars = sliced(over, ({ endedAt, since }) => Date.parse(endedAt ?? since), now).map(
    ({ name, items }) => ({
      name,
      parts: [
        {
          kind: 'returned',
          value:
            items.length === 0
              ? 0
              : Math.round(
                  (100 * items.filter(({ outcome }) => outcome === 'returned').length) / items.length,
                ),
        },
      ],
    }),
  );
  return barChart('Reconnect rate, percent', bars, { returned: 'came back' });
}

function returnsChart(returned: readonly Episode[]): TemplateResult {
  const counts = histogram(
    returned.map((episode) => lengthOf(episode) / 1_000),
    RETURNS,
  );
  const names = [...RETURNS.map((bound) => `≤ ${clockLength(bound * 1_000)}`), 'longer'];
  const bars = counts.map((value, n) => ({ name: names[n] ?? '', parts: [{ kind: 'returned', value }] }));
  return barChart('Time to return', bars, { returned: 'returns' });
}

function latenessChart(late: readonly number[]): TemplateResult {
  const counts = histogram(late, LATENESS);
  const names = [...LATENESS.map((bound) => `≤ ${bound / 1_000} s`), 'later'];
  const bars = counts.map((value, n) => ({ name: names[n] ?? '', parts: [{ kind: 'expired', value }] }));
  return barChart('How late an absence was ended', bars, { expired: 'ends' });
}

customElements.define('operations-page', OperationsPage);
