import {
  errors,
  type BrowserContext,
  type Page,
  type Request,
  type Response,
  type WebSocket,
} from 'playwright-core';
import { Inbox } from '../e2e/participants/inbox';
import type { Tab } from '../e2e/participants/tab';

/** Where the widget is served, and the app it is told to use. */
export interface WidgetAddress {
  readonly origin: string;
  readonly functionsUrl: string;
  readonly patienceMs: number;
  /** `/example/index.html`: examples/widget.js with the service's own client. */
  readonly page?: string;
}

interface Frame {
  readonly type: string;
  readonly event?: string;
  readonly userId?: string;
  readonly connectionId?: string;
  readonly data?: unknown;
}

/** The widget in a tab of a real browser: what the customer sees and does, and what goes over the wire. */
export class CustomerPage implements Tab {
  readonly inbox = new Inbox('page');
  /** Errors that nothing in the page has caught. */
  readonly errors: string[] = [];
  negotiations = 0;
  /** The first answer of `negotiate` that gave no socket: status, code and reason. */
  readonly refused: Promise<string>;
  ticket = '';
  private readonly connections: Frame[] = [];
  private firstConnection: () => void = () => undefined;
  private readonly connected = new Promise<void>((resolve) => (this.firstConnection = resolve));
  /** The socket that was opened last. */
  private socket: WebSocket | undefined;

  private constructor(readonly page: Page) {
    this.refused = page
      .waitForEvent('response', {
        predicate: (response) => isNegotiation(response.request()) && !response.ok(),
        timeout: 0,
      })
      .then(problemOf);
    // A page that is closed has not been refused; only those who wait for it want to know.
    this.refused.catch(() => undefined);
    page.on('pageerror', ({ message }) => void this.errors.push(message));
    page.on('request', (request) => {
      if (isNegotiation(request)) this.negotiations++;
    });
    page.on('websocket', (socket) => {
      this.socket = socket;
      socket.on('framereceived', ({ payload }) => this.receive(JSON.parse(String(payload)) as Frame));
    });
  }

  /** Opens the widget; tabs of one context share their customer. */
  static async open(context: BrowserContext, address: WidgetAddress): Promise<CustomerPage> {
    const tab = await CustomerPage.visit(context, address);
    await tab.shows('connected');
    await tab.connected;
    const ticket = "localStorage.getItem('chat-ticket') ?? sessionStorage.getItem('chat-ticket')";
    tab.ticket = await tab.page.evaluate<string>(ticket);
    return tab;
  }

  /** The same without waiting for a connection, which there may never be. */
  static async visit(
    context: BrowserContext,
    { origin, functionsUrl, patienceMs, page: path = '/index.html' }: WidgetAddress,
  ): Promise<CustomerPage> {
    const page = await context.newPage();
    page.setDefaultTimeout(patienceMs);
    const tab = new CustomerPage(page);
    await page.goto(`${origin}${path}?api=${encodeURIComponent(functionsUrl)}`);
    return tab;
  }

  get conversationId(): string {
    return this.connections.at(-1)?.userId?.replace(/^customer\./, '') ?? '';
  }

  get connectionId(): string {
    return this.connections.at(-1)?.connectionId ?? '';
  }

  /** Waits until the page says so: `connected`, `reconnecting` or `ended: …`. */
  async shows(state: string): Promise<void> {
    await this.page
      .getByRole('status')
      .and(this.page.getByText(state, { exact: true }))
      .waitFor();
  }

  /** Waits until the page shows the message. */
  async reads(line: string): Promise<void> {
    await this.page.getByRole('listitem').filter({ hasText: line }).waitFor();
  }

  /** The conversation as it stands on the page. */
  lines(): Promise<string[]> {
    return this.page.getByRole('listitem').allTextContents();
  }

  /** Resolves when the message is on the page, which it is when the app has stored it. */
  async say(text: string): Promise<void> {
    await this.page.getByLabel('Message').fill(text);
    await this.page.getByRole('button', { name: 'Send' }).click();
    await this.reads(`You: ${text}`);
  }

  async leave(): Promise<void> {
    await this.page.getByRole('button', { name: 'Leave' }).click();
  }

  /** Loads the page again, and waits until it is connected. */
  async reload(): Promise<void> {
    await this.page.reload();
    await this.shows('connected');
  }

  /** Waits until the socket is closed, by whichever side. */
  async socketCloses(): Promise<void> {
    if (this.socket?.isClosed() === false) await this.socket.waitForEvent('close');
  }

  /** Whether the page asks for a socket again in that time. */
  negotiatesWithin(ms: number): Promise<boolean> {
    return this.page.waitForRequest(isNegotiation, { timeout: ms }).then(
      () => true,
      (error: unknown) => {
        if (error instanceof errors.TimeoutError) return false;
        throw error;
      },
    );
  }

  async close(): Promise<void> {
    await this.page.close();
  }

  private receive(frame: Frame): void {
    if (frame.type === 'system' && frame.event === 'connected') {
      this.connections.push(frame);
      this.firstConnection();
    }
    if (frame.type === 'message') this.inbox.receive(frame.data);
  }
}

/** The request itself, not the browser's question whether it may send it. */
const isNegotiation = (request: Request): boolean =>
  request.method() === 'POST' && request.url().endsWith('/api/v1/negotiate');

async function problemOf(response: Response): Promise<string> {
  const { code, reason } = (await response.json()) as { code?: string; reason?: string };
  return `${response.status()} ${code} ${reason}`;
}
