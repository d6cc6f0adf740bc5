import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { ConsoleElement } from '../core/element';
import { replyTo } from '../core/drafts';
import { clockLength, END_REASONS, exactTimeOf, timeOf, wordsOf } from '../core/format';
import type { Colleague, Conversation, PolicyExplanations } from '../core/model';
import { addressOf } from '../core/routes';
import { aboutTemplate } from './about';
import { absenceTemplate } from './absence';
import { CANNED_REPLIES } from './canned-replies';
import type { Action, Desk } from './desk';
import type { DeskState, Row } from './state';
import { transcript } from './transcript';

/** What a dialog asks for before it does something. */
type Asking = 'transfer' | 'offer' | 'end' | 'end-wait';

/** One conversation: who it is, what was said, and what the agent can do. */
export class ConversationPanel extends ConsoleElement {
  static override properties = {
    desk: { attribute: false },
    state: { attribute: false },
    isOperator: { attribute: false },
    agents: { state: true },
    asking: { state: true },
    busy: { state: true },
    policies: { state: true },
  };
  declare desk: Desk;
  declare state: DeskState;
  declare isOperator: boolean;
  /** Colleagues who are there; nothing while they are read. */
  declare agents: readonly Colleague[] | undefined;
  declare asking: Asking | undefined;
  declare busy: boolean;
  /** Of the conversation that is looked at, once somebody asks for it. */
  declare policies: PolicyExplanations | undefined;
  /** Whether the end of the transcript is looked at: then new lines are followed. */
  private follows = true;
  /** The text field that has its draft, and of which conversation. */
  private drafted: { readonly box: HTMLTextAreaElement; readonly id: string } | undefined;

  constructor() {
    super();
    this.busy = false;
  }

  protected override willUpdate(changed: PropertyValues): void {
    const before = changed.get('state') as DeskState | undefined;
    if (changed.has('state') && before?.opened?.id !== this.state.opened?.id) {
      this.follows = true;
      this.asking = undefined;
      this.policies = undefined;
    }
  }

  protected override updated(): void {
    const log = this.querySelector<HTMLElement>('[role=log]');
    if (log && this.follows) log.scrollTop = log.scrollHeight;
    const dialog = this.querySelector('dialog');
    if (dialog && !dialog.open && this.asking !== undefined) dialog.showModal();
    const box = this.querySelector('textarea');
    const id = this.state.opened?.id ?? '';
    if (box === null || (this.drafted?.box === box && this.drafted.id === id)) return;
    this.drafted = { box, id };
    box.value = this.desk.drafts.get(replyTo(id)) ?? '';
  }

  protected override render(): TemplateResult {
    const { opened, rows } = this.state;
    if (opened === undefined) {
      return html`<div class="empty-panel"><p>Choose a conversation on the left.</p></div>`;
    }
    const { conversation } = opened;
    if (conversation === undefined) {
      return html`<div class="empty-panel">
        <p role=${opened.error ? 'alert' : nothing}>${opened.error ?? 'Reading the conversation …'}</p>
      </div>`;
    }
    const row = rows.get(opened.id);
    return html`
      ${this.head(conversation, row)}
      ${aboutTemplate(conversation, this.policies, () => void this.explain(conversation.id))}
      ${this.situation(conversation, row)} ${this.log()}
      ${this.isMine(conversation) && conversation.state === 'Active' ? this.composer(conversation) : nothing}
      ${this.asking === undefined ? nothing : this.dialog(conversation, this.asking)}
    `;
  }

  private isMine(conversation: Conversation): boolean {
    return conversation.agent?.id === this.state.me.agentId && conversation.agent.accepted;
  }

