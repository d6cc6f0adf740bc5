import { html, nothing, type TemplateResult } from 'lit';
import { momentOf, wordsOf } from '../core/format';
import type { DeadLetter, Page } from '../core/model';
import { addressOf } from '../core/routes';
import { OperatorElement } from './operator-element';

type LetterPage = Page<DeadLetter> & { readonly unreadable: readonly string[] };

/** What cannot be handled before somebody mends it. */
export class DeadLettersPage extends OperatorElement {
  static override properties = {
    ...OperatorElement.properties,
    letters: { state: true },
    shown: { state: true },
    next: { state: true },
    unreadable: { state: true },
  };
  declare letters: readonly DeadLetter[];
  declare shown: 'open' | 'resolved';
  declare next: string | undefined;
  declare unreadable: readonly string[];

  constructor() {
    super();
    this.letters = [];
    this.unreadable = [];
    this.shown = 'open';
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void this.attempt(() => this.read());
  }

  private async read(continuationToken?: string): Promise<void> {
    const page = await this.api.get<LetterPage>('/v1/dead-letters', {
      state: this.shown,
      limit: 100,
      continuationToken,
    });
    this.letters = continuationToken === undefined ? page.items : [...this.letters, ...page.items];
    this.unreadable = page.unreadable;
    this.next = page.continuationToken;
  }

  private replay(letter: DeadLetter): void {
    void this.attempt(async () => {
      try {
        await this.api.post<DeadLetter>(`/v1/dead-letters/${letter.id}/replay`);
      } finally {
        await this.read();
      }
      return 'It works again.';
    });
  }

  protected override render(): TemplateResult {
    return html`
      <div class="page">
        <header class="page-head">
          <h1>Dead letters</h1>
          <label class="inline"
            >Show
            <select
              @change=${(event: Event) => {
                this.shown = (event.target as HTMLSelectElement).value as 'open' | 'resolved';
                void this.attempt(() => this.read());
              }}
            >
              <option value="open">open</option>
              <option value="resolved">resolved</option>
            </select>
          </label>
        </header>
        <p class="lead">
          Conversations that cannot be handled before somebody mends what is broken. Each is tried again every
          minute; those that work again are resolved by themselves.
        </p>
        ${this.outcome()}
        ${
          this.unreadable.length > 0
            ? html`<p class="problem">
                Letters that cannot be read themselves: ${this.unreadable.join(', ')}
              </p>`
            : nothing
        }
        ${
          this.letters.length === 0
            ? html`<p class="empty">${this.busy ? 'Reading …' : `None is ${this.shown}.`}</p>`
            : this.table()
        }
        ${
          this.next
            ? html`<button type="button" @click=${() => void this.attempt(() => this.read(this.next))}>
                More
              </button>`
            : nothing
        }
      </div>
    `;
  }

  private table(): TemplateResult {
    return html`
      <div class="scroll" tabindex="0" role="region" aria-label="Dead letters">
        <table>
          <thead>
            <tr>
              <th scope="col">What</th>
              <th scope="col">Conversation</th>
              <th scope="col">Error</th>
              <th scope="col">Seen</th>
              <th scope="col" class="number">Times</th>
              <th scope="col"><span class="hidden">Do</span></th>
            </tr>
          </thead>
          <tbody>
            ${this.letters.map(
              (letter) => html`
                <tr>
                  <td>${wordsOf(letter.kind)}</td>
                  <td>
                    ${
                      letter.conversationId
                        ? html`<a href=${addressOf('closed', letter.conversationId)}
                            >${letter.conversationId}</a
                          >`
                        : '–'
                    }
                    ${letter.row ? html`<br /><small>${letter.row}</small>` : nothing}
                  </td>
                  <td>${letter.code}</td>
                  <td>${momentOf(letter.firstSeen)}<br /><small>last ${momentOf(letter.lastSeen)}</small></td>
                  <td class="number">${letter.count}</td>
                  <td>
                    ${
                      letter.state === 'open'
                        ? html`<button
                            type="button"
                            ?disabled=${this.busy}
                            @click=${() => this.replay(letter)}
                          >
                            Try again
                          </button>`
                        : 'Resolved'
                    }
                  </td>
                </tr>
              `,
            )}
          </tbody>
        </table>
      </div>
    `;
  }
}

customElements.define('dead-letters-page', DeadLettersPage);
