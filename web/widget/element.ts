import type { Pace } from './line';
import type { Mounted } from './panel';
import type { Texts } from './texts';

const OPEN: Readonly<Record<string, string>> = {
  de: 'Chat öffnen',
  fr: 'Ouvrir la discussion',
  es: 'Abrir el chat',
  ja: 'チャットを開く',
};

const STYLE = `
:host{all:initial;position:fixed;inset-block-end:20px;inset-inline-end:20px;z-index:2147483647;font:16px system-ui}
:host([hidden]){display:none}
.launcher{inline-size:60px;block-size:60px;border:0;border-radius:50%;cursor:pointer;color:var(--chat-accent-text,#fff);
background:var(--chat-accent,#1f57d6);box-shadow:0 6px 20px #0005}
p{background:canvas}
svg{inline-size:28px;fill:none;stroke:currentColor;stroke-width:1.8;vertical-align:middle}`;

/** A line drawing of 24 by 24. */
function icon(path: string): SVGElement {
  const [svg, line] = ['svg', 'path'].map((name) =>
    document.createElementNS('http://www.w3.org/2000/svg', name),
  ) as [SVGElement, SVGElement];
  svg.setAttribute('viewBox', '0 0 24 24');
  line.setAttribute('d', path);
  svg.append(line);
  return svg;
}

/**
 * `<chat-widget>`: a button, and behind it the chat, which is loaded when it is opened, or when a conversation goes on.
 *
 * Attributes: `api` (the app's address; where this script comes from unless given), `locale`, `name`, `queue`, `workstream`,
 * `channel-instance`, `context` (JSON), `ticket-callback` (the name of a global function), `customer` (the site's own id of the
 * customer whom it has signed in), `theme` (`light`, `dark`).
 */
export class ChatWidget extends HTMLElement {
  /** Asks the site's backend for the ticket of the customer whom it has signed in (`POST /api/v1/customers/negotiate`). */
  declare ticketCallback?: () => Promise<string>;
  /** Texts of the site's own, in whatever language. */
  declare texts?: Partial<Texts>;
  /** Shorter times for tests. */
  declare pace?: Partial<Pace> & { readonly beat?: number };
  /** For the panel, which shares nothing else with this file. */
  readonly icon: (path: string) => SVGElement = icon;
  #launcher: HTMLButtonElement | undefined;
  #mounted: Promise<Mounted | undefined> | undefined;

  /** The app's address, without `/api`. */
  get api(): string {
    return (this.getAttribute('api') ?? new URL(import.meta.url).origin).replace(/\/+$|\/api\/*$/, '');
  }

  /** As it is given: `en_US`, too. */
  get locale(): string {
    return this.getAttribute('locale') || document.documentElement.lang || navigator.language;
  }

  /** Whom the chat is for, see `Conversation`. */
  get owner(): string {
    const isSignedIn = this.ticketCallback || this.hasAttribute('ticket-callback');
    return (isSignedIn ? '+' : '-') + (this.getAttribute('customer') ?? '');
  }

  connectedCallback(): void {
    if (!this.#launcher) {
      const root = this.attachShadow({ mode: 'open' });
      const style = new CSSStyleSheet();
      style.replaceSync(STYLE);
      root.adoptedStyleSheets = [style];
      const launcher = (this.#launcher = document.createElement('button'));
      launcher.className = 'launcher';
      launcher.ariaLabel = this.texts?.open ?? OPEN[this.locale.slice(0, 2)] ?? 'Open chat';
      launcher.ariaExpanded = 'false';
      launcher.append(icon('M4 5h16v11H10l-5 4v-4H4z'));
      // Prevents: what opens by itself is closed by whoever wanted it open before it was there.
      launcher.onclick = () => void this.toggle(launcher.ariaExpanded === 'false');
      root.append(launcher);
      // A conversation goes on since a moment ago in another tab: its line is this page's business, too.
      addEventListener('storage', ({ key }) => {
        if (this.isConnected && key === `chat-ticket ${this.api} ${this.owner}`) void this.#load();
      });
    }
    try {
      // A conversation goes on; one that is somebody else's, the panel forgets. Or the panel was open on the page before.
      const kept = JSON.stringify([location.search, localStorage, sessionStorage]);
      if (/reconnectid|chat-(ticket|open)/.test(kept)) void this.#load();
    } catch {
      // Storage is switched off: nothing is kept.
    }
  }

  async disconnectedCallback(): Promise<void> {
    const mounted = await this.#mounted;
    // It may only have been moved.
    if (this.isConnected || !mounted) return;
    this.#mounted = undefined;
    mounted.close();
  }

  /** Opens the chat, or closes it. What goes on goes on. */
  async toggle(isOpen?: boolean): Promise<void> {
    (await this.#load())?.toggle(isOpen);
  }

  /** For the site's logout: nothing of a chat is left in this browser, and the next one is a new one. Wait for it. */
  async forget(): Promise<void> {
    (await this.#load())?.forget();
  }

  #load(): Promise<Mounted | undefined> {
    return (this.#mounted ??= this.#mount());
  }

  async #mount(): Promise<Mounted | undefined> {
    const launcher = this.#launcher!;
    // What was told of the try before.
    launcher.previousSibling?.remove();
    try {
      const { mount } = await import('./panel');
      return await mount(this, this.shadowRoot!, launcher);
    } catch (thrown) {
      // The next click is another try.
      this.#mounted = undefined;
      const told = document.createElement('p');
      told.role = 'alert';
      told.textContent = 'The chat cannot load.';
      console.error('<chat-widget>', told.textContent, thrown);
      launcher.before(told);
    }
  }
}

if (!customElements.get('chat-widget')) customElements.define('chat-widget', ChatWidget);

declare global {
  interface HTMLElementTagNameMap {
    'chat-widget': ChatWidget;
  }
}