  private head(c: Conversation, row: Row | undefined): TemplateResult {
    const about = [c.customer.queue, c.device, c.customer.locale].filter(
      (part) => part && part !== 'unknown',
    );
    return html`
      <header class="panel-head">
        <a class="back-link" href=${addressOf('desk')}>← List</a>
        <div class="who">
          <h2>${c.customer.name}</h2>
          <p>${about.join(' · ')}</p>
        </div>
        <p class="badges">
          <span class="badge">${stateName(c)}</span>
          ${c.end === undefined ? presence(c, row) : nothing}
          ${c.agent && !this.isMine(c) ? html`<span class="badge">${c.agent.name}</span>` : nothing}
        </p>
        <div class="actions">${this.actions(c)}</div>
      </header>
    `;
  }

  private actions(c: Conversation): TemplateResult | typeof nothing {
    const isOffered = c.agent?.id === this.state.me.agentId && !c.agent.accepted;
    const ask = (asking: Asking) => () => (this.asking = asking);
    const button = (text: string, run: () => unknown, kind = '') =>
      html`<button type="button" class=${kind} ?disabled=${this.busy} @click=${run}>${text}</button>`;
    const act = (action: Action) => () => this.act(action);
    const history = this.isOperator
      ? html`<a class="button" href=${addressOf('closed', c.id)}>Its story</a>`
      : nothing;
    if (c.state === 'Open')
      return html`${button('Accept', act('accept'), 'primary')}
      ${button('Offer …', () => this.askWhom())}${history}`;
    if (isOffered)
      return html`${button('Accept', act('accept'), 'primary')} ${button('Decline', act('decline'))}${history}`;
    if (!this.isMine(c)) return history;
    if (c.state === 'Waiting') return html`${button('Take up again', act('accept'), 'primary')}${history}`;
    if (c.state === 'WrapUp') return html`${button('Close', act('close'), 'primary')}${history}`;
    if (c.state !== 'Active') return history;
    return html`
      ${button('Give back', act('release'))} ${button('Transfer …', ask('transfer'))}
      ${c.channel === 'persistent-chat' ? button('Let it wait', act('close')) : nothing}
      ${button('End', ask('end'), 'danger')}${history}
    `;
  }

  /** What is going on besides what is said: an absence, a return, an offer, an end. */
  private situation(c: Conversation, row: Row | undefined): TemplateResult {
    const isLost = row?.lost === true && c.end === undefined;
    const told = isLost
      ? 'Connection to the customer lost'
      : row?.back
        ? `The customer is back after ${clockLength(row.back.absentFor)}`
        : '';
    const offer = c.agent && !c.agent.accepted ? c.agent.offerExpiresAt : undefined;
    return html`
      <p class="hidden" role="status">${told}</p>
      ${
        isLost && row.disconnection
          ? absenceTemplate({
              absence: row.disconnection,
              mayAct: this.isMine(c),
              busy: this.busy,
              extend: (by) => void this.act('extend-wait', { by }),
              end: () => (this.asking = 'end-wait'),
            })
          : nothing
      }
      ${
        row?.back && !isLost
          ? html`<div class="banner good">
              Back after <strong>${clockLength(row.back.absentFor)}</strong>
            </div>`
          : nothing
      }
      ${
        offer
          ? html`<div class="banner accent">
              Offered to ${this.state.me.agentId === c.agent?.id ? 'you' : c.agent?.name}:
              <strong><count-down .at=${offer} aria-label="Time to accept"></count-down></strong> to accept
            </div>`
          : nothing
      }
      ${
        c.end
          ? html`<div class="banner ended">
              Over since ${timeOf(c.end.at)}: <strong>${END_REASONS[c.end.reason]}</strong>.
              ${c.closeReason ? html` Closed (${wordsOf(c.closeReason).toLowerCase()}).` : nothing}
            </div>`
          : nothing
      }
    `;
  }

