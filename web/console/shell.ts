import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { Api } from './core/api';
import { Drafts } from './core/drafts';
import { ConsoleElement } from './core/element';
import type { AgentAccess } from './core/model';
import { messageOf } from './core/problem';
import { addressOf, PAGES, type PageName, type Place, placeOf } from './core/routes';
import { ServerClock } from './core/server-clock';
import { tickBy } from './core/ticking';
import { Desk } from './desk/desk';
import type { DeskState } from './desk/state';
import './desk/desk-page';
import { type Person, type SignIn, signInBy, type SignInSettings } from './sign-in/sign-in';
import { SignInNeeded } from './sign-in/sign-in-needed';

/** The site's `settings.json`. */
interface Settings {
  readonly api: string;
  readonly signIn?: SignInSettings;
}

/** What there can be drafts of, besides replies. */
const UNSAVED: Readonly<Record<string, string>> = {
  policies: 'changes of the policies',
  rule: 'a rule of the policies',
  message: 'the text of an automated message',
};

/** Whether the app serves another build by now. */
async function isUpdated(): Promise<boolean> {
  try {
    const page = await fetch(location.pathname, { cache: 'no-cache', signal: AbortSignal.timeout(20_000) });
    return page.ok && !(await page.text()).includes(new URL(import.meta.url).pathname.split('/').pop()!);
  } catch {
    return false;
  }
}

/** How long what was told stays on the page. */
const NOTICE_SHOWN_MS = 8_000;

