import type { Page } from 'playwright-core';
import { startLocalSystem } from '../e2e/local-system';
import { enterWorld, leaveWorld } from '../e2e/world';
import { startTcpProxy } from '../support/tcp-proxy';
import { ChatPage, through, type Shop } from './chat-page';
import { crashPage, freeze, startChromium } from './chromium';
import { CustomerPage } from './customer-page';
import { startWidgetServer } from './widget-server';

/**
 * `npm run bench:line`: silent lines of 10 to 170 s against the built widget in a real browser, in real time, and beside it the
 * page of examples/widget.js with the plain client. `--runs 200 --at-once 8 --plain 2 --seed 1 --longest 170`. Of a line that was
 * usable late it prints what was asked and answered, so that one can see where the time went. Prints figures, asserts nothing.
 */
const argument = (name: string, otherwise: number): number => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : Number(process.argv[at + 1]);
};
const [runs, atOnce, plain] = [argument('runs', 8), argument('at-once', 8), argument('plain', 2)];
/** The longest silence, in seconds. */
const longest = argument('longest', 170);

/** The same holes for the same seed (mulberry32). */
let seed = argument('seed', 1);
function random(): number {
  seed = (seed + 0x6d2b79f5) | 0;
  let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}
const delay = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const seconds = (ms: number | undefined) => (ms === undefined ? 'never' : `${(ms / 1_000).toFixed(1)} s`);
const median = (values: number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const range = (values: readonly (number | undefined)[]) => {
  const known = values.filter((value) => value !== undefined);
  const never = values.length - known.length;
  return `${seconds(median(known))} (${seconds(known.length ? Math.min(...known) : undefined)} to ${seconds(known.length ? Math.max(...known) : undefined)})${never ? `, never in ${never}` : ''}`;
};

/** How long after the line is back it may take. */
const PATIENCE_MS = 60_000;
/** Notes when the chat changes its phase, not each time that it is drawn in it, by the clock that this process has, too. */
const PHASES = `{ globalThis.phases = [];
  const panel = document.querySelector('chat-widget').shadowRoot.querySelector('.panel');
  const note = () => phases.at(-1)?.[0] === panel.dataset.phase || phases.push([panel.dataset.phase, Date.now()]);
  new MutationObserver(note).observe(panel, { attributeFilter: ['data-phase'] }); }`;

/** Usable any later than this is late. */
const LATE_MS = 3_000;

/** What the page asks and is answered, and when; nothing of addresses' secrets. */
function traced(page: Page): (since: number) => string[] {
  const events: { readonly at: number; readonly what: string }[] = [];
  const note = (what: string, url: string) =>
    events.push({ at: Date.now(), what: `${what} ${new URL(url).pathname}` });
  page.on('request', (request) => note(request.method(), request.url()));
  page.on('response', (response) => note(String(response.status()), response.url()));
  page.on('requestfailed', (request) => note('given up', request.url()));
  page.on('websocket', (socket) => {
    note('socket', socket.url());
    socket.once('framereceived', () => note('first frame', socket.url()));
    socket.on('close', () => note('closed', socket.url()));
  });
  return (since) =>
    events.map(({ at, what }) =>
      `${((at - since) / 1_000).toFixed(2)} ${what}`.replace(/conversations\/.*/, 'conversations'),
    );
}

/** How long the line is silent, and after how long it begins to be: milliseconds. */
type Hole = readonly [holeMs: number, beforeMs: number];

interface Outcome {
  readonly banner?: number | undefined;
  /** The chat is open again: the banner is gone, and what is written is sent. */
  readonly usable?: number | undefined;
  /** What was written into the silence is stored. */
  readonly arrived?: number | undefined;
  readonly stored: number;
  readonly isEnded: boolean;
}

async function main(): Promise<void> {
  const browser = await startChromium();
  const server = await startWidgetServer();
  const system = await startLocalSystem({ grace: 'PT3M' });
  const world = await enterWorld(system.worldOptions);
  // As Web PubSub does.
  system.stack.webPubSub.control.setRecoveryWindow(30_000);
  const { functionsUrl } = world.api;
  const shop: Shop = { origin: server.origin, functionsUrl, patienceMs: PATIENCE_MS };
  const ports = [functionsUrl, system.stack.webPubSub.endpoint].map((url) => Number(new URL(url).port));

  /** A busy machine answers 503 now and then, which asks for another try. */
  const accept = async (id: string, tries = 1): Promise<unknown> => {
    try {
      return await world.agent.act('accept', id);
    } catch (thrown) {
      if (tries === 5) throw thrown;
    }
    await delay(1_000);
    return accept(id, tries + 1);
  };

  const silence = async (isPlain: boolean, [holeMs, beforeMs]: Hole): Promise<Outcome> => {
    const proxies = await Promise.all(ports.map(startTcpProxy));
    const route = through(ports.map((port, index) => [port, proxies[index]!.port]));
    const context = await browser.newContext();
    await context.addInitScript(route);
    const lineIs = (mode: 'silent' | 'forward') => proxies.forEach((proxy) => (proxy.mode = mode));
    const tab = isPlain
      ? await CustomerPage.open(context, { ...shop, page: '/example/index.html' })
      : await ChatPage.begin(context, shop, {}, { pace: {} });
    const { conversationId } = tab;
    world.conversationIds.push(conversationId);
    await accept(conversationId);
    await tab.say('Before');
    if (!isPlain) await tab.page.evaluate(PHASES);
    const trace = traced(tab.page);
    // Anywhere between two pings.
    await delay(beforeMs);
    const text = `In the lift for ${holeMs} ms`;
    const silentAt = Date.now();
    lineIs('silent');
    await tab.page.getByLabel(isPlain ? 'Message' : 'Your message').fill(text);
    await tab.page.keyboard.press('Enter');
    await delay(holeMs);
    const backAt = Date.now();
    lineIs('forward');
    const record = () => world.agent.read(conversationId);
    const count = async () => (await record()).transcript.filter((entry) => entry.text === text).length;
    let arrived: number | undefined;
    while (Date.now() - backAt < PATIENCE_MS && arrived === undefined) {
      if ((await count()) > 0) arrived = Date.now();
      else await delay(100);
    }
    // What comes twice comes soon.
    await delay(2_000);
    const phases = isPlain ? [] : await tab.page.evaluate<[string, number][]>('phases');
    const lost = phases.find(([phase]) => phase === 'lost')?.[1];
    const open = phases.findLast(([phase]) => phase === 'open')?.[1];
    const outcome = {
      banner: lost && lost - silentAt,
      usable: isPlain ? arrived && arrived - backAt : open && Math.max(0, open - backAt),
      arrived: arrived && arrived - backAt,
      stored: await count(),
      isEnded: (await record()).conversation.end !== undefined,
    };
    await context.close();
    for (const proxy of proxies) await proxy.stop();
    // An agent has no room for two hundred.
    for (const action of ['end', 'close'] as const) {
      await world.agent.act(action, conversationId).catch(() => undefined);
    }
    console.log(
      `${isPlain ? 'plain client' : 'widget'}: silent for ${seconds(holeMs)}: banner after ${seconds(outcome.banner)}, usable ${seconds(outcome.usable)} after the line is back, stored ${outcome.stored} times${outcome.isEnded ? ', ENDED' : ''}`,
    );
    if (!isPlain && (outcome.usable ?? Infinity) > LATE_MS)
      console.log(
        `late, seconds since the line is back: ${trace(backAt)
          .filter((one) => Number.parseFloat(one) > -8)
          .join('; ')}`,
      );
    return outcome;
  };

  const holes: readonly Hole[] = Array.from({ length: runs }, () => [
    10_000 + random() * (longest - 10) * 1_000,
    random() * 5_000,
  ]);
  const ofWidget: Outcome[] = [];
  const ofPlain: Outcome[] = [];
  const waiting = [...holes];
  const oneAfterTheOther = async () => {
    for (let hole; (hole = waiting.shift()) !== undefined;) ofWidget.push(await silence(false, hole));
  };
  const control = holes.slice(0, plain).map(async (hole) => void ofPlain.push(await silence(true, hole)));
  await Promise.all([...Array.from({ length: atOnce }, oneAfterTheOther), ...control]);

  // --- offline, and many tabs ---
  const context = await browser.newContext();
  const tabs = [await ChatPage.begin(context, shop, {}, { pace: {} })];
  world.conversationIds.push(tabs[0]!.conversationId);
  while (tabs.length < 10) tabs.push(await ChatPage.visit(context, shop, {}, { pace: {} }));
  for (const tab of tabs) await tab.isOnline();
  const sockets = () =>
    tabs.reduce((sum, tab) => sum + tab.sockets.filter((one) => !one.isClosed()).length, 0);
  const opened = sockets();
  const offline: number[] = [];
  await tabs[0]!.page.evaluate(PHASES);
  for (let time = 0; time < 5; time++) {
    await tabs[0]!.page.evaluate(
      `addEventListener('offline', () => (globalThis.offlineAt = Date.now()), { once: true, capture: true })`,
    );
    await context.setOffline(true);
    await tabs[0]!.isLost();
    offline.push(
      await tabs[0]!.page.evaluate<number>("phases.findLast(([phase]) => phase === 'lost')[1] - offlineAt"),
    );
    await context.setOffline(false);
    await tabs[0]!.isOnline();
  }
  const takeover = async (go: (leader: ChatPage) => Promise<void>): Promise<number> => {
    const leader = tabs.find((tab) => tab.sockets.some((one) => !one.isClosed()))!;
    tabs.splice(tabs.indexOf(leader), 1);
    const next = Promise.any(
      tabs.map(({ page }) => page.waitForEvent('websocket', { timeout: PATIENCE_MS }).then(() => Date.now())),
    );
    const gone = go(leader).then(() => Date.now());
    const [at, since] = await Promise.all([next, gone]);
    await tabs[0]!.page.waitForTimeout(500);
    return Math.max(0, at - since);
  };
  const closed = await takeover((leader) => leader.page.close());
  const crashed = await takeover((leader) => crashPage(leader.page));
  let thaw: () => Promise<void> = async () => undefined;
  const frozen = await takeover(async (leader) => void (thaw = await freeze(leader.page)));
  await thaw();

  const table = (name: string, of: readonly Outcome[]) =>
    of.length === 0
      ? []
      : [
          `| ${name}: banner after | ${range(of.map(({ banner }) => banner))} |`,
          `| ${name}: usable after the line is back | ${range(of.map(({ usable }) => usable))} |`,
          `| ${name}: of these later than ${seconds(LATE_MS)} | ${of.filter(({ usable = Infinity }) => usable > LATE_MS).length} of ${of.length} |`,
          `| ${name}: what was written meanwhile is stored after | ${range(of.map(({ arrived }) => arrived))} |`,
          `| ${name}: message stored once | ${of.filter(({ stored }) => stored === 1).length} of ${of.length} |`,
          `| ${name}: wrong ends | ${of.filter(({ isEnded }) => isEnded).length} of ${of.length} |`,
        ];
  console.log(
    ['', `| silent lines of 10 to ${longest} s, grace 3 min | |`, '| --- | --- |']
      .concat(table('widget', ofWidget), table('plain client', ofPlain), [
        `| offline to banner | ${median(offline)} ms (${Math.min(...offline)} to ${Math.max(...offline)}) |`,
        `| sockets of 10 tabs | ${opened} |`,
        `| next socket after the leader is closed, crashes | ${closed} ms, ${crashed} ms |`,
        `| next socket after the leader is frozen | ${seconds(frozen)} |`,
      ])
      .join('\n'),
  );
  await leaveWorld(world);
  await browser.close();
  await server.stop();
  await system.stop();
}

void main();
