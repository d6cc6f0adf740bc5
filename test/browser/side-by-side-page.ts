import type { Browser, FrameLocator, Page } from 'playwright-core';

/** The page where customer and agent stand side by side, as somebody uses it who watches both. */
export interface SideBySide {
  readonly page: Page;
  readonly customer: FrameLocator;
  readonly agent: FrameLocator;
  /** What the browser has complained of: violations of the policy, failed requests, errors of scripts. */
  readonly complaints: readonly string[];
  /** Opens the chat, and writes the first message. */
  begin(text: string): Promise<void>;
  customerSays(text: string): Promise<void>;
  /** The agent opens the conversation and accepts it. */
  accept(): Promise<void>;
  agentSays(text: string): Promise<void>;
  /** Text that the agent sees. Waits for it. */
  agentSees(text: string | RegExp): Promise<void>;
  customerSees(text: string | RegExp): Promise<void>;
  closeCustomer(): Promise<void>;
  openCustomer(): Promise<void>;
  close(): Promise<void>;
}

export const VIEWPORT = { width: 1320, height: 720 };

export async function openSideBySide(browser: Browser, functionsUrl: string): Promise<SideBySide> {
  const context = await browser.newContext({ viewport: VIEWPORT, colorScheme: 'light' });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', ({ message }) => complaints.push(message));
  page.on('request', (request) => {
    const { hostname } = new URL(request.url());
    if (!['localhost', '127.0.0.1'].includes(hostname)) complaints.push(`asks ${hostname}`);
  });
  await page.goto(`${functionsUrl}/api/site/side-by-side/`);
  const customer = page.frameLocator('#customer');
  const agent = page.frameLocator('iframe[title="The agent\'s console"]');
  const field = customer.getByRole('textbox');
  const say = async (text: string) => {
    await field.fill(text);
    await field.press('Enter');
  };
  const seen = (frame: FrameLocator) => (text: string | RegExp) =>
    frame.getByText(text).filter({ visible: true }).first().waitFor();
  return {
    page,
    customer,
    agent,
    complaints,
    begin: async (text) => {
      await customer.getByRole('button', { name: 'Open chat' }).click();
      await customer.getByRole('button', { name: 'Start chat' }).click();
      await say(text);
    },
    customerSays: say,
    accept: async () => {
      await agent.locator('a.row').first().click();
      await agent.getByRole('button', { name: 'Accept' }).click();
      await agent.getByRole('button', { name: 'Give back' }).waitFor();
    },
    agentSays: async (text) => {
      const reply = agent.getByRole('textbox', { name: /^Reply to/ });
      await reply.fill(text);
      await reply.press('Enter');
    },
    agentSees: seen(agent),
    customerSees: seen(customer),
    closeCustomer: () => page.getByRole('button', { name: 'Close the page' }).click(),
    openCustomer: () => page.getByRole('button', { name: 'Come back' }).click(),
    close: () => context.close(),
  };
}
