import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { clockLength, END_REASONS, exactTimeOf, momentOf, wordsOf } from '../core/format';
import type { Conversation, ConversationView, Entry, PolicyExplanations } from '../core/model';
import { addressOf } from '../core/routes';
import type { Desk } from '../desk/desk';
import { transcript } from '../desk/transcript';
import { explanationTemplate } from './explanation';
import { download, OperatorElement } from './operator-element';
import { momentOfStory, type Story } from './story';

interface TranscriptPage {
  readonly transcript: readonly Entry[];
  readonly unreadable: readonly number[];
  readonly nextAfter?: number;
}

/** Why a conversation has ended, or what it is waiting for: from what is recorded. With its transcript. */
export class StoryView extends OperatorElement {
  static override properties = {
    ...OperatorElement.properties,
    desk: { attribute: false },
    conversationId: { attribute: false },
    conversation: { state: true },
    policies: { state: true },
    recorded: { state: true },
    entries: { state: true },
    next: { state: true },
  };
  declare desk: Desk;
  declare conversationId: string;
  declare conversation: Conversation | undefined;
  declare policies: PolicyExplanations | undefined;
  declare recorded: Story | undefined;
  declare entries: readonly Entry[];
  declare next: number | undefined;

  constructor() {
    super();
    this.entries = [];
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (!changed.has('conversationId')) return;
    this.conversation = undefined;
    this.policies = undefined;
    this.recorded = undefined;
    this.entries = [];
    const id = this.conversationId;
    void this.attempt(async () => {
      const [view, policies, recorded] = await Promise.all([
        this.desk.api.get<ConversationView>(`/v1/conversations/${id}`, { limit: 1 }),
        this.desk.api.get<PolicyExplanations>(`/v1/conversations/${id}/policies`),
        this.desk.api.get<Story>(`/v1/conversations/${id}/story`),
        this.read(),
      ]);
      this.conversation = view.conversation;
      this.policies = policies;
      this.recorded = recorded;
    });
  }

  private async read(after?: number): Promise<void> {
    const page = await this.api.get<TranscriptPage>(`/v1/conversations/${this.conversationId}/transcript`, {
      after,
      limit: 1_000,
    });
    this.entries = after === undefined ? page.transcript : [...this.entries, ...page.transcript];
    this.next = page.nextAfter;
  }

  /** The file as the API makes it would need a header that a link cannot send: so it is made here. */
  private save(): void {
    const lines = this.entries.map(({ at, author, text }) => {
      const who = author.role === 'system' ? 'system' : `${author.role} ${JSON.stringify(author.name ?? '')}`;
      return `${at} ${who}: ${text.replaceAll('\n', '\n  ')}`;
    });
    download(`${this.conversationId}.txt`, 'text/plain', `${lines.join('\n')}\n`);
  }

  protected override render(): TemplateResult {
    const { conversation: c, conversationId: id } = this;
    return html`
      <div class="page">
        <header class="page-head">
          <div>
            <a href=${addressOf('closed')}>← Closed conversations</a>
            <h1>${c?.customer.name ?? 'Conversation'}</h1>
            <small>${id}</small>
          </div>
          <div class="buttons">
            <button type="button" ?disabled=${this.entries.length === 0} @click=${() => this.save()}>
              Save the transcript
            </button>
            ${c && c.state !== 'Closed' ? html`<a class="button" href=${addressOf('desk', id)}>To the desk</a>` : nothing}
          </div>
        </header>
        ${this.outcome()}
        ${c === undefined ? (this.problem ? nothing : html`<p class="empty">Reading …</p>`) : this.story(c)}
        ${
          this.entries.length === 0
            ? nothing
            : html`
                <section class="card" aria-labelledby="said">
                  <h2 id="said">What was said</h2>
                  <div class="log flat">
                    ${transcript({ entries: this.entries, marks: [], outbox: [], me: '' })}
                  </div>
                  ${
                    this.next === undefined
                      ? nothing
                      : html`<button
                          type="button"
                          @click=${() => void this.attempt(() => this.read(this.next))}
                        >
                          Read on
                        </button>`
                  }
                </section>
              `
        }
      </div>
    `;
  }

  private story(c: Conversation): TemplateResult {
    return html`
      <section class="card" aria-labelledby="why">
        <h2 id="why">${c.end ? 'Why did this chat end?' : 'How does it stand?'}</h2>
        <p class="verdict">${verdictOf(c)}</p>
        <ol class="timeline">
          ${(this.recorded?.events ?? []).map((event) => {
            const { at, text, kind } = momentOfStory(event);
            return html`<li class=${kind}><time datetime=${at}>${exactTimeOf(at)}</time> ${text}</li>`;
          })}
        </ol>
        ${
          this.recorded?.notRecorded
            ? html`<p>${this.recorded.notRecorded} absences are not recorded.</p>`
            : nothing
        }
        ${
          // What applied to one that is over is in its story: the rules may be others by now.
          this.policies && !c.end
            ? html`<h3>Which grace applies, and why</h3>
                ${explanationTemplate(this.policies.grace)}`
            : nothing
        }
      </section>
    `;
  }
}

/** In one sentence. */
function verdictOf(c: Conversation): string {
  const { end, lastDisconnection: last, disconnection } = c;
  if (end === undefined) {
    return disconnection === undefined
      ? 'It goes on, and the customer is there.'
      : `It goes on; the customer is away since ${momentOf(disconnection.since)} and is waited for until ${momentOf(disconnection.deadline)}.`;
  }
  if (end.reason === 'customer-disconnected' && last) {
    const waited = Date.parse(last.deadline) - Date.parse(last.since);
    return (
      `The customer's last connection was lost at ${exactTimeOf(last.since)}. Nobody came back within ` +
      `${clockLength(waited)}, so the chat ended at ${exactTimeOf(end.at)}.`
    );
  }
  return `${wordsOf(END_REASONS[end.reason])}, at ${momentOf(end.at)}.`;
}

customElements.define('story-view', StoryView);