/** The whole console: who is signed in, where one is, and the desk, whose socket stays open on every page. */
export class Shell extends ConsoleElement {
  static override properties = {
    place: { state: true },
    person: { state: true },
    state: { state: true },
    problem: { state: true },
    notice: { state: true },
    isReady: { state: true },
    isExpired: { state: true },
    missing: { state: true },
    isLeaving: { state: true },
  };
  declare place: Place;
  declare person: Person | undefined;
  declare state: DeskState | undefined;
  declare problem: string | undefined;
  declare notice: DeskState['notice'];
  declare isReady: boolean;
  /** Whether only the person can get another token. */
  declare isExpired: boolean;
  /** Why a part of the console is not there; `updated`: only another page has it. */
  declare missing: 'updated' | 'unreachable' | undefined;
  /** Whether the person is asked about what is not saved, before signing out. */
  declare isLeaving: boolean;
  /** Whether the page is left on purpose, for what is kept meanwhile, or is not wanted any more. */
  private mayLeave = false;
  private signIn: SignIn | undefined;
  private desk: Desk | undefined;
  private api: Api | undefined;
  private readonly clock = new ServerClock();
  private noticeTimer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    super();
    // The answer of a sign-in is in the address, too: it is no place.
    this.place = placeOf(location.hash.startsWith('#/') ? location.hash : '');
    this.isReady = false;
    this.isExpired = false;
    this.isLeaving = false;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener('hashchange', () => this.go());
    addEventListener('beforeunload', (event) => {
      if (!this.mayLeave && this.unsaved.length > 0) event.preventDefault();
    });
    void this.begin();
  }

  private async begin(): Promise<void> {
    try {
      const answer = await fetch('../settings.json', { signal: AbortSignal.timeout(20_000) });
      if (!answer.ok) throw new Error(`The settings of the site cannot be read (${answer.status}).`);
      const { api, signIn } = (await answer.json()) as Settings;
      if (signIn === undefined) {
        this.problem =
          'Sign-in is not set up: the app needs the settings ENTRA_TENANT_ID and ENTRA_AUDIENCE.';
        return;
      }
      this.signIn = await signInBy(signIn);
      this.person = await this.signIn.resume();
      if (this.person?.isAgent) this.work(api, this.person);
    } catch (thrown) {
      this.problem = messageOf(thrown);
    } finally {
      this.isReady = true;
    }
  }

  private work(api: string, person: Person): void {
    tickBy(this.clock);
    const token = async (again: boolean) => {
      try {
        return await person.token(again);
      } catch (thrown) {
        this.isExpired ||= thrown instanceof SignInNeeded;
        throw thrown;
      }
    };
    this.api = new Api(api, token, this.clock);
    const desk = new Desk({
      negotiate: () => this.api!.post<AgentAccess>('/v1/agents/negotiate', { body: { name: person.name } }),
      apiFor: (ticket) => new Api(api, ticket, this.clock),
      name: person.name,
      clock: this.clock,
      drafts: new Drafts(person.id),
    });
    this.desk = desk;
    this.state = desk.state;
    desk.store.subscribe((state) => {
      if (state.notice !== this.state?.notice) this.tell(state.notice);
      this.state = state;
    });
    desk.start();
    this.go();
  }

  private tell(notice: DeskState['notice']): void {
    this.notice = notice;
    clearTimeout(this.noticeTimer);
    this.noticeTimer = setTimeout(() => (this.notice = undefined), NOTICE_SHOWN_MS);
  }

  private go(): void {
    // The first page of a visit may have none; others, such as that of the link to the content, name no place.
    if (/^$|^#\//.test(location.hash)) this.place = placeOf(location.hash);
    const { page, id } = this.place;
    if (page !== 'desk') void this.load();
    this.desk?.open(page === 'desk' ? id : undefined);
  }

  /** Prevents: an update takes away what this page has not loaded yet, and the view stays empty. */
  private async load(): Promise<void> {
    try {
      await import('./operator/pages');
      this.missing = undefined;
    } catch {
      this.missing = (await isUpdated()) ? 'updated' : 'unreachable';
    }
  }

  /** What would be lost without this tab. */
  private get unsaved(): string[] {
    const { desk } = this;
    if (desk === undefined) return [];
    const others = desk.drafts.names.flatMap((name) =>
      name.startsWith('reply ') ? [] : [UNSAVED[name] ?? name],
    );
    return [...others, ...desk.unsent.map((name) => `a reply to ${name}`)];
  }

  private reload(): void {
    this.mayLeave = true;
    location.reload();
  }

  protected override updated(changed: PropertyValues): void {
    const { page } = this.place;
    const unread = [...(this.state?.rows.values() ?? [])].reduce((sum, row) => sum + row.unread, 0);
    const title = `${unread > 0 ? `(${unread}) ` : ''}${PAGES[page].title} – Console`;
    if (document.title !== title) document.title = title;
    // The page is another one: whoever uses a keyboard or listens begins at its top.
    const before = changed.get('place') as Place | undefined;
    if (before !== undefined && before.page !== page) this.querySelector('main')?.focus();
  }

  protected override render(): TemplateResult {
    const { person, state, desk, api } = this;
    if (person === undefined || state === undefined || desk === undefined || api === undefined) {
      return this.outside();
    }
    const { page, id } = this.place;
    const isAllowed = PAGES[page].for === 'agent' || person.isOperator;
    return html`
      <a class="skip" href="#main" @click=${(event: Event) => this.skip(event)}>To the content</a>
      ${this.top(person, state)}
      <div role="alert">
        ${
          this.isExpired
            ? html`<p class="banner problem">
                Your sign-in has expired. What you have not sent or saved stays in this tab.
                <button type="button" class="primary" @click=${() => this.enter()}>Sign in again</button>
              </p>`
            : nothing
        }
        ${
          state.refusal
            ? html`<p class="banner problem">
                ${state.refusal}
                <button type="button" @click=${() => desk.again()}>Try again</button>
                <button type="button" @click=${() => this.enter()}>Sign in again</button>
              </p>`
            : nothing
        }
        ${
          this.missing
            ? html`<p class="banner problem">
                ${
                  this.missing === 'updated'
                    ? html`The console has been updated since you opened it. What you have not sent or saved
                        is kept.
                        <button type="button" class="primary" @click=${() => this.reload()}>
                          Load it again
                        </button>`
                    : html`This view cannot be loaded: the server does not answer.
                        <button type="button" @click=${() => void this.load()}>Try again</button>`
                }
              </p>`
            : nothing
        }
      </div>
      <main id="main" class="page-${page}" tabindex="-1">
        ${
          !isAllowed
            ? html`<p class="problem">This page is for operators.</p>`
            : page === 'desk'
              ? html`<desk-page
                  .desk=${desk}
                  .state=${state}
                  .isOperator=${person.isOperator}
                  .api=${api}
                ></desk-page>`
              : html`<operator-page
                  .page=${page}
                  .place=${id}
                  .api=${api}
                  .desk=${desk}
                  .state=${state}
                  .clock=${this.clock}
                ></operator-page>`
        }
      </main>
      ${this.isLeaving ? this.question(person) : nothing}
      <div class="toasts" role="status">
        ${
          this.notice
            ? html`<p class="toast ${this.notice.isError ? 'bad' : ''}">${this.notice.text}</p>`
            : nothing
        }
      </div>
    `;
  }

  private skip(event: Event): void {
    event.preventDefault();
    this.querySelector('main')?.focus();
  }

  private top(person: Person, { line, load }: DeskState): TemplateResult {
    const pages = Object.entries(PAGES) as [PageName, (typeof PAGES)[PageName]][];
    const shown = pages.filter(([, { for: role }]) => role === 'agent' || person.isOperator);
    const says = {
      online: 'Online',
      connecting: 'Connecting …',
      lost: 'Connection lost. Reconnecting …',
      refused: 'Not connected',
    }[line];
    return html`
      <header class="top">
        <nav aria-label="Pages">
          ${shown.map(
            ([name, { title }]) => html`
              <a href=${addressOf(name)} aria-current=${name === this.place.page ? 'page' : 'false'}
                >${title}</a
              >
            `,
          )}
        </nav>
        <div class="me">
          ${
            load
              ? html`<span class="capacity" title="Units of your capacity that are in use">
                  <meter
                    aria-label="Capacity in use"
                    min="0"
                    max=${Math.max(load.totalUnits, 1)}
                    .value=${load.unitsInUse}
                  ></meter>
                  ${load.unitsInUse} / ${load.totalUnits}
                </span>`
              : nothing
          }
          <span class="line ${line}" role="status">${says}</span>
          <span class="person">${person.name}</span>
          <button type="button" class="quiet" @click=${() => this.leave(person)}>Sign out</button>
        </div>
      </header>
    `;
  }

  private question(person: Person): TemplateResult {
    return html`
      <dialog aria-labelledby="leaving" @close=${() => (this.isLeaving = false)}>
        <h2 id="leaving">Sign out?</h2>
        <p>What is not saved or sent will be lost:</p>
        <ul>
          ${this.unsaved.map((one) => html`<li>${one}</li>`)}
        </ul>
        <div class="buttons">
          <button type="button" @click=${() => (this.isLeaving = false)}>Stay</button>
          <button type="button" class="danger" @click=${() => this.leave(person, true)}>Sign out</button>
        </div>
      </dialog>
    `;
  }

  private leave(person: Person, isSure = this.unsaved.length === 0): void {
    if (!isSure) {
      this.isLeaving = true;
      return void this.updateComplete.then(() =>
        this.querySelector<HTMLDialogElement>(':scope > dialog')?.showModal(),
      );
    }
    this.mayLeave = true;
    this.desk?.drafts.forget();
    this.desk?.stop();
    person.signOut();
  }

  private outside(): TemplateResult {
    const { person, problem, isReady } = this;
    return html`
      <main class="outside" id="main">
        <h1>Console</h1>
        ${
          problem
            ? html`<p class="problem" role="alert">${problem}</p>
                <button type="button" @click=${() => this.reload()}>Load the page again</button>`
            : nothing
        }
        ${!isReady ? html`<p>One moment …</p>` : nothing}
        ${
          isReady && person && !person.isAgent
            ? html`<p class="problem" role="alert">
                  ${person.name} has no role here: an administrator assigns Chat.Agent or Chat.Operator.
                </p>
                <button type="button" @click=${() => person.signOut()}>Sign in as somebody else</button>`
            : nothing
        }
        ${
          isReady && !person && this.signIn
            ? html`<p>For agents and operators.</p>
                <button type="button" class="primary" @click=${() => this.enter()}>Sign in</button>`
            : nothing
        }
      </main>
    `;
  }

  private enter(): void {
    this.mayLeave = true;
    this.signIn?.begin().catch((thrown: unknown) => {
      this.mayLeave = false;
      this.problem = messageOf(thrown);
      this.desk?.tell(this.problem, true);
    });
  }
}

customElements.define('chat-console', Shell);
