import { html, nothing, type TemplateResult } from 'lit';
import { mayBeEmpty, renderTemplate, templateProblem } from '../../../shared/automated-messages/template';
import type { Drafts } from '../core/drafts';
import { wordsOf } from '../core/format';
import type { AutomatedMessages, MessageInForce, MessageOverride } from '../core/model';
import { onSubmit, OperatorElement } from './operator-element';

/** Where messages are looked at, or where an override holds. */
interface MessagePlace {
  readonly channel?: string | undefined;
  readonly channelInstance?: string | undefined;
  readonly locale?: string | undefined;
}

/** What a preview is filled with. */
const SAMPLE = { AgentName: 'Anna', QueueName: 'sales', QueuePosition: '3' };

/** With every value there can be. Context variables stand for themselves: what they will be nobody knows. */
const previewOf = (text: string): string => {
  const names = text.matchAll(/\{\$([A-Za-z0-9_]+)\$\}/g);
  const context = Object.fromEntries([...names].map(([, name = '']) => [name, `[${name}]`]));
  return renderTemplate(text, { slugs: SAMPLE, context });
};

/** As it is sent if none of these has a value. */
const previewWithout = (text: string, holes: readonly string[]): string => {
  const slugs = Object.entries(SAMPLE).filter(([name]) => !holes.includes(`{${name}}`));
  return renderTemplate(text, { slugs: Object.fromEntries(slugs), context: {} });
};

const SCOPES = {
  all: 'for all chats',
  channel: 'for this kind of chat',
  widget: 'for this chat widget',
} as const;

/** A text that is not saved yet. */
interface EditedMessage extends Pick<MessagesPage, 'place' | 'text' | 'scope'> {
  readonly trigger: string;
  readonly active: boolean;
}

/** The automated messages: which text is in force at a place, and its change. */
export class MessagesPage extends OperatorElement {
  static override properties = {
    ...OperatorElement.properties,
    drafts: { attribute: false },
    place: { state: true },
    messages: { state: true },
    editing: { state: true },
    text: { state: true },
    scope: { state: true },
  };
  declare place: { readonly channel: string; readonly channelInstance: string; readonly locale: string };
  declare drafts: Drafts;
  declare messages: AutomatedMessages | undefined;
  declare editing: MessageInForce | undefined;
  declare text: string;
  /** Where the edited override holds. */
  declare scope: { readonly reach: keyof typeof SCOPES; readonly isForLocale: boolean };

  constructor() {
    super();
    this.place = { channel: 'live-chat', channelInstance: 'default', locale: 'en' };
    this.scope = { reach: 'all', isForLocale: true };
    this.text = '';
  }

  override connectedCallback(): void {
    super.connectedCallback();
    const draft = this.drafts.get<EditedMessage>('message');
    if (draft) this.place = draft.place;
    void this.attempt(async () => {
      await this.read();
      const message = this.messages?.inForce.find(({ trigger }) => trigger === draft?.trigger);
      if (draft === undefined || message === undefined) return;
      this.edit({ ...message, active: draft.active });
      this.text = draft.text;
      this.scope = draft.scope;
    });
  }

  private async read(): Promise<void> {
    this.messages = await this.api.get<AutomatedMessages>('/v1/automated-messages', this.place);
  }

  /** Of the override that is edited. */
  private get target(): MessagePlace {
    const { channel, channelInstance, locale } = this.place;
    const { reach, isForLocale } = this.scope;
    return {
      ...(reach !== 'all' && { channel }),
      ...(reach === 'widget' && { channelInstance }),
      ...(isForLocale && { locale }),
    };
  }

  /** The override of exactly that place; it is replaced, or a new one is written. */
  private stored(
    trigger: string,
    { channel, channelInstance, locale }: MessagePlace,
  ): MessageOverride | undefined {
    return this.messages?.overrides.find(
      (one) =>
        one.trigger === trigger &&
        one.channel === channel &&
        one.channelInstance === channelInstance &&
        one.locale === locale,
    );
  }

