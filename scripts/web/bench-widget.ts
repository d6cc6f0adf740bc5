import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Browser, CDPSession, Page } from 'playwright-core';
import { WebSocketServer } from 'ws';
import { startChromium } from '../../test/browser/chromium';
import { ensureWebBuilt, WEB_FOLDER } from './build';

/**
 * `npm run bench:widget`: how soon the widget is there on a slow phone, and what one more message costs when two thousand are shown.
 * Prints figures, fails for none.
 */
const ROOT = join(__dirname, '..', '..');
const RUNS = 5;
/** "Slow 4G" of Lighthouse: bytes a second, and milliseconds there and back. */
const SLOW_4G = { offline: false, latency: 150, downloadThroughput: 204_800, uploadThroughput: 93_750 };
const MESSAGES = 2_000;
const MORE = 20;
const EVERY_MS = 200;
const CPU_SLOWER = 4;

const PAGE = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Shop</title><link rel="icon" href="data:,"><h1>Shop</h1><script type="module" src="/api/site/chat.js"></script><chat-widget></chat-widget>`;
/** Beside it, the least that there could be: what is left is the network and the browser. */
const EMPTY = `customElements.define('chat-widget', class extends HTMLElement {});`;
const POLICY =
  "default-src 'none'; script-src 'self'; connect-src 'self' ws:; img-src data:; require-trusted-types-for 'script'; trusted-types 'none'";
const median = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;

const entry = (sequence: number) => ({
  type: 'message',
  kind: 'message',
  sequence,
  at: new Date().toISOString(),
  author: { role: sequence % 2 ? 'agent' : 'customer', name: 'Ada' },
  text: `Message ${sequence}, about as long as what people write to each other.`,
});

/** The page, the widget as it is served, and as much of the app and of Web PubSub as it asks. */
async function startServer() {
  await ensureWebBuilt(ROOT);
  const folder = join(ROOT, WEB_FOLDER);
  const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as Record<
    string,
    { type: string }
  >;
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const json = (value: unknown) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    const file = pathname.replace('/api/site/', '');
    if (pathname === '/empty.js')
      return void response.writeHead(200, { 'content-type': 'text/javascript' }).end(EMPTY);
    if (pathname === '/' || pathname === '/empty')
      return void response
        .writeHead(200, { 'content-type': 'text/html', 'content-security-policy': POLICY })
        .end(pathname === '/' ? PAGE : PAGE.replace('/api/site/chat.js', '/empty.js'));
    if (manifest[file] !== undefined) {
      const headers = { 'content-type': manifest[file].type, 'content-encoding': 'gzip' };
      return void response.writeHead(200, headers).end(readFileSync(join(folder, `${file}.gz`)));
    }
    if (pathname === '/api/v1/negotiate')
      return void json({ conversationId: 'c', ticket: 't', url: `ws://${request.headers.host}/` });
    if (pathname === '/api/v1/conversations/c') {
      const transcript = Array.from({ length: MESSAGES }, (_, index) => entry(index + 1));
      return void json({ conversation: { id: 'c', agent: { name: 'Ada' } }, transcript });
    }
    response.writeHead(pathname === '/api/health' ? 200 : 404).end();
  });
  const sockets = new WebSocketServer({ server, handleProtocols: (offered) => [...offered][0] ?? false });
  sockets.on('connection', (socket) => {
    socket.send(
      JSON.stringify({ type: 'system', event: 'connected', userId: 'customer.c', connectionId: 'k' }),
    );
    socket.on('message', (data) => {
      if ((data as Buffer).toString().includes('"ping"')) socket.send(JSON.stringify({ type: 'pong' }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const push = (sequenceId: number, data: object) => {
    for (const socket of sockets.clients)
      socket.send(JSON.stringify({ type: 'message', from: 'server', dataType: 'json', sequenceId, data }));
  };
  const stop = () => {
    for (const socket of sockets.clients) socket.terminate();
    server.closeAllConnections();
    server.close();
  };
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, push, stop };
}

async function opened(browser: Browser): Promise<[Page, CDPSession]> {
  const page = await (await browser.newContext({ viewport: { width: 390, height: 800 } })).newPage();
  page.on('pageerror', ({ message }) => console.error(message));
  page.on('console', (message) => message.type() === 'error' && console.error(message.text()));
  const session = await page.context().newCDPSession(page);
  await session.send('Emulation.setCPUThrottlingRate', { rate: CPU_SLOWER });
  return [page, session];
}

/** Milliseconds: from the navigation until the button can be used; main thread blocked; from the click until one can begin. */
async function start(browser: Browser, url: string): Promise<readonly [number, number, number]> {
  const [page, session] = await opened(browser);
  await session.send('Network.enable');
  await session.send('Network.emulateNetworkConditions', SLOW_4G);
  await page.addInitScript(`
    globalThis.blocked = 0;
    new PerformanceObserver((list) => { for (const { duration } of list.getEntries()) blocked += Math.max(0, duration - 50); })
      .observe({ type: 'longtask', buffered: true });
    // After the frame in which it is drawn the main thread takes this message.
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => (globalThis.usable = performance.now());
    customElements.whenDefined('chat-widget').then(() => requestAnimationFrame(() => port2.postMessage(0)));
  `);
  await page.goto(url);
  await page.waitForFunction('globalThis.usable');
  await page.waitForTimeout(500);
  const [usable, blocked] = await page.evaluate<[number, number]>('[usable, blocked]');
  const panel = await page.evaluate<number>(`new Promise((resolve) => {
    const { shadowRoot } = document.querySelector('chat-widget');
    if (!shadowRoot) return resolve(0);
    const begun = performance.now();
    shadowRoot.querySelector('.launcher').click();
    const look = () => shadowRoot.querySelector('.panel:not([hidden]) .start') ? resolve(performance.now() - begun) : requestAnimationFrame(look);
    look();
  })`);
  await page.context().close();
  return [usable, blocked, panel];
}

/** Milliseconds of the main thread for one more message, where many are shown. */
async function more(
  browser: Browser,
  { origin, push }: Awaited<ReturnType<typeof startServer>>,
): Promise<number> {
  const [page, session] = await opened(browser);
  // Time that the thread has had: other work on the machine is not counted.
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  await page.goto(`${origin}/`);
  await page.locator('.launcher').click();
  await page.getByRole('button', { name: 'Start chat' }).click();
  await page
    .locator('li')
    .nth(MESSAGES - 1)
    .waitFor();
  await page.waitForTimeout(2_000);
  const busy = async (each: (number: number) => void): Promise<number> => {
    const task = async () => {
      const { metrics } = await session.send('Performance.getMetrics');
      return metrics.find(({ name }) => name === 'TaskDuration')!.value * 1_000;
    };
    const before = await task();
    for (let number = 1; number <= MORE; number++) {
      each(number);
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    }
    return (await task()) - before;
  };
  const idle = await busy(() => undefined);
  const took = await busy((number) => push(number, entry(MESSAGES + number)));
  await page
    .locator('li')
    .nth(MESSAGES + MORE - 1)
    .waitFor();
  await page.context().close();
  return Math.max(0, took - idle) / MORE;
}

async function main(): Promise<void> {
  const server = await startServer();
  const browser = await startChromium();
  const empty: number[] = [];
  const starts: (readonly [number, number, number])[] = [];
  for (let run = 0; run < RUNS; run++) {
    empty.push((await start(browser, `${server.origin}/empty`))[0]);
    starts.push(await start(browser, `${server.origin}/`));
  }
  const of = (index: 0 | 1 | 2) => median(starts.map((one) => one[index])).toFixed(0);
  console.log(`slow 4G, CPU ${CPU_SLOWER} times slower, empty cache, median of ${RUNS}:`);
  console.log(
    `usable after ${of(0)} ms (an empty script ${median(empty).toFixed(0)} ms), main thread blocked for ${of(1)} ms, from the click to the open panel ${of(2)} ms`,
  );
  const costs: number[] = [];
  for (let run = 0; run < 3; run++) costs.push(await more(browser, server));
  console.log(
    `${MESSAGES} messages shown, CPU ${CPU_SLOWER} times slower: one more takes ${median(costs).toFixed(1)} ms of the main thread`,
  );
  await browser.close();
  server.stop();
}

main().catch((thrown: unknown) => {
  console.error(thrown);
  process.exit(1);
});
