import { html, nothing, type TemplateResult } from 'lit';
import { END_REASONS, momentOf } from '../core/format';
import type { ClosedConversation, Page } from '../core/model';
import { addressOf } from '../core/routes';
import type { Desk } from '../desk/desk';
import { onSubmit, OperatorElement } from './operator-element';
import './story-view';

/** What a search asks for. */
type Search = Readonly<Record<string, string>>;

/** Search of what is over; one of it with its story and its transcript. */
export class ClosedPage extends OperatorElement {
  static override properties = {
    ...OperatorElement.properties,
    desk: { attribute: false },
    place: { attribute: false },
    found: { state: true },
    next: { state: true },
  };
  declare desk: Desk;
  /** The conversation that is looked at. */
  declare place: string | undefined;
  declare found: readonly ClosedConversation[] | undefined;
  declare next: string | undefined;
  private search: Search = {};
  private hasSearched = false;

  protected override willUpdate(): void {
    if (this.place === undefined && !this.hasSearched) void this.find({});
  }

  private find(search: Search, continuationToken?: string): Promise<boolean> {
    this.search = search;
    this.hasSearched = true;
    return this.attempt(async () => {
      const moment = (local: string | undefined) => local && new Date(local).toISOString();
      let items = continuationToken === undefined ? [] : (this.found ?? []);
      // A page can be empty although there is more behind it.
      do {
        const page: Page<ClosedConversation> = await this.api.get('/v1/closed-conversations', {
          ...search,
          from: moment(search['from']),
          to: moment(search['to']),
          limit: 50,
          continuationToken,
        });
        items = [...items, ...page.items];
        continuationToken = page.continuationToken;
      } while (items.length === 0 && continuationToken !== undefined);
      this.found = items;
      this.next = continuationToken;
    });
  }

  protected override render(): TemplateResult {
    if (this.place !== undefined) {
      return html`<story-view
        .api=${this.api}
        .desk=${this.desk}
        .conversationId=${this.place}
      ></story-view>`;
    }
    return html`
      <div class="page">
        <header class="page-head"><h1>Closed conversations</h1></header>
        <form class="filters" @submit=${onSubmit((fields) => this.find(fields))}>
          <label>From <input type="datetime-local" name="from" /></label>
          <label>To <input type="datetime-local" name="to" /></label>
          <label>Queue <input name="queue" pattern="[A-Za-z0-9_\\-]{1,64}" /></label>
          <label>Agent <input name="agentId" pattern="[A-Za-z0-9_\\-]{1,64}" /></label>
          <label
            >Reason
            <select name="reason">
              <option value="">any</option>
              ${Object.entries(END_REASONS).map(([reason, says]) => html`<option value=${reason}>${says}</option>`)}
            </select>
          </label>
          <button class="primary" ?disabled=${this.busy}>Search</button>
        </form>
        <form
          class="filters"
          @submit=${onSubmit(({ id = '' }) => (location.hash = addressOf('closed', id.trim())))}
        >
          <label
            >Or the id of a conversation <input name="id" required pattern="\\s*[a-z0-9\\-]{8,64}\\s*"
          /></label>
          <button>Show</button>
        </form>
        ${this.outcome()}
        ${this.found === undefined ? html`<p class="empty">Reading …</p>` : this.table(this.found)}
        ${
          this.next
            ? html`<button
                type="button"
                ?disabled=${this.busy}
                @click=${() => void this.find(this.search, this.next)}
              >
                More
              </button>`
            : nothing
        }
      </div>
    `;
  }

  private table(found: readonly ClosedConversation[]): TemplateResult {
    if (found.length === 0) return html`<p class="empty">Nothing is found.</p>`;
    return html`
      <div class="scroll" tabindex="0" role="region" aria-label="Closed conversations">
        <table>
          <thead>
            <tr>
              <th scope="col">Closed</th>
              <th scope="col">Why it ended</th>
              <th scope="col">Queue</th>
              <th scope="col">Agent</th>
              <th scope="col">Device</th>
              <th scope="col">Conversation</th>
            </tr>
          </thead>
          <tbody>
            ${found.map(
              (one) => html`
                <tr>
                  <td>${momentOf(one.closedAt)}</td>
                  <td>${END_REASONS[one.reason]}</td>
                  <td>${one.queue}</td>
                  <td>${one.agentId ?? '–'}</td>
                  <td>${one.device}</td>
                  <td><a href=${addressOf('closed', one.conversationId)}>${one.conversationId}</a></td>
                </tr>
              `,
            )}
          </tbody>
        </table>
      </div>
    `;
  }
}

customElements.define('closed-page', ClosedPage);