  private edit(message: MessageInForce): void {
    this.editing = message;
    this.text = message.text;
    this.problem = undefined;
    void this.updateComplete.then(() => this.querySelector('dialog')?.showModal());
  }

  private async save(active: boolean): Promise<void> {
    const message = this.editing;
    if (message === undefined) return;
    const { trigger } = message;
    const { text, target } = this;
    const done = await this.attempt(async () => {
      const etag = this.stored(trigger, target)?.etag;
      await this.api.put<MessageOverride>(
        `/v1/automated-messages/${trigger}`,
        { ...target, text, active },
        etag,
      );
      await this.read();
      return `Saved: ${wordsOf(trigger)}.`;
    });
    if (done) this.close();
  }

  private close(): void {
    this.editing = undefined;
    this.drafts.set('message', undefined);
  }

  private keep(trigger: string, form: HTMLFormElement): void {
    const { place, text, scope } = this;
    const active = new FormData(form).has('active');
    this.drafts.set('message', { trigger, place, text, scope, active } satisfies EditedMessage);
  }

  private takeBack({ trigger, etag, channel, channelInstance, locale }: MessageOverride): void {
    void this.attempt(async () => {
      const query = { channel, channelInstance, locale };
      await this.api.delete(`/v1/automated-messages/${trigger}`, { query, headers: { 'if-match': etag } });
      await this.read();
      return `Taken back: ${wordsOf(trigger)}.`;
    });
  }

  protected override render(): TemplateResult {
    const { place, messages } = this;
    return html`
      <div class="page">
        <header class="page-head"><h1>Automated messages</h1></header>
        <form
          class="filters"
          @submit=${onSubmit(({ channel = 'live-chat', channelInstance = 'default', locale = 'en' }) => {
            this.place = { channel, channelInstance, locale };
            return this.attempt(() => this.read());
          })}
        >
          <label
            >Kind of chat
            <select name="channel">
              <option value="live-chat" ?selected=${place.channel === 'live-chat'}>live chat</option>
              <option value="persistent-chat" ?selected=${place.channel === 'persistent-chat'}>
                persistent chat
              </option>
            </select>
          </label>
          <label
            >Chat widget
            <input name="channelInstance" .value=${place.channelInstance} pattern="[A-Za-z0-9_\\-]{1,64}"
          /></label>
          <label>Language <input name="locale" .value=${place.locale} size="6" /></label>
          <button ?disabled=${this.busy}>Show</button>
        </form>
        ${this.editing ? nothing : this.outcome()}
        ${
          messages
            ? html`${this.inForce(messages)} ${this.overrides(messages)}`
            : html`<p class="empty">Reading …</p>`
        }
        ${this.editing ? this.editor(this.editing) : nothing}
      </div>
    `;
  }

  private inForce({ inForce, unreadable }: AutomatedMessages): TemplateResult {
    return html`
      ${
        unreadable.length > 0
          ? html`<p class="problem">
              Stored overrides that cannot be read, and count for nothing: ${unreadable.join(', ')}
            </p>`
          : nothing
      }
      <div class="scroll" tabindex="0" role="region" aria-label="Messages in force">
        <table>
          <thead>
            <tr>
              <th scope="col">When</th>
              <th scope="col">For</th>
              <th scope="col">Text in force</th>
              <th scope="col"><span class="hidden">Do</span></th>
            </tr>
          </thead>
          <tbody>
            ${inForce.map(
              (message) => html`
                <tr>
                  <th scope="row">${wordsOf(message.trigger)}</th>
                  <td>${message.recipient}</td>
                  <td>
                    ${message.active ? message.text : html`<s>${message.text}</s> <span class="badge">off</span>`}
                    ${message.builtIn ? nothing : html` <span class="badge accent">changed</span>`}
                  </td>
                  <td>
                    <button type="button" @click=${() => this.edit(message)}>
                      Edit<span class="hidden"> ${wordsOf(message.trigger)}</span>
                    </button>
                  </td>
                </tr>
              `,
            )}
          </tbody>
        </table>
      </div>
    `;
  }

