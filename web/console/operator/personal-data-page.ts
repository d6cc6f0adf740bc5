import { html, type TemplateResult } from 'lit';
import { download, onSubmit, OperatorElement } from './operator-element';

interface ConversationExport {
  readonly transcript: readonly unknown[];
  readonly nextAfter?: number;
}
interface CustomerExport {
  readonly conversations: readonly unknown[];
  readonly exports: readonly unknown[];
  readonly next?: unknown;
  readonly incomplete: boolean;
}
interface Erased {
  readonly status: 'erased' | 'under-way';
  readonly found?: boolean;
  readonly erased?: readonly unknown[];
  readonly remaining?: readonly unknown[];
}

const INCOMPLETE =
  ' Some rows are stored under a key that the app does not have any more: add it, and repeat this.';

/** What is stored about people, and its end. */
export class PersonalDataPage extends OperatorElement {
  protected override render(): TemplateResult {
    return html`
      <div class="page">
        <header class="page-head"><h1>Personal data</h1></header>
        <p class="lead">
          Everything that is stored about a conversation, or about a customer whom the site has signed in: a
          copy of it, or its end. What is erased cannot be brought back.
        </p>
        ${this.outcome()}
        ${this.form('Conversation', 'Id of the conversation', '[a-z0-9\\-]{8,64}', {
          copy: (id) => this.exportConversation(id),
          erase: (id) => this.eraseConversation(id),
        })}
        ${this.form('Customer of the site', 'Id of the customer, as the site names it', '.{1,256}', {
          copy: (id) => this.exportCustomer(id),
          erase: (id) => this.eraseCustomer(id),
        })}
      </div>
    `;
  }

  private form(
    title: string,
    label: string,
    pattern: string,
    run: { readonly copy: (id: string) => unknown; readonly erase: (id: string) => unknown },
  ): TemplateResult {
    let what: 'copy' | 'erase' = 'copy';
    return html`
      <form
        class="card"
        @submit=${onSubmit(({ id = '', sure }) => {
          if (what === 'copy') return run.copy(id);
          if (sure === undefined) return (this.problem = 'Confirm the erasure first: tick the box.');
          return run.erase(id);
        })}
      >
        <h2>${title}</h2>
        <label
          >${label} <input name="id" required pattern=${pattern} autocomplete="off" spellcheck="false"
        /></label>
        <label class="inline"><input type="checkbox" name="sure" /> Erase it for ever</label>
        <div class="buttons">
          <button ?disabled=${this.busy} @click=${() => (what = 'copy')}>Export as JSON</button>
          <button class="danger" ?disabled=${this.busy} @click=${() => (what = 'erase')}>Erase</button>
        </div>
      </form>
    `;
  }

  private exportConversation(id: string): Promise<boolean> {
    return this.attempt(async () => {
      const pages: ConversationExport[] = [];
      let after: number | undefined;
      do {
        const page = await this.api.get<ConversationExport>(`/v1/conversations/${id}/export`, { after });
        pages.push(page);
        after = page.nextAfter;
      } while (after !== undefined);
      const { nextAfter: _, ...first } = pages[0] as ConversationExport;
      const transcript = pages.flatMap((page) => page.transcript);
      download(`${id}.json`, 'application/json', JSON.stringify({ ...first, transcript }, null, 2));
      return 'Exported.';
    });
  }

  private eraseConversation(id: string): Promise<boolean> {
    return this.attempt(async () => {
      const { status, found } = await this.api.delete<Erased>(`/v1/conversations/${id}`);
      if (found === false) return 'Nothing was stored under this id; it cannot be opened from now on.';
      return status === 'erased'
        ? 'Erased.'
        : 'Nobody can read it any more; the rest is removed within minutes.';
    });
  }

  private exportCustomer(customerId: string): Promise<boolean> {
    return this.attempt(async () => {
      const exports: unknown[] = [];
      let conversations: readonly unknown[];
      let from: unknown;
      let incomplete = false;
      do {
        const body = { customerId, ...(from !== undefined && { from }) };
        const page = await this.api.post<CustomerExport>('/v1/customers/export', { body });
        conversations = page.conversations;
        exports.push(...page.exports);
        incomplete ||= page.incomplete;
        from = page.next;
      } while (from !== undefined);
      download('customer.json', 'application/json', JSON.stringify({ conversations, exports }, null, 2));
      return `Exported: ${conversations.length} conversations.${incomplete ? INCOMPLETE : ''}`;
    });
  }

  private eraseCustomer(customerId: string): Promise<boolean> {
    return this.attempt(async () => {
      let erased = 0;
      for (let round = 0; round < 50; round += 1) {
        const answer = await this.api.post<Erased & { incomplete: boolean }>('/v1/customers/erase', {
          body: { customerId },
        });
        erased += answer.erased?.length ?? 0;
        if (answer.status === 'erased') {
          return `Erased: ${erased} conversations.${answer.incomplete ? INCOMPLETE : ''}`;
        }
      }
      return `${erased} conversations are erased, and some are left: repeat it in a minute.`;
    });
  }
}

customElements.define('personal-data-page', PersonalDataPage);
