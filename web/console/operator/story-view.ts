import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { clockLength, END_REASONS, exactTimeOf, momentOf, wordsOf } from '../core/format';
import type { Conversation, ConversationView, Entry, PolicyExplanations } from '../core/model';
import { addressOf } from '../core/routes';
import type { Desk } from '../desk/desk';
import { transcript } from '../desk/transcript';
import { explanationTemplate } from './explanation';
import { download, OperatorElement } from './operator-element';

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
    entries: { state: true },
    next: { state: true },
  };
  declare desk: Desk;
  declare conversationId: string;
  declare conversation: Conversation | undefined;
  declare policies: PolicyExplanations | undefined;
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
    this.entries = [];
    const id = this.conversationId;
    void this.attempt(async () => {
      const [view, policies] = await Promise.all([
        this.desk.api.get<ConversationView>(`/v1/conversations/${id}`, { limit: 1 }),
        this.desk.api.get<PolicyExplanations>(`/v1/conversations/${id}/policies`),
        this.read(),
      ]);
      this.conversation = view.conversation;
      this.policies = policies;
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
          ${momentsOf(c).map(
            ({ at, text, kind }) =>
              html`<li class=${kind}><time datetime=${at}>${exactTimeOf(at)}</time> ${text}</li>`,
          )}
        </ol>
        ${
          this.policies
            ? html`<h3>Which grace ${c.end ? 'applied' : 'applies'}, and why</h3>
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

interface Moment {
  readonly at: string;
  readonly text: string;
  readonly kind: string;
}

/** What the record tells, in order. */
function momentsOf(c: Conversation): readonly Moment[] {
  const moments: Moment[] = [{ at: c.createdAt, text: 'Opened', kind: '' }];
  const last = c.disconnection ?? c.lastDisconnection;
  if (last && last.reason === 'connection-lost') {
    moments.push({ at: last.since, text: `Connection lost (absence ${last.number})`, kind: 'lost' });
    // Of an absence that was over before its deadline was no more than a plan.
    if (c.disconnection || c.lastDisconnection?.outcome === 'expired') {
      moments.push({ at: last.deadline, text: 'Deadline', kind: 'deadline' });
    }
    if (c.lastDisconnection && !c.disconnection) {
      const { endedAt, outcome } = c.lastDisconnection;
      moments.push({
        at: endedAt,
        text: `The absence is over: ${outcome}`,
        kind: outcome === 'reconnected' ? 'back' : '',
      });
    }
  }
  if (c.end) moments.push({ at: c.end.at, text: `Ended: ${END_REASONS[c.end.reason]}`, kind: 'ended' });
  if (c.closedAt) moments.push({ at: c.closedAt, text: 'Closed', kind: '' });
  return moments.sort((one, other) => (one.at < other.at ? -1 : 1));
}

customElements.define('story-view', StoryView);