  private overrides({ overrides }: AutomatedMessages): TemplateResult | typeof nothing {
    if (overrides.length === 0) return nothing;
    return html`
      <h2>Changes that are stored</h2>
      <ul class="cards">
        ${overrides.map(
          (override) => html`
            <li class="card">
              <strong>${wordsOf(override.trigger)}</strong>
              <small
                >${[override.channel, override.channelInstance, override.locale].filter(Boolean).join(' · ') || 'everywhere'}${override.active ? '' : ' · off'}</small
              >
              ${override.text ? html`<p>${override.text}</p>` : nothing}
              <div class="buttons">
                <button type="button" ?disabled=${this.busy} @click=${() => this.takeBack(override)}>
                  Take back<span class="hidden"> ${wordsOf(override.trigger)}</span>
                </button>
              </div>
            </li>
          `,
        )}
      </ul>
    `;
  }

  private editor(message: MessageInForce): TemplateResult {
    const wrong = templateProblem(this.text);
    const holes = mayBeEmpty(this.text, message.trigger);
    const { reach, isForLocale } = this.scope;
    const setReach = (event: Event) => {
      this.scope = { ...this.scope, reach: (event.target as HTMLSelectElement).value as keyof typeof SCOPES };
    };
    return html`
      <dialog aria-labelledby="edited" class="wide" @close=${() => this.close()}>
        <form
          @submit=${onSubmit(({ active }) => this.save(active !== undefined))}
          @change=${(event: Event) => this.keep(message.trigger, event.currentTarget as HTMLFormElement)}
          @input=${(event: Event) => this.keep(message.trigger, event.currentTarget as HTMLFormElement)}
        >
          <h2 id="edited">${wordsOf(message.trigger)}</h2>
          ${this.outcome()}
          <label
            >Text
            <textarea
              rows="3"
              maxlength="1000"
              required
              aria-describedby="text-problem text-preview"
              aria-invalid=${wrong ? 'true' : 'false'}
              .value=${this.text}
              @input=${(event: Event) => (this.text = (event.target as HTMLTextAreaElement).value)}
            ></textarea>
          </label>
          <p id="text-problem" class="field-problem" role="status">
            ${wrong ? `Character ${wrong.position}: ${wrong.detail}` : ''}
          </p>
          <div class="preview" id="text-preview">
            <small>Preview</small>
            <p>${wrong ? '–' : previewOf(this.text)}</p>
            ${
              holes.length > 0
                ? html`<small>
                      Without a value for
                      ${holes.map((one, n) => html`${n > 0 ? ', ' : ''}<code>${one}</code>`)}, which not every
                      chat has, nothing stands in its place:
                    </small>
                    <p>${previewWithout(this.text, holes)}</p>`
                : nothing
            }
          </div>
          <p class="lead">
            <code>{AgentName}</code> <code>{QueueName}</code> <code>{QueuePosition}</code> and context
            variables such as <code>{$OrderId$}</code> are replaced.
          </p>
          <div class="filters">
            <label
              >Holds
              <select @change=${setReach}>
                ${Object.entries(SCOPES).map(
                  ([name, says]) => html`<option value=${name} ?selected=${name === reach}>${says}</option>`,
                )}
              </select>
            </label>
            <label class="inline">
              <input
                type="checkbox"
                .checked=${isForLocale}
                @change=${(event: Event) => {
                  this.scope = { ...this.scope, isForLocale: (event.target as HTMLInputElement).checked };
                }}
              />
              in ${this.place.locale} only
            </label>
            <label class="inline"
              ><input type="checkbox" name="active" ?checked=${message.active} /> active</label
            >
          </div>
          <div class="buttons">
            <button type="button" @click=${() => this.close()}>Cancel</button>
            <button class="primary" ?disabled=${this.busy || wrong !== undefined}>Save</button>
          </div>
        </form>
      </dialog>
    `;
  }
}

customElements.define('messages-page', MessagesPage);
