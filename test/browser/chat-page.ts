import type { BrowserContext, Page, WebSocket } from 'playwright-core';
import { Inbox } from '../e2e/participants/inbox';
import type { Tab } from '../e2e/participants/tab';

/** Where the shop is, and the app that its widget is told to use. */
export interface Shop {
  readonly origin: string;
  readonly functionsUrl: string;
  readonly patienceMs: number;
}

/** Shorter than those of people, so that silence is noticed within a second. */
export const FAST = { ping: 300, answer: 600, attempt: 300, request: 2_000, beat: 500 };

/** The same, but a busy machine is not taken for a silent line, nor a busy tab for a silent one: for tests that count sockets. */
export const UNHURRIED = { ...FAST, answer: 10_000, beat: 3_000 };

interface Options {
  readonly pace?: object;
  /** What runs before the page's scripts, see `through`. */
  readonly route?: string | undefined;
}

/** Sends the page's sockets and requests through other ports. */
export const through = (ports: readonly (readonly [from: number, to: number])[]): string => `{
  const other = (url) => ${JSON.stringify(ports)}.reduce((to, [one, two]) => to.replace(':' + one + '/', ':' + two + '/'), String(url));
  const real = fetch;
  globalThis.fetch = (url, init) => real(other(url), init);
  globalThis.WebSocket = class extends WebSocket {
    constructor(url, protocols) { super(other(url), protocols); }
  };
}`;

/** `<chat-widget>` in a tab of a real browser: what the customer sees and does, and what goes over the wire. */
export class ChatPage implements Tab {
  readonly inbox = new Inbox('page');
  readonly errors: string[] = [];
  readonly complaints: string[] = [];
  readonly sockets: WebSocket[] = [];
  ticket = '';
  conversationId = '';
  /** Of the socket that was opened last. */
  connectionId = '';

  private constructor(
    readonly page: Page,
    private readonly shop: Shop,
    private readonly attributes: Readonly<Record<string, string>>,
  ) {
    page.setDefaultTimeout(shop.patienceMs);
    page.on('pageerror', ({ message }) => void this.errors.push(message));
    page.on('console', (message) => message.type() === 'error' && void this.complaints.push(message.text()));
    page.on('websocket', (socket) => {
      this.sockets.push(socket);
      socket.on('framereceived', ({ payload }) => {
        const frame = JSON.parse(String(payload)) as {
          type: string;
          event?: string;
          userId?: string;
          connectionId?: string;
          data?: unknown;
        };
        if (frame.event === 'connected') {
          this.conversationId = frame.userId?.replace('customer.', '') ?? '';
          this.connectionId = frame.connectionId ?? '';
        }
        if (frame.type === 'message') this.inbox.receive(frame.data);
      });
    });
  }

  /** A page of the shop. Nothing is opened, unless a conversation goes on. */
  static async visit(
    context: BrowserContext,
    shop: Shop,
    attributes: Readonly<Record<string, string>> = {},
    { pace = FAST, route }: Options = {},
  ): Promise<ChatPage> {
    const page = await context.newPage();
    const given = `Object.assign(widget.prototype, { pace: ${JSON.stringify(pace)} })`;
    if (route !== undefined) await page.addInitScript(route);
    await page.addInitScript(`customElements.whenDefined('chat-widget').then((widget) => ${given})`);
    const tab = new ChatPage(page, shop, attributes);
    await page.goto(tab.url);
    return tab;
  }

  /** The same, and the customer begins a conversation. */
  static async begin(
    context: BrowserContext,
    shop: Shop,
    attributes?: Record<string, string>,
    options?: Options,
  ) {
    const tab = await ChatPage.visit(context, shop, attributes, options);
    await tab.launcher.click();
    await tab.button('Start chat').click();
    await tab.isOnline();
    return tab;
  }

  get url(): string {
    const { origin, functionsUrl } = this.shop;
    return `${origin}/shop?${new URLSearchParams({ api: functionsUrl, ...this.attributes }).toString()}`;
  }

  get launcher() {
    return this.page.locator('.launcher');
  }
  get panel() {
    return this.page.getByRole('dialog');
  }
  get banner() {
    return this.page.locator('.banner');
  }
  get field() {
    return this.page.getByRole('textbox', { name: 'Your message' });
  }
  button(name: string) {
    return this.panel.getByRole('button', { name, exact: true });
  }

  /** The chat can be used: the line is open. */
  async isOnline(): Promise<void> {
    await this.page.locator('.panel[data-phase=open]').waitFor({ state: 'attached' });
    this.ticket = await this.page.evaluate<string>(
      `Object.entries({ ...localStorage, ...sessionStorage }).find(([key]) => key.startsWith('chat-ticket ${this.shop.functionsUrl} '))[1]`,
    );
  }
  async isLost(): Promise<void> {
    await this.page.locator('.panel[data-phase=lost]').waitFor({ state: 'attached' });
  }

  async hasEnded(): Promise<void> {
    await this.page.locator('.panel[data-phase=ended]').waitFor({ state: 'attached' });
  }

  /** Writes it and sends it off; whether it is stored is another matter. */
  async write(text: string): Promise<void> {
    await this.field.fill(text);
    await this.field.press('Enter');
  }
  /** Without a way to the browser and back between two of them. */
  async writeAtOnce(texts: readonly string[]): Promise<void> {
    interface Field {
      value: string;
      onkeydown: (this: void, event: object) => void;
    }
    await this.field.evaluate((field, all) => {
      for (const text of all) {
        const { onkeydown } = Object.assign(field as unknown as Field, { value: text });
        onkeydown({ key: 'Enter', preventDefault: () => undefined });
      }
    }, texts);
  }
  async say(text: string): Promise<void> {
    await this.write(text);
    await this.page.locator('li.sent', { hasText: text }).waitFor({ state: 'attached' });
  }
  async reads(text: string): Promise<void> {
    await this.page.locator('li p', { hasText: text }).waitFor({ state: 'attached' });
  }
  /** What was said, as it stands on the page, without notices. */
  lines(): Promise<string[]> {
    return this.page.evaluate<string[]>(
      "[...document.querySelector('chat-widget').shadowRoot.querySelectorAll('li:not(.system)')].map((item) => `${item.querySelector('.who').textContent}: ${item.querySelector('p').textContent}`)",
    );
  }
  violations(): Promise<string[]> {
    return this.page.evaluate('globalThis.violations');
  }

  async leave(): Promise<void> {
    await this.button('End chat').click();
    await this.panel.getByRole('button', { name: 'End chat', exact: true }).click();
  }
  async close(): Promise<void> {
    await this.page.close({ runBeforeUnload: false });
  }
}
