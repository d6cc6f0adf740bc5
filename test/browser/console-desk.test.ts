import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { ownAccount } from '../../local/stack/shared-azurite';
import { type Stack, startStack } from '../../local/stack/stack';
import { Api } from '../e2e/api';
import { LocalTab } from '../e2e/participants/tab';
import { until } from '../e2e/waiting';
import { stepOf } from '../support/part-of';
import { reasonToSkip, startChromium } from './chromium';
import { ConsolePage } from './console-page';

const PATIENCE_MS = 120_000;
const skipped = reasonToSkip();
if (skipped !== undefined) console.warn(`The console is not tried in a browser. ${skipped}`);

(skipped === undefined ? describe : describe.skip)('the console, in a browser', () => {
  let stack: Stack;
  let browser: Browser;
  let api: Api;
  let anna: ConsolePage;
  let ben: ConsolePage;
  let olga: ConsolePage;
  const tabs: LocalTab[] = [];

  const signIn = (name: string, more: { hasWrongClock?: boolean } = {}) =>
    ConsolePage.signIn(browser, name, {
      address: `${stack.functionsUrl}/api/site/console/`,
      patienceMs: PATIENCE_MS,
      ...more,
    });
  const come = async (
    name: string,
    ticket?: string,
    context: Record<string, string> = { OrderId: '4711' },
  ): Promise<LocalTab> => {
    const profile = { name, queue: 'sales', locale: 'en', context };
    const tab = await LocalTab.open(api, { profile, protocol: 'reliable', ticket });
    tabs.push(tab);
    return tab;
  };

  beforeAll(async () => {
    [stack, browser] = await Promise.all([
      startStack({
        storageConnectionString: ownAccount().connectionString,
        signInPort: 0,
        settings: {
          DISCONNECT_GRACE: 'PT3M',
          // Losses are told at once: it is the console that shows none which is over within two seconds.
          LOSS_NEWS_AFTER: 'PT0S',
          // However many of these conversations one agent takes: who wins a race differs from run to run.
          CONVERSATION_CAPACITY_UNITS: '1',
        },
        // Sockets that close with the browser find no app any more.
        webPubSub: { log: () => undefined },
      }),
      startChromium(),
    ]);
    api = new Api(stack.functionsUrl, stack.functionKey);
    [anna, ben, olga] = await Promise.all([
      signIn('Anna Agent', { hasWrongClock: true }),
      signIn('Ben Agent'),
      signIn('Olga Operator'),
    ]);
    await Promise.all([anna, ben, olga].map((one) => one.isOnline()));
  });

  afterAll(async () => {
    await Promise.all(tabs.map((tab) => tab.close()));
    await browser?.close();
    await stack?.stop();
  });

  it('shows nothing to somebody without a role', async () => {
    const carl = await signIn('Carl Colleague');
    await carl.page.getByRole('alert').filter({ hasText: 'has no role here' }).waitFor();
    expect(await carl.page.getByRole('navigation').count()).toBe(0);
    await carl.context.close();
  });

  it('shows agents no pages of operators', async () => {
    expect(await anna.page.getByRole('navigation').getByRole('link').allTextContents()).toEqual(['Desk']);
  });

  it('lets an agent take a conversation, read and reply, without a mouse', async () => {
    const ann = await come('Ann <b>Lee</b>');
    await ann.say('<img src=x onerror=alert(1)>');
    await anna.row('Ann <b>Lee</b>').focus();
    await anna.page.keyboard.press('Enter');
    await anna.button('Accept').focus();
    await anna.page.keyboard.press('Enter');
    const reply = anna.page.getByLabel('Reply to Ann <b>Lee</b>');
    await reply.fill('Hello Ann');
    await anna.page.keyboard.press('Enter');
    const heard = await ann.inbox.first(
      'message',
      ann.conversationId,
      PATIENCE_MS,
      ({ text }) => text === 'Hello Ann',
    );
    expect(heard.author).toEqual({ role: 'agent', name: 'Anna Agent' });
    await anna.page.getByRole('listitem').filter({ hasText: 'Hello Ann' }).getByText('Sent').waitFor();
    // What somebody writes is text, and nothing else.
    await anna.page.getByText('<img src=x onerror=alert(1)>', { exact: true }).waitFor();
    expect(await reply.inputValue()).toBe('');
  });

  it('counts down on the clock of the server, extends the wait, and tells after how long the customer is back', async () => {
    const bo = await come('Bo');
    await anna.accept('Bo');
    await bo.close();
    const countdown = anna.banner('Connection lost').getByRole('timer');
    await countdown.waitFor();
    const { conversation } = await api.conversation(bo.conversationId, bo.ticket);
    expect(conversation.state).toBe('Active');
    const left = async () => {
      const [minutes = '', seconds = ''] = (await countdown.textContent())?.split(':') ?? [];
      return Number(minutes) * 60 + Number(seconds);
    };
    // The clock of this agent is five minutes ahead: the place would be lost already.
    expect(await left()).toBeGreaterThan(150);
    expect(await left()).toBeLessThanOrEqual(180);
    await anna.row('Bo').filter({ hasText: 'Lost' }).waitFor();
    await anna.button('Wait 5 min longer').click();
    await anna.page.getByRole('log').getByText('Wait extended').waitFor();
    expect(await left()).toBeGreaterThan(400);

    const back = await come('Bo', bo.ticket);
    await anna.banner('Back after 0:0').waitFor();
    await anna.row('Bo').filter({ hasText: 'Back after' }).waitFor();
    await back.say('Here I am');
    await anna.page.getByRole('log').getByText('Here I am').waitFor();
  });

  it('shows no loss that is over at once, as when a page is loaded again', async () => {
    const cy = await come('Cy');
    await anna.accept('Cy');
    await cy.close();
    const back = await come('Cy', cy.ticket);
    await back.say('I only looked at another page');
    await anna.page.getByRole('log').getByText('I only looked at another page').waitFor();
    expect(await anna.page.locator('.banner, .mark').count()).toBe(0);
  });

  it('ends the wait when the agent says so, and tells why it is over', async () => {
    const di = await come('Di');
    await anna.accept('Di');
    await di.close();
    await anna.button('End the wait').click();
    await anna.dialog().getByRole('button', { name: 'End the wait' }).click();
    await anna.banner('the customer was away too long').waitFor();
    await anna.button('Close').click();
    await anna.banner('Closed').waitFor();
    await anna.row('Di').waitFor({ state: 'detached' });
  });

  it('lets one of two agents win, and tells the other', async () => {
    await come('Ed');
    await Promise.all([anna.open('Ed'), ben.open('Ed')]);
    await Promise.all([anna.button('Accept').click(), ben.button('Accept').click()]);
    const faster = (one: ConsolePage) => one.page.getByText('A colleague was faster').waitFor();
    const loser = await Promise.any([faster(anna).then(() => anna), faster(ben).then(() => ben)]);
    const winner = loser === anna ? ben : anna;
    await winner.page.getByLabel('Reply to Ed').waitFor();
    expect(await loser.page.getByLabel('Reply to Ed').count()).toBe(0);
    await loser
      .row('Ed')
      .filter({ hasText: winner === anna ? 'Anna Agent' : 'Ben Agent' })
      .waitFor();
  });

  it('hands a conversation to another queue, and to a colleague who declines it', async () => {
    await come('Fay');
    await ben.accept('Fay');
    await ben.button('Transfer …').click();
    await ben.dialog().getByLabel('Queue').fill('returns');
    await ben.dialog().getByRole('button', { name: 'Transfer' }).click();
    await anna.row('Fay').filter({ hasText: 'returns' }).waitFor();

    await anna.open('Fay');
    await anna.button('Offer …').click();
    const colleague = anna.dialog().getByLabel('Colleague');
    await colleague.waitFor();
    // Whoever offers is not among them, and nobody who is not there.
    expect(await colleague.getByRole('option').allTextContents()).toEqual([
      expect.stringMatching(/Ben Agent · \d+ of 100 units free/),
      expect.stringMatching(/Olga Operator · \d+ of 100 units free/),
    ]);
    await colleague.selectOption({ index: 0 });
    await anna.dialog().getByRole('button', { name: 'Offer' }).click();
    await ben.open('Fay');
    await ben.button('Decline').click();
    await ben.button('Decline').waitFor({ state: 'detached' });
    await anna.button('Accept').waitFor();
  });

  it('keeps what is written while another conversation or another page is looked at', async () => {
    for (const name of ['Lea', 'Max']) {
      await come(name);
      await olga.goTo('Desk');
      await olga.accept(name);
    }
    const reply = (name: string) => olga.page.getByLabel(`Reply to ${name}`);
    await reply('Max').fill('For Max');
    await olga.open('Lea');
    expect(await reply('Lea').inputValue()).toBe('');
    await reply('Lea').fill('For Lea');
    await olga.goTo('Operations');
    await olga.goTo('Desk');
    for (const name of ['Max', 'Lea']) {
      await olga.open(name);
      expect(await reply(name).inputValue()).toBe(`For ${name}`);
    }
  });

  it('sends nothing while an input method is at work, as Safari tells it', async () => {
    const mei = await come('Mei');
    await ben.accept('Mei');
    const reply = ben.page.getByLabel('Reply to Mei');
    await reply.fill('にほん');
    const enter = { key: 'Enter', keyCode: 229, bubbles: true, cancelable: true };
    await reply.dispatchEvent('keydown', enter);
    expect(await reply.inputValue()).toBe('にほん');
    await reply.fill('日本');
    await reply.press('Enter');
    const first = await mei.inbox.first(
      'message',
      mei.conversationId,
      PATIENCE_MS,
      ({ author }) => author.role === 'agent',
    );
    expect(first.text).toBe('日本');
  });

  it('counts in its title what comes while nobody can see the page, and shows what came just before', async () => {
    const nia = await come('Nia');
    await ben.accept('Nia');
    const { page } = ben;
    const isCalled = (is: string, expected: RegExp) =>
      until(is, PATIENCE_MS, async () => expected.test(await page.title()));
    await isCalled('nothing is unread', /^Desk – Console$/);
    // No frame is drawn any more, as in a page that is about to be hidden.
    await page.evaluate(`
      globalThis.draw = requestAnimationFrame;
      requestAnimationFrame = () => (globalThis.waits = true);
    `);
    await nia.say('Just before');
    await until('it would be drawn', PATIENCE_MS, () => page.evaluate<boolean>('globalThis.waits === true'));
    const look = (hidden: boolean) =>
      page.evaluate(`
        requestAnimationFrame = draw;
        Object.defineProperty(document, 'hidden', { value: ${hidden}, configurable: true });
        document.dispatchEvent(new Event('visibilitychange'));
      `);
    await look(true);
    await page.getByRole('log').getByText('Just before').waitFor();
    await nia.say('Meanwhile');
    await isCalled('something is unread', /^\(/);
    await look(false);
    await isCalled('it is read', /^Desk – Console$/);
  });

  it('reads the list again that could not be read, says so meanwhile, and does not wait for one that hangs', async () => {
    const { page } = ben;
    let lists = 0;
    await page.route('**/v1/conversations?*', (route) => {
      lists += 1;
      const body = { status: 503, code: 'temporarily-unavailable', detail: 'Later', retryAfterSeconds: 2 };
      if (lists === 1) return route.fulfill({ status: 503, json: body });
      // The second one is never answered.
      return lists === 2 ? undefined : route.continue();
    });
    await page.reload();
    await page.getByText('The list cannot be read').waitFor();
    await until('it is read again', PATIENCE_MS, async () => lists === 2);
    await ben.isOnline();
    // The network is back: the line is another one.
    await page.evaluate("dispatchEvent(new Event('online'))");
    await ben.row('Mei').waitFor();
    await page.getByText('The list cannot be read').waitFor({ state: 'detached' });
    await page.unroute('**/v1/conversations?*');
  });

  it('reads a conversation again that could not be read', async () => {
    const { page } = ben;
    let reads = 0;
    await page.route(/v1\/conversations\/[^/]+$|v1\/conversations\/[^/]+\?/, (route) =>
      (reads += 1) === 1 ? route.abort() : route.continue(),
    );
    await ben.row('Mei').click();
    await page.getByRole('log').getByText('日本').waitFor();
    expect(reads).toBeGreaterThan(1);
    await page.unrouteAll();
  });

  it('knows what is unread, and names of colleagues, when its page is loaded again', async () => {
    const ola = await come('Ola');
    await olga.accept('Ola');
    await ola.say('Seen');
    const { page } = olga;
    await page.getByRole('log').getByText('Seen').waitFor();
    await olga.open('Lea');
    await ola.say('Told');
    await olga.row('Ola').filter({ hasText: '1 new' }).waitFor();
    const address = page.url();
    await page.goto('about:blank');
    await ola.say('Not told');
    await page.goto(address);
    await olga.row('Ola').filter({ hasText: '2 new' }).waitFor();
    await olga.row('Bo').filter({ hasText: 'Anna Agent' }).waitFor();

    // Nothing is told any more, and the line does not know it.
    await page.evaluate(`
      globalThis.desk = document.querySelector('desk-page').desk;
      globalThis.hear = desk.line.options.onData;
      desk.line.options.onData = () => undefined;
    `);
    await ola.say('Not heard');
    await page.evaluate(`
      desk.line.options.onData = hear;
      dispatchEvent(new Event('online'));
    `);
    await olga.row('Ola').filter({ hasText: '3 new' }).waitFor();
    await olga.open('Ola');
    await page.getByRole('log').getByText('Not heard').waitFor();
    await olga.row('Ola').filter({ hasText: 'new' }).waitFor({ state: 'detached' });
  });

  it('signs nobody in by a link that nobody has asked for', async () => {
    const { page: another, context } = await signIn('Carl Colleague');
    await another.getByRole('alert').filter({ hasText: 'has no role here' }).waitFor();
    const token = await ben.page.evaluate<string>("sessionStorage.getItem('console-token')");
    const link = `${stack.functionsUrl}/api/site/console/#access_token=${token}`;
    // Nothing was asked for in the first tab; in the other one the answer has come.
    const fresh = await context.newPage();
    await fresh.goto(link);
    await fresh.getByRole('button', { name: 'Sign in' }).waitFor();
    expect(await fresh.evaluate<string | null>("sessionStorage.getItem('console-token')")).toBeNull();
    expect(await another.evaluate<string | null>("sessionStorage.getItem('console-state')")).toBeNull();
    await context.close();
  });

  it('lets an operator word a message, which is sent as it was previewed [R79 R295]', async () => {
    await olga.goTo('Messages');
    await olga.page.getByRole('button', { name: 'Edit Agent joined' }).click();
    const text = olga.dialog().getByLabel('Text');
    await text.fill('{AgentName} is here for {$OrderId}.');
    await olga.dialog().getByText('Character 25: a context variable is {$Name$}').waitFor();
    expect(await olga.dialog().getByRole('button', { name: 'Save' }).isDisabled()).toBe(true);
    await text.fill('{AgentName} is here for {$OrderId$}.');
    await olga.dialog().getByText('Anna is here for [OrderId].').waitFor();
    await olga.dialog().getByText('Without a value for {$OrderId$}').waitFor();
    await olga.dialog().getByText('Anna is here for .', { exact: true }).waitFor();
    await olga.dialog().getByRole('button', { name: 'Save' }).click();
    await olga.page.getByText('Saved: Agent joined').waitFor();

    const gus = await come('Gus');
    await ben.accept('Gus');
    const notice = await gus.inbox.first(
      'notice',
      gus.conversationId,
      PATIENCE_MS,
      ({ trigger }) => trigger === 'agent-joined',
    );
    expect(notice.text).toBe('Ben Agent is here for 4711.');
    // As previewed, for a customer without an order, too.
    const hal = await come('Hal', undefined, {});
    await ben.accept('Hal');
    const other = await hal.inbox.first(
      'notice',
      hal.conversationId,
      PATIENCE_MS,
      ({ trigger }) => trigger === 'agent-joined',
    );
    expect(other.text).toBe('Ben Agent is here for .');

    await olga.page.getByRole('button', { name: 'Take back Agent joined' }).click();
    await olga.page.getByText('Taken back: Agent joined').waitFor();
  });

  it('lets an operator change a policy, and tells which grace applies and why', async () => {
    await olga.goTo('Policies');
    await olga.button('New rule').click();
    await olga.dialog().getByLabel('Name').fill('sales-waits-longer');
    await olga.dialog().getByRole('checkbox', { name: 'Active' }).check();
    await olga.dialog().getByLabel('Grace').fill('PT0.5S');
    await olga.button('Apply').click();
    await olga.button('Save').click();
    // The app's own word, with the part that it is about.
    await olga.page.getByRole('alert').filter({ hasText: 'rules.0.set.grace' }).waitFor();
    await olga.page.getByRole('button', { name: 'Edit sales-waits-longer' }).click();
    await olga.dialog().getByLabel('Grace').fill('PT7M');
    await olga.button('Apply').click();
    await olga.page.getByText('Grace: 7 min, by the rule sales-waits-longer').waitFor();
    await olga.page.getByText('With the changes that are not saved yet').waitFor();
    await olga.button('Save').click();
    await olga.page.getByText('Saved. In force at once here').waitFor();

    await anna.open('Bo');
    await anna.page.getByText('About this conversation').click();
    await anna.page.getByText('Grace: 7 min, by the rule sales-waits-longer').waitFor();
  });

  it('keeps what an operator has typed in its tab, and asks before it is lost [R297]', async () => {
    const { page } = olga;
    const name = () => olga.dialog().getByLabel('Name');
    await olga.goTo('Messages');
    await page.getByRole('button', { name: 'Edit Agent left' }).click();
    await olga.dialog().getByLabel('Text').fill('Gone for now');
    await page.goBack();
    await olga.goTo('Messages');
    await olga.dialog().getByText('Gone for now').last().waitFor();
    expect(await olga.dialog().getByLabel('Text').inputValue()).toBe('Gone for now');
    await olga.button('Cancel').click();

    await olga.goTo('Policies');
    await olga.button('New rule').click();
    await name().fill('phones');
    await olga.dialog().getByRole('checkbox', { name: 'phone' }).check();
    await olga.dialog().getByLabel('Grace').fill('PT9M');
    // The way back of the browser, while the editor is open.
    await page.goBack();
    await page.getByRole('heading', { name: 'Automated messages' }).waitFor();
    expect(await olga.dialog().count()).toBe(0);
    await olga.goTo('Policies');
    expect(await name().inputValue()).toBe('phones');
    expect(await olga.dialog().getByRole('checkbox', { name: 'phone' }).isChecked()).toBe(true);
    await olga.button('Apply').click();
    await olga.goTo('Desk');
    await olga.goTo('Policies');
    const row = page.getByRole('row', { name: 'phones' });
    await row.filter({ hasText: 'Grace: 9 min' }).waitFor();

    await olga.button('Sign out').click();
    await olga.dialog().getByText('changes of the policies').waitFor();
    await olga.button('Stay').click();
    const asked = page.waitForEvent('dialog');
    await page.close({ runBeforeUnload: true });
    const question = await asked;
    expect(question.type()).toBe('beforeunload');
    await question.dismiss();
    // The page goes on once it has heard that it stays; a reload before that may be lost with its end.
    await page.evaluate('document.hasFocus()');
    await page.reload();
    await row.filter({ hasText: 'Grace: 9 min' }).waitFor();
    await olga.page.getByText('With the changes that are not saved yet').waitFor();

    // Somebody else saves meanwhile: nothing is overwritten.
    await page.evaluate(`(async () => {
      const { api } = document.querySelector('operator-page');
      const { channels, rules, etag } = await api.get('/v1/policies');
      await api.put('/v1/policies', { channels, rules }, etag);
    })()`);
    await page.reload();
    await page.getByRole('alert').filter({ hasText: 'Somebody else has saved the policies since' }).waitFor();
    await olga.button('Save').click();
    await page.getByRole('alert').filter({ hasText: 'Somebody else has saved a change meanwhile' }).waitFor();
    await olga.button('Discard').click();
    await row.waitFor({ state: 'detached' });
    await olga.button('Discard').waitFor({ state: 'detached' });
  });

  it('shows an operator who is away, what has become of it, and why a chat has ended', async () => {
    const ida = await come('Ida');
    await ben.accept('Ida');
    await ida.close();
    await olga.goTo('Operations');
    await olga.page.getByRole('row', { name: 'Ida' }).getByRole('timer').waitFor();
    await ben.button('End the wait').click();
    await ben.dialog().getByRole('button', { name: 'End the wait' }).click();
    await ben.button('Close').click();
    await ben.banner('Closed').waitFor();
    await olga.page.getByRole('row', { name: 'Ida' }).waitFor({ state: 'detached' });
    await olga.goTo('Closed');
    await olga.page.getByRole('link', { name: ida.conversationId }).click();
    await olga.page.getByRole('heading', { name: 'Why did this chat end?' }).waitFor();
    await olga.page.getByText("The customer's last connection was lost").waitFor();
    // As it is recorded: which rule said how long, and when it was decided.
    await olga.page.getByText('(grace period, by the rule sales-waits-longer)').waitFor();
    await olga.page.getByText('Ended: the customer was away too long').waitFor();
    await olga.goTo('What if');
    await olga.page.getByRole('heading', { name: 'If every grace period were 1 min' }).waitFor();
    await olga.page.getByRole('spinbutton', { name: 'Every grace period' }).fill('90');
    await olga.button('What if?').click();
    await olga.page.getByRole('heading', { name: 'If every grace period were 1 min 30 s' }).waitFor();
    await olga.page.getByText(/Of \d+ conversations that ended for absence \d/).waitFor();
  });

  it('exports and erases what is stored about a conversation', async () => {
    const jo = await come('Jo');
    await jo.say('Forget me');
    await olga.goTo('Personal data');
    await olga.page.getByLabel('Id of the conversation').fill(jo.conversationId);
    const [file] = await Promise.all([
      olga.page.waitForEvent('download'),
      olga.button('Export as JSON').first().click(),
    ]);
    expect(file.suggestedFilename()).toBe(`${jo.conversationId}.json`);
    await olga.button('Erase').first().click();
    await olga.page.getByText('Confirm the erasure first').waitFor();
    await olga.page.getByLabel('Erase it for ever').first().check();
    await olga.button('Erase').first().click();
    await olga.page.getByText('Erased.').waitFor();
    await expect(api.conversation(jo.conversationId, jo.ticket)).rejects.toMatchObject({ status: 404 });
  });

  it('keeps no person out: every page, light and dark, wide and narrow, to the left and to the right', async () => {
    const found: string[] = [];
    await come('Kim');
    await olga.goTo('Desk');
    await olga.accept('Kim');
    const addresses = [
      '#/desk',
      await olga.page.evaluate<string>('location.hash'),
      '#/operations',
      '#/closed',
      '#/what-if',
      '#/messages',
      '#/policies',
      '#/dead-letters',
      '#/personal-data',
    ];
    const look = async (what: string) => {
      for (const one of await olga.inaccessible()) found.push(`${what}: ${one}`);
      const sideways = await olga.sideways();
      if (sideways > 0) found.push(`${what}: ${sideways} px to the side`);
    };
    let turns = 0;
    for (const [width, colorScheme, dir] of [
      [1280, 'light', 'ltr'],
      [1280, 'dark', 'rtl'],
      [320, 'dark', 'rtl'],
      [320, 'light', 'ltr'],
    ] as const) {
      await olga.page.setViewportSize({ width, height: 700 });
      await olga.page.emulateMedia({ colorScheme });
      await olga.page.evaluate(`document.documentElement.dir = '${dir}'`);
      // In the short runs every page half as often, wide and narrow, light and dark, either way.
      const turn = (turns += 1) % 2;
      const half = addresses.filter((_address, n) => (n + turn) % stepOf(2) === 0);
      for (const address of half) {
        await olga.page.evaluate(`location.hash = '${address}'`);
        await olga.page.locator('h1, h2').first().waitFor();
        await olga.page.getByText('Reading').waitFor({ state: 'detached' });
        await look(`${address} ${width} ${colorScheme} ${dir}`);
      }
    }
    await olga.page.evaluate("document.documentElement.dir = 'ltr'");
    await olga.goTo('Messages');
    await olga.page.getByRole('button', { name: 'Edit Agent joined' }).click();
    await look('editor of messages');
    await olga.button('Cancel').click();
    await olga.goTo('Policies');
    await olga.button('New rule').click();
    await look('editor of rules');
    await olga.button('Cancel').click();
    await olga.page.setViewportSize({ width: 1280, height: 800 });
    expect(found).toEqual([]);
  });

  it('keeps one socket, although one that was given up comes back late', async () => {
    const { page } = ben;
    await page.evaluate(`
      globalThis.keepsOut = true;
      globalThis.WebSocket = class extends WebSocket {
        constructor(url, protocols) {
          const isBack = String(url).includes('awps_reconnection_token');
          super(isBack && keepsOut ? String(url).replace('/client/', '/nowhere/') : url, protocols);
        }
      };
    `);
    const opened = (isIt: (url: string) => boolean) =>
      page.waitForEvent('websocket', { predicate: (socket) => isIt(socket.url()) });
    const { control } = stack.webPubSub;
    const agentId = await page.evaluate<string>("document.querySelector('desk-page').desk.state.me.agentId");
    const { connectionId } = control.connections().find(({ userId }) => userId === `agent.${agentId}`)!;

    const kept = opened((url) => url.includes('/nowhere/'));
    control.dropTransport(connectionId);
    await kept;
    const another = opened((url) => !url.includes('awps_reconnection_token'));
    await page.evaluate("dispatchEvent(new Event('online'))");
    await (await another).waitForEvent('framereceived', ({ payload }) => payload.includes('connected'));
    await ben.isOnline();
    const late = opened((url) => url.includes('awps_reconnection_token') && !url.includes('/nowhere/'));
    await page.evaluate('keepsOut = false');
    const socket = await late;
    if (!socket.isClosed()) await socket.waitForEvent('close');
    await ben.isOnline();
  });

  it('says that it was updated, and keeps what is written while it is loaded again [R294]', async () => {
    const { page } = olga;
    await come('Una');
    await olga.goTo('Desk');
    await olga.accept('Una');
    const site = `${stack.functionsUrl}/api/site/console/`;
    // Its own build, and what it has to load later, are not served any more; another one is.
    await page.route(`${site}*`, async (route) => {
      const asked = route.request().resourceType();
      if (asked === 'document') return route.continue();
      const response = await route.fetch();
      const text = asked === 'script' || asked === 'fetch' ? await response.text() : undefined;
      const body = text?.replace(
        asked === 'fetch' ? /console-\w{8}(?=\.js)/ : /pages-\w{8}/g,
        'other-AAAAAAA7',
      );
      const headers = { ...response.headers(), 'cache-control': 'no-store' };
      return route.fulfill({ response, headers, ...(body && { body }) });
    });
    await page.reload();
    await olga.isOnline();
    await olga.open('Una');
    await page.getByLabel('Reply to Una').fill('Half a reply');
    await olga.goTo('Operations');
    await olga.banner('The console has been updated since you opened it').waitFor();
    await page.unrouteAll();
    await olga.button('Load it again').click();
    await page.getByRole('heading', { name: 'Away now' }).waitFor();
    expect(await olga.banner('The console has been updated').count()).toBe(0);
    await olga.goTo('Desk');
    await olga.open('Una');
    expect(await page.getByLabel('Reply to Una').inputValue()).toBe('Half a reply');

    // It may also be the network.
    let isGone = true;
    await page.route('**/console/pages-*', (route) => (isGone ? route.abort() : route.continue()));
    await page.reload();
    await olga.isOnline();
    await olga.goTo('Operations');
    await olga.banner('This view cannot be loaded').waitFor();
    isGone = false;
    await olga.button('Try again').click();
    await page.getByRole('heading', { name: 'Away now' }).waitFor();
    await page.unrouteAll();
  });

  it('says what somebody may not do, and does not ask for ever [R296]', async () => {
    const { page } = ben;
    const refuse = async (what: string) => {
      let asked = 0;
      await page.route(what, (route) => {
        asked += 1;
        return route.fulfill({
          status: 403,
          json: { status: 403, code: 'not-allowed', detail: 'No role.' },
        });
      });
      return () => asked;
    };
    const negotiations = await refuse('**/v1/agents/negotiate');
    await page.reload();
    await ben.banner('An administrator assigns Chat.Agent').waitFor();
    const before = negotiations();
    // Longer than the pauses after the first failures.
    await page.waitForTimeout(2_500);
    expect(negotiations()).toBe(before);
    await page.unrouteAll();
    const lists = await refuse('**/v1/conversations?*');
    await ben.banner('An administrator assigns').getByRole('button', { name: 'Try again' }).click();
    await ben.isOnline();
    expect(await ben.banner('An administrator assigns').count()).toBe(0);
    const refusal = page.getByText('The list cannot be read.');
    await refusal.filter({ hasText: 'An administrator assigns Chat.Agent' }).waitFor();
    expect(await refusal.textContent()).not.toContain('tried again by itself');
    expect(lists()).toBe(1);
    await page.unrouteAll();
    await ben.button('Try again').click();
    await ben.row('Mei').waitFor();
    expect(await refusal.count()).toBe(0);
  });

  it('stays where it is when a sign-in has expired, and asks to sign in again', async () => {
    const { page } = ben;
    await page.route('**/v1/agents/negotiate', (route) => route.fulfill({ status: 401 }));
    await ben.open('Mei');
    await page.getByLabel('Reply to Mei').fill('Not sent yet');
    // The network is back: the line asks for a new socket.
    await page.evaluate("dispatchEvent(new Event('online'))");
    await ben.banner('Your sign-in has expired').waitFor();
    expect(await page.getByLabel('Reply to Mei').inputValue()).toBe('Not sent yet');
    expect(page.url()).toContain('/console/');
    await page.unroute('**/v1/agents/negotiate');
    await ben.button('Sign in again').click();
    await page.getByRole('link', { name: 'Ben Agent' }).click();
    await ben.isOnline();
    await ben.open('Mei');
    expect(await page.getByLabel('Reply to Mei').inputValue()).toBe('Not sent yet');
    await ben.button('Sign out').click();
    await ben.dialog().getByText('a reply to Mei').waitFor();
    await ben.dialog().getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Console', exact: true }).waitFor();
    expect(await page.evaluate('Object.values(sessionStorage).join()')).not.toContain('Not sent yet');
  });

  it('goes back to the desk by the way back of the browser, also where the address names no page [R343]', async () => {
    const fresh = await signIn('Olga Operator');
    await fresh.isOnline();
    expect(fresh.page.url()).toMatch(/\/console\/$/);
    await fresh.goTo('Messages');
    await fresh.page.goBack();
    await fresh.page.locator('nav a[aria-current=page]', { hasText: 'Desk' }).waitFor({ timeout: 10_000 });
    await fresh.context.close();
  });

  it('leaves nothing of what somebody has typed to whoever signs in there next [R342]', async () => {
    await come('Nora');
    const shared = await signIn('Ben Agent');
    const { page } = shared;
    await shared.isOnline();
    await shared.accept('Nora');
    await page.getByLabel('Reply to Nora').fill('Not sent yet');
    await page.route('**/v1/agents/negotiate', (route) => route.fulfill({ status: 401 }));
    await page.evaluate("dispatchEvent(new Event('online'))");
    await shared.banner('Your sign-in has expired').waitFor();
    await page.unroute('**/v1/agents/negotiate');
    const kept = () => page.evaluate('Object.values(sessionStorage).join()');
    expect(await kept()).toContain('Not sent yet');
    await shared.button('Sign in again').click();
    await page.getByRole('link', { name: 'Anna Agent' }).click();
    await shared.isOnline();
    expect(await kept()).not.toContain('Not sent yet');
    await shared.context.close();
  });

  it('works whatever its tab has in place of drafts, and keeps what are some [R372]', async () => {
    const ole = await come('Ole');
    const own = await signIn('Ben Agent');
    await own.isOnline();
    await own.accept('Ole');
    const reply = own.page.getByLabel('Reply to Ole');
    await reply.fill('x');
    await reply.fill('');
    for (const [text, value] of [
      ['{}', ''],
      ['3', ''],
      ['["ab"', ''],
      [`[1, null, "ab", {}, [2, "x"], ["reply ${ole.conversationId}", "Kept"]]`, 'Kept'],
    ] as const) {
      await own.page.evaluate(
        `sessionStorage.setItem(Object.keys(sessionStorage).find((key) => key.startsWith('console-drafts ')), ${JSON.stringify(text)})`,
      );
      await own.page.reload();
      await own.isOnline();
      await own.open('Ole');
      expect([text, await reply.inputValue()]).toEqual([text, value]);
    }
    expect(own.errors).toEqual([]);
    await own.context.close();
  });

  it('needs nothing that its own policy forbids, and nothing in it fails', async () => {
    for (const one of [anna, ben, olga]) {
      expect(await one.violations()).toEqual([]);
      expect(one.errors).toEqual([]);
    }
  });
});