  private log(): TemplateResult {
    const { opened, outbox, me, typing, rows } = this.state;
    const id = opened?.id ?? '';
    const isTyping = (typing.get(id) ?? 0) > performance.now();
    return html`
      <div
        class="log"
        role="log"
        aria-label="Transcript"
        tabindex="0"
        @scroll=${(event: Event) => {
          const log = event.target as HTMLElement;
          this.follows = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
        }}
      >
        ${opened?.error ? html`<p class="problem">${opened.error}</p>` : nothing}
        ${
          opened && opened.unreadable > 0
            ? html`<p class="problem">${opened.unreadable} entries cannot be read.</p>`
            : nothing
        }
        ${transcript({
          entries: opened?.entries ?? [],
          marks: rows.get(id)?.marks ?? [],
          outbox: outbox.filter(({ conversationId }) => conversationId === id),
          me: me.agentId,
          retry: ({ conversationId, text, messageId }) => void this.desk.say(conversationId, text, messageId),
        })}
        ${
          opened?.hasMore
            ? html`<button type="button" @click=${() => this.desk.more()}>Read on</button>`
            : nothing
        }
      </div>
      <p class="typing">${isTyping ? `${opened?.conversation?.customer.name ?? ''} is typing …` : ''}</p>
    `;
  }

  private composer(c: Conversation): TemplateResult {
    const send = () => {
      const box = this.querySelector('textarea');
      const text = box?.value ?? '';
      if (box === null || text.trim() === '') return;
      box.value = '';
      this.desk.drafts.set(replyTo(c.id), '');
      this.follows = true;
      void this.desk.say(c.id, text);
    };
    const put = (text: string) => {
      const box = this.querySelector('textarea');
      if (box === null) return;
      box.setRangeText(text, box.selectionStart, box.selectionEnd, 'end');
      this.desk.drafts.set(replyTo(c.id), box.value);
      this.querySelector<HTMLElement>('#canned')?.hidePopover();
      box.focus();
    };
    return html`
      <form
        class="composer"
        @submit=${(event: Event) => {
          event.preventDefault();
          send();
        }}
      >
        <label class="hidden" for="reply">Reply to ${c.customer.name}</label>
        <textarea
          id="reply"
          rows="2"
          maxlength="8000"
          placeholder="Reply. Enter sends, Shift and Enter begins a new line."
          @input=${(event: Event) => {
            this.desk.drafts.set(replyTo(c.id), (event.target as HTMLTextAreaElement).value);
            this.desk.typing(c.id);
          }}
          @keydown=${(event: KeyboardEvent) => {
            if (event.key !== 'Enter' || event.shiftKey || isOfInputMethod(event)) return;
            event.preventDefault();
            send();
          }}
        ></textarea>
        <button type="button" popovertarget="canned">Canned replies</button>
        <button type="submit" class="primary">Send</button>
        <div id="canned" popover class="menu">
          <ul>
            ${CANNED_REPLIES.map(
              ({ name, text }) => html`
                <li>
                  <button type="button" @click=${() => put(text)}>
                    <strong>${name}</strong><span>${text}</span>
                  </button>
                </li>
              `,
            )}
          </ul>
        </div>
      </form>
    `;
  }

  private dialog(c: Conversation, asking: Asking): TemplateResult {
    const close = () => (this.asking = undefined);
    const submit = async (event: SubmitEvent) => {
      event.preventDefault();
      const values = new FormData(event.target as HTMLFormElement);
      const value = values.get('value');
      const chosen = typeof value === 'string' ? value : '';
      const named = this.agents?.find(({ agentId }) => agentId === chosen)?.name;
      const body = {
        transfer: { queue: chosen },
        offer: { agentId: chosen, ...(named !== undefined && { agentName: named }) },
        end: {},
        'end-wait': {},
      }[asking];
      if (await this.act(asking, body)) close();
    };
    const { title, field } = {
      transfer: { title: 'Transfer to another queue', field: this.queueField(c) },
      offer: { title: 'Offer to a colleague', field: this.agentField() },
      end: { title: `End the conversation with ${c.customer.name}?`, field: nothing },
      'end-wait': { title: `Do not wait for ${c.customer.name} any longer?`, field: nothing },
    }[asking];
    const says = { transfer: 'Transfer', offer: 'Offer', end: 'End', 'end-wait': 'End the wait' }[asking];
    return html`
      <dialog aria-labelledby="asked" @close=${close}>
        <form @submit=${submit}>
          <h2 id="asked">${title}</h2>
          ${field}
          ${
            asking === 'end-wait'
              ? html`<p>If the customer is there after all, nothing is ended.</p>`
              : asking === 'end'
                ? html`<p>The customer is told, and cannot write any more.</p>`
                : nothing
          }
          <div class="buttons">
            <button type="button" @click=${close}>Cancel</button>
            <button
              class=${asking.startsWith('end') ? 'danger' : 'primary'}
              ?disabled=${this.busy || (asking === 'offer' && this.agents === undefined)}
            >
              ${says}
            </button>
          </div>
        </form>
      </dialog>
    `;
  }

