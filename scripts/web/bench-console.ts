import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { WebSocketServer, type WebSocket } from 'ws';
import { startChromium } from '../../test/browser/chromium';
import { buildWeb, WEB_FOLDER } from './build';

/** `npm run bench:console`: the console with a long list and many pushes, and its countdown beside the clock of the server. */
const ROWS = 1_000;
const PUSHES_A_SECOND = 20;
const SECONDS = 20;
const ROOT = join(__dirname, '..', '..');

const iso = (ms: number): string => new Date(ms).toISOString();
const idOf = (n: number): string => `conversation-${String(n).padStart(5, '0')}`;
/** Nobody checks it here. */
const TOKEN = ['', Buffer.from(JSON.stringify({ name: 'Bench', roles: ['Chat.Agent'], exp: 9e9 })), ''].map(
  (part) => part.toString('base64url'),
);

async function main(): Promise<void> {
  await buildWeb(ROOT);
  const manifest = JSON.parse(readFileSync(join(ROOT, WEB_FOLDER, 'manifest.json'), 'utf8')) as Record<
    string,
    { readonly type: string }
  >;
  const start = Date.now();
  const deadline = iso(start + 600_000);
  const items = Array.from({ length: ROWS }, (_, n) => ({
    conversationId: idOf(n),
    channel: 'live-chat',
    state: 'Open',
    queue: `queue-${n % 7}`,
    customerName: `Customer ${n}`,
    accepted: false,
    createdAt: iso(start - n * 1_000),
    stateSince: iso(start - n * 1_000),
    deadlines: [],
    ...(n === 0 && { disconnection: { number: 2, since: iso(start - 5_000), deadline } }),
  }));
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const json = (value: unknown) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    const { port } = server.address() as AddressInfo;
    if (pathname === '/api/site/settings.json') {
      const authority = `http://127.0.0.1:${port}`;
      return void json({ api: '/api', signIn: { authority, clientId: 'c', scope: 's', standIn: true } });
    }
    if (pathname === '/api/v1/agents/negotiate') {
      return void json({
        agentId: 'bench',
        url: `ws://127.0.0.1:${port}/`,
        ticket: 't',
        ticketExpiresAt: deadline,
      });
    }
    if (pathname === '/api/v1/my-capacity')
      return void json({ totalUnits: 100, unitsInUse: 0, unitsFree: 100 });
    if (pathname === '/api/v1/conversations') return void json({ items });
    const name = pathname.replace('/api/site/', '').replace(/\/$/, '/index.html');
    const file = manifest[name];
    if (file === undefined) return void response.writeHead(404).end();
    response.writeHead(200, { 'content-type': file.type }).end(readFileSync(join(ROOT, WEB_FOLDER, name)));
  }).listen(0, '127.0.0.1');
  const sockets = new Set<WebSocket>();
  new WebSocketServer({ server, handleProtocols: (offered) => [...offered][0] ?? false }).on(
    'connection',
    (socket) => {
      sockets.add(socket);
      socket.send(
        JSON.stringify({ type: 'system', event: 'connected', userId: 'agent.bench', connectionId: 'c' }),
      );
      socket.on('message', (data) => {
        if ((data as Buffer).toString().includes('"ping"')) socket.send(JSON.stringify({ type: 'pong' }));
      });
    },
  );
  await new Promise((resolve) => server.once('listening', resolve));
  const browser = await startChromium();
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  page.on('pageerror', ({ message }) => console.error(message));
  await page.addInitScript(`
    sessionStorage.setItem('console-token', '${TOKEN.join('.')}');
    const Real = Date;
    globalThis.Date = class extends Real {
      constructor(...given) { given.length === 0 ? super(Real.now() + 300000) : super(...given); }
      static now() { return Real.now() + 300000; }
    };
    globalThis.trueNow = () => Real.now();
  `);
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/api/site/console/`);
  await page
    .locator('.row')
    .nth(ROWS - 1)
    .waitFor({ state: 'attached' });
  await page.locator('count-down').first().waitFor({ state: 'attached' });
  await page.evaluate(`
    globalThis.frames = [];
    globalThis.ticks = [];
    const channel = new MessageChannel();
    let begun = 0;
    channel.port1.onmessage = () => frames.push(performance.now() - begun);
    const frame = () => { begun = performance.now(); channel.port2.postMessage(0); requestAnimationFrame(frame); };
    requestAnimationFrame(frame);
    const shown = document.querySelector('count-down');
    new MutationObserver(() => {
      const [minutes, seconds] = shown.textContent.split(':').map(Number);
      ticks.push(${Date.parse(deadline)} - trueNow() - (minutes * 60 + seconds) * 1000);
    }).observe(shown, { childList: true, characterData: true, subtree: true });
  `);
  let sent = 0;
  const timer = setInterval(() => {
    const n = 1 + ((sent * 37) % (ROWS - 1));
    const number = 2 + Math.floor(sent / 2);
    const at = Date.now();
    const told = [
      { type: 'connection-lost', number, since: iso(at - 3_000), deadline: iso(at + 177_000) },
      { type: 'customer-back', number, absentFor: 'PT5S' },
      { type: 'conversation-opened', queue: 'new', customerName: `New ${sent}` },
      { type: 'conversation-assigned', agentId: 'ben', agentName: 'Ben', accepted: true },
    ][sent % 4]!;
    const conversationId = told.type === 'conversation-opened' ? idOf(ROWS + sent) : idOf(n);
    sent += 1;
    const data = { id: `p${sent}`, conversationId, at: iso(at), ...told };
    for (const socket of sockets) {
      socket.send(
        JSON.stringify({
          sequenceId: sent,
          type: 'message',
          from: 'group',
          group: 'agents',
          dataType: 'json',
          data,
        }),
      );
    }
  }, 1_000 / PUSHES_A_SECOND);
  await new Promise((resolve) => setTimeout(resolve, SECONDS * 1_000));
  clearInterval(timer);
  const frames = (await page.evaluate<number[]>('frames')).sort((a, b) => a - b);
  const ticks = (await page.evaluate<number[]>('ticks')).map(Math.abs);
  const at = (share: number) => (frames[Math.floor(frames.length * share)] ?? 0).toFixed(1);
  console.log(`${ROWS} rows, ${sent} pushes in ${SECONDS} s, ${frames.length} frames`);
  console.log(`a frame, ms: median ${at(0.5)}, p95 ${at(0.95)}, p99 ${at(0.99)}, longest ${at(0.9999)}`);
  console.log(
    `countdown against the server, agent's clock 5 min ahead: at most ${Math.max(...ticks).toFixed(0)} ms off (${ticks.length} seconds)`,
  );
  await browser.close();
  for (const socket of sockets) socket.terminate();
  server.close();
  process.exit(0);
}

main().catch((thrown: unknown) => {
  console.error(thrown);
  process.exit(1);
});
