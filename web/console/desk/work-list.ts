import { html, nothing, type TemplateResult } from 'lit';
import { guard } from 'lit/directives/guard.js';
import { repeat } from 'lit/directives/repeat.js';
import { ConsoleElement } from '../core/element';
import { clockLength } from '../core/format';
import { addressOf } from '../core/routes';
import type { DeskState, Row } from './state';

/** The parts of the list, in the order in which an agent needs them. */
const PARTS = [
  { name: 'Offered to you', isIn: (row: Row, me: string) => isOffer(row) && row.agentId === me },
  { name: 'Yours', isIn: (row: Row, me: string) => isAccepted(row) && row.agentId === me },
  { name: 'Waiting for an agent', isIn: (row: Row) => row.state === 'Open' },
  {
    name: 'Waiting for the customer',
    isIn: (row: Row, me: string) => row.state === 'Waiting' && row.agentId === me,
  },
  { name: 'Wrap-up', isIn: (row: Row, me: string) => row.state === 'WrapUp' && row.agentId === me },
  { name: 'Colleagues', isIn: () => true },
] as const;
const isOffer = (row: Row): boolean => row.state === 'Active' && !row.accepted;
const isAccepted = (row: Row): boolean => row.state === 'Active' && row.accepted;

/** Each conversation in the first part that fits, those that have waited longest first. */
export function partsOf(state: DeskState, queue: string): readonly { name: string; rows: readonly Row[] }[] {
  const parts = PARTS.map(({ name }) => ({ name, rows: [] as Row[] }));
  for (const row of state.rows.values()) {
    if (queue !== '' && row.queue !== queue) continue;
    const part = PARTS.findIndex(({ isIn }) => isIn(row, state.me.agentId));
    parts[part]?.rows.push(row);
  }
  for (const { rows } of parts) rows.sort(byWaiting);
  return parts;
}

const byWaiting = (one: Row, other: Row): number =>
  one.stateSince < other.stateSince
    ? -1
    : one.stateSince > other.stateSince
      ? 1
      : one.conversationId < other.conversationId
        ? -1
        : 1;

/** The conversations that are not closed, live. */
export class WorkList extends ConsoleElement {
  static override properties = {
    state: { attribute: false },
    again: { attribute: false },
    queue: { state: true },
  };
  declare state: DeskState;
  declare again: () => void;
  declare queue: string;

  constructor() {
    super();
    this.queue = '';
  }

  protected override render(): TemplateResult {
    const { rows, opened, isLoaded, listError, isListRefused } = this.state;
    const queues = [...new Set([...rows.values()].map(({ queue }) => queue))].sort();
    const parts = partsOf(this.state, this.queue).filter(({ rows }) => rows.length > 0);
    return html`
      <div class="list-head">
        <h2>Conversations</h2>
        <label>
          <span class="hidden">Queue</span>
          <select @change=${(event: Event) => (this.queue = (event.target as HTMLSelectElement).value)}>
            <option value="">All queues</option>
            ${queues.map((queue) => html`<option .value=${queue} ?selected=${queue === this.queue}>${queue}</option>`)}
          </select>
        </label>
      </div>
      ${
        listError === undefined
          ? nothing
          : html`<p class="problem" role="status">
              The list cannot be read. ${isListRefused ? '' : 'It is tried again by itself.'} ${listError}
              ${isListRefused ? html`<button type="button" @click=${this.again}>Try again</button>` : nothing}
            </p>`
      }
      ${
        parts.length > 0
          ? parts.map(
              ({ name, rows }) => html`
                <details open class="part">
                  <summary>
                    <h3>${name}</h3>
                    <span class="count">${rows.length}</span>
                  </summary>
                  <ul>
                    ${repeat(
                      rows,
                      ({ conversationId }) => conversationId,
                      (row) => {
                        const isOpened = row.conversationId === opened?.id;
                        return guard([row, isOpened], () => rowTemplate(row, isOpened));
                      },
                    )}
                  </ul>
                </details>
              `,
            )
          : html`<p class="empty">
              ${isLoaded ? 'Nobody is waiting. New conversations appear here.' : 'Reading the list …'}
            </p>`
      }
    `;
  }
}

function rowTemplate(row: Row, isOpened: boolean): TemplateResult {
  const who = row.agentName ?? (row.agentId && 'Colleague');
  return html`
    <li class=${row.lost ? 'is-lost' : ''}>
      <a
        class="row"
        href=${addressOf('desk', row.conversationId)}
        aria-current=${isOpened ? 'true' : 'false'}
      >
        <span class="name">${row.customerName}</span>
        <span class="wait"><time-since .at=${row.stateSince}></time-since></span>
        <span class="about">${row.queue}${row.state === 'Active' && who ? ` · ${who}` : ''}</span>
        <span class="signs">${signsOf(row)}</span>
      </a>
    </li>
  `;
}

/** What needs a look, the most urgent first. */
function signsOf(row: Row): TemplateResult[] {
  const signs: TemplateResult[] = [];
  const offer = row.deadlines.find(({ kind }) => kind === 'offer');
  if (row.lost && row.disconnection) {
    signs.push(
      html`<span class="sign warn"
        >Lost · <count-down .at=${row.disconnection.deadline} aria-label="Time left"></count-down
      ></span>`,
    );
  } else if (row.disconnection?.number === 1) {
    signs.push(html`<span class="sign">Connecting</span>`);
  } else if (row.back) {
    signs.push(html`<span class="sign good">Back after ${clockLength(row.back.absentFor)}</span>`);
  }
  if (offer && isOffer(row)) {
    signs.push(
      html`<span class="sign accent"
        >Accept · <count-down .at=${offer.at} aria-label="Time to accept"></count-down
      ></span>`,
    );
  }
  if (row.agentAway === true) signs.push(html`<span class="sign warn">Agent away</span>`);
  if (row.unread > 0) signs.push(html`<span class="sign unread">${row.unread} new</span>`);
  return signs;
}

customElements.define('work-list', WorkList);
