import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { ownAccount } from '../../local/stack/shared-azurite';
import { startStack, type Stack } from '../../local/stack/stack';
import { reasonToSkip, startChromium } from './chromium';
import { openSideBySide, type SideBySide } from './side-by-side-page';

const skipped = reasonToSkip();
if (skipped !== undefined) console.warn(`The pages that the app serves are not tried. ${skipped}`);

(skipped === undefined ? describe : describe.skip)('the pages, as the app serves them', () => {
  let browser: Browser;
  let stack: Stack;
  let scene: SideBySide;
  beforeAll(async () => {
    browser = await startChromium();
    const settings = { DISCONNECT_GRACE: 'PT10M', LOSS_NEWS_AFTER: 'PT0S' };
    const { connectionString } = ownAccount();
    stack = await startStack({ storageConnectionString: connectionString, signInPort: 0, settings });
    scene = await openSideBySide(browser, stack.functionsUrl);
  });
  afterAll(async () => {
    await browser?.close();
    await stack?.stop();
  });

  it('show a customer and an agent who talk, part and meet again, and break no rule of their policy [R246]', async () => {
    await scene.agentSees('Online');
    await scene.begin('Is <b>the lamp</b> in stock?');
    await scene.accept();
    await scene.agentSees('Is <b>the lamp</b> in stock?');
    await scene.agentSays('Three of them');
    await scene.customerSees('Three of them');
    await scene.closeCustomer();
    await scene.agentSees(/The conversation ends in/);
    await scene.openCustomer();
    await scene.agentSees(/^Back after/);
    expect(scene.complaints).toEqual([]);
  });

  it('go on in a shop that was open before a deployment: its widget loads the parts of this one [R293]', async () => {
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('pageerror', ({ message }) => complaints.push(message));
    await page.route('**/site/chat.js', async (route) => {
      const response = await route.fetch();
      const body = (await response.text()).replace(/panel-\w{8}/, 'panel-AAAAAAA7');
      await route.fulfill({ response, body });
    });
    const panel = page.waitForResponse((response) => /\/panel-(?!AAAAAAA7)\w{8}\.js$/.test(response.url()));
    await page.goto(`${stack.functionsUrl}/api/site/shop/`);
    await page.getByRole('button', { name: 'Open chat' }).click();
    await page.getByRole('button', { name: 'Start chat' }).waitFor();
    const from = (await panel).request().redirectedFrom();
    expect([from?.url(), (await from?.response())?.status()]).toEqual([
      `${stack.functionsUrl}/api/site/widget/panel-AAAAAAA7.js`,
      307,
    ]);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('of the API show every operation, and ask nobody else [R246]', async () => {
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    page.on('pageerror', ({ message }) => complaints.push(message));
    page.on('request', (request) => {
      const { origin } = new URL(request.url());
      if (origin !== stack.functionsUrl && !request.url().startsWith('data:')) complaints.push(origin);
    });
    await page.goto(`${stack.functionsUrl}/api/site/api/`);
    await page.locator('.opblock-tag').first().waitFor();
    const tags = await page.locator('.opblock-tag').count();
    const document = (await (await fetch(`${stack.functionsUrl}/api/v1/openapi.json`)).json()) as {
      tags: unknown[];
    };
    expect(tags).toBe(document.tags.length);
    await page.locator('.opblock-tag').first().click();
    await page.locator('.opblock-summary').first().click();
    await page.locator('.opblock-body').first().waitFor();
    expect(complaints).toEqual([]);
  });
});
