import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, BrowserContext } from 'playwright-core';
import { readFacts } from '../e2e/facts';
import { ownAccount } from '../../local/stack/shared-azurite';
import { startLocalSystem, type LocalSystem } from '../e2e/local-system';
import { BEFORE_ANY_LOSS } from '../e2e/scenario';
import { Agent } from '../e2e/participants/agent';
import { Stage } from '../e2e/stage';
import { until, untilInstant } from '../e2e/waiting';
import { enterWorld, leaveWorld, type World } from '../e2e/world';
import { killChromium, reasonToSkip, startChromium } from './chromium';
import { CustomerPage } from './customer-page';
import { startWidgetServer, type WidgetServer } from './widget-server';

/** After the deadline: had a timer not been cancelled, it would have fired by then. */
const WELL_AFTER_MS = 1_000;
/** Longer than the widget's first pauses: a widget that keeps asking would have asked again. */
const LISTEN_MS = 2_000;

const skipped = reasonToSkip();
if (skipped !== undefined) console.warn(`The widget is not tried in a browser. ${skipped}`);

(skipped === undefined ? describe : describe.skip)('the widget in a browser', () => {
  let system: LocalSystem;
  let world: World;
  let server: WidgetServer;
  let browser: Browser;
  let stage: Stage;

  beforeAll(async () => {
    browser = await startChromium();
    server = await startWidgetServer();
    system = await startLocalSystem({
      grace: 'PT5S',
      storageConnectionString: ownAccount().connectionString,
    });
    world = await enterWorld(system.worldOptions);
    stage = new Stage(world, 'browser', () => undefined);
  });

  afterAll(async () => {
    if (world !== undefined) await leaveWorld(world);
    await browser?.close();
    await server?.stop();
    await system?.stop();
  });

  const address = () => ({
    origin: server.origin,
    functionsUrl: world.api.functionsUrl,
    patienceMs: world.patienceMs,
  });
  const remember = (tab: CustomerPage) => {
    world.tabs.push(tab);
    world.conversationIds.push(tab.conversationId);
  };
  /** A customer who has no ticket yet opens the widget. */
  const customer = async (where = browser): Promise<[CustomerPage, BrowserContext]> => {
    const context = await where.newContext();
    const tab = await CustomerPage.open(context, address());
    remember(tab);
    await world.agent.inbox.first('customer-connected', tab.conversationId, world.patienceMs);
    return [tab, context];
  };
  /** The same, and an agent has accepted the conversation. */
  const served = async (where = browser): Promise<[CustomerPage, BrowserContext]> => {
    const [tab, context] = await customer(where);
    await stage.agentDoes('accept', tab);
    return [tab, context];
  };
  const facts = ({ conversationId }: CustomerPage) => readFacts(conversationId, world);
  const gone = (connectionId: string) =>
    until('the connection is gone', world.patienceMs, async () => {
      return !(await world.service!.connectionExists(connectionId));
    });

  it('shows the customer what the agent answers, from another origin than the app', async () => {
    const [tab] = await served();
    expect(new URL(tab.page.url()).origin).not.toBe(new URL(world.api.functionsUrl).origin);
    await tab.say('Where is my parcel?');
    await stage.agentReads(tab, 'Where is my parcel?');
    await stage.agentSays(tab, 'On its way');
    await tab.reads('Ada: On its way');
    expect(await tab.lines()).toEqual(['You: Where is my parcel?', 'Ada: On its way']);
    expect(tab.errors).toEqual([]);
  });

  it('does not leave by reloading the page', async () => {
    const [tab] = await served();
    const { conversationId, connectionId } = tab;
    await tab.say('Before');
    await tab.reload();
    expect(tab.conversationId).toBe(conversationId);
    expect(tab.connectionId).not.toBe(connectionId);
    await gone(connectionId);
    await tab.reads('You: Before');
    await tab.say('After');
    await stage.agentReads(tab, 'After');

    // Whether the new socket opens before the app hears of the old one's end is up to the network.
    const lost = (await stage.view(tab.conversationId)).disconnections === 2;
    if (lost) {
      const { inbox } = world.agent;
      const { deadline } = await inbox.first('connection-lost', conversationId, world.patienceMs);
      await stage.customerBack(tab);
      await untilInstant(deadline, WELL_AFTER_MS);
    }
    expect(await facts(tab)).toMatchObject({
      state: 'Active',
      transcript: ['notice: agent-joined', 'customer: Before', 'customer: After'],
      pushes: [
        ...BEFORE_ANY_LOSS,
        'conversation-assigned',
        ...(lost ? ['connection-lost', 'customer-back'] : []),
      ],
    });
    expect(await tab.lines()).toEqual(['You: Before', 'You: After']);
  });

  it('is there while one of two tabs is, and lost with the second [R26]', async () => {
    const [first, context] = await served();
    const second = await CustomerPage.open(context, address());
    expect(second.conversationId).toBe(first.conversationId);
    await second.say('From my other tab');
    await first.reads('You: From my other tab');

    await first.close();
    await gone(first.connectionId);
    await second.say('Still here');
    await stage.agentReads(second, 'Still here');
    const { connected, disconnections } = await stage.view(second.conversationId);
    expect({ connected, disconnections }).toEqual({ connected: true, disconnections: 1 });

    await second.close();
    const { deadline } = await stage.connectionLost(second);
    await stage.ended(second, 'customer-disconnected', { deadline, state: 'WrapUp' });
    const after = await facts(second);
    expect(after).toMatchObject({
      state: 'WrapUp',
      transcript: [
        'notice: agent-joined',
        'customer: From my other tab',
        'customer: Still here',
        'notice: customer-disconnected',
      ],
      disconnections: 2,
      pushes: [...BEFORE_ANY_LOSS, 'conversation-assigned', 'connection-lost', 'conversation-ended'],
    });
    expect(after.latenessMs).toBeGreaterThanOrEqual(0);
  });

  it('is lost with a browser that is killed, and the conversation ends at the deadline [R26]', async () => {
    const doomed = await startChromium();
    let tab: CustomerPage;
    try {
      [tab] = await served(doomed);
      await tab.say('My battery is low');
      await killChromium(doomed);
    } finally {
      await doomed.close();
    }
    const { deadline } = await stage.connectionLost(tab);
    await stage.ended(tab, 'customer-disconnected', { deadline, state: 'WrapUp' });
    const after = await facts(tab);
    expect(after).toMatchObject({
      transcript: ['notice: agent-joined', 'customer: My battery is low', 'notice: customer-disconnected'],
      disconnections: 2,
      pushes: [...BEFORE_ANY_LOSS, 'conversation-assigned', 'connection-lost', 'conversation-ended'],
    });
    expect(after.latenessMs).toBeGreaterThanOrEqual(0);
  });

  it('comes back from offline within the grace and misses nothing [R26]', async () => {
    const [tab, context] = await served();
    await tab.say('I am on a train');
    // Offline, the browser sends and receives nothing; that its socket is dead, only the service notices.
    await context.setOffline(true);
    expect(system.stack.webPubSub.control.dropTransport(tab.connectionId)).toBe(true);
    const { deadline } = await stage.connectionLost(tab);
    await world.agent.say(tab.conversationId, 'Are you still there?');
    await context.setOffline(false);
    await stage.customerBack(tab);
    await tab.reads('Ada: Are you still there?');
    await tab.say('That was a tunnel');
    await stage.agentReads(tab, 'That was a tunnel');

    await untilInstant(deadline, WELL_AFTER_MS);
    await stage.agentSays(tab, 'Welcome back');
    await tab.reads('Ada: Welcome back');
    expect(await tab.lines()).toEqual([
      'You: I am on a train',
      'Ada: Are you still there?',
      'You: That was a tunnel',
      'Ada: Welcome back',
    ]);
    expect(await facts(tab)).toMatchObject({
      state: 'Active',
      notices: 0,
      disconnections: 2,
      pushes: [...BEFORE_ANY_LOSS, 'conversation-assigned', 'connection-lost', 'customer-back'],
    });
  });

  it('ends at once when the customer leaves, and offers a new conversation afterwards [R30]', async () => {
    const [tab, context] = await customer();
    await tab.say('Never mind');
    await tab.leave();
    await tab.shows('ended: customer-ended');
    await stage.ended(tab, 'customer-ended');
    await tab.socketCloses();
    expect(await facts(tab)).toMatchObject({
      transcript: ['customer: Never mind', 'notice: customer-ended-conversation'],
      disconnections: 1,
      pushes: [...BEFORE_ANY_LOSS, 'conversation-ended'],
    });

    await tab.close();
    const again = await CustomerPage.visit(context, address());
    await again.shows('ended: customer-ended');
    expect(await again.refused).toBe('409 conversation-ended customer-ended');
    await again.page.getByRole('button', { name: 'New conversation' }).click();
    await again.shows('connected');
    remember(again);
    expect(again.conversationId).not.toBe(tab.conversationId);
    await again.say('Something else');
    expect(await again.lines()).toEqual(['You: Something else']);
  });

  it('is told at once that the agent has ended it, asks once whether it may return, and rests', async () => {
    const [tab] = await served();
    await stage.agentSays(tab, 'Good bye');
    const before = tab.negotiations;
    await stage.agentDoes('end', tab);
    const { reason } = await tab.inbox.first('conversation-ended', tab.conversationId, world.patienceMs);
    expect(reason).toBe('agent-ended');
    await tab.shows('ended: agent-ended');
    await tab.socketCloses();
    expect(await tab.refused).toBe('409 conversation-ended agent-ended');
    expect(await tab.negotiatesWithin(LISTEN_MS)).toBe(false);
    expect(tab.negotiations - before).toBe(1);
    expect(await facts(tab)).toMatchObject({ state: 'WrapUp', notices: 1, disconnections: 1 });
  });

  it('shows HTML as the text it is', async () => {
    const [tab] = await customer();
    const html = (who: string) => `<img src="x" onerror="document.title='${who}'"><b>${who}</b> &amp; &lt;`;
    const name = html('name');
    const agent = await Agent.signIn(world.api, 'e2e-html', name);
    world.guests.push(agent);
    await agent.act('accept', tab.conversationId);
    await tab.say(html('customer'));
    await agent.say(tab.conversationId, html('agent'));
    await tab.reads(`${name}: ${html('agent')}`);
    await tab.reload();
    await tab.reads(`${name}: ${html('agent')}`);
    expect(await tab.lines()).toEqual([`You: ${html('customer')}`, `${name}: ${html('agent')}`]);
    expect(await tab.page.locator('#messages :is(img, b)').count()).toBe(0);
    expect(await tab.page.title()).toBe('Chat');
  });

  it('gives the app no reason to complain', () => {
    const complaints = system.log
      .filter((line) => /^host: (?!Functions host)/.test(line))
      // A run of reconciliation in the very moment of an event may be the first to act on it, and says so.
      .filter((line) => !/reconcile: done .*"failed":0,"unusable":0,/.test(line));
    expect(complaints).toEqual([]);
  });
});
