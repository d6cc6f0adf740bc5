import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Browser, BrowserContext } from 'playwright-core';
import { ownAccount } from '../../local/stack/shared-azurite';
import { startLocalSystem, type LocalSystem } from '../e2e/local-system';
import { Stage } from '../e2e/stage';
import { until } from '../e2e/waiting';
import { enterWorld, leaveWorld, type World } from '../e2e/world';
import { crashPage, freeze, reasonToSkip, startChromium } from './chromium';
import { CustomerPage } from './customer-page';
import { startWidgetServer, type WidgetServer } from './widget-server';

/** Longer than any test waits: a connection that is gone before has said goodbye. */
const LONG_WINDOW_MS = 600_000;
const SHORT_WINDOW_MS = 1_000;

const skipped = reasonToSkip();
if (skipped !== undefined) console.warn(`The example widget is not tried in a browser. ${skipped}`);

(skipped === undefined ? describe : describe.skip)(
  'examples/widget.js, with the reliable client, in a browser',
  () => {
    let system: LocalSystem;
    let world: World;
    let server: WidgetServer;
    let browser: Browser;
    let stage: Stage;

    beforeAll(async () => {
      browser = await startChromium();
      server = await startWidgetServer();
      system = await startLocalSystem({
        // Nobody is to be ended here: what is tried is when the app hears.
        grace: 'PT10M',
        storageConnectionString: ownAccount().connectionString,
      });
      world = await enterWorld(system.worldOptions);
      stage = new Stage(world, 'example', () => undefined);
    });

    afterAll(async () => {
      if (world !== undefined) await leaveWorld(world);
      await browser?.close();
      await server?.stop();
      await system?.stop();
    });

    const control = () => system.stack.webPubSub.control;
    beforeEach(() => control().setRecoveryWindow(LONG_WINDOW_MS));

    /** A customer opens the page, and an agent has accepted the conversation. */
    const served = async (where = browser): Promise<[CustomerPage, BrowserContext]> => {
      const context = await where.newContext();
      const { functionsUrl } = world.api;
      const { patienceMs } = world;
      const page = '/example/index.html';
      const tab = await CustomerPage.open(context, { origin: server.origin, functionsUrl, patienceMs, page });
      world.tabs.push(tab);
      world.conversationIds.push(tab.conversationId);
      await stage.agentDoes('accept', tab);
      await tab.say('Hello');
      await stage.agentReads(tab, 'Hello');
      return [tab, context];
    };
    /** What the service has of the customer. */
    const states = ({ conversationId }: CustomerPage) =>
      control()
        .connections()
        .flatMap(({ userId, state }) => (userId === `customer.${conversationId}` ? [state] : []));
    /** The app knows that the customer is not there. */
    const heard = (tab: CustomerPage) =>
      until('the app knows that the customer is gone', world.patienceMs, async () => {
        return (await stage.view(tab.conversationId)).connected === false;
      });
    const isBack = (tab: CustomerPage) =>
      until('the app knows that the customer is there', world.patienceMs, async () => {
        return (await stage.view(tab.conversationId)).connected === true;
      });
    const isDetached = (tab: CustomerPage) =>
      until('the service waits for the customer', world.patienceMs, () => states(tab).includes('detached'));

    it('says goodbye when its tab is closed: the app hears of it without the recovery window', async () => {
      const [tab] = await served();
      await tab.close();
      await heard(tab);
      expect(states(tab)).toEqual([]);
    });

    it('says goodbye when its page is reloaded, and goes on with the conversation', async () => {
      const [tab] = await served();
      const { conversationId, connectionId } = tab;
      await tab.reload();
      await until('the socket of the old page is gone', world.patienceMs, () => states(tab).length === 1);
      await tab.reads('You: Hello');
      expect(tab.conversationId).toBe(conversationId);
      expect(tab.connectionId).not.toBe(connectionId);
      await stage.agentSays(tab, 'Still there?');
      await tab.reads('Ada: Still there?');
      await isBack(tab);
      expect((await stage.view(conversationId)).state).toBe('Active');
    });

    it('is lost with a page that crashes, which has no time for a goodbye: after the recovery window', async () => {
      const [tab] = await served();
      await crashPage(tab.page);
      await isDetached(tab);
      expect((await stage.view(tab.conversationId)).connected).toBe(true);
      await tab.close();

      const [another] = await served();
      control().setRecoveryWindow(SHORT_WINDOW_MS);
      await crashPage(another.page);
      await heard(another);
      await another.close();
    });

    it('is not lost in a tunnel that is shorter than the recovery window, and misses nothing', async () => {
      const [tab, context] = await served();
      const { connectionId } = tab;
      await context.setOffline(true);
      expect(control().dropTransport(connectionId)).toBe(true);
      await isDetached(tab);
      await world.agent.say(tab.conversationId, 'In the tunnel');
      await context.setOffline(false);
      await tab.reads('Ada: In the tunnel');
      await tab.say('I am back');
      expect(await tab.lines()).toEqual(['You: Hello', 'Ada: In the tunnel', 'You: I am back']);
      expect(tab.connectionId).toBe(connectionId);
      expect((await stage.view(tab.conversationId)).disconnections).toBe(1);
    });

    it('comes back by itself from a tunnel that is longer, on another socket, and misses nothing', async () => {
      const [tab, context] = await served();
      const { connectionId } = tab;
      control().setRecoveryWindow(SHORT_WINDOW_MS);
      await context.setOffline(true);
      expect(control().dropTransport(connectionId)).toBe(true);
      await heard(tab);
      await world.agent.say(tab.conversationId, 'In the tunnel');
      await context.setOffline(false);
      await tab.reads('Ada: In the tunnel');
      await isBack(tab);
      expect(tab.connectionId).not.toBe(connectionId);
      expect(await tab.lines()).toEqual(['You: Hello', 'Ada: In the tunnel']);
    });

    it('is there while its page is frozen, and reads what was said when it thaws', async () => {
      const [tab] = await served();
      const thaw = await freeze(tab.page);
      await world.agent.say(tab.conversationId, 'While you were away');
      expect(states(tab)).toEqual(['connected']);
      await thaw();
      await tab.reads('Ada: While you were away');
      expect((await stage.view(tab.conversationId)).disconnections).toBe(1);
    });

    it('that is frozen cannot come back when its socket is lost, and does when it thaws', async () => {
      const [tab] = await served();
      control().setRecoveryWindow(SHORT_WINDOW_MS);
      const thaw = await freeze(tab.page);
      control().dropTransport(tab.connectionId);
      await heard(tab);
      await thaw();
      await isBack(tab);
      await tab.say('Thawed');
      await stage.agentReads(tab, 'Thawed');
    });

    it('that the browser keeps for the way back says no goodbye, and goes on when it is shown again', async () => {
      const keeping = await startChromium({ keepsPages: true });
      const [tab] = await served(keeping);
      const { connectionId } = tab;
      await tab.page.goto(`${server.origin}/elsewhere`);
      expect(states(tab)).toHaveLength(1);
      await tab.page.evaluate('history.back()');
      await tab.shows('connected');
      await tab.say('Back again');
      await stage.agentReads(tab, 'Back again');
      expect(await tab.lines()).toEqual(['You: Hello', 'You: Back again']);
      expect(tab.connectionId).toBe(connectionId);
      expect((await stage.view(tab.conversationId)).disconnections).toBe(1);
      await keeping.close();
    });
  },
);
