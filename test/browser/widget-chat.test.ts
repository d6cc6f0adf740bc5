import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { ownAccount } from '../../local/stack/shared-azurite';
import { startLocalSystem, type LocalSystem } from '../e2e/local-system';
import { RECONNECTS, SHORT_GRACE } from '../e2e/operators-settings';
import { Stage } from '../e2e/stage';
import { until, untilInstant } from '../e2e/waiting';
import { enterWorld, leaveWorld, type World } from '../e2e/world';
import { partOf } from '../support/part-of';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy';
import { ChatPage, FAST, through, type Shop, UNHURRIED } from './chat-page';
import { crashPage, freeze, reasonToSkip, startChromium } from './chromium';
import { startWidgetServer, type WidgetServer } from './widget-server';

/** Longer than any test waits: a connection that is gone before has said goodbye. */
const LONG_WINDOW_MS = 600_000;
const SHORT_WINDOW_MS = 1_000;
const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

const skipped = reasonToSkip();
if (skipped !== undefined) console.warn(`<chat-widget> is not tried in a browser. ${skipped}`);

(skipped === undefined ? describe : describe.skip)('<chat-widget> in a browser', () => {
  let system: LocalSystem;
  let world: World;
  let server: WidgetServer;
  let browser: Browser;
  /** Keeps pages for the way back, as people's browsers do. */
  let keeping: Browser;
  let stage: Stage;
  let shop: Shop;
  /** In front of the app, and of Web PubSub: a line that can become silent. */
  let proxies: TcpProxy[];
  let route: string;

  beforeAll(async () => {
    [browser, keeping] = await Promise.all([startChromium(), startChromium({ keepsPages: true })]);
    server = await startWidgetServer();
    system = await startLocalSystem({
      grace: 'PT10M',
      storageConnectionString: ownAccount().connectionString,
    });
    world = await enterWorld(system.worldOptions);
    stage = new Stage(world, 'widget', () => undefined);
    const { functionsUrl } = world.api;
    shop = { origin: server.origin, functionsUrl, patienceMs: world.patienceMs };
    const ports = [functionsUrl, system.stack.webPubSub.endpoint].map((url) => Number(new URL(url).port));
    proxies = await Promise.all(ports.map(startTcpProxy));
    route = through(ports.map((port, index) => [port, proxies[index]!.port]));
  });

  afterAll(async () => {
    if (world !== undefined) await leaveWorld(world);
    await Promise.all([browser?.close(), keeping?.close()]);
    for (const proxy of proxies ?? []) await proxy.stop();
    await server?.stop();
    await system?.stop();
  });

  const control = () => system.stack.webPubSub.control;
  const lineIs = (mode: 'forward' | 'silent') => proxies.forEach((proxy) => (proxy.mode = mode));
  beforeEach(() => {
    control().setRecoveryWindow(LONG_WINDOW_MS);
    lineIs('forward');
  });

  const remember = (tab: ChatPage) => {
    world.tabs.push(tab);
    world.conversationIds.push(tab.conversationId);
    return tab;
  };
  const begun = async (
    attributes?: Record<string, string>,
    pace: object = FAST,
    where = browser,
  ): Promise<[ChatPage, BrowserContext]> => {
    const context = await where.newContext();
    return [remember(await ChatPage.begin(context, shop, attributes, { route, pace })), context];
  };
  /** The same, and an agent has accepted the conversation. */
  const served = async (
    attributes?: Record<string, string>,
    pace?: object,
    where?: Browser,
  ): Promise<[ChatPage, BrowserContext]> => {
    const [tab, context] = await begun(attributes, pace, where);
    await stage.agentDoes('accept', tab);
    await tab.reads('Ada has joined');
    return [tab, context];
  };
  /** Another tab of the same customer. */
  const another = async (context: BrowserContext, pace?: object) => {
    const tab = await ChatPage.visit(context, shop, {}, { route, ...(pace && { pace }) });
    await tab.isOnline();
    return tab;
  };
  const connections = ({ conversationId }: Pick<ChatPage, 'conversationId'>) =>
    control()
      .connections()
      .filter(({ userId }) => userId === `customer.${conversationId}`);
  const heard = ({ conversationId }: ChatPage, connected = false) =>
    until(`connected is ${connected}`, world.patienceMs, async () => {
      return (await stage.view(conversationId)).connected === connected;
    });
  const stored = async ({ conversationId }: ChatPage) =>
    (await world.agent.read(conversationId)).transcript.flatMap(({ kind, text }) =>
      kind === 'message' ? [text] : [],
    );

  describe('talking', () => {
    it('shows what is said, as the text it is, under the strictest of policies', async () => {
      const [tab, context] = await served({ name: 'Ann <b>', queue: 'sales', context: '{"OrderId":"4711"}' });
      const html = '<img src="x" onerror="document.title=1"><b>bold</b> &amp; &lt;';
      await tab.say(html);
      await stage.agentReads(tab, html);
      await stage.agentSays(tab, html);
      await tab.page.locator('li.agent').waitFor();
      expect(await tab.lines()).toEqual([`You: ${html}`, `Ada: ${html}`]);
      expect(await tab.page.locator('li :is(img, b)').count()).toBe(0);
      const { customer } = await stage.view(tab.conversationId);
      expect(customer).toMatchObject({ name: 'Ann <b>', queue: 'sales', context: { OrderId: '4711' } });
      expect([await tab.violations(), tab.errors, tab.complaints]).toEqual([[], [], []]);
      await context.close();
    });

    it('shows thousands of messages in order, follows the end, and stays where somebody reads [R374]', async () => {
      const [leader, context] = await served();
      const { page } = await another(context);
      await page.locator('.launcher').click();
      await page.locator('li', { hasText: 'Ada has joined' }).waitFor();
      // What the tab that has the line would tell this one.
      await page.evaluate(`{
        const line = new BroadcastChannel('chat ${shop.functionsUrl} -');
        const entry = (sequence) => ({ type: 'message', kind: 'message', sequence, at: '2026-12-01T09:00:00.000Z',
          author: { role: sequence % 3 ? 'agent' : 'customer', name: 'Ada' }, text: sequence + ' and more of it'.repeat(sequence % 9) });
        const tell = (message) => line.postMessage({ kind: 'message', message });
        const { shadowRoot } = document.querySelector('chat-widget');
        globalThis.log = shadowRoot.querySelector('.log');
        globalThis.push = (sequence) => tell({ type: 'entry', entry: entry(sequence) });
        globalThis.load = (from, to) => tell({ type: 'view', view: { conversation: { id: '${leader.conversationId}', agent: { name: 'Ada' } },
          transcript: Array.from({ length: to - from + 1 }, (_, index) => entry(from + index)) } });
        globalThis.numbers = () => [...log.querySelectorAll('li:not(.system) p')].map((one) => parseInt(one.textContent));
        globalThis.toEnd = () => Math.abs(log.scrollHeight - log.clientHeight - log.scrollTop);
        globalThis.settled = async () => { for (let frame = 0; frame < 10; frame++) await new Promise(requestAnimationFrame); };
        globalThis.added = [];
        new MutationObserver((changes) => {
          if (log.ariaBusy !== 'true') for (const { addedNodes } of changes) for (const node of addedNodes) if (node.localName === 'li') added.push(parseInt(node.querySelector('p').textContent));
        }).observe(log, { childList: true, subtree: true });
      }`);
      const number = (from: number, to: number) =>
        Array.from({ length: to - from + 1 }, (_, index) => from + index);
      const shows = (expected: readonly number[]) =>
        until('all are shown, each once and in order', world.patienceMs, async () => {
          const shown = await page.evaluate<number[]>('numbers()');
          return shown.length === expected.length && shown.every((one, at) => one === expected[at]);
        });
      const isAtEnd = async () => expect(await page.evaluate('settled().then(toEnd)')).toBeLessThan(2);

      await page.evaluate('(load(101, 1030), load(1231, 2099))');
      await shows([...number(101, 1030), ...number(1231, 2099)]);
      await isAtEnd();
      // A gap that is filled later, and what is told twice.
      await page.evaluate('(load(1000, 1300), push(2100), push(2100))');
      await shows(number(101, 2100));
      await isAtEnd();
      await page.evaluate('added.length = 0');
      for (const sequence of number(2101, 2210)) await page.evaluate(`push(${sequence})`);
      await shows(number(101, 2210));
      await isAtEnd();
      expect(await page.evaluate('added')).toEqual(number(2101, 2210));

      const seen = () =>
        page.evaluate<[string, number]>(`settled().then(() => {
          const { top, bottom } = log.getBoundingClientRect();
          const item = [...log.querySelectorAll('li')].find((one) => one.getBoundingClientRect().top > (top + bottom) / 2);
          return [item.querySelector('p').textContent, item.getBoundingClientRect().top];
        })`);
      await page.evaluate('log.scrollTop = log.scrollHeight / 2');
      await seen();
      const [text, top] = await seen();
      await page.evaluate('push(2211)');
      await shows(number(101, 2211));
      const [same, after] = await seen();
      expect(same).toBe(text);
      expect(Math.abs(after - top)).toBeLessThan(2);
      await page.locator('.log').focus();
      await page.keyboard.press('End');
      await until(
        'the end is there',
        world.patienceMs,
        async () => (await page.evaluate<number>('toEnd()')) < 2,
      );
      await page.evaluate('push(2212)');
      await shows(number(101, 2212));
      await isAtEnd();
      await context.close();
    });

    it('goes on after a page change, also with what could not be sent before it', async () => {
      const [tab, context] = await served();
      const { conversationId } = tab;
      await tab.say('Before');
      await context.setOffline(true);
      await tab.isLost();
      await tab.write('Into the tunnel');
      expect(await tab.page.locator('li.sending').count()).toBe(1);
      await context.setOffline(false);
      await tab.page.goto(`${tab.url}&page=2`);
      await tab.isOnline();
      await stage.agentReads(tab, 'Into the tunnel');
      await tab.reads('Before');
      await tab.reads('Into the tunnel');
      expect(await tab.lines()).toEqual(['You: Before', 'You: Into the tunnel']);
      expect(await stored(tab)).toEqual(['Before', 'Into the tunnel']);
      expect(tab.conversationId).toBe(conversationId);
      await context.close();
    });

    it('goes on when its page was closed, also with what could not be sent before', async () => {
      const [tab, context] = await served();
      await context.setOffline(true);
      await tab.isLost();
      await tab.write('Into the tunnel');
      await tab.close();
      await context.setOffline(false);
      const again = await another(context);
      await stage.agentReads(tab, 'Into the tunnel');
      await again.page.locator('li.sent', { hasText: 'Into the tunnel' }).waitFor({ state: 'attached' });
      expect(await stored(tab)).toEqual(['Into the tunnel']);
      await context.close();
    });

    it('that ends under what is written keeps it, and leaves it to the customer whether it is sent in the next one [R287]', async () => {
      const [tab, context] = await served();
      lineIs('silent');
      await tab.isLost();
      await tab.write('My address');
      await stage.agentDoes('end', tab);
      // Loaded again, it is still known.
      lineIs('forward');
      await tab.page.goto(tab.url);
      await tab.hasEnded();
      const failed = tab.page.locator('li.failed', { hasText: 'My address' });
      await failed.waitFor();
      const before = tab.conversationId;
      await tab.button('New chat').click();
      await tab.isOnline();
      remember(tab);
      expect(tab.conversationId).not.toBe(before);
      await failed.waitFor();
      expect(await stored(tab)).toEqual([]);
      await tab.button('Try again').click();
      await tab.page.locator('li.sent', { hasText: 'My address' }).waitFor();
      expect(await stored(tab)).toEqual(['My address']);
      await context.close();
    });

    it('shows what the agent has answered meanwhile, though reading it has failed once, until it is seen [R288]', async () => {
      const [tab, context] = await served();
      await tab.close();
      await world.agent.say(tab.conversationId, 'Your parcel is here');
      await stage.agentDoes('end', tab);
      let isBroken = true;
      await context.route('**/api/v1/conversations/*', (call) =>
        isBroken ? call.fulfill({ status: 503 }) : call.continue(),
      );
      const broken = await ChatPage.visit(context, shop, {}, { route });
      for (let time = 0; time < 2; time++) await broken.page.waitForResponse('**/api/v1/conversations/*');
      isBroken = false;
      for (const tries of [broken, await ChatPage.visit(context, shop, {}, { route })]) {
        await tries.hasEnded();
        await tries.reads('Your parcel is here');
      }
      await broken.close();
      const again = await ChatPage.visit(context, shop, {}, { route });
      await again.reads('Your parcel is here');
      await again.launcher.click();
      await again.page.getByText('Your parcel is here').waitFor();
      await context.close();
    });

    it('says which message was not accepted, and why; sent again it is stored once', async () => {
      const [tab, context] = await served();
      const refused = tab.page.locator('li.refused');
      let written = 0;
      // As many within seconds as nobody types; on a machine that is busy with something else they may take turns at it.
      await until('one is refused', world.patienceMs, async () => {
        if ((await tab.page.locator('li.sending').count()) === 0)
          await tab.writeAtOnce(Array.from({ length: 21 }, () => `Message ${(written += 1)}`));
        return (await refused.count()) > 0;
      });
      expect(await refused.first().locator('.meta').textContent()).toContain('Too many messages at once.');
      const texts = await refused.locator('p').allTextContents();
      // It is known after the page is loaded again, too.
      await tab.page.goto(tab.url);
      await tab.isOnline();
      await refused.first().waitFor();
      expect(await refused.first().locator('.meta').textContent()).toContain('Too many messages at once.');
      await until('it is taken', world.patienceMs, async () => {
        const retry = refused.getByRole('button', { name: 'Try again' }).first();
        if (await retry.isVisible()) await retry.click();
        return (await tab.page.locator('li.sent').count()) === written;
      });
      expect(texts.length).toBeGreaterThan(0);
      expect((await stored(tab)).sort()).toEqual(
        Array.from({ length: written }, (_, index) => `Message ${index + 1}`).sort(),
      );
      await context.close();
    });

    it('ends by its button after a question, offers the transcript and a new chat', async () => {
      const [tab, context] = await served();
      await tab.say('Never mind');
      await tab.leave();
      await tab.hasEnded();
      await stage.ended(tab, 'customer-ended', { state: 'WrapUp' });
      expect(await tab.page.locator('footer').textContent()).toContain('You have ended it.');
      const download = tab.page.waitForEvent('download');
      await tab.page.locator('footer').getByRole('button', { name: 'Save transcript' }).click();
      const saved = readFileSync(await (await download).path(), 'utf8');
      expect(saved).toContain('You: Never mind');
      const before = tab.conversationId;
      await tab.button('New chat').click();
      await tab.isOnline();
      remember(tab);
      expect(tab.conversationId).not.toBe(before);
      expect(await tab.lines()).toEqual([]);
      await context.close();
    });

    it('tells why an agent has ended it, and asks for nothing more', async () => {
      const [tab, context] = await served();
      await stage.agentDoes('end', tab);
      await tab.hasEnded();
      expect(await tab.page.locator('footer').textContent()).toContain('The agent has ended it.');
      await until('its sockets are closed', world.patienceMs, () => connections(tab).length === 0);
      await context.close();
    });

    it('keeps what was written in a chat that has ended out of the next one', async () => {
      const [tab, context] = await served({}, FAST, keeping);
      await tab.say('Before');
      lineIs('silent');
      await tab.write('For Ada alone');
      await tab.page.goto(`${server.origin}/elsewhere?2`);
      lineIs('forward');
      await stage.agentDoes('end', tab);
      const other = await ChatPage.visit(context, shop, {}, { route });
      await other.hasEnded();
      await other.launcher.click();
      await other.button('New chat').click();
      await other.isOnline();
      remember(other);
      await tab.page.goto(tab.url);
      await tab.page.locator('li.failed', { hasText: 'For Ada alone' }).waitFor({ state: 'attached' });
      expect(await stored(other)).toEqual([]);
      // Its customer may want it there after all.
      await tab.button('Try again').click();
      await other.page.locator('li.sent', { hasText: 'For Ada alone' }).waitFor({ state: 'attached' });
      expect(await stored(other)).toEqual(['For Ada alone']);
      await context.close();
    });

    it('does not send what Enter has only composed, as Safari tells it', async () => {
      const [tab, context] = await begun();
      await tab.field.fill('チャット');
      await tab.page.evaluate(`document.querySelector('chat-widget').shadowRoot.activeElement.dispatchEvent(
        new KeyboardEvent('keydown', { key: 'Enter', keyCode: 229, bubbles: true, cancelable: true }))`);
      expect(await tab.field.inputValue()).toBe('チャット');
      expect(await tab.lines()).toEqual([]);
      await tab.field.press('Enter');
      await tab.page.locator('li.sent', { hasText: 'チャット' }).waitFor();
      await context.close();
    });

    it('counts what was not seen, in the title and on the button', async () => {
      const [tab, context] = await served();
      await tab.button('Close chat').click();
      await stage.agentSays(tab, 'Are you there?');
      await tab.page.getByRole('button', { name: 'Open chat: 1 unread' }).waitFor();
      expect(await tab.page.title()).toBe('(1) Shop');
      await tab.launcher.click();
      await until('it is seen', world.patienceMs, async () => (await tab.page.title()) === 'Shop');
      await context.close();
    });
  });

  describe('the next page', () => {
    const isOpen = ({ page }: ChatPage) =>
      page.evaluate<boolean>(
        "document.querySelector('chat-widget').shadowRoot.querySelector('.panel')?.hidden === false",
      );
    const focused = ({ page }: ChatPage) =>
      page.evaluate<string>(
        "document.activeElement === document.body ? 'page' : document.activeElement.localName",
      );

    it('has the panel open as it was, and does not take the focus; shut it stays shut [R298]', async () => {
      const context = await browser.newContext();
      const tab = await ChatPage.visit(context, shop, {}, { route });
      await tab.launcher.click();
      await tab.button('Start chat').waitFor();
      // Before anything was begun, too.
      await tab.page.getByRole('link', { name: 'Another page' }).click();
      await tab.button('Start chat').waitFor();
      expect(await focused(tab)).toBe('page');
      await tab.button('Start chat').click();
      await tab.isOnline();
      remember(tab);
      await tab.say('Before');
      for (let time = 0; time < 2; time++) {
        await tab.page.getByRole('link', { name: 'Another page' }).click();
        await tab.isOnline();
        await tab.panel.getByText('Before').waitFor();
        expect([await isOpen(tab), await focused(tab)]).toEqual([true, 'page']);
        expect(await tab.launcher.getAttribute('aria-expanded')).toBe('true');
      }
      // Another tab is another matter.
      const other = await another(context);
      expect(await isOpen(other)).toBe(false);
      await tab.button('Close chat').click();
      await tab.page.goto(tab.url);
      await tab.isOnline();
      expect(await isOpen(tab)).toBe(false);
      await context.close();
    });

    it('is opened by a click that comes before it has opened by itself [R298]', async () => {
      const [tab, context] = await begun();
      let go: () => void = () => undefined;
      const held = new Promise<void>((resolve) => (go = resolve));
      await context.route('**/chat/widget/panel-*', async (call) => {
        await held;
        await call.continue();
      });
      await tab.page.goto(tab.url);
      await tab.launcher.click();
      go();
      await tab.isOnline();
      expect(await isOpen(tab)).toBe(true);
      await until(
        'the click has been heard',
        world.patienceMs,
        async () => (await focused(tab)) === 'chat-widget',
      );
      expect(await isOpen(tab)).toBe(true);
      await context.close();
    });

    it('tells on its button that a chat goes on, and that it has ended, until somebody has looked [R298]', async () => {
      const [tab, context] = await served();
      const badge = tab.page.locator('.badge');
      const says = (more: string) =>
        tab.page.getByRole('button', { name: `Open chat: ${more}`, exact: true }).waitFor();
      await stage.agentSays(tab, 'Goodbye');
      await tab.panel.getByText('Goodbye').waitFor();
      expect(await badge.isVisible()).toBe(false);
      await tab.button('Close chat').click();
      await says('Chat in progress');
      expect([await badge.isVisible(), await badge.textContent()]).toEqual([true, '']);
      await tab.page.goto(tab.url);
      await says('Chat in progress');
      await tab.isOnline();
      await stage.agentDoes('end', tab);
      await says('The chat has ended.');
      expect(await badge.textContent()).toBe('!');
      // Everything that was said is read; that it has ended is still news on the next page.
      await tab.page.goto(tab.url);
      await says('The chat has ended.');
      await tab.launcher.click();
      await tab.panel.getByText('The agent has ended it.').first().waitFor();
      expect(await badge.isVisible()).toBe(false);
      await tab.button('Close chat').click();
      await tab.page.getByRole('button', { name: 'Open chat', exact: true }).waitFor();
      await tab.page.goto(tab.url);
      await tab.page.getByRole('button', { name: 'Open chat', exact: true }).waitFor();
      expect(tab.errors).toEqual([]);
      await context.close();
    });

    it('starts shut if the browser keeps nothing, and nothing fails [R298]', async () => {
      const context = await browser.newContext();
      await context.addInitScript(`for (const name of ['localStorage', 'sessionStorage'])
        Object.defineProperty(globalThis, name, { get() { throw new DOMException('denied', 'SecurityError'); } });`);
      const tab = await ChatPage.visit(context, shop, {}, { route });
      await tab.launcher.click();
      await tab.button('Start chat').click();
      await tab.page.locator('.panel[data-phase=open]').waitFor();
      await tab.say('Kept nowhere');
      await tab.button('Close chat').click();
      await tab.page.getByRole('button', { name: 'Open chat: Chat in progress' }).waitFor();
      await tab.page.goto(tab.url);
      await tab.page.getByRole('button', { name: 'Open chat', exact: true }).waitFor();
      expect([tab.errors, await tab.violations()]).toEqual([[], []]);
      await context.close();
    });
  });

  describe('the line', () => {
    it('that is silent is replaced: what was written meanwhile is stored once, and the agent never hears of a loss [R250]', async () => {
      const [tab, context] = await served();
      const { connectionId } = tab;
      lineIs('silent');
      await tab.write('In the lift');
      await tab.isLost();
      await tab.banner.getByText(/Your place is kept until/).waitFor();
      expect(await tab.page.locator('li.sending .meta').textContent()).toContain('Will be sent when');
      lineIs('forward');
      await tab.isOnline();
      await stage.agentReads(tab, 'In the lift');
      await tab.page.locator('li.sent', { hasText: 'In the lift' }).waitFor();
      expect(tab.connectionId).not.toBe(connectionId);
      await stage.agentSays(tab, 'Welcome back');
      await tab.reads('Welcome back');
      expect(await stored(tab)).toEqual(['In the lift', 'Welcome back']);
      expect(await tab.lines()).toEqual(['You: In the lift', 'Ada: Welcome back']);
      expect((await stage.view(tab.conversationId)).disconnections).toBe(1);
      await context.close();
    });

    it('whose handshake hangs does not hold up the next one, and is open as soon as Web PubSub answers [R379]', async () => {
      const context = await browser.newContext();
      const toService = proxies[1]!;
      toService.mode = 'silent';
      const tab = await ChatPage.visit(context, shop, {}, { route });
      await tab.launcher.click();
      const hanging = tab.page.waitForEvent('websocket');
      await tab.button('Start chat').click();
      // Long before the browser does it, after two minutes.
      await (await hanging).waitForEvent('socketerror', { timeout: 10 * FAST.request });
      toService.mode = 'forward';
      await tab.isOnline();
      await tab.say('At last');
      expect(await stored(remember(tab))).toEqual(['At last']);
      await context.close();
    });

    it('that the browser knows to be gone is told at once, and what was said meanwhile is read [R250]', async () => {
      const [tab, context] = await served();
      await context.setOffline(true);
      await tab.isLost();
      await world.agent.say(tab.conversationId, 'In the tunnel');
      await context.setOffline(false);
      await tab.isOnline();
      await tab.reads('In the tunnel');
      await tab.banner.getByText('Connected again.').waitFor();
      await context.close();
    });

    it('of a page that is closed says goodbye: the app hears of it without the recovery window', async () => {
      const [tab, context] = await served();
      await tab.close();
      await heard(tab);
      expect(connections(tab)).toEqual([]);
      await context.close();
    });

    it('comes back in the last second, and too late: then it says so', async () => {
      const [tab, context] = await served({ 'channel-instance': SHORT_GRACE }, FAST, keeping);
      await tab.page.goto(`${server.origin}/elsewhere?1`);
      control().setRecoveryWindow(SHORT_WINDOW_MS);
      for (const { connectionId } of connections(tab)) control().dropTransport(connectionId);
      const { deadline } = await stage.connectionLost(tab);
      await untilInstant(deadline, -1_500);
      await tab.page.goto(tab.url);
      await tab.isOnline();
      await stage.customerBack(tab);

      await tab.close();
      const { agent, patienceMs } = world;
      await agent.inbox.first('conversation-ended', tab.conversationId, patienceMs);
      const late = await ChatPage.visit(context, shop, {}, { route });
      await late.hasEnded();
      await late.launcher.click();
      expect(await late.page.locator('footer').textContent()).toContain('You were away for too long.');
      await context.close();
    });

    it('is there while its page is frozen, and reads what was said when it thaws', async () => {
      const [tab, context] = await served();
      const thaw = await freeze(tab.page);
      await world.agent.say(tab.conversationId, 'While you were away');
      await thaw();
      await tab.reads('While you were away');
      expect((await stage.view(tab.conversationId)).disconnections).toBe(1);
      await context.close();
    });

    it('of a page that the browser keeps for the way back goes on when it is shown again', async () => {
      const [tab, context] = await served({}, FAST, keeping);
      await tab.say('Hello');
      await tab.page.evaluate(
        "void (globalThis.kept = new Promise((resolve) => addEventListener('pageshow', ({ persisted }) => resolve(persisted))))",
      );
      await tab.page.goto(`${server.origin}/elsewhere`);
      await tab.page.evaluate('history.back()');
      await tab.page.waitForURL(tab.url, { waitUntil: 'commit' });
      expect(await tab.page.evaluate('globalThis.kept')).toBe(true);
      await world.agent.say(tab.conversationId, 'Back again?');
      await tab.reads('Back again?');
      await tab.say('Yes');
      expect(await tab.lines()).toEqual(['You: Hello', 'Ada: Back again?', 'You: Yes']);
      await context.close();
    });
  });

  describe('a reconnect link', () => {
    it('that is void leads to the conversation that goes on here, or to the start, and begins none', async () => {
      const [tab, context] = await served({}, UNHURRIED);
      const options = { route, pace: UNHURRIED };
      const second = await ChatPage.visit(context, shop, { 'oc.reconnectid': 'void' }, options);
      await second.isOnline();
      await until('its line is open', world.patienceMs, () => second.conversationId !== '');
      expect(second.conversationId).toBe(tab.conversationId);
      expect(new URL(second.page.url()).searchParams.has('oc.reconnectid')).toBe(false);
      await until('the other is closed', world.patienceMs, () => connections(tab).length === 1);
      await context.close();

      const elsewhere = await browser.newContext();
      const stranger = await ChatPage.visit(elsewhere, shop, { 'oc.reconnectid': 'void' }, { route });
      await stranger.launcher.click();
      await stranger.button('Start chat').waitFor();
      expect(stranger.sockets).toEqual([]);
      await elsewhere.close();
    });

    it('opens in its tab what another tab of the same customer has open [R251]', async () => {
      const { ticket } = await world.api.signIn({
        name: 'Ann',
        locale: 'en',
        queue: 'general',
        workstream: RECONNECTS,
      });
      const context = await browser.newContext();
      const attributes = { workstream: RECONNECTS, 'ticket-callback': 'ownTicket', customer: 'ann-3' };
      const options = {
        pace: UNHURRIED,
        route: `${route}; globalThis.ownTicket = () => ${JSON.stringify(ticket)};`,
      };
      const first = remember(await ChatPage.begin(context, shop, attributes, options));
      await stage.agentDoes('accept', first);
      await first.reads('Ada has joined');
      const link = await stage.linkSent(first);
      const id = link.searchParams.get('oc.reconnectid')!;
      const second = await ChatPage.visit(context, shop, { ...attributes, 'oc.reconnectid': id }, options);
      await second.isOnline();
      expect(second.conversationId).toBe(first.conversationId);
      expect(new URL(second.page.url()).searchParams.has('oc.reconnectid')).toBe(false);
      expect([first, second].map(({ sockets }) => sockets.length)).toEqual([1, 1]);
      expect(connections(first)).toHaveLength(1);
      await first.say('Here I am');
      await second.reads('Here I am');
      await stage.agentReads(second, 'Here I am');
      await context.close();
    });
  });

  describe('the element', () => {
    it('that could not be loaded is loaded by the next click', async () => {
      const context = await browser.newContext();
      let missing: RegExp | undefined = /\/chat\/widget\//;
      await context.route('**/chat/**', (call) =>
        missing?.test(call.request().url()) === true ? call.abort() : call.continue(),
      );
      const tab = await ChatPage.visit(context, shop, { locale: 'de' });
      const alert = tab.page.getByRole('alert');
      for (const next of [/\/chat\/widget\/de-/, undefined]) {
        await tab.launcher.click();
        await until('it says so', world.patienceMs, () =>
          tab.complaints.some((one) => one.includes('<chat-widget>')),
        );
        await alert.waitFor();
        tab.complaints.length = 0;
        missing = next;
      }
      await tab.launcher.click();
      await tab.button('Chat beginnen').waitFor();
      expect(await alert.count()).toBe(0);
      await context.close();
    });

    it('that is taken out closes its line, and put in again goes on; moved it stays', async () => {
      const [tab, context] = await served({}, UNHURRIED);
      await tab.say('Before');
      await tab.page.evaluate("(globalThis.widget = document.querySelector('chat-widget')).remove()");
      await heard(tab);
      expect(connections(tab)).toEqual([]);
      await tab.page.evaluate('document.body.append(globalThis.widget)');
      await tab.isOnline();
      await tab.reads('Before');
      await tab.page.evaluate('document.body.prepend(globalThis.widget)');
      await tab.say('After');
      expect(await tab.lines()).toEqual(['You: Before', 'You: After']);
      expect(tab.sockets).toHaveLength(2);
      await context.close();
    });
  });

  it('examples/own-widget: looks of its own, and the same care for a silent line [R250]', async () => {
    const context = await browser.newContext();
    await context.addInitScript(route);
    const page = await context.newPage();
    page.setDefaultTimeout(world.patienceMs);
    const errors: string[] = [];
    page.on('pageerror', ({ message }) => void errors.push(message));
    await page.goto(`${server.origin}/own/index.html?api=${encodeURIComponent(shop.functionsUrl)}`);
    const line = (is: string) => page.getByRole('status').getByText(is, { exact: true }).waitFor();
    const say = async (text: string) => {
      await page.getByLabel('Message').fill(text);
      await page.getByRole('button', { name: 'Send' }).click();
    };
    await line('connected');
    await say('Before');
    await page.locator('li:not(.sending)', { hasText: 'Before' }).waitFor();
    lineIs('silent');
    await say('In the lift');
    await line('connection lost');
    lineIs('forward');
    await line('connected');
    await page.locator('li:not(.sending)', { hasText: 'In the lift' }).waitFor();
    // Besides, the app tells this customer who is next in line.
    expect(await page.locator('li:not(.system)').allTextContents()).toEqual([
      'You: Before',
      'You: In the lift',
    ]);
    await page.getByRole('button', { name: 'Leave' }).click();
    await line('ended: customer-ended');
    expect(errors).toEqual([]);
    await context.close();
  });

  describe('tabs', () => {
    it('share one line and one conversation; it passes on when its tab is closed, crashes or does not answer [R251]', async () => {
      const [first, context] = await served({}, UNHURRIED);
      const second = await another(context, UNHURRIED);
      const third = await another(context, UNHURRIED);
      await second.launcher.click();
      await second.say('From my other tab');
      await first.reads('From my other tab');
      await third.reads('From my other tab');
      expect(connections(first)).toHaveLength(1);
      expect([first, second, third].map(({ sockets }) => sockets.length)).toEqual([1, 0, 0]);
      expect(await second.lines()).toEqual(await first.lines());

      const [before] = connections(first);
      await first.close();
      // What is said before the service has its socket comes by the transcript, and not over the socket.
      await until('another tab has the line', world.patienceMs, () => {
        const [line, ...more] = connections(first);
        const isAnother = line !== undefined && line.connectionId !== before?.connectionId;
        return isAnother && more.length === 0 && second.sockets.length + third.sockets.length === 1;
      });
      const [leader, other] = second.sockets.length === 1 ? [second, third] : [third, second];
      await stage.agentSays(Object.assign(leader, { conversationId: first.conversationId }), 'Still there?');
      await other.reads('Still there?');

      const fourth = await another(context, UNHURRIED);
      await crashPage(leader.page);
      await until(
        'another tab has the line',
        world.patienceMs,
        () => other.sockets.length + fourth.sockets.length === 1,
      );
      const [next, last] = other.sockets.length === 1 ? [other, fourth] : [fourth, other];
      await next.isOnline();

      const thaw = await freeze(next.page);
      await last.page.bringToFront();
      await until(
        'the line is taken away from a tab that is frozen',
        world.patienceMs,
        () => last.sockets.length === 1,
      );
      await world.agent.say(first.conversationId, 'Thank you');
      await last.reads('Thank you');
      await thaw();
      await next.reads('Thank you');
      await context.close();
    });
  });

  describe('the next person at this browser', () => {
    /** Alice, Bob and whoever has no id, as the site's backend signs them in; who was asked for. */
    const site = async () => {
      const context = await browser.newContext();
      const asked: string[] = [];
      for (const who of ['alice', 'bob', 'somebody']) {
        await context.exposeFunction(who, async () => {
          asked.push(who);
          return (await world.api.signIn({ name: who, queue: 'sales', locale: 'en' })).ticket;
        });
      }
      return { context, asked };
    };
    const ALICE = { 'ticket-callback': 'alice', customer: 'alice-1' };
    const BOB = { 'ticket-callback': 'bob', customer: 'bob-2' };
    const open = async (context: BrowserContext, attributes: Record<string, string>) => {
      const tab = await ChatPage.visit(context, shop, attributes, { route, pace: UNHURRIED });
      await tab.launcher.click();
      return tab;
    };
    const begin = async (context: BrowserContext, attributes: Record<string, string>) => {
      const tab = await open(context, attributes);
      await tab.button('Start chat').click();
      await tab.isOnline();
      return remember(tab);
    };
    const kept = ({ page }: ChatPage) =>
      page.evaluate<string[]>(
        'Object.keys({ ...localStorage, ...sessionStorage }).filter((key) => /^chat-(?!sound|open)/.test(key))',
      );

    it.each<readonly [string, Record<string, string>, Record<string, string>]>([
      ['another one who is signed in', ALICE, BOB],
      ['one whose id is not given', ALICE, { 'ticket-callback': 'somebody' }],
      ['the same id without a sign-in', ALICE, { customer: 'alice-1' }],
      ['a visitor', ALICE, {}],
      ['one who is signed in, after a visitor', {}, ALICE],
      [
        'one whose id is not given, after another one',
        { 'ticket-callback': 'somebody' },
        { 'ticket-callback': 'bob' },
      ],
    ])('has no chat of the one before: %s [R286]', async (_, first, second) => {
      const { context, asked } = await site();
      const before = await begin(context, first);
      await before.say('My card is 4711');
      await context.setOffline(true);
      await before.isLost();
      await before.write('Not sent');
      await before.close();
      await context.setOffline(false);
      const next = await open(context, second);
      await next.button('Start chat').waitFor();
      expect(await kept(next)).toEqual([]);
      asked.length = 0;
      await next.button('Start chat').click();
      await next.isOnline();
      remember(next);
      expect(next.conversationId).not.toBe(before.conversationId);
      expect([asked, await next.lines()]).toEqual([[second['ticket-callback']].filter(Boolean), []]);
      await context.close();
    });

    it('is the same one: the chat goes on, with an id in all tabs, without one in its tab', async () => {
      const { context, asked } = await site();
      const alice = await begin(context, ALICE);
      await alice.say('Before');
      await alice.close();
      const again = await ChatPage.visit(context, shop, ALICE, { route, pace: UNHURRIED });
      await again.isOnline();
      await again.reads('Before');
      expect(again.conversationId).toBe(alice.conversationId);
      await again.close();
      const somebody = await begin(context, { 'ticket-callback': 'somebody' });
      await somebody.say('Before');
      const { conversationId } = somebody;
      await somebody.page.goto(somebody.url);
      await somebody.isOnline();
      await somebody.reads('Before');
      expect(somebody.conversationId).toBe(conversationId);
      expect(asked).toEqual(['alice', 'somebody']);
      await context.close();
    });

    it('may sign in while the page stays', async () => {
      const { context, asked } = await site();
      const tab = await begin(context, ALICE);
      await tab.say('My card is 4711');
      await tab.field.fill('And my address');
      const { conversationId } = tab;
      await tab.page.evaluate(`{
        const widget = document.querySelector('chat-widget');
        widget.setAttribute('ticket-callback', 'bob');
        widget.setAttribute('customer', 'bob-2');
      }`);
      await tab.page.locator('.panel[data-phase=open]').waitFor({ state: 'detached' });
      await tab.button('Start chat').click();
      await tab.isOnline();
      remember(tab);
      expect(tab.conversationId).not.toBe(conversationId);
      expect([asked, await tab.lines(), await tab.field.inputValue()]).toEqual([['alice', 'bob'], [], '']);
      await context.close();
    });

    it('finds nothing after a logout of the site, in whichever tab [R286]', async () => {
      const { context, asked } = await site();
      const tab = await begin(context, ALICE);
      await tab.say('My card is 4711');
      const other = await ChatPage.visit(context, shop, ALICE, { route, pace: UNHURRIED });
      await other.reads('My card is 4711');
      await other.launcher.click();
      await other.field.fill('And my address');
      await other.page.evaluate("document.querySelector('chat-widget').forget()");
      for (const one of [tab, other]) {
        await one.button('Start chat').waitFor();
        expect([await one.lines(), await kept(one)]).toEqual([[], []]);
      }
      await heard(tab);
      await other.button('Start chat').click();
      await tab.isOnline();
      remember(tab);
      await until('it is another one', world.patienceMs, () => asked.length === 2);
      expect([await other.lines(), await other.field.inputValue()]).toEqual([[], '']);
      await context.close();
    });
  });

  describe('everybody', () => {
    it.each(['en_US', 'en_US.UTF-8', 'EN-us', 'english (US)'])(
      'can chat on a page whose language is written like this: %s',
      async (lang) => {
        const [tab, context] = await begun({ lang });
        await tab.say('Hello');
        expect((await stage.view(tab.conversationId)).customer.locale).toMatch(/^en(-US)?$/);
        expect(tab.errors).toEqual([]);
        await context.close();
      },
    );

    it('can use it with the keyboard alone [R253]', async () => {
      const context = await browser.newContext();
      const tab = await ChatPage.visit(context, shop);
      const { keyboard } = tab.page;
      const focused = () =>
        tab.page.evaluate<string>(
          "(({ ariaLabel, labels, textContent }) => ariaLabel ?? labels?.[0]?.textContent ?? textContent)(document.querySelector('chat-widget').shadowRoot.activeElement)",
        );
      const pressUntil = async (key: string, name: string) => {
        for (let presses = 0; (await focused().catch(() => '')) !== name; presses++) {
          if (presses > 15) throw new Error(`${name} is not reached; ${await focused()} is`);
          await keyboard.press(key);
        }
      };
      await pressUntil('Tab', 'Open chat');
      await keyboard.press('Enter');
      await until('the name is asked for', world.patienceMs, async () =>
        (await focused().catch(() => '')).startsWith('Your name'),
      );
      await keyboard.type('Ann');
      await keyboard.press('Enter');
      await tab.isOnline();
      remember(tab);
      expect(await focused()).toBe('Your message');
      await keyboard.type('No mouse');
      await keyboard.press('Shift+Enter');
      await keyboard.type('here');
      await keyboard.press('Enter');
      await until(
        'it is stored',
        world.patienceMs,
        async () => (await stored(tab)).join() === 'No mouse\nhere',
      );
      expect((await stage.view(tab.conversationId)).customer.name).toBe('Ann');
      await pressUntil('Tab', 'End chat');
      await keyboard.press('Enter');
      expect(await focused()).toBe('Keep chatting');
      await keyboard.press('Escape');
      expect(await focused()).toBe('End chat');
      await keyboard.press('Escape');
      expect(await focused()).toBe('Open chat: Chat in progress');
      await keyboard.press('Enter');
      expect(await focused()).toBe('Your message');
      await pressUntil('Tab', 'End chat');
      await keyboard.press('Enter');
      await keyboard.press('Tab');
      await keyboard.press('Enter');
      await tab.hasEnded();
      expect(await focused()).toBe('New chat');
      await context.close();
    });

    /** Notes what a screen reader is told from now on, in `announced`. */
    const announces = ({ page }: ChatPage) =>
      page.evaluate(`{
        globalThis.announced = [];
        const { shadowRoot } = document.querySelector('chat-widget');
        const log = shadowRoot.querySelector('[role=log]');
        const watch = (node, what) => new MutationObserver((changes) => {
          if (node.ariaBusy === 'true') return;
          for (const { addedNodes } of changes) for (const one of addedNodes) if (one.matches?.(what)) announced.push((one.querySelector('p') ?? one).textContent);
        }).observe(node, { childList: true, subtree: true });
        watch(log, 'li');
        watch(shadowRoot.querySelector('[role=status]'), 'p');
      }`);
    // Asked from outside: the page's policy forbids it to evaluate a text again and again by itself.
    const announced = ({ page }: ChatPage, text: string) =>
      until(`"${text}" is announced`, world.patienceMs, () =>
        page.evaluate<boolean>(`announced.some((one) => one.includes(${JSON.stringify(text)}))`),
      );

    it('is told by a screen reader: each message once, a loss once, the return once', async () => {
      const [tab, context] = await served();
      await announces(tab);
      await tab.say('One');
      await stage.agentSays(tab, 'Two');
      await tab.reads('Two');
      lineIs('silent');
      await tab.isLost();
      await tab.write('Three');
      lineIs('forward');
      await tab.isOnline();
      await tab.page.locator('li.sent', { hasText: 'Three' }).waitFor();
      expect(await tab.page.evaluate('announced')).toEqual([
        'One',
        'Two',
        expect.stringMatching(/^Connection lost\. .* Your place is kept until .*\.$/),
        'Three',
        'Connected again.',
      ]);
      await context.close();
    });

    it('is told, and sees, what happens while a part of the widget is still under way [R377]', async () => {
      const context = await browser.newContext();
      let arrive: () => void = () => undefined;
      const arrived = new Promise<void>((resolve) => (arrive = resolve));
      await context.route(/\/widget\/around-/, (request) => arrived.then(() => request.continue()));
      const tab = remember(await ChatPage.begin(context, shop, {}, { route }));
      await stage.agentDoes('accept', tab);
      await tab.reads('Ada has joined');
      await announces(tab);
      await tab.button('Close chat').click();
      await stage.agentSays(tab, 'Are you there?');
      await announced(tab, '1 unread');
      await tab.launcher.click();
      lineIs('silent');
      await tab.panel.locator('header').getByText('Connection lost.').waitFor();
      await announced(tab, 'Connection lost.');
      arrive();
      await tab.banner.getByText(/Your place is kept until/).waitFor();
      lineIs('forward');
      await tab.banner.getByText('Connected again.').waitFor();
      expect(await tab.page.evaluate('announced')).toEqual([
        'Are you there?',
        '1 unread',
        expect.stringMatching(/^Connection lost\./),
        'Connected again.',
      ]);
      await context.close();
    });

    it('is told, and sees, what happens while a part of the widget does not come at all [R377]', async () => {
      const context = await browser.newContext();
      await context.route(/\/widget\/around-/, (request) => request.abort());
      const tab = remember(await ChatPage.begin(context, shop, {}, { route }));
      await announces(tab);
      lineIs('silent');
      const line = tab.panel.locator('header');
      await line.getByText('Connection lost.').waitFor();
      lineIs('forward');
      await tab.isOnline();
      await announced(tab, 'Connected again.');
      await stage.agentDoes('accept', tab);
      await stage.agentDoes('end', tab);
      await line.getByText('The chat has ended.').waitFor();
      await announced(tab, 'The chat has ended.');
      await context.close();
    });

    it('is told of what was said while the line was silent and the panel shut, once [R378]', async () => {
      const [tab, context] = await served();
      await announces(tab);
      await tab.button('Close chat').click();
      lineIs('silent');
      await tab.isLost();
      await world.agent.say(tab.conversationId, 'Are you there?');
      lineIs('forward');
      await tab.isOnline();
      await announced(tab, '1 unread');
      expect(await tab.page.evaluate("announced.filter((one) => one === '1 unread').length")).toBe(1);
      await context.close();
    });

    /** Everything that axe knows of WCAG 2.2 AA, and its best practice. */
    const findings = async (page: Page): Promise<string[]> => {
      const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
      if (!(await page.evaluate<boolean>("'axe' in globalThis"))) await page.evaluate(AXE);
      return page.evaluate<
        string[]
      >(`Promise.all(document.querySelector('chat-widget').shadowRoot.getAnimations().map((one) => one.finished))
        .then(() => axe.run('chat-widget', { runOnly: ${JSON.stringify(tags)}, resultTypes: ['violations'] }))
        .then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => id + ' ' + target.flat() + ' ' + failureSummary)))`);
    };
    /** Each with each of the others. */
    const LOOKS = [
      { colorScheme: 'light', dir: 'ltr', width: 320 },
      { colorScheme: 'dark', dir: 'rtl', width: 320 },
      { colorScheme: 'dark', dir: 'ltr', width: 1280 },
      { colorScheme: 'light', dir: 'rtl', width: 1280 },
    ] as const;

    it('meets WCAG 2.2 AA in every state, light and dark, in both directions, on 320 pixels, and breaks no rule of the strictest policy [R253 R390]', async () => {
      const found: string[] = [];
      let looks = 0;
      const look = async ({ page }: ChatPage, state: string) => {
        // In the short runs two of each state, light and dark, narrow and wide: of one to the right, of the next to the left.
        const [one, two, three, four] = LOOKS;
        const order = (looks += 1) % 2 === 1 ? [one, two, three, four] : [two, three, four, one];
        for (const { colorScheme, dir, width } of partOf(order, 2, 2)) {
          await page.emulateMedia({ colorScheme });
          await page.setViewportSize({ width, height: 640 });
          await page.evaluate(`document.documentElement.dir = '${dir}'`);
          const where = `${state}, ${colorScheme}, ${dir}, ${width}: `;
          found.push(...(await findings(page)).map((finding) => where + finding));
          const tooSmall = await page.evaluate<
            string[]
          >(`[...document.querySelector('chat-widget').shadowRoot.querySelectorAll('button,input,textarea')]
            .map((one) => [one.ariaLabel || one.textContent || one.name, one.getBoundingClientRect()])
            .filter(([, { width, height }]) => width > 0 && (width < 44 || height < 44)).map(([name]) => name)`);
          const isTooWide = await page.evaluate('document.documentElement.scrollWidth > innerWidth');
          found.push(
            ...tooSmall.map((name) => `${where}${name} is too small`),
            ...(isTooWide ? [`${where}too wide`] : []),
          );
        }
        await page.setViewportSize({ width: 1280, height: 640 });
      };
      const context = await browser.newContext();
      const tab = await ChatPage.visit(context, shop, {}, { route });
      await look(tab, 'closed');
      await tab.launcher.click();
      await tab.button('Start chat').waitFor();
      await look(tab, 'start');
      await tab.button('Start chat').click();
      await tab.isOnline();
      remember(tab);
      await stage.agentDoes('accept', tab);
      await tab.say('Hello');
      await stage.agentSays(tab, 'Hello, Ann. How can I help you?');
      await look(tab, 'talk');
      lineIs('silent');
      await tab.isLost();
      await tab.write('Held back');
      await look(tab, 'lost');
      lineIs('forward');
      await tab.isOnline();
      await tab.button('End chat').click();
      await look(tab, 'question');
      await tab.panel.getByRole('button', { name: 'End chat', exact: true }).click();
      await tab.hasEnded();
      await look(tab, 'ended');
      await tab.button('New chat').click();
      await tab.isOnline();
      remember(tab);
      await tab.button('Close chat').click();
      await look(tab, 'closed, and it goes on');
      await stage.agentDoes('accept', tab);
      await stage.agentDoes('end', tab);
      await tab.page.getByRole('button', { name: 'Open chat: The chat has ended.' }).waitFor();
      await look(tab, 'closed, and it has ended');
      const broken = await ChatPage.visit(context, { ...shop, functionsUrl: server.origin });
      await broken.launcher.click();
      await broken.button('Start chat').click();
      await broken.banner.getByText('For the owner of this page').waitFor();
      await look(broken, 'stuck');
      expect(found).toEqual([]);
      expect([...(await tab.violations()), ...(await broken.violations())]).toEqual([]);
      await context.close();
    });
  });

  describe('what the site has got wrong is said, in the console and on the page:', () => {
    const says = async (attributes: Record<string, string>, advice: RegExp, where: Partial<Shop> = {}) => {
      const context = await browser.newContext();
      const tab = await ChatPage.visit(context, { ...shop, ...where }, attributes);
      await tab.launcher.click();
      await tab.button('Start chat').click();
      await tab.banner.getByText(advice).waitFor();
      await until('the console has it', world.patienceMs, () =>
        tab.complaints.some((one) => advice.test(one)),
      );
      expect(tab.complaints.filter((one) => advice.test(one))).toHaveLength(1);
      await context.close();
    };

    it('addresses, callbacks and attributes [R252]', async () => {
      await Promise.all([
        says({}, /There is no chat app at .*Set the attribute "api"/, { functionsUrl: server.origin }),
        says({}, /Nothing answers at .*allowed origins/, { functionsUrl: 'http://127.0.0.1:9' }),
        says({ 'ticket-callback': 'getTicket' }, /getTicket is no function/),
        says({ 'ticket-callback': 'emptyCallback' }, /has returned no text/),
        says({ context: 'OrderId=4711' }, /attribute "context" is not JSON/),
        says({ queue: 'sales & more' }, /The app refuses what the attributes say.*queue/),
      ]);
    });

    it('a part that does not load, without which one can write and read all the same [R354]', async () => {
      const context = await browser.newContext();
      const missing = /\/widget\/around-/;
      await context.route(missing, (request) => request.abort());
      const tab = await ChatPage.begin(context, shop);
      remember(tab);
      const told = tab.panel.getByRole('alert');
      await told.getByText('Parts of the chat are missing.').waitFor();
      expect(tab.complaints.some((one) => one.includes('<chat-widget>'))).toBe(true);
      await stage.agentDoes('accept', tab);
      await tab.say('Anybody there?');
      await stage.agentSays(tab, 'Of course');
      await tab.reads('Of course');
      await context.unroute(missing);
      await told.getByRole('button', { name: 'Try again' }).focus();
      await tab.page.keyboard.press('Enter');
      await tab.button('End chat').waitFor();
      expect(await told.count()).toBe(0);
      expect(tab.errors).toEqual([]);
      // Whoever has no mouse is still in the chat.
      await tab.page.keyboard.type('Here I am');
      await tab.page.keyboard.press('Enter');
      await tab.reads('Here I am');
      await context.close();
    });

    it('a part that did not load, which comes with the next line by itself [R354 R371]', async () => {
      const context = await browser.newContext();
      const missing = /\/widget\/around-/;
      await context.route(missing, (request) => request.abort());
      const tab = await ChatPage.visit(context, shop);
      remember(tab);
      await tab.launcher.click();
      const told = tab.panel.getByRole('alert');
      await told.getByText('Parts of the chat are missing.').waitFor();
      await context.unroute(missing);
      await tab.button('Start chat').click();
      await tab.isOnline();
      await tab.button('End chat').waitFor();
      expect(await told.count()).toBe(0);
      await context.close();
    });
  });
});
