import { readFileSync } from 'node:fs';
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core';

/** The rules of accessibility, as a script for the page. */
const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
/** WCAG 2.2 up to AA, and what is good practice besides. */
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** Counts what the policy of the page has kept from happening. */
const COUNT_VIOLATIONS = `
  globalThis.violations = [];
  addEventListener('securitypolicyviolation', (event) => {
    violations.push(event.violatedDirective + ' ' + event.blockedURI + ' ' + event.sourceFile);
  });
`;
/** The clock of this machine is set five minutes ahead. */
const WRONG_CLOCK = `
  const Real = Date;
  globalThis.Date = class extends Real {
    constructor(...given) { given.length === 0 ? super(Real.now() + 300000) : super(...given); }
    static now() { return Real.now() + 300000; }
  };
`;

/** What no text has in it. */
const NO_TEXT = /(?!)/;

export interface ConsoleOptions {
  readonly address: string;
  readonly patienceMs: number;
  readonly hasWrongClock?: boolean;
}

/** The console in a browser, and the person who is signed in there. */
export class ConsolePage {
  /** Errors that nothing in the page has caught. */
  readonly errors: string[] = [];

  private constructor(
    readonly page: Page,
    readonly context: BrowserContext,
  ) {
    page.on('pageerror', ({ message }) => void this.errors.push(message));
  }

  /** Opens the console and signs in, as one of those whom the stand-in knows. */
  static async signIn(browser: Browser, name: string, options: ConsoleOptions): Promise<ConsolePage> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB' });
    const page = await context.newPage();
    page.setDefaultTimeout(options.patienceMs);
    await page.addInitScript(COUNT_VIOLATIONS);
    if (options.hasWrongClock) await page.addInitScript(WRONG_CLOCK);
    const opened = new ConsolePage(page, context);
    await page.goto(options.address);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('link', { name }).click();
    return opened;
  }

  /** Waits until the agent is online. */
  async isOnline(): Promise<void> {
    await this.page.getByText('Online', { exact: true }).waitFor();
  }

  row(customer: string): Locator {
    return this.page.locator('work-list').getByRole('link', { name: customer });
  }

  button(name: string): Locator {
    return this.page.getByRole('button', { name, exact: true });
  }

  banner(text: string): Locator {
    return this.page.locator('.banner', { hasText: text });
  }

  dialog(): Locator {
    return this.page.getByRole('dialog');
  }

  async open(customer: string): Promise<void> {
    await this.row(customer).click();
    await this.page.getByRole('heading', { name: customer, exact: true }).waitFor();
  }

  /** Takes the conversation; fails with the page's own words when it says why not. */
  async accept(customer: string): Promise<void> {
    await this.open(customer);
    const toasts = await this.page.locator('.toast.bad').allInnerTexts();
    await this.button('Accept').click();
    const reply = this.page.getByLabel(`Reply to ${customer}`);
    const refusal = this.page.locator('.toast.bad', { hasNotText: toasts[0] ?? NO_TEXT });
    await reply.or(refusal).first().waitFor();
    if (!(await reply.isVisible())) throw new Error(`Not accepted: ${await refusal.innerText()}`);
  }

  async goTo(name: string): Promise<void> {
    await this.page.getByRole('navigation').getByRole('link', { name, exact: true }).click();
    await this.page.getByRole('navigation').locator('[aria-current=page]', { hasText: name }).waitFor();
  }

  /** What the page's own policy has kept from happening. */
  violations(): Promise<string[]> {
    return this.page.evaluate<string[]>('globalThis.violations');
  }

  /** What would keep somebody from using the page as it is shown, as `rule: element`. */
  async inaccessible(): Promise<string[]> {
    if (!(await this.page.evaluate<boolean>("'axe' in globalThis"))) await this.page.evaluate(AXE);
    return this.page.evaluate<string[]>(
      `axe.run(document, { runOnly: ${JSON.stringify(TAGS)}, resultTypes: ['violations'] }).then(({ violations }) =>
        violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => id + ': ' + html)))`,
    );
  }

  /** How far the page is wider than what is seen of it, in pixels. */
  sideways(): Promise<number> {
    return this.page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
  }
}