  private queueField(c: Conversation): TemplateResult {
    const queues = [...new Set([...this.state.rows.values()].map(({ queue }) => queue))].filter(
      (queue) => queue !== c.customer.queue,
    );
    return html`
      <label
        >Queue <input name="value" required pattern="[A-Za-z0-9_\\-]{1,64}" list="queues" autocomplete="off"
      /></label>
      <datalist id="queues">${queues.map((queue) => html`<option value=${queue}></option>`)}</datalist>
    `;
  }

  private agentField(): TemplateResult {
    if (this.agents === undefined) return html`<p role="status">Reading who is there …</p>`;
    return this.agents.length > 0
      ? html`<label
          >Colleague
          <select name="value" required>
            ${this.agents.map((one) => html`<option value=${one.agentId}>${colleagueName(one)}</option>`)}
          </select>
        </label>`
      : html`<p>No colleague is there.</p>
          <label>Id of the colleague <input name="value" required pattern="[A-Za-z0-9_\\-]{1,64}" /></label>`;
  }

  /** Who is there is asked each time: it changes. */
  private async askWhom(): Promise<void> {
    this.agents = undefined;
    this.asking = 'offer';
    this.agents = await this.desk.colleagues();
  }

  private async explain(id: string): Promise<void> {
    const policies = await this.desk.api
      .get<PolicyExplanations>(`/v1/conversations/${id}/policies`)
      .catch(() => undefined);
    if (this.state.opened?.id === id) this.policies = policies;
  }

  /** One action at a time. */
  private async act(action: Action, body: object = {}): Promise<boolean> {
    const id = this.state.opened?.id;
    if (this.busy || id === undefined) return false;
    this.busy = true;
    try {
      return await this.desk.act(action, id, body);
    } finally {
      this.busy = false;
    }
  }
}

const colleagueName = ({ agentId, name = agentId, unitsFree, totalUnits }: Colleague): string =>
  `${name} · ${unitsFree} of ${totalUnits} units free`;

/** Enter that takes over what an input method offers. Safari sends it after the end of the composition, as key 229. */
const isOfInputMethod = ({ isComposing, keyCode }: KeyboardEvent): boolean => isComposing || keyCode === 229;

function stateName({ state, agent }: Conversation): string {
  if (state === 'Active') return agent?.accepted === true ? 'Active' : 'Offered';
  return { Open: 'In the queue', Waiting: 'Waits for the customer', WrapUp: 'Wrap-up', Closed: 'Closed' }[
    state
  ];
}

/** Whether the customer is there. */
function presence(c: Conversation, row: Row | undefined): TemplateResult {
  if (c.disconnection?.reason === 'not-yet-connected')
    return html`<span class="badge">Not connected yet</span>`;
  if (row?.lost === true)
    return html`<span class="badge warn" title=${exactTimeOf(row.disconnection?.since ?? c.stateSince)}
      >Customer away</span
    >`;
  return c.connected === false && row?.disconnection === undefined && c.channel === 'persistent-chat'
    ? html`<span class="badge">Customer away</span>`
    : html`<span class="badge good">Customer connected</span>`;
}

customElements.define('conversation-panel', ConversationPanel);
